/*
 * test_cdr_csv.c - tests of feeds/cdr_csv.c.
 */
#include "suite.h"

#include "feeds/cdr.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct cdr_window window = {.start = "2026-11-01 00:00:00", .shortest_bytes = 7};
static char path[] = "/tmp/callboard-csv-XXXXXX";
static struct error error;

/* A line as Asterisk 18 writes it, with these fields and others. */
#define LINE(src, dst, start)                                                                      \
    "\"\",\"" src "\",\"" dst "\",\"from-internal\",\"\"\"Ada, of Ops\"\" <" src ">\",\"SIP/" src  \
    "-0000001a\",\"DAHDI/1-1\",\"Dial\",\"DAHDI/g1/" dst "\",\"" start "\",\"" start "\",\"" start \
    "\",45,40,\"ANSWERED\",\"DOCUMENTATION\",\"1.1\",\"\"\n"

static struct cdr_source *open_text(const char *text, size_t length)
{
    FILE *file = fopen(path, "w");
    fwrite(text, 1, length, file);
    fclose(file);
    return cdr_csv_open(path, &window, &error);
}

#define OPEN(text) open_text((text), sizeof(text) - 1)

static void test_read(void)
{
    struct cdr row;
    struct cdr_source *source =
        OPEN(LINE("7221", "2853347", "2026-10-31 23:59:59") /* too old */
             LINE("7222", "92853348", "2026-11-01 00:00:00")
                 LINE("7223", "123456", "2026-11-02 00:00:00") /* too short */
             LINE("7224", "2853349", "2026-11-02 10:00:00"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(source);
    CU_ASSERT_EQUAL(source->total, 2);
    CU_ASSERT_EQUAL(source->next(source, &row, &error), CDR_ROW);
    ASSERT_TEXT(row.calldate, "2026-11-01 00:00:00");
    ASSERT_TEXT(row.src, "7222");
    ASSERT_TEXT(row.dst, "92853348");
    ASSERT_TEXT(row.duration, "45");
    ASSERT_TEXT(row.channel, "SIP/7222-0000001a");
    CU_ASSERT_EQUAL(source->next(source, &row, &error), CDR_ROW);
    ASSERT_TEXT(row.src, "7224");
    CU_ASSERT_EQUAL(source->next(source, &row, &error), CDR_END);
    source->close(source);
}

static void test_broken(void)
{
    struct cdr row;
    struct cdr_source *source =
        OPEN("\"\",\"7222\",\"open\n" LINE("7222", "92853348", "2026-11-01 00:00:00") /* */
             "\"\",\"7222\",\"28533\"\"\n"
             "\"\",\"7222\",\"28533\"48\",\"\"\n"
             "7222,2853348\n"
             "\n" LINE("7223", "2853348", "2026-11-01 00:00:00"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(source);
    CU_ASSERT_EQUAL(source->total, 7);
    CU_ASSERT_EQUAL(source->next(source, &row, &error), CDR_BROKEN);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, ":1: a quote is never closed"));
    CU_ASSERT_EQUAL(source->next(source, &row, &error), CDR_ROW);
    CU_ASSERT_EQUAL(source->next(source, &row, &error), CDR_BROKEN);
    CU_ASSERT_EQUAL(source->next(source, &row, &error), CDR_BROKEN);
    CU_ASSERT_EQUAL(source->next(source, &row, &error), CDR_BROKEN);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, ":5: 2 fields"));
    CU_ASSERT_EQUAL(source->next(source, &row, &error), CDR_BROKEN);
    CU_ASSERT_EQUAL(source->next(source, &row, &error), CDR_ROW);
    ASSERT_TEXT(row.src, "7223");
    CU_ASSERT_EQUAL(source->next(source, &row, &error), CDR_END);
    source->close(source);
}

static void test_long_line(void)
{
    static const char line[] = LINE("7222", "92853348", "2026-11-01 00:00:00");
    size_t length = 100000 + sizeof line;
    char *text = malloc(length);
    struct cdr row;
    memset(text, 'x', 100000);
    text[100000] = '\n';
    memcpy(text + 100001, line, sizeof line - 1);
    struct cdr_source *source = open_text(text, length);
    CU_ASSERT_PTR_NOT_NULL_FATAL(source);
    CU_ASSERT_EQUAL(source->next(source, &row, &error), CDR_BROKEN);
    CU_ASSERT_EQUAL(source->next(source, &row, &error), CDR_ROW);
    CU_ASSERT_EQUAL(source->next(source, &row, &error), CDR_END);
    source->close(source);
    free(text);
}

static void test_unfinished(void)
{
    struct cdr row;
    struct cdr_source *source =
        OPEN(LINE("7222", "92853348", "2026-11-01 00:00:00") "\"\",\"7223\",\"285");
    CU_ASSERT_PTR_NOT_NULL_FATAL(source);
    CU_ASSERT_EQUAL(source->total, 1);
    CU_ASSERT_EQUAL(source->next(source, &row, &error), CDR_ROW);
    CU_ASSERT_EQUAL(source->next(source, &row, &error), CDR_END);
    source->close(source);
    CU_ASSERT_PTR_NULL(cdr_csv_open("/nowhere/Master.csv", &window, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "/nowhere/Master.csv"));
}

int main(void)
{
    int descriptor = mkstemp(path);
    if (descriptor < 0)
        return 2;
    close(descriptor);
    const CU_TestInfo tests[] = {{"reads the calls of the window", test_read},
                                 {"goes on after a broken line", test_broken},
                                 {"skips a line that is too long", test_long_line},
                                 {"leaves an unfinished line", test_unfinished},
                                 CU_TEST_INFO_NULL};
    int status = run_suite("cdr_csv", tests);
    unlink(path);
    return status;
}
