/*
 * esl_asks.h - commands that were sent and wait for their answers, in the order of sending: FreeSWITCH answers in that order.
 */
#ifndef CALLBOARD_ESL_ASKS_H
#define CALLBOARD_ESL_ASKS_H

#include "feeds/esl_connection.h"

struct esl_waiting {
    esl_answered *done; /* NULL: nobody is told */
    void *self;
    uint64_t since_ms;
    bool probe; /* our own, for a sign of life */
};

struct esl_asks {
    struct esl_waiting ring[ESL_ASKS_MAX];
    size_t first, count;
};

static inline bool esl_asks_full(const struct esl_asks *asks)
{
    return asks->count == ESL_ASKS_MAX;
}

/* The one that is answered next; NULL: nobody waits. */
const struct esl_waiting *esl_asks_oldest(const struct esl_asks *asks);

/* Adds WAITING, for which there must be room. */
void esl_asks_add(struct esl_asks *asks, struct esl_waiting waiting);

/* Takes off the oldest; somebody must wait. */
struct esl_waiting esl_asks_take(struct esl_asks *asks);

/* As if all had been sent at NOW_MS. */
void esl_asks_renew(struct esl_asks *asks, uint64_t now_ms);

/* Tells all who wait that there is no answer. They must not be able to ask anew meanwhile. */
void esl_asks_give_up(struct esl_asks *asks);

/* True when S can be sent as, or in, a command: not empty, not too long, without a control character. */
bool esl_asks_fit(struct slice s);

/* Longest command. */
#define ESL_COMMAND_MAX 8192

#endif
