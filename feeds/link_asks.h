/*
 * link_asks.h - commands that were sent and wait for their answers, in the order of sending: PBXs answer in that order.
 */
#ifndef CALLBOARD_LINK_ASKS_H
#define CALLBOARD_LINK_ASKS_H

#include <stdint.h>

#include "base/slice.h"

/* Asks that wait for their answers, at most. */
#define LINK_ASKS_MAX 1000

/*
 * The answer to what was asked, in the PBX's words. NULL: the connection was lost first; whether it was carried out is not known.
 * ANSWER is valid during the call.
 */
typedef void link_answered(void *self, const struct slice *answer);

struct link_waiting {
    link_answered *done; /* NULL: nobody is told */
    void *self;
    uint64_t since_ms;
    bool probe; /* our own, for a sign of life */
};

struct link_asks {
    struct link_waiting ring[LINK_ASKS_MAX];
    size_t first, count;
};

static inline bool link_asks_full(const struct link_asks *asks)
{
    return asks->count == LINK_ASKS_MAX;
}

/* The one that is answered next; NULL: nobody waits. */
const struct link_waiting *link_asks_oldest(const struct link_asks *asks);

/* Adds WAITING, for which there must be room. */
void link_asks_add(struct link_asks *asks, struct link_waiting waiting);

/* Takes off the oldest; somebody must wait. */
struct link_waiting link_asks_take(struct link_asks *asks);

/* As if all had been sent at NOW_MS. */
void link_asks_renew(struct link_asks *asks, uint64_t now_ms);

/* Tells all who wait that there is no answer. They must not be able to ask anew meanwhile. */
void link_asks_give_up(struct link_asks *asks);

/* True when S can be sent as, or in, a command: not empty, not too long, without a control character. */
bool link_asks_fit(struct slice s);

/* Longest command. */
#define LINK_COMMAND_MAX 8192

#endif
