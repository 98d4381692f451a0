/*
 * freeswitch_settings.h - [freeswitch] of callboard.conf: what is the same for all PBXs that are heard. Which they are is in
 * pbx_server.h, names in Redis are in store/live_names.h.
 */
#ifndef CALLBOARD_FREESWITCH_SETTINGS_H
#define CALLBOARD_FREESWITCH_SETTINGS_H

#include "feeds/pbx_server.h"

/* Channel variables of a call that are recorded. */
#define FREESWITCH_FIELDS_MAX 64

struct freeswitch_settings {
    struct pbx_server *servers; /* in the order of the file; of [asterisk.server.*] too */
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

/* [freeswitch] */
extern const struct config_option freeswitch_options[];
extern const size_t freeswitch_option_count;

/* Checks and works out what no single option shows; called once after loading, with the arena of the texts. */
bool freeswitch_settings_complete(struct freeswitch_settings *settings, struct arena *arena,
                                  struct error *error);

#endif
