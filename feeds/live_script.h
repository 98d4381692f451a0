/*
 * live_script.h - the commands that bring one change into Redis, each a script so that it is one step.
 *
 *     element   hash callboard:elements:<domain>:<element>, and the entry of the stream callboard:events:<domain>
 *     phone     hash registrations (or as configured), and callboard:feed:phones:<that hash>:<extension>, which holds all
 *               phones of the extension, of all servers: the extension leaves the hash with its last phone
 *     call      hash calls (or as configured)
 *
 * Each also notes in callboard:feed:<server> that this server has it there. What two servers have under one id is the one's that
 * said so last; the other's text waits in callboard:feed:behind:<domain>:<element>:<id> and takes its place when that is gone.
 */
#ifndef CALLBOARD_LIVE_SCRIPT_H
#define CALLBOARD_LIVE_SCRIPT_H

#include "feeds/kept.h"
#include "store/batch.h"
#include "store/live_names.h"
#include "store/script.h"

enum live_script {
    LIVE_SCRIPT_ELEMENT,
    LIVE_SCRIPT_ELEMENT_GONE,
    LIVE_SCRIPT_PHONE,
    LIVE_SCRIPT_PHONE_GONE,
    LIVE_SCRIPT_CALL,
    LIVE_SCRIPT_CALL_OVER
};
#define LIVE_SCRIPT_COUNT 6

/* Whose changes they are. */
struct live_scripts {
    const struct live_names_settings *names;
    int64_t events_kept; /* entries of a stream, about */
    struct slice server;
    char script_names[LIVE_SCRIPT_COUNT][SCRIPT_NAME_LENGTH];
};

/* Makes *scripts ready for SERVER, which must stay valid, as NAMES must. */
void live_scripts_prepare(struct live_scripts *scripts, const struct live_names_settings *names,
                          int64_t events_kept, struct slice server);

/* Adds the commands that have Redis learn the scripts. */
void live_scripts_add_load(struct store_batch *batch);

/* Adds the command that writes KEPT, as JSON, or removes it when it is gone. What they point to is copied. */
void live_scripts_add(const struct live_scripts *scripts, struct store_batch *batch,
                      const struct kept *kept, struct slice json);

/* True when the record of `calls` JSON has a call that is up. */
bool live_call_is_active(struct slice json);

/* True when it may have been made by a hangup. */
bool live_call_is_over(struct slice json);

/* The key of the hash that says what SERVER has in Redis. */
struct slice live_feed_key(struct arena *arena, struct slice server);

#endif
