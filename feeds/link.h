/*
 * link.h - a connection to a PBX that is made anew whenever it is lost: pauses, deadlines, signs of life, and what the log says.
 * What is said on it, and in which words, is its owner's: esl_connection.c, ami_connection.c.
 *
 * A link that hears nothing has its owner ask something small, and is given up when no answer comes: so a PBX whose network has
 * gone silently is noticed within `quiet_ms` + `deadline_ms`. Connecting again waits longer each time, from 0.1 s to
 * `reconnect_ms`, a bit more or less by chance; after a refusal `refused_ms`. The log says once that it is away, and why.
 */
#ifndef CALLBOARD_LINK_H
#define CALLBOARD_LINK_H

#include <uv.h>

#include "base/error.h"
#include "feeds/link_asks.h"

struct link_settings {
    const char *kind; /* "FreeSWITCH", for the log */
    const char *name; /* of the server */
    const char *host;
    int64_t port;
    int64_t
        deadline_ms; /* for connecting and logging in; and for a sign of life when asked for one */
    int64_t answer_ms;    /* for the answer to anything else */
    int64_t quiet_ms;     /* without a byte, after which a sign of life is asked for */
    int64_t reconnect_ms; /* longest pause between two attempts to connect */
    int64_t refused_ms;   /* the pause after a refusal */
};

/* Each is called with SELF, from the loop, never from within link_open; each but closed may drop or close the link. */
struct link_hooks {
    void *self;
    /* Connected: what was heard on an earlier connection is to be forgotten. */
    void (*opened)(void *self);
    void (*heard)(void *self, struct slice bytes);
    /* Something small is to be asked with link_send, as a probe. False: it cannot be sent. */
    bool (*probe)(void *self);
    /* It was ready and is not any more; or the first attempt to connect has failed. Once until it is ready again. */
    void (*away)(void *self, const struct error *reason);
    /* After link_close: its memory is gone, and its owner's may go. */
    void (*closed)(void *self);
};

struct link;

/* Starts to connect. SETTINGS and HOOKS must outlive it. NULL and *error without memory. */
struct link *link_open(uv_loop_t *loop, const struct link_settings *settings,
                       const struct link_hooks *hooks, struct error *error);

/* Ends it; those who wait for answers are told that there is none. Further calls do nothing. */
void link_close(struct link *link);

/* Its owner has logged in: says so to the log. */
void link_become_ready(struct link *link);
bool link_is_ready(const struct link *link);

/* Ends this connection for REASON, and connects again later; refused: for what will not pass by itself. */
void link_drop(struct link *link, const struct error *reason);
void link_drop_for(struct link *link, const char *reason);
void link_refuse(struct link *link, const char *reason);

/* Sends BYTES, whose answer goes to WAITING. False, and nothing is sent: too much waits already, or it is not connected. */
bool link_send(struct link *link, struct slice bytes, struct link_waiting waiting);

/* An answer has come: for whom. False, and the link is dropped: nobody waits. */
bool link_take_waiting(struct link *link, struct link_waiting *waiting);

/* A number for each connection; 0 while there is none. Who reads on after having told somebody looks whether it is the same still. */
uint64_t link_connection(const struct link *link);

/* Stops reading, until resumed. Neither answers nor signs of life are missed meanwhile. */
void link_pause(struct link *link);
void link_resume(struct link *link);

#endif
