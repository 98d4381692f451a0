/*
 * spool.h - a worker's way into the spool: packets of many requests share one sync of the disk.
 * The disk is waited for in libuv's threads. What comes while one group is being written is the next group.
 */
#ifndef CALLBOARD_SPOOL_H
#define CALLBOARD_SPOOL_H

#include <uv.h>

#include "base/metrics.h"
#include "store/spool_files.h"

struct spool;

/* Told exactly once, from the loop. */
typedef void spool_done(void *self, enum spool_outcome outcome);

/*
 * A way into the directory of SETTINGS, which must stay valid. That the directory cannot be used is no error here: it is logged, tried
 * again with the next packets, and they are not acknowledged. NULL without memory.
 */
struct spool *spool_open(uv_loop_t *loop, const struct spool_settings *settings,
                         struct metrics_worker *counts);

/*
 * Writes COUNT packets in order; with ONLY_BEHIND, only when packets wait in the spool. Their lines are made in ARENA, which must live until
 * DONE. False: DONE will not be called, *outcome says it at once.
 */
bool spool_write(struct spool *spool, struct arena *arena, const struct packet *packets,
                 size_t count, bool only_behind, enum spool_outcome *outcome, spool_done *done,
                 void *self);

/* Ends when the last group is written. Nothing may be written any more. */
void spool_close(struct spool *spool);

#endif
