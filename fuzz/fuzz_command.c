/*
 * fuzz_command.c - events/command.c: a command from any text; what goes on to a server is of a channel that the client may
 * touch, on that channel's server, and has no member but a command's own.
 */
#include "fuzz/fuzz.h"

#include "base/json.h"
#include "events/command.h"

static struct domain *domain;

static void channel(const char *uuid, const char *user, const char *server)
{
    json_object_set_new(
        domain->elements[ELEMENT_CHANNEL], uuid,
        json_pack("{s:s, s:s, s:s}", "uuid", uuid, "user_id", user, "server", server));
}

static void make_domain(void)
{
    domain = domain_make(slice_from("a.example"));
    channel("u1", "ada", "pbx1");
    channel("u2", "eve", "pbx1");
    channel("u3", "ada", "pbx 2");
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void check_packet(const struct command_request *request, const struct access *access)
{
    const json_t *channels = domain->elements[ELEMENT_CHANNEL];
    const json_t *touched = json_object_get(channels, request->uuid);
    FUZZ_PROMISE(touched && strcmp(request->server, text_of(touched, "server")) == 0);
    FUZZ_PROMISE(slice_is_name(slice_from(request->server), ".-_"));
    FUZZ_PROMISE(!*access->user || access->administrator ||
                 strcmp(text_of(touched, "user_id"), access->user) == 0);
    FUZZ_PROMISE(access->supervisor || strcmp(request->name, "eavesdrop") != 0);
    FUZZ_PROMISE(strcmp(text_of(request->packet, "cmd"), request->name) == 0);
    FUZZ_PROMISE(strcmp(text_of(request->packet, "domain"), access->domain) == 0);
    FUZZ_PROMISE(strcmp(text_of(request->packet, "user"), access->user) == 0);
    FUZZ_PROMISE(strcmp(text_of(request->packet, "uuid"), request->uuid) == 0);
    FUZZ_PROMISE(json_object_size(request->packet) <= 7);
    FUZZ_PROMISE(!json_object_get(request->packet, "answer") &&
                 !json_object_get(request->packet, "id"));
}

static void try_as(struct slice text, const struct access *access)
{
    struct command_request request;
    struct error error = {""};
    if (command_check(text, access, domain, &request, &error))
        check_packet(&request, access);
    else
        FUZZ_PROMISE(*error.text && !request.packet);
    FUZZ_PROMISE(!*request.name || slice_is_name(slice_from(request.name), "-_"));
    FUZZ_PROMISE(!*request.uuid || slice_is_name(slice_from(request.uuid), "-_"));
    json_decref(request.packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct access token = {.domain = "a.example"},
                               ada = {.domain = "a.example", .user = "ada"},
                               boss = {.domain = "a.example",
                                       .user = "boss",
                                       .administrator = true,
                                       .supervisor = true};
    struct slice text = slice_of(size ? (const char *)data : NULL, size);
    if (!domain)
        make_domain();
    try_as(text, &token);
    try_as(text, &ada);
    try_as(text, &boss);
    return 0;
}

FUZZ_SEEDS(SLICE_LITERAL("{\"cmd\":\"park\",\"uuid\":\"u1\",\"timeout\":30}"),
           SLICE_LITERAL("{\"cmd\":\"hangup\",\"uuid\":\"u2\",\"id\":7,\"answer\":\"x\"}"),
           SLICE_LITERAL(
               "{\"cmd\":\"transfer\",\"uuid\":\"u1\",\"user_id\":\"1001\",\"user_name\":\"Ada\","
               "\"destination\":\"1001\"}"),
           SLICE_LITERAL("{\"cmd\":\"eavesdrop\",\"uuid\":\"u1\",\"target_uuid\":\"u2\","
                         "\"subcommand\":\"whisper\"}"),
           SLICE_LITERAL("{\"cmd\":\"hangup\",\"uuid\":\"u3\"}"));
