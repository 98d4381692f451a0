/*
 * settings.h - what is configured about the event stream: section [events].
 */
#ifndef CALLBOARD_EVENTS_SETTINGS_H
#define CALLBOARD_EVENTS_SETTINGS_H

#include "base/config.h"

struct events_settings {
    const char *listen;         /* unix:/path or 127.0.0.1:port, for a web server in front */
    const char *tokens;         /* file of DOMAIN:{SHA256}…; "" for none */
    const char *htpasswd;       /* file of user@domain:HASH; "" for none */
    const char *administrators; /* user@domain, separated by commas or blanks */
    const char *supervisors;    /* the same; may eavesdrop */
    const char *origins;        /* of pages elsewhere that may connect: https://host[:port] */
    int64_t connections;        /* most clients, all together */
    int64_t domain_connections, address_connections; /* most of one domain, of one address */
    int64_t buffer_kilobytes;                        /* of news that wait for one client */
    int64_t ping_seconds;                            /* a client is asked whether it is there */
    int64_t idle_seconds;                            /* one that has not answered so long is gone */
    bool commands;                                   /* clients may ask the PBX to do something */
    int64_t command_seconds;                         /* how long the PBX may take to answer */
    const char *audit_log;                           /* file of who asked for what; "": the log */
};

/* [events] */
extern const struct config_option events_options[];
extern const size_t events_option_count;

bool events_settings_check(const struct events_settings *settings, struct error *error);

/* True when NAME is one of LIST, which is separated by commas or blanks. */
bool events_list_has(const char *list, struct slice name);

#endif
