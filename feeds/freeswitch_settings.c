/*
 * freeswitch_settings.c - [freeswitch] of callboard.conf.
 */
#include "feeds/freeswitch_settings.h"

#define MEMBER(member)                                                                             \
    .section = "freeswitch", .offset = offsetof(struct freeswitch_settings, member)

const struct config_option freeswitch_options[] = {
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
    return pbx_servers_check(settings->servers, error) && split_fields(settings, arena, error);
}
