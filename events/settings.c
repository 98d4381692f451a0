/*
 * settings.c - what is configured about the event stream.
 */
#include "events/settings.h"

#include "base/listen.h"

#define MEMBER(name) offsetof(struct events_settings, name)

#define TEXT(key, usual)                                                                           \
    {                                                                                              \
        .section = "events", .name = #key, .kind = CONFIG_TEXT, .offset = MEMBER(key),             \
        .standard = (usual)                                                                        \
    }

#define NUMBER(key, usual, least, most)                                                            \
    {                                                                                              \
        .section = "events", .name = #key, .kind = CONFIG_NUMBER, .offset = MEMBER(key),           \
        .standard = (usual), .minimum = (least), .maximum = (most)                                 \
    }

const struct config_option events_options[] = {
    {.section = "events",
     .name = "listen",
     .kind = CONFIG_TEXT,
     .offset = MEMBER(listen),
     .standard = "unix:/run/callboard/events.sock",
     .check = listen_check},
    TEXT(tokens, ""),
    TEXT(htpasswd, ""),
    TEXT(administrators, ""),
    TEXT(supervisors, ""),
    TEXT(origins, ""),
    NUMBER(connections, "10000", 1, 1000000),
    NUMBER(domain_connections, "10000", 1, 1000000),
    NUMBER(address_connections, "1000", 1, 1000000),
    NUMBER(buffer_kilobytes, "1024", 16, 1 << 20),
    NUMBER(ping_seconds, "15", 1, 3600),
    NUMBER(idle_seconds, "60", 2, 7200),
    {.section = "events",
     .name = "commands",
     .kind = CONFIG_BOOLEAN,
     .offset = MEMBER(commands),
     .standard = "no"},
    NUMBER(command_seconds, "5", 1, 60),
    TEXT(audit_log, ""),
};
const size_t events_option_count = sizeof events_options / sizeof *events_options;

bool events_settings_check(const struct events_settings *settings, struct error *error)
{
    if (settings->idle_seconds <= settings->ping_seconds)
        return error_set(error, "[events] idle_seconds must be more than ping_seconds");
    return true;
}

bool events_list_has(const char *list, struct slice name)
{
    while (*list) {
        size_t length = strcspn(list, ", \t");
        if (length > 0 && slice_equal(slice_of(list, length), name))
            return true;
        list += length;
        list += strspn(list, ", \t");
    }
    return false;
}
