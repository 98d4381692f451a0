/*
 * test_live_file.c - a file that changes while it is in use. The time is made up: no test waits.
 */
#include "htpasswd/live_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "suite.h"

static char path[] = "/tmp/test_live_file-XXXXXX";
static struct live_file live;
static int64_t now_us;

static void write_file(const char *text)
{
    int descriptor = open(path, O_WRONLY | O_TRUNC);
    CU_ASSERT_EQUAL_FATAL(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    close(descriptor);
}

static void refresh_after(int64_t us)
{
    now_us += us;
    live_file_refresh(&live, now_us);
}

static struct slice hash_of(const char *name)
{
    return passwd_file_find(&live.content, slice_from(name));
}

static void begin(const char *text)
{
    log_set_level(LOG_LEVEL_ERROR);
    log_open("/dev/null", NULL);
    strcpy(path + sizeof path - 7, "XXXXXX");
    close(mkstemp(path));
    write_file(text);
    live = live_file_at(path);
    now_us = clock_now_us();
    refresh_after(0);
}

static void end(void)
{
    live_file_close(&live);
    unlink(path);
}

static void test_change(void)
{
    begin("bob:1\n");
    ASSERT_TEXT(hash_of("bob"), "1");
    write_file("bob:2\n");
    refresh_after(LIVE_FILE_LOOK_US - 1);
    ASSERT_TEXT(hash_of("bob"), "1");
    refresh_after(1);
    ASSERT_TEXT(hash_of("bob"), "2");
    write_file("eve:3\n");
    refresh_after(LIVE_FILE_LOOK_US);
    ASSERT_TEXT(hash_of("bob"), "");
    ASSERT_TEXT(hash_of("eve"), "3");
    end();
}

static void test_half_written(void)
{
    begin("bob:1\n");
    write_file("");
    refresh_after(LIVE_FILE_LOOK_US);
    ASSERT_TEXT(hash_of("bob"), "1");
    write_file("bob:12345");
    refresh_after(LIVE_FILE_LOOK_US);
    ASSERT_TEXT(hash_of("bob"), "1");
    refresh_after(5000000); /* no more comes: it is meant like that */
    ASSERT_TEXT(hash_of("bob"), "12345");
    write_file("");
    now_us = clock_now_us();
    refresh_after(5000000);
    ASSERT_TEXT(hash_of("bob"), "");
    end();
}

static void test_broken(void)
{
    begin("bob:1\n");
    write_file("bob:2\nbroken\n");
    refresh_after(LIVE_FILE_LOOK_US);
    ASSERT_TEXT(hash_of("bob"), "1");
    refresh_after(5000000);
    ASSERT_TEXT(hash_of("bob"), "1");
    unlink(path);
    refresh_after(LIVE_FILE_LOOK_US);
    ASSERT_TEXT(hash_of("bob"), "1");
    close(open(path, O_WRONLY | O_CREAT, 0600));
    write_file("bob:3\n");
    refresh_after(LIVE_FILE_LOOK_US);
    ASSERT_TEXT(hash_of("bob"), "3");
    end();
}

static void test_late(void)
{
    begin("broken\n");
    CU_ASSERT(!live.loaded);
    ASSERT_TEXT(hash_of("bob"), "");
    write_file("bob:1\n");
    refresh_after(LIVE_FILE_LOOK_US);
    ASSERT_TEXT(hash_of("bob"), "1");
    now_us -= 3600000000; /* somebody sets the clock back */
    write_file("bob:2\n");
    refresh_after(0);
    ASSERT_TEXT(hash_of("bob"), "2");
    end();
}

SUITE("live_file", {"takes a changed file", test_change},
      {"waits for the other half", test_half_written}, {"keeps what it had", test_broken},
      {"takes a file that becomes good", test_late})
