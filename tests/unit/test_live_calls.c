/*
 * test_live_calls.c - tests of feeds/live_calls.c: what is told again, and many calls of one extension.
 */
#include "live_checks.h"

static const struct slice domain = SLICE_LITERAL("a.test");
static const struct slice extension = SLICE_LITERAL("1000");

/* The text that was told last, for the caller to free. */
static char *last_told(void)
{
    char *lines = play_lines(&play, "call a.test 1000 ");
    char *end = strrchr(lines, '\n');
    if (end)
        *end = '\0';
    const char *begin = strrchr(lines, '\n');
    if (begin)
        memmove(lines, begin + 1, strlen(begin));
    return lines;
}

static void check_again(void)
{
    char *told = last_told();
    ASSERT_TEXT(live_call_again(play.live, domain, extension), told);
    free(told);
}

static void test_again(void)
{
    start();
    CU_ASSERT_EQUAL(live_call_again(play.live, domain, extension).length, 0);
    event("CHANNEL_CREATE", "one", FROM_1000);
    check_again();
    event("CHANNEL_CREATE", "two", TO_1000);
    event("CHANNEL_PROGRESS", "two", TO_1000);
    check_again();
    event("CHANNEL_ANSWER", "one", FROM_1000);
    check_again();
    event("CHANNEL_HANGUP", "one", FROM_1000); /* nobody knows the fields any more */
    CU_ASSERT_EQUAL(live_call_again(play.live, domain, extension).length, 0);
    event("CHANNEL_ANSWER", "two", TO_1000);
    check_again();
    CU_ASSERT_EQUAL(live_call_again(play.live, domain, slice_from("1001")).length, 0);
    live_forget(play.live, 1795247732000000);
    CU_ASSERT_EQUAL(live_call_again(play.live, domain, extension).length, 0);
    stop();
}

static void test_element_again(void)
{
    start();
    event("CHANNEL_CREATE", "one", FROM_1000);
    char *told = play_lines(&play, "is a.test channel one ");
    told[strlen(told) - 1] = '\0';
    ASSERT_TEXT(live_element_again(play.live, ELEMENT_CHANNEL, slice_from("one")), told);
    free(told);
    CU_ASSERT_EQUAL(live_element_again(play.live, ELEMENT_PARKED_CHANNEL, slice_from("one")).length,
                    0);
    CU_ASSERT_EQUAL(live_element_again(play.live, ELEMENT_CHANNEL, slice_from("two")).length, 0);
    CU_ASSERT_EQUAL(live_element_again(play.live, ELEMENT_TERMINAL, slice_from("one")).length, 0);
    CU_ASSERT_TRUE(live_tells_again(ELEMENT_QUEUED_CHANNEL));
    CU_ASSERT_FALSE(live_tells_again(ELEMENT_TERMINAL));
    live_forget(play.live, 1795247732000000);
    stop();
}

/* For many channels. */
static void start_with_room(void)
{
    start();
    play.settings.channels_max = 10000;
}

/* Bytes of records. */
static size_t told_bytes;

static void count(void *self, struct slice its_domain, struct slice name, struct slice json)
{
    (void)self;
    (void)its_domain;
    (void)name;
    told_bytes += json.length;
}

/* Bytes of records that are made while COUNT calls of 1000 come, are answered, and go. */
static size_t cost_of(int calls)
{
    static const char *const events[] = {"CHANNEL_CREATE", "CHANNEL_ANSWER", "CHANNEL_HANGUP"};
    char uuid[20];
    start_with_room();
    play.sink = (struct live_sink){.call_is = count};
    told_bytes = 0;
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        for (int call = 0; call < calls; call++) {
            snprintf(uuid, sizeof uuid, "call-%06d", call);
            event(events[i], uuid, FROM_1000);
        }
        CU_ASSERT_EQUAL(live_channel_count(play.live), (size_t)calls); /* all of them are shown */
    }
    CU_ASSERT(live_dropped(play.live) > 0);
    live_forget(play.live, 1795247732000000);
    play_stop(&play);
    return told_bytes;
}

static void test_cost_is_linear(void)
{
    size_t small = cost_of(1000), large = cost_of(4000);
    CU_ASSERT(small > 0);
    CU_ASSERT(large < 5 * small);
}

static void test_full_record(void)
{
    char uuid[20];
    start_with_room();
    for (int call = 0; call <= LIVE_RECORD_LEGS; call++) {
        snprintf(uuid, sizeof uuid, "call-%03d", call);
        event("CHANNEL_CREATE", uuid, FROM_1000);
    }
    char *told = last_told();
    CU_ASSERT_PTR_NOT_NULL(strstr(told, "\"current\":\"call-099\""));
    free(told);
    event("CHANNEL_HANGUP", "call-050", FROM_1000);
    play_clear(&play);
    event("CHANNEL_ANSWER", "call-100", FROM_1000); /* now there is room for it */
    told = last_told();
    CU_ASSERT_PTR_NOT_NULL(strstr(told, "\"current\":\"call-100\",\"notify\":\"answer\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(told, "\"call-099\",\"call-100\"]"));
    CU_ASSERT_PTR_NULL(strstr(told, "call-050"));
    free(told);
    CU_ASSERT_EQUAL(live_dropped(play.live), 1);
    live_forget(play.live, 1795247732000000);
    CU_ASSERT_EQUAL(live_channel_count(play.live), 0);
    play_stop(&play);
}

SUITE("live_calls", {"again", test_again}, {"an element again", test_element_again},
      {"cost is linear", test_cost_is_linear}, {"a full record", test_full_record})
