/*
 * domain.h - the elements of one domain as they stand, and who listens to their changes.
 * Holds what Redis held at one id of the domain's stream, `seq`, and moves on with every entry of it. Knows no
 * connection: follow.c asks Redis and hands over the replies.
 */
#ifndef CALLBOARD_EVENTS_DOMAIN_H
#define CALLBOARD_EVENTS_DOMAIN_H

#include <jansson.h>

#include "base/error.h"
#include "events/message.h"
#include "store/batch.h"
#include "store/element.h"

/* An id of a stream; entries come in its order. */
struct stream_id {
    uint64_t ms, number;
};

/* Reads "1700000000000-0". False when TEXT is no id. */
bool stream_id_read(struct slice text, struct stream_id *id);
int stream_id_compare(struct stream_id a, struct stream_id b);
void stream_id_write(struct stream_id id, char text[SEQ_BYTES]);

enum change {
    CHANGE_ADDED,
    CHANGE_UPDATED,
    CHANGE_REMOVED
};
#define CHANGES 3
extern const char *const change_names[CHANGES];

/*
 * One entry of the stream; or, with `difference`, what has become other while nobody could hear it, before DOMAIN_ANEW is
 * told. Its texts and values live as long as the call that hands it over.
 */
struct event {
    enum element element;
    enum change change;
    bool difference;
    const char *id;
    const json_t *before; /* as it was; NULL when it was not there */
    const json_t *data;   /* as it is; of one that was removed, as it last was */
    struct stream_id at;  /* 0-0 with `difference` */
    char seq[SEQ_BYTES];  /* the same as text, or "" */
    struct message *messages[FORMATS][CHANGES]; /* made when first asked for: event_message */
};

/* EVENT for clients of FORMAT, told as CHANGE; borrowed. NULL without memory. */
struct message *event_message(struct event *event, enum format format, enum change change);

/* Releases the messages that were made of EVENT. */
void event_end(struct event *event);

enum domain_news {
    DOMAIN_HERE, /* what stands is known, for the first time */
    DOMAIN_AWAY, /* Redis is away: nothing is heard until it is back */
    DOMAIN_BACK, /* it is back, and nothing was lost */
    DOMAIN_ANEW  /* it is back, or the stream had gone too far: what stands was read again */
};

/* One who listens. May not leave, nor make others leave, while being told. */
struct listener {
    void *self;
    void (*heard)(void *self, struct event *event);
    void (*told)(void *self, enum domain_news news);
    struct listener *next, *previous;
};

enum domain_state {
    DOMAIN_UNKNOWN, /* nothing is known yet */
    DOMAIN_LIVE,
    DOMAIN_STALE /* what stood when Redis went */
};

struct domain {
    struct slice name; /* NUL-terminated */
    enum domain_state state;
    bool asked; /* follow.c waits for an answer about it */
    struct stream_id seq;
    json_t *elements[ELEMENT_COUNT]; /* id -> object */
    struct frame
        *initial[FORMATS][ELEMENT_COUNT]; /* made when first asked for, until an element changes */
    struct listener *listeners;
    int64_t left_us; /* when the last one left */
    struct domain *next;
};

/* NULL without memory. */
struct domain *domain_make(struct slice name);
void domain_free(struct domain *domain);

void domain_listen(struct domain *domain, struct listener *listener);
void domain_leave(struct domain *domain, struct listener *listener);
void domain_tell(struct domain *domain, enum domain_news news);

/* ---- from Redis ---- */

/* Adds what domain_look understands the answer to, in one transaction. */
void domain_ask(const struct domain *domain, struct store_batch *batch);

/*
 * Brings DOMAIN up to REPLIES: when the stream still has the entry at which we stand nothing changes, else what stands is
 * taken anew. Tells the listeners. False and *error: Redis' answer cannot be used.
 */
bool domain_look(struct domain *domain, const struct store_reply *replies, struct error *error);

/* One entry of the stream, [id, [field, value, …]]. */
void domain_take(struct domain *domain, const struct store_reply *entry);

/*
 * The same for somebody else: what ENTRY says, without `before`; DATA is the caller's to release. False: it is no event;
 * `at` is its place nevertheless, or 0-0.
 */
bool domain_read_entry(const struct store_reply *entry, struct event *event, json_t **data);

/* ---- for clients ---- */

/* All elements of a kind that PASS (NULL: all) lets through, as one message's frame; to be released. NULL without memory. */
typedef bool domain_pass(const void *self, enum element element, const json_t *item);
struct frame *domain_initial(struct domain *domain, enum format format, enum element element,
                             domain_pass *pass, const void *self);

#endif
