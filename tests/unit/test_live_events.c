/*
 * test_live_events.c - tests of the live model with events of our own: what no capture has, and what nobody should send.
 */
#include "live_checks.h"

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

static void test_trunk_leg_is_in_the_domain_of_its_call(void)
{
    start();
    event("CHANNEL_CREATE", "trunk", TRUNK);
    event("CHANNEL_CREATE", "phone", TO_1000 ",\"Other-Leg-Unique-ID\":\"trunk\"");
    char *gone = play_lines(&play, "gone pbx.example.com channel trunk ");
    CU_ASSERT_PTR_NOT_NULL(strstr(gone, "\"uuid\":\"trunk\""));
    free(gone);
    char *is = play_lines(&play, "is a.test channel trunk ");
    CU_ASSERT_PTR_NOT_NULL(strstr(is, "\"other_uuid\":\"phone\""));
    free(is);
    live_forget(play.live, 1795247732000000);
    stop();
}

/* One that FreeSWITCH has made to a trunk and then connected to 1000 is not 1000's. */
static void test_whom_a_leg_calls_is_not_whose_it_is(void)
{
    start();
    event("CHANNEL_CREATE", "trunk", "\"Call-Direction\":\"outbound\"");
    event("CHANNEL_ANSWER", "trunk",
          "\"Call-Direction\":\"outbound\",\"variable_dialed_user\":\"1000\","
          "\"variable_dialed_domain\":\"a.test\"");
    LINES("call ", "");
    live_forget(play.live, 1795247732000000);
    stop();
}

/* ---- places ---- */

/* What `bridge` may be given, and the group that is called then. */
static void test_groups_of_dial_strings(void)
{
    static const char *const cases[][2] = {
        {"group/sales@a.test", "\"ring\",\"group_id\":\"sales\""},
        {"group/sales@a.test+F", "\"hunt\",\"group_id\":\"sales\""},
        {"group/sales@a.test+A", "\"ring\",\"group_id\":\"sales\""},
        {"{a=b,c=d}[e=f]<g=h>group/sales", "\"ring\",\"group_id\":\"sales\""},
        {"group/sales@a.test|group/all@a.test+F", "\"ring\",\"group_id\":\"sales\""},
        {"group/sales@a.test,user/1000@a.test", "\"ring\",\"group_id\":\"sales\""},
        {"{a=b", NULL},
        {"group/@a.test", NULL},
        {"user/1000@a.test,group/sales@a.test", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char more[200];
        start();
        event("CHANNEL_CREATE", "a", FROM_1000);
        snprintf(more, sizeof more,
                 FROM_1000 ",\"Application\":\"bridge\",\"Application-Data\":\"%s\"", cases[i][0]);
        event("CHANNEL_EXECUTE", "a", more);
        char *waiting = play_lines(&play, "is a.test channel_waiting a ");
        CU_ASSERT_EQUAL(*waiting != '\0', cases[i][1] != NULL);
        CU_ASSERT_TRUE(!cases[i][1] || strstr(waiting, cases[i][1]));
        free(waiting);
        live_forget(play.live, 1795247732000000);
        stop();
    }
}

/* ---- news ---- */

/* The dialler's words for whom it has called go along, on the way to an agent and by a queue. */
static void test_agents_hear_of_calls(void)
{
#define CALL(call, agent)                                                                          \
    "{\"type\":\"call\",\"payload\":{\"call_ref\":\"" call                                         \
    "\",\"contact_ref\":\"c-7\",\"number\":\"0301234\",\"ref\":\"" agent "\"}}\n"
    start();
    event("CHANNEL_CREATE", "customer",
          "\"Call-Direction\":\"outbound\",\"variable_contact_ref\":\"c-7\"");
    event("CHANNEL_CREATE", "agent",
          TO_1000 ",\"Other-Leg-Unique-ID\":\"customer\",\"Caller-Caller-ID-Number\":\"0301234\"");
    LINES("news agents 1000 ", CALL("agent", "1000"));
    event("CUSTOM", "",
          "\"Event-Subclass\":\"callcenter::info\",\"CC-Action\":\"agent-offering\",\"CC-Agent\":"
          "\"1001@default\",\"CC-Member-Session-UUID\":\"customer\",\"CC-Member-CID-Number\":"
          "\"0301234\"");
    LINES("news agents 1001 ", CALL("customer", "1001"));
    live_forget(play.live, 1795247732000000);
    stop();
}

static void test_agents_log_in_and_out(void)
{
    static const char *const changes[][2] = {{"status", "Available"},      {"status", "On Break"},
                                             {"status", "Logged Out"},     {"status", "Available"},
                                             {"state", "In a queue call"}, {"state", "Waiting"}};
    start();
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char more[300];
        bool status = strcmp(changes[i][0], "status") == 0;
        snprintf(more, sizeof more,
                 "\"Event-Subclass\":\"callcenter::info\",\"CC-Agent\":\"7@q\",\"CC-Action\":"
                 "\"agent-%s-change\",\"CC-Agent-%s\":\"%s\"",
                 changes[i][0], status ? "Status" : "State", changes[i][1]);
        event("CUSTOM", "", more);
    }
#define STATUS(word)                                                                               \
    "{\"type\":\"status\",\"payload\":{\"status\":\"" word                                         \
    "\",\"campaign_ref\":\"\",\"ref\":\"7\"}}\n"
    LINES("news agents 7 ",
          STATUS("available") STATUS("busy") STATUS("logging_out") STATUS("offline")
              STATUS("logging_in") STATUS("available") STATUS("busy") STATUS("available"));
    stop();
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

/* A pair's end ends no other pair; and no event turns one channel into another that is there. */
static void test_other_pairs_stay(void)
{
    start();
    event("CHANNEL_CREATE", "a", FROM_1000);
    event("CHANNEL_CREATE", "b", TO_1000);
    event("CHANNEL_CREATE", "c", TO_1000);
    event("CHANNEL_BRIDGE", "a", "\"Bridge-A-Unique-ID\":\"a\",\"Bridge-B-Unique-ID\":\"b\"");
    play_clear(&play);
    event("CHANNEL_UNBRIDGE", "a", "\"Bridge-A-Unique-ID\":\"a\",\"Bridge-B-Unique-ID\":\"c\"");
    event("CHANNEL_UUID", "b", "\"Old-Unique-ID\":\"a\"");
    event("CHANNEL_UUID", "b", "\"Old-Unique-ID\":\"b\"");
    event("CHANNEL_UUID", "a", "\"Old-Unique-ID\":\"nobody\"");
    LINES("gone ", "");
    char *states = play_states(&play, "channel");
    CU_ASSERT_STRING_EQUAL(states, "is a 1000 bridged\nis b 1000 bridged\n");
    free(states);
    CU_ASSERT_EQUAL(live_channel_count(play.live), 3);
    live_forget(play.live, 1795247732000000);
    stop();
}

static void register_phone(const char *contact, const char *network)
{
    char more[400];
    snprintf(
        more, sizeof more,
        "\"Event-Subclass\":\"sofia::register\",\"from-user\":\"1000\",\"from-host\":\"a.test\","
        "\"call-id\":\"%s\",\"contact\":\"<sip:1000@10.0.0.2:5060;fs_nat=yes>\",\"network-ip\":"
        "\"%s\"",
        contact, network);
    event("CUSTOM", "", more);
}

/* Behind two NATs with one private address: two phones all the same. */
static void test_two_phones(void)
{
    start();
    register_phone("c1", "192.0.2.1");
    register_phone("c2", "192.0.2.2");
    register_phone("c1", "192.0.2.1");
    LINES("reg a.test 1000 ", "c1 fresh\nc2 fresh\nc1 again\n");
    LINES("unreg ", "");
    char *terminals = play_lines(&play, "is a.test terminal 1000:");
    CU_ASSERT_PTR_NOT_EQUAL(strchr(terminals, '\n') + 1, strrchr(terminals, '\0'));
    CU_ASSERT_NOT_EQUAL(strncmp(terminals, strchr(terminals, '\n') + 1, 8), 0);
    free(terminals);
    register_phone("c3", "192.0.2.2"); /* the second one again, after it was switched off */
    LINES("unreg a.test 1000 ", "c2\n");
    CU_ASSERT_EQUAL(live_registration_count(play.live), 2);
    LINES("gone ", "");
    stop();
}

SUITE("live events", {"several calls of one extension", test_several_calls_of_one_extension},
      {"nobody is impersonated", test_nobody_is_impersonated},
      {"a trunk's leg is in the domain of its call", test_trunk_leg_is_in_the_domain_of_its_call},
      {"whom a leg calls is not whose it is", test_whom_a_leg_calls_is_not_whose_it_is},
      {"groups of dial-strings", test_groups_of_dial_strings},
      {"agents hear of calls", test_agents_hear_of_calls},
      {"agents log in and out", test_agents_log_in_and_out}, {"two phones", test_two_phones},
      {"other pairs stay", test_other_pairs_stay},
      {"events out of order", test_events_out_of_order})
