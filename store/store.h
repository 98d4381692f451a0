/*
 * store.h - one worker's connection to Redis: asynchronous, pipelined, never hanging.
 *
 * Batches of all requests go down one connection in the order they were asked; replies come back in that order.
 * A batch that Redis does not answer in time means that Redis is stalled: the connection is given up, all that
 * wait on it are told so at once, and until a new connection has said hello every further batch is refused
 * without waiting. The log says once that Redis went and once that it came back.
 *
 * A batch that was refused or timed out may or may not have been carried out by Redis.
 */
#ifndef CALLBOARD_STORE_H
#define CALLBOARD_STORE_H

#include <uv.h>

#include "base/config.h"
#include "base/metrics.h"
#include "store/batch.h"

struct store_settings {
    const char *address;       /* see address.h */
    const char *password_file; /* "" for none; its first line overrides the address' password */
    int64_t deadline_ms;       /* from asking to the last reply */
    int64_t reconnect_ms;      /* longest pause between two attempts to connect */
};

/* [redis] */
extern const struct config_option store_options[];
extern const size_t store_option_count;

/* True when address and password file can be used; nothing is connected. */
bool store_settings_check(const struct store_settings *settings, struct error *error);

struct store;

/*
 * Told exactly once per batch: REPLIES, one a command, in the batch's arena; or NULL when Redis is away. May ask
 * the next batch. Not called from within store_ask.
 */
typedef void store_done(void *self, const struct store_reply *replies);

/*
 * A store on LOOP that starts to connect; COUNTS is where it counts (may not be NULL). SETTINGS must stay valid.
 * NULL and *error when address or password file cannot be used; that Redis does not answer is no error.
 */
struct store *store_open(uv_loop_t *loop, const struct store_settings *settings,
                         struct metrics_worker *counts, struct error *error);

/*
 * Sends BATCH (not empty). True: DONE will be called with SELF. False: Redis is away and nothing was sent; DONE
 * will not be called. The batch may be thrown away at once, its arena must live until DONE.
 */
bool store_ask(struct store *store, const struct store_batch *batch, store_done *done, void *self);

/* True while Redis answers, as far as is known. */
bool store_is_up(const struct store *store);

/*
 * The connection itself, for what is no question and answer (subscriber.c); such a store is asked nothing. NULL while Redis is away.
 */
struct redisAsyncContext *store_connection(const struct store *store);

/* Called with its SELF when Redis has come or gone for good; see store_on_change. */
typedef void store_change(void *self, bool up);

/*
 * Has CHANGE called whenever the store becomes usable or, after an attempt to connect has failed, is known not to
 * be. For the one that waits for the first connection (CGI). NULL ends that.
 */
void store_on_change(struct store *store, store_change *change, void *self);

/* Ends the connection; batches still waiting are told NULL. The memory goes with the loop's closing callbacks. */
void store_close(struct store *store);

#endif
