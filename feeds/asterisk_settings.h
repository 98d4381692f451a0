/*
 * asterisk_settings.h - the settings of phonecalls, from one file: see phonecalls(1).
 */
#ifndef CALLBOARD_ASTERISK_SETTINGS_H
#define CALLBOARD_ASTERISK_SETTINGS_H

#include "feeds/sender.h"

enum asterisk_source {
    ASTERISK_ODBC,
    ASTERISK_CSV
};

struct asterisk_settings {
    struct arena arena; /* of all texts */
    int source;         /* enum asterisk_source */
    const char *csv;    /* the file's path */
    const char *zone;   /* "utc", "local", or the name of one */
    const char *password_file, *token_file, *basic_password_file;
    int64_t hours, days; /* how far back: an ordinary run, a full one */
    int64_t shortest;    /* bytes of a destination that counts */
    struct cdr_odbc_settings odbc;
    struct phonecall_rules rules;
    struct sender_settings sender;
};

/*
 * Reads the file at PATH (NULL: standard values and environment only) and the files of secrets that it names, checks all of
 * it, and makes the zone of calldate that of the process. False and *error otherwise. To be freed with
 * asterisk_settings_free either way.
 */
bool asterisk_settings_load(struct asterisk_settings *settings, const char *path,
                            struct error *error);

void asterisk_settings_free(struct asterisk_settings *settings);

#endif
