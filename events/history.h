/*
 * history.h - what a client has missed: the entries of the stream from the one that it heard last up to what is told now.
 */
#ifndef CALLBOARD_EVENTS_HISTORY_H
#define CALLBOARD_EVENTS_HISTORY_H

#include "events/domain.h"
#include "store/store.h"

/* A client that has missed more hears what stands instead. */
#define HISTORY_ENTRIES 5000

struct history;

enum history_found {
    HISTORY_THERE,
    HISTORY_LOST, /* the stream has it no more, or too much was missed */
    HISTORY_AWAY  /* Redis cannot tell */
};

/* With HISTORY_THERE: COUNT entries of the stream (domain_read_entry), which live until the return. */
typedef void history_done(void *self, enum history_found found, const struct store_reply *entries,
                          size_t count);

/* Asks for what came in DOMAIN behind SINCE up to its seq. NULL: Redis is away. */
struct history *history_ask(struct store *store, const struct domain *domain,
                            struct stream_id since, history_done *done, void *self);

/* DONE will not be called. */
void history_forget(struct history *history);

#endif
