/*
 * waiting.h - requests that wait until something comes.
 * Nobody tells us when: others write to Redis too. So of all that wait for one name the one that has waited longest looks ten
 * times a second; when it found something, the next one looks at once. Waiting holds no thread and no worker, and costs Redis one
 * look a name, a worker and a tenth of a second, whatever the number of those who wait.
 */
#ifndef CALLBOARD_WAITING_H
#define CALLBOARD_WAITING_H

#include <uv.h>

#include "base/slice.h"

struct waiting_room;

/* One that waits; it lives with the request. Zeroed before its first use. */
struct waiter {
    struct slice name; /* what for */
    int64_t until_us;  /* since the epoch */
    void *self;
    /* To look again; OVER: for the last time. Not called from within waiting_enter. */
    void (*look)(void *self, bool over);
    bool (*wanted)(void *self); /* false: its client has left */
    bool entered;               /* since it came it has always waited */
    struct waiter *next;
};

/* NULL without memory. */
struct waiting_room *waiting_open(uv_loop_t *loop);

/*
 * WAITER waits: as the last one of its name or, when it has waited before, at the place that it had. False: no memory; it is not called.
 */
bool waiting_enter(struct waiting_room *room, struct waiter *waiter);

/* WAITER has found something, after it was called: the next of its name may look at once. */
void waiting_leave(struct waiting_room *room, const struct waiter *waiter);

/* Nobody waits any longer, from now on: all are called for the last time. */
void waiting_end(struct waiting_room *room);

/* waiting_end, and the room is gone with the loop's closing callbacks. */
void waiting_close(struct waiting_room *room);

#endif
