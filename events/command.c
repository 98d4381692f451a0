/*
 * command.c - what a client asks of the PBX.
 */
#include "events/command.h"

#include "base/json.h"

/* Members that go along with a command, besides uuid. */
static const struct {
    const char *name;
    const char *members[4];
} commands[] = {
    {"park", {"timeout"}},
    {"hangup", {NULL}},
    {"transfer", {"destination", "user_id", "user_name"}},
    {"eavesdrop", {"target_uuid", "subcommand"}},
};
#define COMMANDS (sizeof commands / sizeof *commands)

static bool is_eavesdrop(const char *name)
{
    return strcmp(name, "eavesdrop") == 0;
}

static bool has_own_only(const struct access *access)
{
    return *access->user && !access->administrator;
}

void command_write_allowed(struct buffer *out, const struct access *access, bool on)
{
    const char *comma = "";
    buffer_add_string(out, "\"commands\":[");
    for (size_t i = 0; on && i < COMMANDS; i++) {
        if (is_eavesdrop(commands[i].name) && !access->supervisor)
            continue;
        buffer_format(out, "%s\"%s\"", comma, commands[i].name);
        comma = ",";
    }
    buffer_format(out, "],\"channels\":\"%s\"", has_own_only(access) ? "own" : "all");
}

/* The member NAME as a word of letters, digits, "-" and "_". */
static bool read_word(const json_t *object, const char *name, char word[COMMAND_WORD_BYTES])
{
    struct slice text = json_text(object, name);
    if (text.length >= COMMAND_WORD_BYTES || !slice_is_name(text, "-_"))
        return false;
    memcpy(word, text.data, text.length);
    word[text.length] = '\0';
    return true;
}

/* The channel UUID of the domain, when ACCESS may touch it. */
static const json_t *channel_of(const struct access *access, const struct domain *domain,
                                const char *uuid, bool own)
{
    const json_t *channel = json_object_get(domain->elements[ELEMENT_CHANNEL], uuid);
    const json_t *user = json_object_get(channel, "user_id");
    if (!own || !has_own_only(access))
        return channel;
    return json_is_string(user) && slice_is(json_slice(user), access->user) ? channel : NULL;
}

static bool check_eavesdrop(const json_t *asked, const struct access *access,
                            const struct domain *domain, const json_t *server, struct error *error)
{
    char target[COMMAND_WORD_BYTES];
    if (!access->supervisor)
        return error_set(error, "eavesdrop is for supervisors");
    if (!read_word(asked, "target_uuid", target))
        return error_set(error, "target_uuid is missing or malformed");
    const json_t *channel = channel_of(access, domain, target, false);
    if (!channel)
        return error_set(error, "there is no channel target_uuid");
    if (!json_equal(json_object_get(channel, "server"), server))
        return error_set(error, "the two channels are on different servers");
    return true;
}

static bool take_server(const json_t *server, struct command_request *request, struct error *error)
{
    struct slice name = json_is_string(server) ? json_slice(server) : slice_of(NULL, 0);
    if (name.length >= sizeof request->server || !slice_is_name(name, ".-_"))
        return error_set(error, "it is not known on which server the channel is");
    memcpy(request->server, name.data, name.length);
    request->server[name.length] = '\0';
    return true;
}

static json_t *packet_of(const json_t *asked, size_t command, const struct access *access,
                         const char *uuid)
{
    json_t *packet = json_pack("{s:s, s:s, s:s, s:s}", "cmd", commands[command].name, "domain",
                               access->domain, "user", access->user, "uuid", uuid);
    for (size_t i = 0; commands[command].members[i]; i++) {
        json_t *value = json_object_get(asked, commands[command].members[i]);
        if (json_is_string(value) || json_is_integer(value))
            json_object_set(packet, commands[command].members[i], value);
    }
    return packet;
}

static bool check(const json_t *asked, const struct access *access, const struct domain *domain,
                  struct command_request *request, struct error *error)
{
    size_t command = 0;
    if (!read_word(asked, "cmd", request->name))
        return error_set(error, "cmd is missing or malformed");
    if (!read_word(asked, "uuid", request->uuid))
        return error_set(error, "uuid is missing or malformed");
    while (command < COMMANDS && strcmp(commands[command].name, request->name) != 0)
        command++;
    if (command == COMMANDS)
        return error_set(error, "there is no command %s", request->name);
    const json_t *channel = channel_of(access, domain, request->uuid, true);
    if (!channel)
        return error_set(error, "there is no such channel, or it is not yours");
    const json_t *server = json_object_get(channel, "server");
    if (!take_server(server, request, error))
        return false;
    if (is_eavesdrop(request->name) && !check_eavesdrop(asked, access, domain, server, error))
        return false;
    request->packet = packet_of(asked, command, access, request->uuid);
    return request->packet || error_set(error, "out of memory");
}

bool command_check(struct slice text, const struct access *access, const struct domain *domain,
                   struct command_request *request, struct error *error)
{
    *request = (struct command_request){0};
    json_t *asked = json_parse(text, error);
    if (!asked)
        return false;
    bool good = json_is_object(asked) ? check(asked, access, domain, request, error)
                                      : error_set(error, "a command is a JSON object");
    json_decref(asked);
    return good;
}
