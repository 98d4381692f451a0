/*
 * feed_status.h - callboard:feeds, the hash in which each feed says how its PBXs are: server -> JSON, a few times a minute anew.
 *
 *     {"state": "up"|"away"|"stopped", "since": µs, "time": µs when it was written, "address", "port", "pid", "channels",
 *      "registrations", "events", "bad_events", "connections", "written", "merged", "lost", "refused"}
 */
#ifndef CALLBOARD_FEED_STATUS_H
#define CALLBOARD_FEED_STATUS_H

#include <stdio.h>

#include "feeds/freeswitch_settings.h"
#include "store/store.h"

#define FEED_STATUS_KEY "callboard:feeds"

/* How often it is written; what is older than three times that was written by a feed that runs no more. */
#define FEED_STATUS_MS 2000

/*
 * Reads it from Redis and prints a line for each server of SETTINGS to OUT, for people. True when all of them are up. False
 * when not; and with *error set when Redis does not answer.
 */
bool feed_status_print(const struct freeswitch_settings *settings,
                       const struct store_settings *store, FILE *out, struct error *error);

#endif
