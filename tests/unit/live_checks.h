/*
 * live_checks.h - what the tests of the live model share: one model, events of our own, and what its sink is to have been told.
 */
#ifndef CALLBOARD_TEST_LIVE_CHECKS_H
#define CALLBOARD_TEST_LIVE_CHECKS_H

#include <stdio.h>
#include <stdlib.h>

#include "live_play.h"
#include "suite.h"

static struct play play;

/* The lines that begin with PREFIX are WANTED. */
static inline void check_lines(const char *prefix, const char *wanted, int line)
{
    char *lines = play_lines(&play, prefix);
    bool same = strcmp(lines, wanted) == 0;
    if (!same)
        printf("\n%d: %s\ngot:\n%swanted:\n%s", line, prefix, lines, wanted);
    CU_assertImplementation(same, (unsigned)line, prefix, __FILE__, "", CU_FALSE);
    free(lines);
}

#define LINES(prefix, wanted) check_lines((prefix), (wanted), __LINE__)

static inline void start(void)
{
    play_start(&play);
    CU_ASSERT_PTR_NOT_NULL_FATAL(play.live);
}

/* All calls and phones are over: nothing may be left, nor dropped. */
static inline void stop(void)
{
    CU_ASSERT_EQUAL(live_channel_count(play.live), 0);
    CU_ASSERT_EQUAL(live_dropped(play.live), 0);
    play_stop(&play);
}

/* ---- events of our own ---- */

/* NAME of the channel UUID, with MORE members. */
static inline void event(const char *name, const char *uuid, const char *more)
{
    char text[4096];
    snprintf(text, sizeof text,
             "{\"Event-Name\":\"%s\",\"Event-Date-Timestamp\":\"1795247731000000\",\"Unique-ID\":"
             "\"%s\"%s%s}",
             name, uuid, *more ? "," : "", more);
    CU_ASSERT_TRUE_FATAL(play_event(&play, slice_from(text)));
}

#define FROM_1000                                                                                  \
    "\"Call-Direction\":\"inbound\",\"variable_user_name\":\"1000\",\"variable_domain_name\":\"a." \
    "test\""
#define TO_1000 "\"Call-Direction\":\"outbound\",\"Channel-Presence-ID\":\"1000@a.test\""
#define TRUNK   "\"Call-Direction\":\"inbound\",\"Channel-Presence-ID\":\"1000@a.test\""

static inline void check_calls(const char *wanted, int line)
{
    char *got = play_calls(&play);
    if (strcmp(got, wanted) != 0)
        printf("\n%d: got\n%s", line, got);
    CU_ASSERT_STRING_EQUAL(got, wanted);
    free(got);
}

#endif
