/*
 * test_log.c - tests of base/log.c.
 */
#include "suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

static char place[] = "/tmp/callboard-log-XXXXXX";
static char path[64], rotated[64];

/* What is in the file NAME, in memory that the next call overwrites. */
static const char *content(const char *name)
{
    static char text[200000];
    int descriptor = open(name, O_RDONLY);
    ssize_t length = descriptor < 0 ? -1 : read(descriptor, text, sizeof text - 1);
    if (descriptor >= 0)
        close(descriptor);
    text[length > 0 ? length : 0] = '\0';
    return text;
}

static void begin(void)
{
    struct error error;
    unlink(path);
    unlink(rotated);
    CU_ASSERT_TRUE_FATAL(log_open(path, &error));
    log_set_level(LOG_LEVEL_INFO);
    log_set_process("worker");
}

static int descriptors(void)
{
    int count = 0;
    for (int i = 0; i < 256; i++)
        count += fcntl(i, F_GETFD) != -1;
    return count;
}

static void test_line(void)
{
    struct stat status;
    char process[32];
    begin();
    log_info("request id=%s", "x1");
    CU_ASSERT_STRING_EQUAL(content(path), ""); /* gathered until the loop's turn ends */
    log_flush();
    const char *line = content(path);
    snprintf(process, sizeof process, "Z info worker[%ld] ", (long)getpid());
    CU_ASSERT_EQUAL(strlen(line), 23 + strlen(process) + strlen("request id=x1\n"));
    CU_ASSERT_EQUAL(line[4] == '-' && line[10] == 'T' && line[19] == '.', 1);
    CU_ASSERT_EQUAL(strncmp(line + 23, process, strlen(process)), 0);
    CU_ASSERT_STRING_EQUAL(line + 23 + strlen(process), "request id=x1\n");
    CU_ASSERT_EQUAL(stat(path, &status), 0);
    CU_ASSERT_EQUAL(status.st_mode & 0777, 0640);
}

static void test_levels(void)
{
    begin();
    log_set_level(LOG_LEVEL_WARNING);
    log_info("not this");
    log_debug("nor this");
    CU_ASSERT_FALSE(log_enabled(LOG_LEVEL_INFO));
    log_warning("but this"); /* at once */
    CU_ASSERT_PTR_NOT_NULL(strstr(content(path), "warning worker"));
    CU_ASSERT_PTR_NULL(strstr(content(path), "this\nnor"));
    log_error("and this");
    CU_ASSERT_PTR_NOT_NULL(strstr(content(path), "] and this\n"));
    CU_ASSERT_PTR_NULL(strstr(content(path), "not this"));
}

static void test_control_characters(void)
{
    begin();
    log_error("a%sb", "\n2026-11-21T00:00:00.000Z error forged\x1b[31m\x7f\r");
    const char *text = content(path);
    CU_ASSERT_PTR_EQUAL(strchr(text, '\n'), text + strlen(text) - 1);
    CU_ASSERT_PTR_NULL(strpbrk(text, "\r\x1b\x7f"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "a?2026"));
}

static void test_long_lines(void)
{
    static char text[5000];
    begin();
    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < 60; i++) /* more than what is gathered */
        log_info("%s", text);
    log_flush();
    const char *all = content(path);
    size_t lines = 0, longest = 0, length = 0;
    for (; *all; all++) {
        length++;
        if (*all == '\n') {
            lines++;
            longest = length > longest ? length : longest;
            length = 0;
        }
    }
    CU_ASSERT_EQUAL(lines, 60);
    CU_ASSERT(longest > 2000 && longest <= 2048);
}

static void test_rotation(void)
{
    struct error error;
    begin();
    log_info("before");
    CU_ASSERT_EQUAL(rename(path, rotated), 0);
    log_info("still before");
    int count = descriptors();
    CU_ASSERT_TRUE(log_reopen(&error));
    CU_ASSERT_EQUAL(descriptors(), count);
    log_info("after");
    log_flush();
    CU_ASSERT_PTR_NOT_NULL(strstr(content(rotated), "still before"));
    CU_ASSERT_PTR_NULL(strstr(content(rotated), "after"));
    CU_ASSERT_PTR_NOT_NULL(strstr(content(path), "after"));
    CU_ASSERT_PTR_NULL(strstr(content(path), "before"));
}

static void test_failure(void)
{
    struct error error;
    begin();
    int before = log_descriptor();
    CU_ASSERT_FALSE(log_open("/nonexistent/callboard.log", &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "/nonexistent/callboard.log"));
    CU_ASSERT_EQUAL(log_descriptor(), before);
    log_warning("goes on");
    CU_ASSERT_PTR_NOT_NULL(strstr(content(path), "goes on"));
}

static void test_back_to_standard_error(void)
{
    struct error error;
    begin();
    int count = descriptors();
    log_info("for the file");
    CU_ASSERT_TRUE(log_open("", &error));
    CU_ASSERT_EQUAL(log_descriptor(), STDERR_FILENO);
    CU_ASSERT_EQUAL(descriptors(), count - 1); /* the file is closed */
    CU_ASSERT_PTR_NOT_NULL(strstr(content(path), "for the file"));
    CU_ASSERT_TRUE(log_reopen(&error));
    CU_ASSERT_EQUAL(log_descriptor(), STDERR_FILENO);
}

static void clean_up(void)
{
    unlink(path);
    unlink(rotated);
    rmdir(place);
}

static void make_place(void)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(place));
    snprintf(path, sizeof path, "%s/log", place);
    snprintf(rotated, sizeof rotated, "%s/log.1", place);
    atexit(clean_up);
}

SUITE("log", {"is made a place", make_place}, {"writes a line an event", test_line},
      {"leaves levels out", test_levels}, {"keeps a line one line", test_control_characters},
      {"cuts long lines", test_long_lines}, {"is opened again", test_rotation},
      {"stays where it was on failure", test_failure},
      {"goes back to standard error", test_back_to_standard_error})
