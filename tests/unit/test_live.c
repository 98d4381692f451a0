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

/* ---- captured sessions: what is expected of each is in tests/fixtures/live/ ---- */

static char *short_form(void)
{
    static const char *const elements[][2] = {{"- channel\n", "channel"},
                                              {"- queued\n", "queued_channel"},
                                              {"- parked\n", "parked_channel"},
                                              {"- waiting\n", "channel_waiting"}};
    char *text = calloc(1, play.length * 8 + 200), *part = play_calls(&play);
    strcat(strcpy(text, "- calls\n"), part);
    free(part);
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
        strcat(text, elements[i][0]);
        part = play_states(&play, elements[i][1]);
        strcat(text, part);
        free(part);
    }
    part = play_lines(&play, "news ");
    strcat(strcat(text, "- news\n"), part);
    free(part);
    return text;
}

static void check_session(const char *name)
{
    char path[100];
    snprintf(path, sizeof path, "../../live/%s.txt", name);
    struct slice wanted = play_file(path);
    start();
    play_session(&play, name, 0);
    char *got = short_form();
    bool same = wanted.length > 0 && slice_is(wanted, got);
    if (!same)
        printf("\n%s: got\n%s", name, got);
    CU_ASSERT_TRUE(same);
    free(got);
    free((char *)wanted.data);
    stop();
}

static void test_sessions(void)
{
    static const char *const names[] = {"call-answered",
                                        "call-answered-callee-bye",
                                        "call-cancelled",
                                        "call-busy",
                                        "call-blind-transfer",
                                        "call-hold-dtmf",
                                        "call-valet-park",
                                        "call-park-api",
                                        "call-no-such-user",
                                        "call-loopback-group",
                                        "call-rejected-603",
                                        "call-unanswered-timeout",
                                        "callcenter",
                                        "callcenter-abandon",
                                        "fifo",
                                        "conference",
                                        "voicemail-leave",
                                        "subset-json-two-calls"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        check_session(names[i]);
}

/* ---- events of our own ---- */

/* NAME of the channel UUID, with MORE members. */
static void event(const char *name, const char *uuid, const char *more)
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

static void check_calls(const char *wanted, int line)
{
    char *got = play_calls(&play);
    if (strcmp(got, wanted) != 0)
        printf("\ntest_live.c:%d: got\n%s", line, got);
    CU_ASSERT_STRING_EQUAL(got, wanted);
    free(got);
}

static void test_several_calls_of_one_extension(void)
{
    start();
    event("CHANNEL_CREATE", "one", FROM_1000);
    event("CHANNEL_ANSWER", "one", FROM_1000);
    event("CHANNEL_CREATE", "two", TO_1000);
    event("CHANNEL_PROGRESS", "two", TO_1000);
    event("CHANNEL_PROGRESS_MEDIA", "two", TO_1000); /* rings once */
    event("CHANNEL_HANGUP", "one", FROM_1000);
    event("CHANNEL_ANSWER", "two", TO_1000);
    event("CHANNEL_HANGUP", "two", TO_1000);
    event("CHANNEL_HANGUP", "two", TO_1000); /* ends once */
    event("CHANNEL_CREATE", "three", FROM_1000);
    check_calls("1000 callout one one | one\n"
                "1000 answer one one | one\n"
                "1000 callin two one two | one two\n"
                "1000 hangup one one two | two\n"
                "1000 answer two two | two\n"
                "1000 hangup two two |\n"
                "1000 callout three three | three\n",
                __LINE__);
    CU_ASSERT_EQUAL(live_channel_count(play.live), 3);
    live_forget(play.live, 1795247732000000);
    stop();
}

/* Who calls from outside may write what he likes into From: it is nobody's call. */
static void test_nobody_is_impersonated(void)
{
    start();
    event("CHANNEL_CREATE", "trunk", TRUNK ",\"Caller-Caller-ID-Number\":\"1000\"");
    event("CHANNEL_ANSWER", "trunk", TRUNK);
    LINES("call ", "");
    char *states = play_states(&play, "channel");
    CU_ASSERT_STRING_EQUAL(states, "is trunk - calling\n");
    free(states);
    LINES("is a.test", "");
    event("CHANNEL_DESTROY", "trunk", "");
    event("CHANNEL_CREATE", "gateway", TO_1000 ",\"variable_sip_gateway_name\":\"carrier\"");
    LINES("call ", "");
    event("CHANNEL_DESTROY", "gateway", "");
    event("CHANNEL_CREATE", "notify", FROM_1000); /* a uuid that would overwrite a member */
    LINES("call ", "");
    CU_ASSERT_EQUAL(live_dropped(play.live), 1);
    play_stop(&play);
}

/* User variables stand behind FreeSWITCH's headers, under any name. */
static void test_variables_named_like_headers(void)
{
    start();
    CU_ASSERT_TRUE(play_event(
        &play,
        slice_from("{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"sofia::register\","
                   "\"from-user\":\"1000\",\"from-host\":\"a.test\",\"call-id\":\"c1\","
                   "\"contact\":\"<sip:1000@192.0.2.1>\",\"from-user\":\"1001\",\"from-host\":"
                   "\"b.test\",\"call-id\":\"c2\",\"Event-Subclass\":\"sofia::unregister\"}")));
    LINES("reg ", "a.test 1000 c1 fresh\n");
    CU_ASSERT_TRUE(play_event(
        &play,
        slice_from("{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"sofia::register\","
                   "\"from-user\":\"10\\n00\",\"from-host\":\"a.test\",\"call-id\":\"c3\"}")));
    LINES("reg ", "a.test 1000 c1 fresh\n");
    CU_ASSERT_EQUAL(live_registration_count(play.live), 1);
    play_stop(&play);
}

static void test_events_out_of_order(void)
{
    start();
    event("CHANNEL_HANGUP", "x", FROM_1000 ",\"Answer-State\":\"hangup\"");
    event("CHANNEL_UNBRIDGE", "x", FROM_1000 ",\"Channel-State\":\"CS_REPORTING\"");
    event("CHANNEL_DESTROY", "x", "");
    event("CHANNEL_BRIDGE", "", "");
    CU_ASSERT_EQUAL(live_channel_count(play.live), 0);
    event("CHANNEL_ANSWER", "y", FROM_1000);
    check_calls("1000 answer y y | y\n", __LINE__);
    event("CHANNEL_BRIDGE", "y", "\"Bridge-A-Unique-ID\":\"y\",\"Bridge-B-Unique-ID\":\"y\"");
    event("CHANNEL_DESTROY", "y", "");
    check_calls("1000 answer y y | y\n1000 hangup y y |\n", __LINE__);
    event("CHANNEL_ANSWER", "y", FROM_1000); /* late */
    CU_ASSERT_EQUAL(live_channel_count(play.live), 0);
    play_stop(&play);
}

static void test_bounds(void)
{
    char uuid[40], text[3000];
    start();
    memset(text, 0, sizeof text);
    strcpy(text, FROM_1000 ",\"Caller-Caller-ID-Name\":\"");
    for (size_t i = strlen(text); i < 2900; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    strcat(text, "\"");
    for (int i = 0; i < 150; i++) {
        snprintf(uuid, sizeof uuid, "leg-%d", i);
        event("CHANNEL_CREATE", uuid, text);
    }
    CU_ASSERT_EQUAL(live_channel_count(play.live), 100);
    CU_ASSERT_EQUAL(live_dropped(play.live), 50);
    CU_ASSERT_TRUE(slice_is_utf8(slice_from(play.log)));
    play_stop(&play);
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

static void test_expiry(void)
{
    start();
    play_session(&play, "register", 0);
    play_session(&play, "register-expire", 0);
    LINES("unreg pbx.example.com 1007", " bb682feecf7d5f66@127.0.0.1\n");
    char *gone = play_lines(&play, "gone pbx.example.com terminal 1007:");
    CU_ASSERT_PTR_NOT_NULL(strstr(gone, "\"name\":\"1007@127.0.0.1:5107\""));
    free(gone);
    /* 1001 came back from its address with another call-id: one phone, whose terminal stayed. */
    LINES("unreg pbx.example.com 1001", " 888311c9919fc922@127.0.0.1\n");
    LINES("gone pbx.example.com terminal 1001", "");
    stop();
}

/* ---- lists ---- */

#define NOW_US 1795248530000000

static void put_lists(void)
{
    struct slice registrations = play_file("api-show_registrations.json");
    struct slice channels = play_file("api-show_channels.json");
    struct slice calls = play_file("api-show_calls.json");
    struct error error = {""};
    CU_ASSERT_TRUE(live_snapshot_registrations(play.live, registrations, NOW_US, &error));
    CU_ASSERT_TRUE(live_snapshot_channels(play.live, channels, NOW_US, &error));
    CU_ASSERT_TRUE(live_snapshot_calls(play.live, calls, NOW_US, &error));
    CU_ASSERT_STRING_EQUAL(error.text, "");
    free((char *)registrations.data);
    free((char *)channels.data);
    free((char *)calls.data);
}

static void test_lists(void)
{
    start();
    put_lists();
    CU_ASSERT_EQUAL(live_registration_count(play.live), 8);
    CU_ASSERT_EQUAL(live_channel_count(play.live), 2);
    check_calls("1000 answer bb67558d bb67558d | bb67558d\n"
                "1001 answer 46edbee4 46edbee4 | 46edbee4\n",
                __LINE__);
    char *states = play_states(&play, "channel");
    CU_ASSERT_STRING_EQUAL(states, "is bb67558d 1000 calling 1001\n"
                                   "is 46edbee4 1001 calling 1001\n"
                                   "is bb67558d 1000 bridged\n"
                                   "is 46edbee4 1001 bridged\n");
    free(states);
    play_clear(&play);
    put_lists(); /* nothing is new */
    CU_ASSERT_STRING_EQUAL(play.log, "");
    play_stop(&play);
}

/* What an event has told of is not told again by a list, and a list's end is an end. */
static void test_lists_after_events(void)
{
    static const struct slice empty = SLICE_LITERAL("{\"row_count\":0}");
    struct error error = {""};
    start();
    play_session(&play, "register-expire", 0); /* 1000, 1001 and 1002 are left */
    CU_ASSERT_EQUAL(live_registration_count(play.live), 3);
    play_session(&play, "call-hold-dtmf", 90);
    play_clear(&play);
    put_lists();
    CU_ASSERT_EQUAL(live_registration_count(play.live), 8);
    LINES("reg pbx.example.com 1000", "");
    LINES("call ", "");
    CU_ASSERT_TRUE(live_snapshot_channels(play.live, empty, NOW_US + 10000000, &error));
    CU_ASSERT_TRUE(live_snapshot_registrations(play.live, empty, NOW_US + 10000000, &error));
    CU_ASSERT_EQUAL(live_registration_count(play.live), 0);
    LINES("call pbx.example.com 1000 "
          "{\"username\":\"1000\",\"current\":\"bb67558d-5784-4911-806d-df5131236d3c\",\"notify\":"
          "\"hangup\"",
          ",\"bb67558d-5784-4911-806d-df5131236d3c\":{\"Caller-Destination-Number\":\"1001\","
          "\"Caller-Caller-ID-Number\":\"1000\",\"Caller-Callee-ID-Number\":\"1001\",\"Caller-"
          "Profile-Created-Time\":\"1795248524304102\",\"Caller-Channel-Answered-Time\":"
          "\"1795248524844105\"},\"activity\":[]}\n");
    stop();
}

static void test_no_lists(void)
{
    static const char *const texts[] = {"",
                                        "-ERR no such command",
                                        "[]",
                                        "{\"rows\":[]}",
                                        "{\"row_count\":1,\"rows\":{}}",
                                        "{\"row_count\":1,\"rows\":[1]}",
                                        "{\"row_count\":\"1\"}"};
    start();
    event("CHANNEL_CREATE", "up", FROM_1000);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct error error = {""};
        CU_ASSERT_FALSE(live_snapshot_channels(play.live, slice_from(texts[i]), NOW_US, &error));
        CU_ASSERT_NOT_EQUAL(error.text[0], '\0');
    }
    CU_ASSERT_EQUAL(live_channel_count(play.live), 1);
    struct error error = {""};
    CU_ASSERT_TRUE(live_snapshot_channels(
        play.live,
        slice_from("{\"row_count\":3,\"rows\":[{\"uuid\":\"up\"},{},{\"uuid\":\"odd\",\"cid_name\":"
                   "\"J\xf6rg\",\"direction\":\"inbound\",\"presence_id\":\"1001@a.test\"}]}"),
        NOW_US, &error));
    CU_ASSERT_STRING_EQUAL(error.text, "");
    CU_ASSERT_EQUAL(live_channel_count(play.live), 2);
    LINES("call a.test 1001 ", ""); /* nothing says that it is 1001's */
    CU_ASSERT_TRUE(slice_is_utf8(slice_from(play.log)));
    play_stop(&play);
}

SUITE("live", {"answered call", test_answered_call}, {"captured sessions", test_sessions},
      {"several calls of one extension", test_several_calls_of_one_extension},
      {"nobody is impersonated", test_nobody_is_impersonated},
      {"variables named like headers", test_variables_named_like_headers},
      {"events out of order", test_events_out_of_order}, {"bounds", test_bounds},
      {"registrations", test_registrations}, {"expiry", test_expiry}, {"lists", test_lists},
      {"lists after events", test_lists_after_events}, {"what is no list", test_no_lists})
