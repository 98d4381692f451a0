/*
 * subscriber.h - a worker's ear on Redis' PubSub: one connection for all who listen.
 * Connects when the first one listens. When Redis goes, those who listen hear nothing until it is back: PubSub keeps nothing.
 */
#ifndef CALLBOARD_SUBSCRIBER_H
#define CALLBOARD_SUBSCRIBER_H

#include "store/store.h"

struct subscriber;

/* One who listens to a channel and to a pattern of channels. What the slices point to lives as long as it does. */
struct subscription {
    struct slice channel; /* or empty */
    struct slice pattern; /* or empty; ends in "*", its only wildcard */
    void *self;
    /* A message has come; may remove its own subscription, but no other one. */
    void (*heard)(void *self, struct slice channel, struct slice text);
    struct subscription *next, *previous;
};

/* NULL without memory. SETTINGS must stay valid. */
struct subscriber *subscriber_open(uv_loop_t *loop, const struct store_settings *settings);

/* False and *error: the connection cannot be set up for want of memory. */
bool subscriber_add(struct subscriber *subscriber, struct subscription *subscription,
                    struct error *error);
void subscriber_remove(struct subscriber *subscriber, struct subscription *subscription);

/* Nobody may listen any more. */
void subscriber_close(struct subscriber *subscriber);

#endif
