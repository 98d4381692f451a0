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
#include "feeds/live_writer.h"

#define FEED_STATUS_KEY "callboard:feeds"

/* How often it is written; what is older than three times that was written by a feed that runs no more. */
#define FEED_STATUS_MS 2000

enum feed_state {
    FEED_UP,
    FEED_AWAY,
    FEED_STOPPED
};

/* What is said of one PBX; live_writer.h and source.h say what is counted. */
struct feed_status {
    enum feed_state state;
    int64_t since_us, time_us;
    struct slice address;
    int64_t port, pid;
    uint64_t channels, registrations;
    uint64_t events, bad_events, connections;
    struct live_writer_counts changes;
};

void feed_status_write(const struct feed_status *status, struct buffer *out);

/*
 * Prints a line on SERVER to OUT, for people; a second one when changes were lost. TEXT: what callboard:feeds has of it, may be
 * empty. NOW_US: microseconds since the epoch. ARENA: for what is read. True when it is up.
 */
bool feed_status_print_one(const struct pbx_server *server, struct slice text, int64_t now_us,
                           struct arena *arena, FILE *out);

/*
 * Reads it from Redis and prints a line for each server of SETTINGS to OUT, for people. True when all of them are up. False
 * when not; and with *error set when Redis does not answer.
 */
bool feed_status_print(const struct freeswitch_settings *settings,
                       const struct store_settings *store, FILE *out, struct error *error);

#endif
