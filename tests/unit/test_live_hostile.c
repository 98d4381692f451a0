/*
 * test_live_hostile.c - what callers, phones and user variables put into events corrupts no record and is nobody else's.
 */
#include "live_checks.h"

#include "base/json.h"

/* ---- odd bytes, as captured ---- */

/* A caller's name in Latin-1, with quotes, a backslash and a tab; an event with a key twice. */
static void test_odd_bytes(void)
{
    start();
    play_session(&play, "odd-bytes", 0);
    CU_ASSERT_TRUE(slice_is_utf8(slice_from(play.log)));
    char *shown = play_lines(&play, "is pbx.example.com channel ");
    struct error error;
    json_t *channel = json_parse(slice_from(strchr(shown, '{')), &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(channel);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(channel, "calling_name")),
                           "J\xef\xbf\xbdrg \"Q\" \\ \t<x>&");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(channel, "user_id")), "1001");
    json_decref(channel);
    free(shown);
    LINES("call ", ""); /* it never rang */
    char *gone = play_lines(&play, "gone pbx.example.com channel 1902a918-");
    CU_ASSERT_PTR_NOT_NULL(strchr(gone, '\n'));
    free(gone);
    char *record = play_lines(&play, "keep campaigns 1902a918-0aa8-4c17-90df-e0c6e390ce88 ");
    CU_ASSERT_PTR_NOT_NULL(strstr(record, "\"end_reason\":"));
    free(record);
    stop();
}

/* ---- user variables ---- */

static char stored[20000]; /* the JSON of the latest registration */

static void keep_registration(void *self, struct slice domain, struct slice extension,
                              struct slice contact, struct slice json, bool fresh)
{
    (void)self, (void)domain, (void)extension, (void)contact, (void)fresh;
    CU_ASSERT_FATAL(json.length < sizeof stored);
    memcpy(stored, json.data, json.length);
    stored[json.length] = '\0';
}

/* The captured event, as it comes when the extension has variables of such names. */
static void test_variables_of_an_extension(void)
{
    static const char more[] =
        ",\"from-user\":\"1001\",\"from-host\":\"evil.test\",\"call-id\":\"forged\",\"Event-Name\":"
        "\"CHANNEL_CREATE\",\"Event-Subclass\":\"sofia::unregister\",\"Unique-ID\":\"up\","
        "\"contact\":"
        "\"<sip:evil@192.0.2.9>\",\"Event-Date-Timestamp\":\"1\",\"variable_user_name\":\"1001\","
        "\"username\":\"1001\",\"Call-Direction\":\"inbound\"}";
    struct slice captured = play_file("register.00004.CUSTOM_sofia_register.json");
    char *text = calloc(1, captured.length + sizeof more), *end;
    memcpy(text, captured.data, captured.length);
    end = strrchr(text, '}');
    strcpy(end, more);
    start();
    event("CHANNEL_CREATE", "up", FROM_1000);
    play_clear(&play);
    play.sink.registered = keep_registration;
    CU_ASSERT_TRUE(play_event(&play, slice_from(text)));
    CU_ASSERT_EQUAL(live_registration_count(play.live), 1);
    CU_ASSERT_EQUAL(live_channel_count(play.live), 1);
    LINES("is a.test", "");
    LINES("unreg ", "");
    char *terminal = play_lines(&play, "is pbx.example.com terminal 1000:");
    CU_ASSERT_PTR_NOT_NULL(strstr(terminal, "\"name\":\"1000@127.0.0.1:5100\""));
    free(terminal);
    struct error error;
    json_t *record = json_parse(slice_from(stored), &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(record); /* strict: no key is there twice */
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(record, "from-user")), "1000");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(record, "from-host")),
                           "pbx.example.com");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(record, "Event-Subclass")),
                           "sofia::register");
    CU_ASSERT_PTR_NULL(strstr(stored, "evil"));
    json_decref(record);
    free(text);
    free((char *)captured.data);
    live_forget(play.live, 1795247732000000);
    stop();
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

/* Part of it may be a caller's words, and clients stop at what is not percent-encoded UTF-8. */
static void test_end_user_is_encoded(void)
{
    static const char *const bad[] = {"*100%***", "*%zz***", "*%ff***"};
    start();
    event("CHANNEL_CREATE", "a", TRUNK ",\"variable_callboard_end_user\":\"7*Zo%C3%AB***\"");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char more[200];
        snprintf(
            more, sizeof more,
            TRUNK
            ",\"variable_callboard_end_user\":\"%s\",\"variable_callboard_origination\":\"%s\"",
            bad[i], bad[i]);
        event("CHANNEL_ANSWER", "a", more);
    }
    char *last = play_lines(&play, "is pbx.example.com channel a ");
    CU_ASSERT_PTR_NOT_NULL(strstr(last, "\"end_user\":\"7*Zo%C3%AB***\""));
    CU_ASSERT_PTR_NULL(strstr(last, "100%"));
    CU_ASSERT_PTR_NULL(strstr(last, "%zz"));
    CU_ASSERT_PTR_NULL(strstr(last, "%ff"));
    free(last);
    live_forget(play.live, 1795247732000000);
    stop();
}

static void test_long_origination_is_left_out(void)
{
    char more[400] = "\"Call-Direction\":\"outbound\",\"Caller-Destination-Number\":\"";
    start();
    for (int i = 0; i < 100; i++)
        strcat(more, "\xc3\xa9");
    strcat(more, "\"");
    event("CHANNEL_CREATE", "a", more);
    char *shown = play_lines(&play, "is pbx.example.com channel a ");
    CU_ASSERT_PTR_NOT_NULL(strstr(shown, "\"called_number\""));
    CU_ASSERT_PTR_NULL(strstr(shown, "origination"));
    free(shown);
    live_forget(play.live, 1795247732000000);
    stop();
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

SUITE("hostile input", {"odd bytes", test_odd_bytes},
      {"variables of an extension", test_variables_of_an_extension},
      {"variables named like headers", test_variables_named_like_headers},
      {"an end user is percent-encoded", test_end_user_is_encoded},
      {"a long origination is left out", test_long_origination_is_left_out},
      {"bounds", test_bounds})
