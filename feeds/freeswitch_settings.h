/*
 * freeswitch_settings.h - [freeswitch] and [freeswitch.server.NAME] of callboard.conf; names in Redis are in
 * store/live_names.h.
 */
#ifndef CALLBOARD_FREESWITCH_SETTINGS_H
#define CALLBOARD_FREESWITCH_SETTINGS_H

#include "base/config.h"

/* Channel variables of a call that are recorded. */
#define FREESWITCH_FIELDS_MAX 64

enum pbx_kind {
    PBX_FREESWITCH, /* [freeswitch.server.NAME] */
    PBX_ASTERISK    /* [asterisk.server.NAME] */
};

struct pbx_server {
    enum pbx_kind kind;
    const char *name;
    const char *host;
    int64_t port;
    const char *password_file; /* its first line is the password of the event socket, or of USER */
    const char *domain;        /* of its extensions; "": FreeSWITCH itself says it */
    struct pbx_server *next;
};

struct freeswitch_settings {
    struct pbx_server *servers; /* in the order of the file */
    const char *log;
    const char
        *default_domain; /* of channels that belong to no extension; "": they are not shown */
    int64_t grace;       /* seconds that a PBX may be away before its state is removed */
    int64_t events_kept; /* entries of a domain's stream, about */
    const char *fields;  /* as they were given, with commas between them */
    const char *call_fields[FREESWITCH_FIELDS_MAX + 1]; /* NULL-terminated */
    bool agents_call, agents_status, campaigns_cdr;
    bool commands;                           /* of CTI clients are run */
    const char *command_context;             /* of the dialplan, in which transferred calls go on */
    int64_t channels_max, registrations_max; /* of one PBX */
};

/* [freeswitch], [freeswitch.server.*] */
extern const struct config_option freeswitch_options[];
extern const size_t freeswitch_option_count;

/* Checks and works out what no single option shows; called once after loading, with the arena of the texts. */
bool freeswitch_settings_complete(struct freeswitch_settings *settings, struct arena *arena,
                                  struct error *error);

#endif
