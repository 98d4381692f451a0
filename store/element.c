/*
 * element.c - the kinds of elements and their fields.
 */
#include "store/element.h"

#include "base/buffer.h"

static const struct element_field channel_fields[] = {
    {"uuid", ELEMENT_TEXT},
    {"direction", ELEMENT_TEXT},
    {"peer_location", ELEMENT_TEXT},
    {"calling_name", ELEMENT_TEXT},
    {"calling_number", ELEMENT_TEXT},
    {"called_number", ELEMENT_TEXT},
    {"offer_timestamp", ELEMENT_NUMBER},
    {"answer_timestamp", ELEMENT_NUMBER},
    {"hangup_timestamp", ELEMENT_NUMBER},
    {"other_uuid", ELEMENT_TEXT},
    {"user_id", ELEMENT_TEXT},
    {"state", ELEMENT_STATE},
    {"group_id", ELEMENT_TEXT},
    {"target", ELEMENT_TARGET},
    {"origination", ELEMENT_TEXT},
    {"end_user", ELEMENT_TEXT},
    {"tags", ELEMENT_TEXT},
    {"last_bridged_user_id", ELEMENT_TEXT},
    {"last_event", ELEMENT_TEXT},
    {"other_info", ELEMENT_OTHER_INFO},
};

static const struct element_field held_channel_fields[] = {
    {"uuid", ELEMENT_TEXT},
    {"state", ELEMENT_STATE},
    {"peer_number", ELEMENT_TEXT},
    {"end_user", ELEMENT_TEXT},
};

static const struct element_field user_fields[] = {
    {"id", ELEMENT_TEXT},
    {"name", ELEMENT_TEXT},
    {"fwd_always_status", ELEMENT_BOOLEAN},
    {"do_not_disturb_status", ELEMENT_BOOLEAN},
    {"language", ELEMENT_TEXT},
    {"main_extension", ELEMENT_TEXT},
    {"presence", ELEMENT_TEXT},
    {"role", ELEMENT_TEXT},
    {"park_group", ELEMENT_TEXT},
    {"mwi_target", ELEMENT_TEXT},
    {"flags", ELEMENT_TEXT},
    {"followme", ELEMENT_BOOLEAN},
    {"email", ELEMENT_TEXT},
    {"avatar", ELEMENT_TEXT},
    {"label", ELEMENT_LABEL},
    {"mwi", ELEMENT_TEXT},
};

static const struct element_field group_fields[] = {
    {"id", ELEMENT_TEXT},       {"name", ELEMENT_TEXT},
    {"type", ELEMENT_NUMBER}, /* 0: ring, 1: hunt */
    {"language", ELEMENT_TEXT}, {"main_extension", ELEMENT_TEXT},
    {"queue", ELEMENT_BOOLEAN}, {"label", ELEMENT_LABEL},
    {"flags", ELEMENT_TEXT},    {"check_login_status", ELEMENT_BOOLEAN},
    {"mwi", ELEMENT_TEXT},
};

static const struct element_field group_member_fields[] = {
    {"id", ELEMENT_TEXT},         {"group_id", ELEMENT_TEXT},        {"user_id", ELEMENT_TEXT},
    {"priority", ELEMENT_NUMBER}, {"login_status", ELEMENT_BOOLEAN}, {"role", ELEMENT_TEXT},
};

static const struct element_field terminal_fields[] = {
    {"id", ELEMENT_TEXT},   {"name", ELEMENT_TEXT},       {"assoc_user_id", ELEMENT_TEXT},
    {"type", ELEMENT_TEXT}, {"user_agent", ELEMENT_TEXT}, {"registered", ELEMENT_BOOLEAN},
};

static const struct element_field domain_fields[] = {
    {"id", ELEMENT_TEXT},
    {"name", ELEMENT_TEXT},
};

static const struct element_field server_fields[] = {
    {"id", ELEMENT_TEXT},
    {"state", ELEMENT_TEXT},
    {"since", ELEMENT_NUMBER},
};

#define SPEC(name, fields, basix)                                                                  \
    {                                                                                              \
        name, fields, sizeof(fields) / sizeof((fields)[0]), basix                                  \
    }

const struct element_spec element_specs[ELEMENT_COUNT] = {
    [ELEMENT_CHANNEL] = SPEC("channel", channel_fields, true),
    [ELEMENT_QUEUED_CHANNEL] = SPEC("queued_channel", held_channel_fields, true),
    [ELEMENT_PARKED_CHANNEL] = SPEC("parked_channel", held_channel_fields, true),
    [ELEMENT_CHANNEL_WAITING] = SPEC("channel_waiting", held_channel_fields, true),
    [ELEMENT_USER] = SPEC("user", user_fields, true),
    [ELEMENT_GROUP] = SPEC("group", group_fields, true),
    [ELEMENT_GROUP_MEMBER] = SPEC("group_member", group_member_fields, true),
    [ELEMENT_TERMINAL] = SPEC("terminal", terminal_fields, true),
    [ELEMENT_DOMAIN] = SPEC("domain", domain_fields, true),
    [ELEMENT_SERVER] = SPEC("server", server_fields, false),
};

bool element_named(struct slice name, enum element *element)
{
    for (int i = 0; i < ELEMENT_COUNT; i++)
        if (slice_is(name, element_specs[i].name)) {
            *element = (enum element)i;
            return true;
        }
    return false;
}

static const char stream_prefix[] = "callboard:events:";

static struct slice key(struct arena *arena, const char *prefix, struct slice name,
                        const char *suffix)
{
    struct buffer text = buffer_in(arena);
    buffer_add_string(&text, prefix);
    buffer_add(&text, name);
    buffer_add_string(&text, suffix);
    buffer_add_byte(&text, '\0');
    return text.failed ? slice_of(NULL, 0) : slice_of(text.data, text.length - 1);
}

struct slice element_key(struct arena *arena, struct slice domain, enum element element)
{
    char suffix[32] = ":";
    strncat(suffix, element_specs[element].name, sizeof suffix - 2);
    return key(arena, "callboard:elements:", domain, suffix);
}

struct slice element_stream(struct arena *arena, struct slice domain)
{
    return key(arena, stream_prefix, domain, "");
}

bool element_stream_read(struct slice stream, struct slice *domain)
{
    const size_t prefix = sizeof stream_prefix - 1;
    if (!slice_starts(stream, stream_prefix))
        return false;
    *domain = slice_of(stream.data + prefix, stream.length - prefix);
    return true;
}

struct slice element_commands(struct arena *arena, struct slice server)
{
    return key(arena, "callboard:commands:", server, "");
}
