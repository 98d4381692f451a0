/*
 * test_live.c - tests of the live model: captured sessions of FreeSWITCH, and what its sink is to be told of each.
 */
#include "live_play.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

static struct play play;

/* The lines that begin with PREFIX are WANTED. */
static void check_lines(const char *prefix, const char *wanted, int line)
{
    char *lines = play_lines(&play, prefix);
    bool same = strcmp(lines, wanted) == 0;
    if (!same)
        printf("\ntest_live.c:%d: %s\ngot:\n%swanted:\n%s", line, prefix, lines, wanted);
    CU_assertImplementation(same, (unsigned)line, prefix, __FILE__, "", CU_FALSE);
    free(lines);
}

#define LINES(prefix, wanted) check_lines((prefix), (wanted), __LINE__)

static void start(void)
{
    play_start(&play);
    CU_ASSERT_PTR_NOT_NULL_FATAL(play.live);
}

/* All calls and phones are over: nothing may be left, nor dropped. */
static void stop(void)
{
    CU_ASSERT_EQUAL(live_channel_count(play.live), 0);
    CU_ASSERT_EQUAL(live_dropped(play.live), 0);
    play_stop(&play);
}

/* ---- calls ---- */

#define ANSWERED_A "ab1ab002-ccd4-46a7-b39b-773deb45dde1"
#define ANSWERED_B "5cd7763e-7cb0-4afb-95ae-e562ed524a1e"

static void test_answered_call(void)
{
    start();
    play_session(&play, "call-answered", 0);
    LINES(
        "call pbx.example.com 1000 ",
        "{\"username\":\"1000\",\"current\":\"" ANSWERED_A "\",\"notify\":\"callout\",\"" ANSWERED_A
        "\":{\"Caller-Destination-Number\":\"1001\",\"Caller-Caller-ID-Number\":\"1000\","
        "\"Caller-Profile-Created-Time\":\"1795247731144086\","
        "\"Caller-Channel-Answered-Time\":\"0\"},\"activity\":[\"" ANSWERED_A "\"]}\n"
        "{\"username\":\"1000\",\"current\":\"" ANSWERED_A "\",\"notify\":\"answer\",\"" ANSWERED_A
        "\":{\"Caller-Destination-Number\":\"1001\",\"Caller-Caller-ID-Number\":\"1000\","
        "\"Caller-Callee-ID-Number\":\"1001\","
        "\"Caller-Profile-Created-Time\":\"1795247731144086\","
        "\"Caller-Channel-Answered-Time\":\"1795247732164086\"},\"activity\":[\"" ANSWERED_A
        "\"]}\n"
        "{\"username\":\"1000\",\"current\":\"" ANSWERED_A "\",\"notify\":\"hangup\",\"" ANSWERED_A
        "\":{\"Caller-Destination-Number\":\"1001\",\"Caller-Caller-ID-Number\":\"1000\","
        "\"Caller-Callee-ID-Number\":\"1001\","
        "\"Caller-Profile-Created-Time\":\"1795247731144086\","
        "\"Caller-Channel-Answered-Time\":\"1795247732164086\"},\"activity\":[]}\n");
    LINES(
        "call pbx.example.com 1001 ",
        "{\"username\":\"1001\",\"current\":\"" ANSWERED_B "\",\"notify\":\"callin\",\"" ANSWERED_B
        "\":{\"Caller-Destination-Number\":\"1001\",\"Caller-Caller-ID-Number\":\"1000\","
        "\"Caller-Callee-ID-Number\":\"1001\","
        "\"Caller-Profile-Created-Time\":\"1795247731144086\","
        "\"Caller-Channel-Answered-Time\":\"0\"},\"activity\":[\"" ANSWERED_B "\"]}\n"
        "{\"username\":\"1001\",\"current\":\"" ANSWERED_B "\",\"notify\":\"answer\",\"" ANSWERED_B
        "\":{\"Caller-Destination-Number\":\"1001\",\"Caller-Caller-ID-Number\":\"1000\","
        "\"Caller-Callee-ID-Number\":\"1001\","
        "\"Caller-Profile-Created-Time\":\"1795247731144086\","
        "\"Caller-Channel-Answered-Time\":\"1795247732144088\"},\"activity\":[\"" ANSWERED_B
        "\"]}\n"
        "{\"username\":\"1001\",\"current\":\"" ANSWERED_B "\",\"notify\":\"hangup\",\"" ANSWERED_B
        "\":{\"Caller-Destination-Number\":\"1001\",\"Caller-Caller-ID-Number\":\"1000\","
        "\"Caller-Callee-ID-Number\":\"1001\","
        "\"Caller-Profile-Created-Time\":\"1795247731144086\","
        "\"Caller-Channel-Answered-Time\":\"1795247732144088\"},\"activity\":[]}\n");
    stop();
}

/* ---- registrations ---- */

static void test_registrations(void)
{
    start();
    play_session(&play, "register", 0);
    LINES("reg pbx.example.com ", "1000 1c0f96d98dd469c1@127.0.0.1 fresh\n"
                                  "1000 1c0f96d98dd469c1@127.0.0.1 again\n"
                                  "1001 888311c9919fc922@127.0.0.1 fresh\n");
    LINES("unreg pbx.example.com ", "1000 1c0f96d98dd469c1@127.0.0.1\n");
    CU_ASSERT_EQUAL(live_registration_count(play.live), 1);
    stop();
}

SUITE("live", {"answered call", test_answered_call}, {"registrations", test_registrations})
