/*
 * esl_connection.h - a FreeSWITCH, by its event socket: connected, authenticated, subscribed, and again when it was away.
 *
 * A connection that hears nothing asks something small, and is given up when no answer comes: so a FreeSWITCH whose network
 * has gone silently is noticed within `quiet_ms` + `deadline_ms`. Connecting again waits longer each time, from 0.1 s to
 * `reconnect_ms`, a bit more or less by chance; after a refused password or address `refused_ms`. The log says once that it is away, and
 * why, and once that it is back; never a password.
 *
 * All functions are called with the hooks' SELF, from the loop, never from within esl_connection_open or esl_ask.
 */
#ifndef CALLBOARD_ESL_CONNECTION_H
#define CALLBOARD_ESL_CONNECTION_H

#include <uv.h>

#include "feeds/esl_event.h"

/* Asks that wait for their answers, at most. */
#define ESL_ASKS_MAX 1000

struct esl_settings {
    const char *name; /* of the server, for the log */
    const char *host;
    int64_t port;
    const char *password; /* a secret */
    const char *events;   /* as behind `event json` */
    int64_t
        deadline_ms; /* for connecting and logging in; and for a sign of life when asked for one */
    int64_t answer_ms;    /* for the answer to any other ask */
    int64_t quiet_ms;     /* without a byte, after which a sign of life is asked for */
    int64_t reconnect_ms; /* longest pause between two attempts to connect */
    int64_t refused_ms;   /* the pause after a refused password or address */
    int64_t body_max;     /* bytes of one event or answer; longer ones end the connection */
};

/* Values that do for all but tests; name, host, password and events are to be set. */
extern const struct esl_settings esl_settings_standard;

struct esl_hooks {
    void *self;
    /* Subscribed: from now on all events come. Here the lists of what is there already are to be asked for. */
    void (*ready)(void *self);
    /* EVENT is valid during the call. */
    void (*event)(void *self, const struct esl_event *event);
    /* It was ready and is not any more; or the first attempt to connect has failed. Once until it is ready again. */
    void (*away)(void *self, const struct error *reason);
};

/* What has come since it was opened. */
struct esl_counts {
    uint64_t bytes, events;
    uint64_t bad_events;  /* not told: they could not be read */
    uint64_t connections; /* how often it was ready */
};

struct esl_connection;

/*
 * Starts to connect. SETTINGS, their texts and HOOKS must outlive it. NULL and *error when a setting cannot be sent (password or events
 * with a line end), or without memory; that FreeSWITCH is away is no error.
 */
struct esl_connection *esl_connection_open(uv_loop_t *loop, const struct esl_settings *settings,
                                           const struct esl_hooks *hooks, struct error *error);

/* Ends it. Those who wait for answers are told that there is none, the hooks nothing. The memory goes with the loop's closing callbacks. */
void esl_connection_close(struct esl_connection *connection);

/*
 * The answer to what was asked: the body of an api answer, or the text of another reply ("+OK …", "-ERR …"). NULL:
 * the connection was lost first; whether it was carried out is not known. ANSWER is valid during the call.
 */
typedef void esl_answered(void *self, const struct slice *answer);

/*
 * Sends COMMAND ("api show channels as json"). True: DONE will be called with SELF, exactly once, in the order of asking; DONE NULL:
 * nobody is told. False and *error, and nothing is sent, when it is not ready, when ESL_ASKS_MAX wait, or when COMMAND is empty or has a
 * control character: a line end would begin another command.
 */
bool esl_ask(struct esl_connection *connection, struct slice command, esl_answered *done,
             void *self, struct error *error);

bool esl_connection_is_ready(const struct esl_connection *connection);
const struct esl_counts *esl_connection_counts(const struct esl_connection *connection);

/*
 * Stops reading, until resumed; what was read before (64 KiB at most) is still told. FreeSWITCH then queues for us and, after 100,000
 * events, gives us up. Neither answers nor signs of life are missed meanwhile.
 */
void esl_pause(struct esl_connection *connection);
void esl_resume(struct esl_connection *connection);

#endif
