/*
 * esl_asks.c - a ring of those who wait for answers.
 */
#include "feeds/esl_asks.h"

const struct esl_waiting *esl_asks_oldest(const struct esl_asks *asks)
{
    return asks->count > 0 ? &asks->ring[asks->first] : NULL;
}

void esl_asks_add(struct esl_asks *asks, struct esl_waiting waiting)
{
    asks->ring[(asks->first + asks->count++) % ESL_ASKS_MAX] = waiting;
}

struct esl_waiting esl_asks_take(struct esl_asks *asks)
{
    struct esl_waiting waiting = asks->ring[asks->first];
    asks->first = (asks->first + 1) % ESL_ASKS_MAX;
    asks->count--;
    return waiting;
}

void esl_asks_renew(struct esl_asks *asks, uint64_t now_ms)
{
    for (size_t i = 0; i < asks->count; i++)
        asks->ring[(asks->first + i) % ESL_ASKS_MAX].since_ms = now_ms;
}

void esl_asks_give_up(struct esl_asks *asks)
{
    while (asks->count > 0) {
        struct esl_waiting waiting = esl_asks_take(asks);
        if (waiting.done)
            waiting.done(waiting.self, NULL);
    }
}

bool esl_asks_fit(struct slice s)
{
    for (size_t i = 0; i < s.length; i++)
        if ((unsigned char)s.data[i] < 0x20 || s.data[i] == 0x7f)
            return false;
    return s.length > 0 && s.length <= ESL_COMMAND_MAX;
}
