/*
 * test_feed_status.c - tests of feeds/feed_status.c: what a feed says, and what a person reads of it.
 */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

#include "feeds/feed_status.h"

#define NOW_US ((int64_t)1795248000000000) /* 2026-11-21T08:00:00Z */

static struct arena arena;
static const struct pbx_server server = {.name = "one", .host = "192.0.2.1", .port = 8021};
static struct feed_status status;

static void begin(void)
{
    arena_free(&arena);
    arena_init(&arena, 1 << 20);
    status = (struct feed_status){
        .state = FEED_UP,
        .since_us = NOW_US - 60000000,
        .time_us = NOW_US - 2000000,
        .address = SLICE_LITERAL("192.0.2.\"1\""),
        .port = 8021,
        .pid = 42,
        .channels = 1,
        .registrations = 2,
        .events = 3,
        .bad_events = 4,
        .connections = 5,
        .changes = {.written = 6, .merged = 7, .lost = 0, .refused = 0},
    };
}

static struct slice written(void)
{
    struct buffer out = buffer_in(&arena);
    feed_status_write(&status, &out);
    return buffer_slice(&out);
}

/* What is printed of TEXT is WANTED, and says that the PBX is UP. */
static void check(struct slice text, const char *wanted, bool up, int line)
{
    char *printed = NULL;
    size_t length;
    FILE *out = open_memstream(&printed, &length);
    CU_ASSERT_EQUAL(feed_status_print_one(&server, text, NOW_US, &arena, out), up);
    fclose(out);
    if (strcmp(printed, wanted) != 0)
        printf("\n%d: got %s", line, printed);
    CU_ASSERT_STRING_EQUAL(printed, wanted);
    free(printed);
}

#define PRINTS(text, wanted, up) check((text), (wanted), (up), __LINE__)

static void test_written(void)
{
    begin();
    ASSERT_TEXT(written(),
                "{\"state\":\"up\",\"since\":1795247940000000,\"time\":1795247998000000,"
                "\"address\":\"192.0.2.\\\"1\\\"\",\"port\":8021,\"pid\":42,\"channels\":1,"
                "\"registrations\":2,\"events\":3,\"bad_events\":4,\"connections\":5,\"written\":6,"
                "\"merged\":7,\"lost\":0,\"refused\":0}");
}

static void test_printed(void)
{
    begin();
    PRINTS(written(),
           "one (192.0.2.1 port 8021): up since 2026-11-21T07:59:00Z, 1 channels, 2 registrations, "
           "3 events\n",
           true);
    status.state = FEED_AWAY;
    status.changes.lost = 8;
    PRINTS(written(),
           "one (192.0.2.1 port 8021): away since 2026-11-21T07:59:00Z, 1 channels, 2 "
           "registrations, 3 events\none: 8 changes lost, 0 refused by Redis\n",
           false);
    status = (struct feed_status){.state = FEED_STOPPED, .time_us = NOW_US};
    PRINTS(written(),
           "one (192.0.2.1 port 8021): stopped since 1970-01-01T00:00:00Z, 0 channels, 0 "
           "registrations, 0 events\n",
           false);
}

/* A feed writes every two seconds: who has not for more than six does not run. */
static void test_old(void)
{
    begin();
    status.time_us = NOW_US - 6000000;
    PRINTS(written(),
           "one (192.0.2.1 port 8021): up since 2026-11-21T07:59:00Z, 1 channels, 2 registrations, "
           "3 events\n",
           true);
    status.time_us--;
    PRINTS(written(),
           "one (192.0.2.1 port 8021): not heard: callboard-freeswitch does not run since "
           "2026-11-21T07:59:53Z\n",
           false);
}

static void test_unreadable(void)
{
    static const char *const texts[] = {"",
                                        "{",
                                        "[]",
                                        "null",
                                        "{\"state\":1,\"time\":1795247998000000}",
                                        "{\"state\":\"\\u001b[2Jup\",\"time\":1795247998000000}",
                                        "{\"time\":1795247998000000}"};
    begin();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        PRINTS(slice_from(texts[i]),
               "one (192.0.2.1 port 8021): not heard: callboard-freeswitch does not run\n", false);
    arena_free(&arena);
}

SUITE("feed_status", {"written", test_written}, {"printed", test_printed}, {"old", test_old},
      {"unreadable", test_unreadable})
