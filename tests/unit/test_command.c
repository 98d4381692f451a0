/*
 * test_command.c - tests of events/command.c.
 */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

#include "events/command.h"

static struct domain *domain;
static struct command_request request;
static struct error error;
static const struct access with_token = {.domain = "a.example"};
static const struct access token_of_supervisors = {.domain = "a.example", .supervisor = true};
static const struct access ada = {.domain = "a.example", .user = "ada"};
static const struct access boss = {
    .domain = "a.example", .user = "boss", .administrator = true, .supervisor = true};

static void channel(const char *uuid, const char *text)
{
    json_object_set_new(domain->elements[ELEMENT_CHANNEL], uuid, json_loads(text, 0, NULL));
}

static void begin(void)
{
    domain = domain_make(slice_from("a.example"));
    channel("u1", "{\"uuid\":\"u1\",\"user_id\":\"ada\",\"server\":\"pbx1\"}");
    channel("u2", "{\"uuid\":\"u2\",\"user_id\":\"eve\",\"server\":\"pbx1\"}");
    channel("u3", "{\"uuid\":\"u3\",\"user_id\":\"ada\",\"server\":\"pbx2\"}");
    channel("u4", "{\"uuid\":\"u4\",\"user_id\":\"ada\"}");
    channel("u5", "{\"uuid\":\"u5\",\"user_id\":\"ada\",\"server\":\"a b*\"}");
}

static bool good(const char *text, const struct access *access)
{
    json_decref(request.packet);
    return command_check(slice_from(text), access, domain, &request, &error);
}

static void end(void)
{
    json_decref(request.packet);
    request.packet = NULL;
    domain_free(domain);
}

#define REFUSED(sent, access, why)                                                                 \
    do {                                                                                           \
        CU_ASSERT_FALSE(good(sent, access));                                                       \
        ASSERT_TEXT(slice_from(error.text), why);                                                  \
        CU_ASSERT_PTR_NULL(request.packet);                                                        \
    } while (0)

#define PACKET(text)                                                                               \
    do {                                                                                           \
        char *packet = json_dumps(request.packet, JSON_COMPACT);                                   \
        ASSERT_TEXT(slice_from(packet), text);                                                     \
        free(packet);                                                                              \
    } while (0)

/* What goes to the server is what a command has, and nothing else that the client sent. */
static void test_packets(void)
{
    begin();
    CU_ASSERT_TRUE(good("{\"cmd\":\"hangup\",\"uuid\":\"u1\",\"domain\":\"b\",\"id\":7,\"x\":1}",
                        &with_token));
    CU_ASSERT_STRING_EQUAL(request.name, "hangup");
    CU_ASSERT_STRING_EQUAL(request.uuid, "u1");
    CU_ASSERT_STRING_EQUAL(request.server, "pbx1");
    PACKET("{\"cmd\":\"hangup\",\"domain\":\"a.example\",\"user\":\"\",\"uuid\":\"u1\"}");
    CU_ASSERT_TRUE(good("{\"cmd\":\"park\",\"uuid\":\"u3\",\"timeout\":30}", &ada));
    CU_ASSERT_STRING_EQUAL(request.server, "pbx2");
    PACKET("{\"cmd\":\"park\",\"domain\":\"a.example\",\"user\":\"ada\",\"uuid\":\"u3\","
           "\"timeout\":30}");
    CU_ASSERT_TRUE(good(
        "{\"cmd\":\"transfer\",\"uuid\":\"u1\",\"destination\":\"1001\",\"user_id\":{}}", &ada));
    PACKET("{\"cmd\":\"transfer\",\"domain\":\"a.example\",\"user\":\"ada\",\"uuid\":\"u1\","
           "\"destination\":\"1001\"}");
    end();
}

static void test_own(void)
{
    begin();
    REFUSED("{\"cmd\":\"hangup\",\"uuid\":\"u2\"}", &ada,
            "there is no such channel, or it is not yours");
    REFUSED("{\"cmd\":\"hangup\",\"uuid\":\"none\"}", &with_token,
            "there is no such channel, or it is not yours");
    CU_ASSERT_TRUE(good("{\"cmd\":\"hangup\",\"uuid\":\"u2\"}", &boss));
    end();
}

static void test_eavesdrop(void)
{
    begin();
#define LISTEN(target) "{\"cmd\":\"eavesdrop\",\"uuid\":\"u1\",\"target_uuid\":\"" target "\"}"
    REFUSED(LISTEN("u2"), &ada, "eavesdrop is for supervisors");
    REFUSED(LISTEN("u2"), &with_token, "eavesdrop is for supervisors");
    CU_ASSERT_TRUE(good(LISTEN("u2"), &token_of_supervisors));
    CU_ASSERT_TRUE(good(LISTEN("u2"), &boss));
    PACKET("{\"cmd\":\"eavesdrop\",\"domain\":\"a.example\",\"user\":\"boss\",\"uuid\":\"u1\","
           "\"target_uuid\":\"u2\"}");
    REFUSED(LISTEN("none"), &boss, "there is no channel target_uuid");
    REFUSED(LISTEN("u3"), &boss, "the two channels are on different servers");
    REFUSED("{\"cmd\":\"eavesdrop\",\"uuid\":\"u1\"}", &boss,
            "target_uuid is missing or malformed");
    end();
}

static void test_server(void)
{
    begin();
    REFUSED("{\"cmd\":\"hangup\",\"uuid\":\"u4\"}", &ada,
            "it is not known on which server the channel is");
    REFUSED("{\"cmd\":\"hangup\",\"uuid\":\"u5\"}", &ada,
            "it is not known on which server the channel is");
    end();
}

/* What could be read of it is for the audit log. */
static void test_malformed(void)
{
    begin();
    CU_ASSERT_FALSE(good("{", &ada));
    REFUSED("[]", &ada, "a command is a JSON object");
    REFUSED("{}", &ada, "cmd is missing or malformed");
    REFUSED("{\"cmd\":\"a b\",\"uuid\":\"u1\"}", &ada, "cmd is missing or malformed");
    REFUSED("{\"cmd\":7,\"uuid\":\"u1\"}", &ada, "cmd is missing or malformed");
    REFUSED("{\"cmd\":\"hangup\"}", &ada, "uuid is missing or malformed");
    CU_ASSERT_STRING_EQUAL(request.name, "hangup");
    REFUSED("{\"cmd\":\"hangup\",\"uuid\":\"u1\\n\"}", &ada, "uuid is missing or malformed");
    REFUSED("{\"cmd\":\"reboot\",\"uuid\":\"u1\"}", &ada, "there is no command reboot");
    CU_ASSERT_STRING_EQUAL(request.uuid, "u1");
    char text[200];
    snprintf(text, sizeof text, "{\"cmd\":\"hangup\",\"uuid\":\"%065d\"}", 1);
    REFUSED(text, &ada, "uuid is missing or malformed");
    end();
}

static struct slice allowed(struct arena *arena, const struct access *access, bool on)
{
    struct buffer out = buffer_in(arena);
    command_write_allowed(&out, access, on);
    return buffer_slice(&out);
}

static void test_allowed(void)
{
    struct arena arena;
    arena_init(&arena, 65536);
    ASSERT_TEXT(allowed(&arena, &ada, true),
                "\"commands\":[\"park\",\"hangup\",\"transfer\"],\"channels\":\"own\"");
    ASSERT_TEXT(
        allowed(&arena, &boss, true),
        "\"commands\":[\"park\",\"hangup\",\"transfer\",\"eavesdrop\"],\"channels\":\"all\"");
    ASSERT_TEXT(allowed(&arena, &with_token, true),
                "\"commands\":[\"park\",\"hangup\",\"transfer\"],\"channels\":\"all\"");
    ASSERT_TEXT(allowed(&arena, &boss, false), "\"commands\":[],\"channels\":\"all\"");
    arena_free(&arena);
}

SUITE("command", {"packets", test_packets}, {"whose channel it is", test_own},
      {"eavesdropping", test_eavesdrop}, {"which server", test_server},
      {"malformed ones", test_malformed}, {"what is allowed", test_allowed})
