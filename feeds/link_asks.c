/*
 * link_asks.c - a ring of those who wait for answers.
 */
#include "feeds/link_asks.h"

const struct link_waiting *link_asks_oldest(const struct link_asks *asks)
{
    return asks->count > 0 ? &asks->ring[asks->first] : NULL;
}

void link_asks_add(struct link_asks *asks, struct link_waiting waiting)
{
    asks->ring[(asks->first + asks->count++) % LINK_ASKS_MAX] = waiting;
}

struct link_waiting link_asks_take(struct link_asks *asks)
{
    struct link_waiting waiting = asks->ring[asks->first];
    asks->first = (asks->first + 1) % LINK_ASKS_MAX;
    asks->count--;
    return waiting;
}

void link_asks_renew(struct link_asks *asks, uint64_t now_ms)
{
    for (size_t i = 0; i < asks->count; i++)
        asks->ring[(asks->first + i) % LINK_ASKS_MAX].since_ms = now_ms;
}

void link_asks_give_up(struct link_asks *asks)
{
    while (asks->count > 0) {
        struct link_waiting waiting = link_asks_take(asks);
        if (waiting.done)
            waiting.done(waiting.self, NULL);
    }
}

bool link_asks_fit(struct slice s)
{
    return s.length > 0 && s.length <= LINK_COMMAND_MAX && !slice_has_control(s);
}
