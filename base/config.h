/*
 * config.h - the configuration file: sections and keys (INI), checked against tables.
 * Every folder that can be configured exports a table of its options with the offsets of a settings
 * structure of its own; the main program puts the tables together and loads them in one go. What is
 * written in no table is an error, with the nearest known name.
 */
#ifndef CALLBOARD_CONFIG_H
#define CALLBOARD_CONFIG_H

#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"

enum config_kind {
    CONFIG_TEXT,    /* const char *, NUL-terminated, in the configuration's arena; "" when empty */
    CONFIG_NUMBER,  /* int64_t between minimum and maximum */
    CONFIG_BOOLEAN, /* bool: yes, no, true, false, on, off, 1, 0 */
    CONFIG_CHOICE,  /* int: the place of the value in `choices` */
    CONFIG_OTHER    /* whatever `set` makes of it; may be given several times */
};

struct config_option {
    const char *section; /* "redis"; or "cticache.pool.*", where * is any name */
    const char *name;
    enum config_kind kind;
    size_t offset;        /* of the member in the settings (not CONFIG_OTHER) */
    const char *standard; /* the value when none is given, as in a file; NULL: leave as it is */
    int64_t minimum, maximum;
    const char *const *choices; /* CONFIG_CHOICE: NULL-terminated */
    /* CONFIG_TEXT, may be NULL: whether VALUE can be used; else *error says why not, and the key need not be named. */
    bool (*check)(const char *value, struct error *error);
    /*
     * CONFIG_OTHER: takes one VALUE; INSTANCE is what stood for the "*" of the section, else empty. Both
     * live in ARENA. May set *error and return false.
     */
    bool (*set)(void *settings, struct slice instance, struct slice value, struct arena *arena,
                struct error *error);
};

/* A table and the structure it fills. */
struct config_group {
    const struct config_option *options;
    size_t count;
    void *settings;
};

/*
 * Fills the settings of all GROUPS: first the standard values, then the file at PATH (NULL: no file), then
 * the environment: CALLBOARD_CONF_SECTION_KEY, in capitals, for sections without "*" (CALLBOARD_CONF_REDIS_ADDRESS).
 * Texts live in ARENA. On failure *error names file, line and what is wrong, and the settings are not to
 * be used.
 */
bool config_load(const char *path, const struct config_group *groups, size_t count,
                 struct arena *arena, struct error *error);

/*
 * Fails when the environment has a CALLBOARD_CONF_... that is no option of GROUPS, and names the nearest known one. Not part
 * of config_load, as a program that knows some tables only may find others' variables there.
 */
bool config_check_environment(const struct config_group *groups, size_t count, struct error *error);

/*
 * Writes all keys of all GROUPS, each section once, as a file would have them: a section's name, and below it
 * "; key = standard value" lines.
 */
void config_list(const struct config_group *groups, size_t count, FILE *out);

/*
 * The first line of the file at PATH, without its line end, into ARENA: for passwords, which stand in files
 * of their own. Fails on an empty first line and on one over 1,024 bytes.
 */
bool config_read_secret(const char *path, struct arena *arena, const char **secret,
                        struct error *error);

/* Fails when others than the owner and the group of the file at PATH may read or write it: it holds a secret. */
bool config_check_private(const char *path, struct error *error);

#endif
