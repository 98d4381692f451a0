/*
 * delivery.h - brings packets that must not be lost into Redis, or else into the spool.
 * A part of a handler: its plan returns delivery_begin, its render returns delivery_go_on until that says HANDLER_ANSWER.
 *
 *     is there something in the spool?  -- yes: behind it, so that nothing overtakes
 *     no: into Redis                    -- Redis is away, refuses, or does not say: into the spool
 *
 * What Redis may or may not have taken keeps its id in the spool, so it does not get into the list twice.
 */
#ifndef CALLBOARD_DELIVERY_H
#define CALLBOARD_DELIVERY_H

#include "handlers/handler.h"

enum delivery_outcome {
    DELIVERY_QUEUED,  /* in Redis: lengths[] says how long the list then was */
    DELIVERY_SPOOLED, /* on the disk */
    DELIVERY_FULL,    /* nowhere: there is no room on the disk */
    DELIVERY_FAILED,  /* nowhere that we know of: the disk failed */
    DELIVERY_REFUSED /* nowhere: the key in Redis is not a list, or the like; `refusal` says what */
};

struct delivery {
    const struct packet *packets;
    size_t count;
    bool pushed; /* Redis has been asked */
    enum delivery_outcome outcome;
    int64_t *lengths;
    struct store_reply refusal;
};

/*
 * Sets out to deliver COUNT packets (1 to PACKET_PUSH_MAX, all of one list), which must live as long as the request. The
 * packets' ids are filled in where they have none.
 */
enum handler_next delivery_begin(struct exchange *x, struct delivery *delivery,
                                 struct packet *packets, size_t count);

/* Goes on with what render was called with. HANDLER_ANSWER: delivery->outcome is known; nothing is answered yet. */
enum handler_next delivery_go_on(struct exchange *x, struct delivery *delivery,
                                 const struct store_reply *replies);

/*
 * Answers for an outcome that is a failure, in the form of the route's errors: 507, 503 or 500. Returns HANDLER_ANSWER.
 */
enum handler_next delivery_fail(struct exchange *x, const struct delivery *delivery);

#endif
