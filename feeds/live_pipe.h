/*
 * live_pipe.h - commands on their way to Redis, in the order in which they are added: those of one turn of the loop are one
 * batch, and only so many are on their way at a time.
 */
#ifndef CALLBOARD_LIVE_PIPE_H
#define CALLBOARD_LIVE_PIPE_H

#include "store/store.h"

/* Called with SELF from the loop, never from within a function of the pipe. */
struct live_pipe_hooks {
    void *self;
    /* Redis answers, or does not any more; what was on its way then may have arrived or not. */
    void (*changed)(void *self, bool up);
    /* There may be room again. */
    void (*room)(void *self);
    /* Redis is there and has not carried out all: it may know nothing of what it was told. */
    void (*again)(void *self);
};

struct live_pipe_counts {
    uint64_t written; /* commands that Redis has carried out */
    uint64_t refused; /* and answered with an error */
};

struct live_pipe;

/*
 * NAME, for the log, STORE and HOOKS must outlive it. NULL and *error when it cannot be made; that Redis is away is no error.
 */
struct live_pipe *live_pipe_open(uv_loop_t *loop, struct slice name,
                                 const struct store_settings *store,
                                 const struct live_pipe_hooks *hooks, struct error *error);

/* True while another command may be added; more than that are taken, but then no bound holds. */
bool live_pipe_has_room(const struct live_pipe *pipe);

/* Where the next command is to be added; valid until the next call of any function here. NULL: there is no memory; again is called later. */
struct store_batch *live_pipe_next(struct live_pipe *pipe);

/* Sends what was added, now; by itself that happens at the end of each turn of the loop in which sockets were heard. */
void live_pipe_flush(struct live_pipe *pipe);

/*
 * Sends what was added, then BATCH, which is a question: DONE is told the answer (store_ask). False: Redis is away.
 */
bool live_pipe_ask(struct live_pipe *pipe, const struct store_batch *batch, store_done *done,
                   void *self);

/* REPLY is an error: counts it, tells the log once, and sees to it that again is called when it will pass. */
void live_pipe_take_error(struct live_pipe *pipe, const struct store_reply *reply);

/* True when Redis has answered all. */
bool live_pipe_is_idle(const struct live_pipe *pipe);
const struct live_pipe_counts *live_pipe_counts(const struct live_pipe *pipe);

/* No hook is called any more. The memory goes with the loop's closing callbacks. */
void live_pipe_close(struct live_pipe *pipe);

#endif
