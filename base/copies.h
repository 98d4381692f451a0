/*
 * copies.h - what was last known, in memory that all workers share: texts by key, with the time they were put.
 *
 * The master makes it before it forks, so that a worker can answer from what another one learnt, and one that is
 * restarted forgets nothing. It is bounded: the oldest copies make room for new ones. It is a cache: anything may be
 * missing at any time, also because another worker has the lock just now; nobody ever waits long.
 */
#ifndef CALLBOARD_COPIES_H
#define CALLBOARD_COPIES_H

#include "base/arena.h"

struct copies;

/* Room for BYTES (at least 1 MiB) of texts and keys, taken from the system as it is used; left out of core dumps.
 * NULL when there is none. Never freed: it lives with the program. */
struct copies *copies_create(size_t bytes);

/* Keeps VALUE under KEY as of NOW_US (microseconds since the epoch) instead of what was there. One that is too
 * large to be kept (about a hundredth of the room) is not, and what was there is gone. COPIES may be NULL. */
void copies_put(struct copies *copies, struct slice key, struct slice value, int64_t now_us);

/* True when there is a copy: *value lives in ARENA, *put_us is when it was put. COPIES may be NULL. */
bool copies_get(struct copies *copies, struct arena *arena, struct slice key, struct slice *value,
                int64_t *put_us);

/* Forgets what is kept under KEY. COPIES may be NULL. */
void copies_forget(struct copies *copies, struct slice key);

#endif
