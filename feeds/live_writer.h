/*
 * live_writer.h - keeps Redis true to the model of what one PBX does, and has that model.
 *
 * Every change is one script (live_script.h), pipelined in the order in which it was told (live_pipe.h). When more is on its way than
 * Redis has answered, changes wait, by name: the latest one is written, and what it replaced is counted. While Redis is away only the
 * state is kept; when it is back all of it is written again, and what Redis has of this PBX beyond that is removed.
 */
#ifndef CALLBOARD_LIVE_WRITER_H
#define CALLBOARD_LIVE_WRITER_H

#include "feeds/critical.h"
#include "feeds/live.h"
#include "store/live_names.h"
#include "store/store.h"

struct live_writer_settings {
    struct live_settings model;
    const struct live_names_settings *names;
    int64_t events_kept; /* entries of a domain's stream, about */
    const struct store_settings *store;
    const char *news_prefix; /* enigma:notifications */
};

struct live_writer_counts {
    uint64_t written; /* commands that Redis has carried out */
    uint64_t merged;  /* changes that a later one of the same thing has overtaken */
    uint64_t
        lost; /* what the model dropped, changes that could not be kept, and news while Redis was away */
    uint64_t refused; /* commands that Redis has answered with an error */
};

struct live_writer;

/* SETTINGS and CRITICAL must outlive it. NULL and *error when it cannot be made; that Redis is away is no error. */
struct live_writer *live_writer_open(uv_loop_t *loop, const struct live_writer_settings *settings,
                                     struct critical *critical, struct error *error);

/* What is to be told of events; the writer's own. */
struct live *live_writer_model(struct live_writer *writer);

/*
 * The model is whole: what Redis has of this PBX and the model has not is removed, as soon as Redis answers. To be called after
 * each snapshot, and when the PBX is given up.
 */
void live_writer_reconcile(struct live_writer *writer);

/* The PBX is heard, or not, since SINCE_US: its element `server` in each domain that it serves says so. */
void live_writer_server_is(struct live_writer *writer, bool up, int64_t since_us);

/* Sends what has been told outside of the loop's own callbacks for sockets: from a timer, say. */
void live_writer_flush(struct live_writer *writer);

/* True when all that was told is in Redis, as far as is known. */
bool live_writer_is_idle(const struct live_writer *writer);

bool live_writer_is_up(const struct live_writer *writer);
struct live_writer_counts live_writer_counts(const struct live_writer *writer);

/* Nothing is told any more. What the loop has of it goes with its closing callbacks. */
void live_writer_close(struct live_writer *writer);

#endif
