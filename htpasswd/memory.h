/*
 * memory.h - what all workers remember together: verified credentials, and who has failed.
 * The master makes it before it forks. Whoever reads or writes it has it locked meanwhile; a worker that dies with the lock
 * gives it back, and at worst one count is wrong.
 */
#ifndef CALLBOARD_CREDENTIALS_MEMORY_H
#define CALLBOARD_CREDENTIALS_MEMORY_H

#include <pthread.h>

#include "htpasswd/remembered.h"
#include "htpasswd/throttle.h"

struct credentials_memory {
    pthread_mutex_t mutex;
    struct fingerprint_key key; /* random; constant, so not locked */
    struct remembered *remembered;
    struct throttle *throttle;
};

/* Kept across fork; lives with the program. NULL and *error otherwise. */
struct credentials_memory *credentials_memory_create(struct error *error);

void credentials_memory_lock(struct credentials_memory *memory);
void credentials_memory_unlock(struct credentials_memory *memory);

#endif
