/*
 * drain.h - empties the spool into Redis: in order, and each packet is gone only when Redis has it.
 * Every worker of every pool tries; one at a time does it, whoever has the lock. When that one dies, so does its lock, and another one
 * goes on with what is not marked as done.
 */
#ifndef CALLBOARD_DRAIN_H
#define CALLBOARD_DRAIN_H

#include "store/spool_files.h"
#include "store/store.h"

struct drain;

/* Looks after the spool of SETTINGS on LOOP from now on; all must stay valid. NULL without memory. */
struct drain *drain_start(uv_loop_t *loop, const struct spool_settings *settings,
                          struct store *store, struct metrics *metrics,
                          struct metrics_worker *counts);

/* How many packets this process has brought into Redis, and whether the last look found the spool empty. */
uint64_t drain_count(const struct drain *drain);
bool drain_is_over(const struct drain *drain);

/* Ends as soon as what it does with the disk is done. The store must stay until then, or be closed after this. */
void drain_stop(struct drain *drain);

#endif
