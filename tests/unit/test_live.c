/*
 * test_live.c - tests of the live model: captured sessions of FreeSWITCH and its lists, and what the sink is to be told of each.
 */
#include "live_checks.h"

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

static void check_session(const char *name)
{
    char path[100];
    snprintf(path, sizeof path, "../../live/%s.txt", name);
    struct slice wanted = play_file(path);
    start();
    play_session(&play, name, 0);
    char *got = play_short(&play);
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

static void test_call_records(void)
{
    start();
    play_session(&play, "call-busy", 71);
    LINES("keep campaigns ",
          "cbb11329-b198-496f-a8a4-a2c8b612a936 {\"type\":\"cdr\",\"payload\":{\"extension\":"
          "\"1001\",\"call_ref\":\"cbb11329-b198-496f-a8a4-a2c8b612a936\",\"contact_ref\":\"\","
          "\"dialed_at\":\"2026-11-21T07:55:51Z\",\"end_reason\":\"USER_BUSY\",\"end_code\":486,"
          "\"call_time\":0,\"call_dir\":\"outbound\",\"recording_url\":\"\",\"ref\":\"\"}}\n");
    play_stop(&play);
}

/* How many lines begin with PREFIX and have TEXT in them. */
static size_t count_lines(const char *prefix, const char *text)
{
    char *lines = play_lines(&play, prefix), *rest;
    size_t count = 0;
    for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        count += strstr(line, text) != NULL;
    free(lines);
    return count;
}

static void test_news_as_wanted(void)
{
    for (int wanted = 0; wanted < 8; wanted++) {
        start();
        play.settings.agents_call = wanted & 1;
        play.settings.agents_status = wanted & 2;
        play.settings.campaigns_cdr = wanted & 4;
        play_session(&play, "callcenter", 0);
        CU_ASSERT_EQUAL(count_lines("news ", "\"type\":\"call\""), wanted & 1 ? 2 : 0);
        CU_ASSERT_EQUAL(count_lines("news ", "\"type\":\"status\""), wanted & 2 ? 4 : 0);
        CU_ASSERT_EQUAL(count_lines("keep campaigns ", "\"type\":\"cdr\""), wanted & 4 ? 2 : 0);
        stop();
    }
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

/* What has only just begun need not be in a list, so it stays; the next list says. */
static void test_lists_unsure(void)
{
    static const struct slice empty = SLICE_LITERAL("{\"row_count\":0}");
    struct error error = {""};
    start();
    event("CHANNEL_CREATE", "new",
          FROM_1000 ",\"Caller-Channel-Created-Time\":\"1795248530000000\"");
    CU_ASSERT_TRUE(live_snapshot_registrations(play.live, empty, NOW_US, &error));
    CU_ASSERT_TRUE(live_is_sure(play.live));
    CU_ASSERT_TRUE(live_snapshot_channels(play.live, empty, NOW_US + 1000000, &error));
    CU_ASSERT_FALSE(live_is_sure(play.live));
    CU_ASSERT_EQUAL(live_channel_count(play.live), 1);
    CU_ASSERT_TRUE(live_snapshot_registrations(play.live, empty, NOW_US + 5000000, &error));
    CU_ASSERT_TRUE(live_snapshot_channels(play.live, empty, NOW_US + 5000000, &error));
    CU_ASSERT_TRUE(live_is_sure(play.live));
    stop();
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
                                        "{\"row_count\":1,\"rows\":[{}}",
                                        "{\"row_count\":1,\"rows\":[{},1]}",
                                        "{\"row_count\":1,\"rows\":[{\"uuid\":\"a]}",
                                        "{\"row_count\":1,\"rows\":[{}]",
                                        "{\"row_count\":1} {}",
                                        "{\"row_count\"}",
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

/* After connecting: who rings a group, who talks to somebody of one, who is parked. */
static void test_places_of_a_list(void)
{
    struct error error = {""};
    start();
    CU_ASSERT_TRUE(live_snapshot_channels(
        play.live,
        slice_from(
            "{\"row_count\":4,\"rows\":[{\"uuid\":\"a\",\"direction\":\"inbound\",\"application\":"
            "\"bridge\",\"application_data\":\"group/sales@pbx.example.com+F\"},{\"uuid\":\"b\","
            "\"direction\":\"inbound\",\"application\":\"bridge\",\"application_data\":"
            "\"group/"
            "sales@pbx.example.com\",\"callstate\":\"ACTIVE\"},{\"uuid\":\"c\",\"direction\":"
            "\"outbound\",\"presence_id\":\"1001@pbx.example.com\",\"callstate\":\"ACTIVE\","
            "\"call_uuid\":\"b\"},{\"uuid\":\"d\",\"direction\":\"inbound\",\"application\":"
            "\"valet_park\",\"application_data\":\"lot 6001\"}]}"),
        NOW_US, &error));
    CU_ASSERT_TRUE(live_snapshot_calls(
        play.live, slice_from("{\"row_count\":1,\"rows\":[{\"uuid\":\"b\",\"b_uuid\":\"c\"}]}"),
        NOW_US, &error));
    char *waiting = play_lines(&play, "is pbx.example.com channel_waiting a ");
    CU_ASSERT_PTR_NOT_NULL(strstr(waiting, "\"group_type\":\"hunt\",\"group_id\":\"sales\""));
    free(waiting);
    CU_ASSERT_EQUAL(count_lines("gone pbx.example.com channel_waiting b ", "sales"), 1);
    CU_ASSERT_EQUAL(count_lines("is pbx.example.com channel b ", "\"name\":\"bridged\""), 1);
    CU_ASSERT_EQUAL(count_lines("is pbx.example.com channel c ",
                                "\"name\":\"bridged\"},\"group_id\":\"sales\""),
                    1);
    CU_ASSERT_EQUAL(count_lines("is pbx.example.com parked_channel d ", "\"slot\":\"6001\""), 1);
    live_forget(play.live, NOW_US);
    stop();
}

/* Of a list that is one, a row that is broken within is left out. */
static void test_broken_row(void)
{
    struct error error = {""};
    start();
    CU_ASSERT_TRUE(live_snapshot_channels(
        play.live,
        slice_from(" { \"rows\" : [ {\"uuid\":\"a\"} , {\"uuid\":\"b\",} , "
                   "{\"uuid\":\"c\",\"dest\":\"]}\\\"\",\"more\":[{}]} ] , \"row_count\" : 3 } "),
        NOW_US, &error));
    CU_ASSERT_STRING_EQUAL(error.text, "");
    CU_ASSERT_EQUAL(live_channel_count(play.live), 2);
    CU_ASSERT_EQUAL(live_dropped(play.live), 1);
    play_stop(&play);
}

SUITE("live", {"answered call", test_answered_call}, {"captured sessions", test_sessions},
      {"call records", test_call_records}, {"news as wanted", test_news_as_wanted},
      {"registrations", test_registrations}, {"expiry", test_expiry}, {"lists", test_lists},
      {"lists after events", test_lists_after_events},
      {"lists that are not sure", test_lists_unsure}, {"what is no list", test_no_lists},
      {"places of a list", test_places_of_a_list}, {"a broken row", test_broken_row})
