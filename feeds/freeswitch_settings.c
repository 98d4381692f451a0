/*
 * freeswitch_settings.c - [freeswitch] and [freeswitch.server.NAME] of callboard.conf.
 */
#include "feeds/freeswitch_settings.h"

#define MEMBER(member)                                                                             \
    .section = "freeswitch", .offset = offsetof(struct freeswitch_settings, member)

/* The server INSTANCE, made when it is new; servers keep the order of the file. Its name becomes part of Redis keys. */
static struct pbx_server *server_named(struct freeswitch_settings *settings, struct slice instance,
                                       struct arena *arena, struct error *error)
{
    if (!slice_is_name(instance, "._-")) {
        error_set(error, "a server's name is made of 0-9 A-Z a-z . _ -");
        return NULL;
    }
    struct pbx_server **place = &settings->servers;
    while (*place && !slice_is(instance, (*place)->name))
        place = &(*place)->next;
    if (!*place) {
        *place = arena_calloc(arena, 1, sizeof **place);
        if (*place)
            **place = (struct pbx_server){.kind = PBX_FREESWITCH,
                                          .name = instance.data,
                                          .host = "127.0.0.1",
                                          .port = 8021,
                                          .password_file = "",
                                          .domain = ""};
        else
            error_set(error, "out of memory");
    }
    return *place;
}

static bool set_host(void *settings, struct slice instance, struct slice value, struct arena *arena,
                     struct error *error)
{
    struct pbx_server *server = server_named(settings, instance, arena, error);
    if (!server)
        return false;
    if (value.length == 0)
        return error_set(error, "host must not be empty");
    server->host = value.data;
    return true;
}

static bool set_port(void *settings, struct slice instance, struct slice value, struct arena *arena,
                     struct error *error)
{
    struct pbx_server *server = server_named(settings, instance, arena, error);
    uint64_t port;
    if (!server)
        return false;
    if (!slice_number(value, 65535, &port) || port == 0)
        return error_set(error, "port must be a whole number from 1 to 65535, not \"%.*s\"",
                         SLICE_ARGUMENTS(value));
    server->port = (int64_t)port;
    return true;
}

static bool set_password_file(void *settings, struct slice instance, struct slice value,
                              struct arena *arena, struct error *error)
{
    struct pbx_server *server = server_named(settings, instance, arena, error);
    if (server)
        server->password_file = value.data;
    return server != NULL;
}

const struct config_option freeswitch_options[] = {
    {.section = "freeswitch.server.*", .name = "host", .kind = CONFIG_OTHER, .set = set_host},
    {.section = "freeswitch.server.*", .name = "port", .kind = CONFIG_OTHER, .set = set_port},
    {.section = "freeswitch.server.*",
     .name = "password_file",
     .kind = CONFIG_OTHER,
     .set = set_password_file},
    {MEMBER(log), .name = "log", .kind = CONFIG_TEXT, .standard = ""},
    {MEMBER(default_domain), .name = "default_domain", .kind = CONFIG_TEXT, .standard = ""},
    {MEMBER(grace), .name = "grace", .kind = CONFIG_NUMBER, .standard = "30", .minimum = 0,
     .maximum = 86400},
    {MEMBER(fields), .name = "call_fields", .kind = CONFIG_TEXT,
     .standard = "Caller-Destination-Number, Caller-Caller-ID-Number, Caller-Callee-ID-Number, "
                 "Caller-Profile-Created-Time, Caller-Channel-Answered-Time"},
    {MEMBER(events_kept), .name = "events_kept", .kind = CONFIG_NUMBER, .standard = "100000",
     .minimum = 100, .maximum = 100000000},
    {MEMBER(agents_call), .name = "notify_agents_call", .kind = CONFIG_BOOLEAN, .standard = "no"},
    {MEMBER(agents_status), .name = "notify_agents_status", .kind = CONFIG_BOOLEAN,
     .standard = "no"},
    {MEMBER(campaigns_cdr), .name = "notify_campaigns_cdr", .kind = CONFIG_BOOLEAN,
     .standard = "no"},
    {MEMBER(commands), .name = "commands", .kind = CONFIG_BOOLEAN, .standard = "no"},
    {MEMBER(command_context), .name = "command_context", .kind = CONFIG_TEXT,
     .standard = "default"},
    {MEMBER(channels_max), .name = "channels_max", .kind = CONFIG_NUMBER, .standard = "100000",
     .minimum = 1, .maximum = 10000000},
    {MEMBER(registrations_max), .name = "registrations_max", .kind = CONFIG_NUMBER,
     .standard = "200000", .minimum = 1, .maximum = 10000000},
};
const size_t freeswitch_option_count = sizeof freeswitch_options / sizeof *freeswitch_options;

static bool split_fields(struct freeswitch_settings *settings, struct arena *arena,
                         struct error *error)
{
    size_t count = 0;
    for (struct slice rest = slice_from(settings->fields); rest.data;) {
        struct slice field = slice_trim(slice_cut(rest, ',', &rest));
        if (field.length == 0)
            continue;
        if (count == FREESWITCH_FIELDS_MAX)
            return error_set(error, "[freeswitch] call_fields: more than %d",
                             FREESWITCH_FIELDS_MAX);
        settings->call_fields[count] = arena_copy(arena, field).data;
        if (!settings->call_fields[count++])
            return error_set(error, "out of memory");
    }
    settings->call_fields[count] = NULL;
    return true;
}

bool freeswitch_settings_complete(struct freeswitch_settings *settings, struct arena *arena,
                                  struct error *error)
{
    const struct pbx_server *server = settings->servers;
    for (; server; server = server->next)
        if (!*server->password_file)
            return error_set(error, "[freeswitch.server.%s] needs a password_file", server->name);
    return split_fields(settings, arena, error);
}
