/*
 * esl_connection.h - a FreeSWITCH, by its event socket: connected, authenticated, subscribed, and again when it was away.
 *
 * When it is connected again, and how it is noticed that it is gone: link.h. What it tells: source.h. No password reaches the log.
 *
 * All functions are called with the hooks' SELF, from the loop, never from within esl_connection_open or esl_ask.
 */
#ifndef CALLBOARD_ESL_CONNECTION_H
#define CALLBOARD_ESL_CONNECTION_H

#include "feeds/link.h"
#include "feeds/source.h"

struct esl_settings {
    struct link_settings link;
    const char *password; /* a secret */
    const char *events;   /* as behind `event json` */
    int64_t body_max;     /* bytes of one event or answer; longer ones end the connection */
};

/* Values that do for all but tests; name, host, password and events are to be set. */
extern const struct esl_settings esl_settings_standard;

struct esl_connection;

/*
 * Starts to connect. SETTINGS, their texts and HOOKS must outlive it. NULL and *error when a setting cannot be sent (password or events
 * with a line end), or without memory; that FreeSWITCH is away is no error.
 */
struct esl_connection *esl_connection_open(uv_loop_t *loop, const struct esl_settings *settings,
                                           const struct source_hooks *hooks, struct error *error);

/* Ends it. Those who wait for answers are told that there is none, the hooks nothing. The memory goes with the loop's closing callbacks. */
void esl_connection_close(struct esl_connection *connection);

/*
 * Sends COMMAND ("api show channels as json"). True: DONE will be called with SELF, exactly once, in the order of asking, with the
 * body of an api answer, or the text of another reply ("+OK …", "-ERR …"); DONE NULL: nobody is told. False and *error, and nothing is sent, when it is not ready, when LINK_ASKS_MAX wait, or when COMMAND is empty or has a
 * control character: a line end would begin another command.
 */
bool esl_ask(struct esl_connection *connection, struct slice command, link_answered *done,
             void *self, struct error *error);

bool esl_connection_is_ready(const struct esl_connection *connection);
const struct source_counts *esl_connection_counts(const struct esl_connection *connection);

/*
 * Stops reading, until resumed; what was read before (64 KiB at most) is still told. FreeSWITCH then queues for us and, after 100,000
 * events, gives us up. Neither answers nor signs of life are missed meanwhile.
 */
void esl_pause(struct esl_connection *connection);
void esl_resume(struct esl_connection *connection);

#endif
