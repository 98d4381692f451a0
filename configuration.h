/*
 * configuration.h - all settings of callboard.fcgi, from one file.
 */
#ifndef CALLBOARD_CONFIGURATION_H
#define CALLBOARD_CONFIGURATION_H

#include <stdio.h>

#include "base/config.h"
#include "events/settings.h"
#include "fcgi/server.h"
#include "feeds/directory_elements.h"
#include "feeds/freeswitch_settings.h"
#include "handlers/cdr.h"
#include "handlers/cticache.h"
#include "handlers/directory.h"
#include "handlers/phonecalls.h"
#include "handlers/notifications.h"
#include "htpasswd/settings.h"
#include "store/live_names.h"
#include "store/spool_files.h"
#include "store/store.h"

struct configuration {
    struct arena arena; /* of all texts */
    const char *listen;
    int64_t workers; /* 0: one a core */
    const char *user, *group, *socket_group;
    const char *log;
    int log_level; /* enum log_level */
    int64_t drain_seconds;
    bool bench_noop;
    struct fcgi_server_settings server;
    struct store_settings store;
    struct credentials_settings credentials;
    struct cticache_settings cticache;
    struct directory_settings directory;
    struct phonecalls_settings phonecalls;
    struct notifications_settings notifications;
    struct cdr_settings cdr;
    struct spool_settings spool;
    struct events_settings events;
    struct live_names_settings live_names;
    struct directory_elements_settings directory_elements;
    struct freeswitch_settings freeswitch;
};

/*
 * Reads the file at PATH (NULL: standard values and environment only) into a new configuration, checked as a whole.
 * NULL and *error otherwise. To be freed with configuration_free.
 */
struct configuration *configuration_load(const char *path, struct error *error);

/* Sends the log where CONFIGURATION says. On failure it goes on where it went. */
bool configuration_apply_log(const struct configuration *configuration, struct error *error);

/*
 * Writes every key there is, with its standard value, as a file would have it, but each line a comment. Knows nothing of
 * any file, so no secret is in it.
 */
void configuration_list_options(FILE *out);

void configuration_free(struct configuration *configuration);

#endif
