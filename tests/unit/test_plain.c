/*
 * test_plain.c - tests of events/plain.c.
 */
#include "suite.h"

#include "base/json.h"
#include "events/plain.h"

static struct arena arena;

static void test_messages(void)
{
    struct error error;
    arena_init(&arena, 1 << 20);
    json_t *item = json_parse(slice_from("{\"id\":\"a\\\"b\",\"name\":\"\xc3\xab\"}"), &error);
    const json_t *items[] = {item, item};
    struct buffer out = buffer_in(&arena);
    plain_initial_info(&out, ELEMENT_DOMAIN, items, 2);
    ASSERT_TEXT(
        buffer_slice(&out),
        "\"message\":\"initial_info\",\"element\":\"domain\",\"items\":["
        "{\"id\":\"a\\\"b\",\"name\":\"\xc3\xab\"},{\"id\":\"a\\\"b\",\"name\":\"\xc3\xab\"}]}");
    out = buffer_in(&arena);
    plain_info_event(&out, ELEMENT_DOMAIN, "a\"b", item, "added");
    ASSERT_TEXT(
        buffer_slice(&out),
        "\"message\":\"info_event\",\"element\":\"domain\",\"event\":\"added\",\"id\":\"a\\\"b\","
        "\"data\":{\"id\":\"a\\\"b\",\"name\":\"\xc3\xab\"}}");
    out = buffer_in(&arena);
    plain_field_spec(&out, ELEMENT_SERVER);
    ASSERT_TEXT(buffer_slice(&out), "\"message\":\"field_spec\",\"element\":\"server\",\"fields\":["
                                    "\"id\",\"state\",\"since\"]}");
    out = buffer_in(&arena);
    plain_system_msg(&out, "storage_away");
    ASSERT_TEXT(buffer_slice(&out), "\"message\":\"system_msg\",\"text\":\"storage_away\"}");
    out = buffer_in(&arena);
    plain_word(&out, "ready");
    ASSERT_TEXT(buffer_slice(&out), "\"message\":\"ready\"}");
    json_decref(item);
    arena_free(&arena);
}

SUITE("plain", {"messages", test_messages})
