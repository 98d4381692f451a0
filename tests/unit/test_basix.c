/*
 * test_basix.c - tests of events/basix.c, with bytes that the Basix client's own parser accepted.
 */
#include "suite.h"

#include "base/json.h"
#include "events/basix.h"

static struct arena arena;

static struct slice shown(struct buffer out)
{
    struct buffer hex = buffer_in(&arena);
    CU_ASSERT_FALSE(out.failed);
    for (size_t i = 0; i < out.length; i++)
        buffer_format(&hex, "%02x", (unsigned char)out.data[i]);
    return buffer_slice(&hex);
}

/* Just the tuple of an element: what stands in an info_event between entity and event. */
static struct slice tuple(enum element element, const char *json)
{
    struct error error;
    struct buffer out = buffer_in(&arena);
    json_t *item = json_parse(slice_from(json), &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(item);
    basix_info_event(&out, element, item, "added");
    json_decref(item);
    struct slice all = shown(out);
    size_t head = 2 * (1 + 2 + 3 + strlen("info_event") + 3 + strlen(element_specs[element].name));
    return slice_of(all.data + head, all.length - head - 2 * (3 + strlen("added")));
}

static void test_field_spec(void)
{
    arena_init(&arena, 1 << 20);
    struct buffer out = buffer_in(&arena);
    basix_field_spec(&out, ELEMENT_DOMAIN);
    ASSERT_TEXT(shown(out), "83680364000a6669656c645f737065636b0006646f6d61696e"
                            "6c000000026400026964"
                            "6400046e616d65"
                            "6a");
    arena_free(&arena);
}

static void test_system_msg(void)
{
    arena_init(&arena, 1 << 20);
    struct buffer out = buffer_in(&arena);
    basix_system_msg(&out, "connection_replaced");
    ASSERT_TEXT(shown(out), "83680264000a73797374656d5f6d73676b0013"
                            "636f6e6e656374696f6e5f7265706c61636564");
    arena_free(&arena);
}

#define UNDEFINED "640009756e646566696e6564"

static void test_initial_info(void)
{
    struct error error;
    arena_init(&arena, 1 << 20);
    struct buffer out = buffer_in(&arena);
    basix_initial_info(&out, ELEMENT_DOMAIN, NULL, 0);
    ASSERT_TEXT(shown(out), "83680364000c696e697469616c5f696e666f6b0006646f6d61696e6a");
    json_t *item = json_parse(slice_from("{\"id\":10001000,\"name\":\"admin\"}"), &error);
    const json_t *items[] = {item};
    out = buffer_in(&arena);
    basix_initial_info(&out, ELEMENT_DOMAIN, items, 1);
    ASSERT_TEXT(shown(out), "83680364000c696e697469616c5f696e666f6b0006646f6d61696e"
                            "6c0000000168026200989a686d0000000561646d696e6a");
    json_decref(item);
    arena_free(&arena);
}

static void test_info_event(void)
{
    struct error error;
    arena_init(&arena, 1 << 20);
    struct buffer out = buffer_in(&arena);
    json_t *item = json_parse(slice_from("{\"id\":10001000}"), &error);
    basix_info_event(&out, ELEMENT_DOMAIN, item, "updated");
    ASSERT_TEXT(shown(out), "83680464000a696e666f5f6576656e746b0006646f6d61696e"
                            "68026200989a68" UNDEFINED "6b000775706461746564");
    json_decref(item);
    arena_free(&arena);
}

/* The labels of users and groups are UTF-8 to the client, all else is Latin-1. */
static void test_label(void)
{
    arena_init(&arena, 1 << 20);
    struct slice user = tuple(ELEMENT_USER, "{\"name\":\"\xc3\xab\",\"label\":\"\xe3\x83\xa6\"}");
    CU_ASSERT_TRUE(slice_contains_nocase(user, "6d00000001eb"));
    CU_ASSERT_TRUE(slice_contains_nocase(user, "6d00000003e383a6"));
    arena_free(&arena);
}

/* The fields in front of queued_channel's state, and those behind. */
#define STATE(json) tuple(ELEMENT_QUEUED_CHANNEL, "{\"state\":" json "}")
#define IS(bytes)   "6804" UNDEFINED bytes UNDEFINED UNDEFINED
#define CALLING     "6161" /* ts */ "64000763616c6c696e67"

static void test_states(void)
{
    arena_init(&arena, 1 << 20);
    ASSERT_TEXT(STATE("{\"ts\":97,\"name\":\"bridged\"}"), IS("68026161"
                                                              "64000762726964676564"));
    ASSERT_TEXT(STATE("{\"ts\":97,\"name\":\"calling\",\"location\":\"int\",\"type\":\"user\","
                      "\"data\":{\"id\":\"7\"}}"),
                IS("6805" CALLING "640003696e74"
                   "64000475736572"
                   "68016d0000000137"));
    ASSERT_TEXT(STATE("{\"ts\":97,\"name\":\"calling\",\"location\":\"ext\",\"type\":\"pstn\","
                      "\"data\":{\"address\":\"7\"}}"),
                IS("6805" CALLING "640003657874"
                   "6400047073746e"
                   "68016d0000000137"));
    ASSERT_TEXT(STATE("{\"ts\":97,\"name\":\"calling\",\"location\":\"int\",\"type\":\"group\","
                      "\"data\":{\"group_type\":0,\"group_id\":\"7\",\"queue_id\":\"8\"}}"),
                IS("6805" CALLING "640003696e74"
                   "64000567726f7570"
                   "680561006d0000000137" UNDEFINED UNDEFINED "6d0000000138"));
    ASSERT_TEXT(STATE("{\"ts\":97,\"name\":\"calling\",\"location\":\"int\",\"type\":"
                      "\"bridged_endpoint\",\"data\":{\"a\":\"7\",\"b\":\"8\"}}"),
                IS("6805" CALLING "640003696e74"
                   "640010627269646765645f656e64706f696e74"
                   "68026d00000001376d0000000138"));
    ASSERT_TEXT(
        STATE("{\"ts\":97,\"name\":\"park\",\"slot\":\"7\",\"parker_id\":\"8\",\"parker_name\":"
              "\"9\"}"),
        IS("68066161"
           "6400047061726b"
           "6d0000000137" UNDEFINED "6d00000001386d0000000139"));
    ASSERT_TEXT(STATE("{\"ts\":97,\"name\":\"conference\",\"room_id\":\"7\"}"),
                IS("68036161"
                   "64000a636f6e666572656e6365"
                   "6d0000000137"));
    ASSERT_TEXT(STATE("{\"ts\":97,\"name\":\"eavesdrop\",\"uuid\":\"7\",\"state\":\"8\"}"),
                IS("68046161"
                   "64000965617665"
                   "7364726f70"
                   "6d00000001376d0000000138"));
    ASSERT_TEXT(STATE("\"odd\""), IS(UNDEFINED));
    ASSERT_TEXT(STATE("{\"name\":\"calling\",\"type\":\"odd\",\"data\":7}"),
                IS("6805" UNDEFINED "64000763616c6c696e67" UNDEFINED "6400036f6464" UNDEFINED));
    /* Words that mean something else to a client, or are no words. */
    ASSERT_TEXT(STATE("{\"name\":\"true\"}"), IS("6802" UNDEFINED "6d0000000474727565"));
    ASSERT_TEXT(STATE("{\"name\":\"a b\"}"), IS("6802" UNDEFINED "6d00000003612062"));
    arena_free(&arena);
}

static void test_channel(void)
{
    arena_init(&arena, 1 << 20);
    struct slice channel =
        tuple(ELEMENT_CHANNEL, "{\"uuid\":\"u\",\"offer_timestamp\":1546839040035125,\"target\":{"
                               "\"type\":\"user\",\"id\":\"7\"},"
                               "\"other_info\":{\"type\":\"user\",\"user_id\":\"7\",\"direction\":"
                               "\"outgoing\",\"whoscall\":\"w\"}}");
    CU_ASSERT_TRUE(slice_starts(channel, "68146d0000000175"));
    CU_ASSERT_TRUE(slice_contains_nocase(channel, "6e070035898187d77e05"));
    CU_ASSERT_TRUE(
        slice_contains_nocase(channel, "6804640004757365726d0000000137" UNDEFINED UNDEFINED));
    CU_ASSERT_TRUE(slice_contains_nocase(
        channel, "6808640004757365726d00000001376400086f7574676f696e67" UNDEFINED UNDEFINED
                     UNDEFINED UNDEFINED "6d0000000177"));
    arena_free(&arena);
}

SUITE("basix", {"field_spec", test_field_spec}, {"system_msg", test_system_msg},
      {"initial_info", test_initial_info}, {"info_event", test_info_event}, {"labels", test_label},
      {"states", test_states}, {"a channel", test_channel})
