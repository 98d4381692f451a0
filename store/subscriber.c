/*
 * subscriber.c - a worker's ear on Redis' PubSub: one connection for all who listen.
 */
#include "store/subscriber.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>

/* hiredis leaves its subscribed state with the last channel; with one that nobody publishes to it never does. */
#define KEEP_CHANNEL "callboard:keep"

struct subscriber {
    uv_loop_t *loop;
    const struct store_settings *settings;
    struct metrics_worker *counts; /* of this connection, which nobody reads */
    struct store *store;           /* NULL until the first one listens */
    struct subscription *first;
    struct subscription *next; /* to be told after the one that is being told */
};

struct subscriber *subscriber_open(uv_loop_t *loop, const struct store_settings *settings)
{
    struct subscriber *subscriber = calloc(1, sizeof *subscriber);
    if (subscriber)
        subscriber->counts = calloc(1, sizeof *subscriber->counts);
    if (!subscriber || !subscriber->counts) {
        free(subscriber);
        return NULL;
    }
    subscriber->loop = loop;
    subscriber->settings = settings;
    return subscriber;
}

/* ---- hearing ---- */

static bool pattern_matches(struct slice pattern, struct slice channel)
{
    return pattern.length > 0 && channel.length >= pattern.length - 1 &&
           memcmp(pattern.data, channel.data, pattern.length - 1) == 0;
}

static struct slice text_of(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING ? slice_of(reply->str, reply->len) : slice_of(NULL, 0);
}

static void tell(struct subscriber *subscriber, struct slice channel, struct slice text,
                 bool by_pattern)
{
    struct subscription *each = subscriber->first;
    for (; each; each = subscriber->next) {
        subscriber->next = each->next;
        if (by_pattern ? pattern_matches(each->pattern, channel)
                       : slice_equal(each->channel, channel))
            each->heard(each->self, channel, text);
    }
}

/* ["message", channel, text] or ["pmessage", pattern, channel, text]; also "subscribe" and the like. */
static void on_message(redisAsyncContext *redis, void *data, void *self)
{
    const redisReply *reply = data;
    (void)redis;
    if (!reply || reply->type != REDIS_REPLY_ARRAY || reply->elements < 3)
        return;
    struct slice kind = text_of(reply->element[0]);
    if (slice_is(kind, "message"))
        tell(self, text_of(reply->element[1]), text_of(reply->element[2]), false);
    else if (slice_is(kind, "pmessage") && reply->elements == 4)
        tell(self, text_of(reply->element[2]), text_of(reply->element[3]), true);
}

/* ---- saying what is listened to ---- */

static void say(struct subscriber *subscriber, const char *command, struct slice name)
{
    redisAsyncContext *redis = subscriber->store ? store_connection(subscriber->store) : NULL;
    const char *words[] = {command, name.data};
    const size_t lengths[] = {strlen(command), name.length};
    if (redis && name.length > 0)
        redisAsyncCommandArgv(redis, on_message, subscriber, 2, words, lengths);
}

/* Redis does not mind being told twice, so those who share a channel are not counted here. */
static void say_all(const struct subscription *each, struct subscriber *subscriber)
{
    say(subscriber, "SUBSCRIBE", each->channel);
    say(subscriber, "PSUBSCRIBE", each->pattern);
}

static void on_change(void *self, bool up)
{
    struct subscriber *subscriber = self;
    if (!up)
        return;
    say(subscriber, "SUBSCRIBE", slice_from(KEEP_CHANNEL));
    say(subscriber, "PSUBSCRIBE", slice_from(KEEP_CHANNEL));
    for (const struct subscription *each = subscriber->first; each; each = each->next)
        say_all(each, subscriber);
}

static const struct subscription *another(const struct subscriber *subscriber,
                                          const struct subscription *one, bool pattern)
{
    const struct subscription *each = subscriber->first;
    while (each && !(each != one && (pattern ? slice_equal(each->pattern, one->pattern)
                                             : slice_equal(each->channel, one->channel))))
        each = each->next;
    return each;
}

bool subscriber_add(struct subscriber *subscriber, struct subscription *subscription,
                    struct error *error)
{
    if (!subscriber->store) {
        subscriber->store =
            store_open(subscriber->loop, subscriber->settings, subscriber->counts, error);
        if (!subscriber->store)
            return false;
        store_on_change(subscriber->store, on_change, subscriber);
    }
    subscription->previous = NULL;
    subscription->next = subscriber->first;
    if (subscription->next)
        subscription->next->previous = subscription;
    subscriber->first = subscription;
    say_all(subscription, subscriber);
    return true;
}

void subscriber_remove(struct subscriber *subscriber, struct subscription *subscription)
{
    if (!another(subscriber, subscription, false))
        say(subscriber, "UNSUBSCRIBE", subscription->channel);
    if (!another(subscriber, subscription, true))
        say(subscriber, "PUNSUBSCRIBE", subscription->pattern);
    if (subscription->previous)
        subscription->previous->next = subscription->next;
    else
        subscriber->first = subscription->next;
    if (subscription->next)
        subscription->next->previous = subscription->previous;
    if (subscriber->next == subscription)
        subscriber->next = subscription->next;
}

void subscriber_close(struct subscriber *subscriber)
{
    if (subscriber->store) {
        store_on_change(subscriber->store, NULL, NULL);
        store_close(subscriber->store);
    }
    free(subscriber->counts);
    free(subscriber);
}
