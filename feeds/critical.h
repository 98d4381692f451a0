/*
 * critical.h - brings packets that must not be lost into a Redis list, once each; while Redis is away into the spool.
 * A packet that neither takes is kept in memory and tried again; when that is full, its owner must be asked for no more.
 */
#ifndef CALLBOARD_CRITICAL_H
#define CALLBOARD_CRITICAL_H

#include "store/spool.h"
#include "store/store.h"

struct critical;

/*
 * All must stay valid until it is closed. NULL without memory.
 */
struct critical *critical_open(uv_loop_t *loop, struct store *store, struct spool *spool,
                               int64_t id_seconds);

/* PACKET, copied, is to arrive. An id that packets cannot have is replaced by its digest. */
void critical_send(struct critical *critical, const struct packet *packet);

/* Packets that are neither in Redis nor in the spool yet. */
size_t critical_waiting(const struct critical *critical);

/* True while so many wait that no event should be taken that may bring more. */
bool critical_is_full(const struct critical *critical);

/* What still waits is tried no more; to be called when nothing does, or when there is no time left. */
void critical_close(struct critical *critical);

#endif
