/*
 * memory.c - what all workers remember together: verified credentials, and who has failed.
 */
#include "htpasswd/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static bool make_mutex(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;
    return pthread_mutexattr_init(&attributes) == 0 &&
           pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0 &&
           pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0 &&
           pthread_mutex_init(mutex, &attributes) == 0;
}

struct credentials_memory *credentials_memory_create(struct error *error)
{
    struct credentials_memory *memory =
        mmap(NULL, sizeof *memory, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || !make_mutex(&memory->mutex) ||
        !(memory->remembered = remembered_create()) ||
        !(memory->throttle = throttle_create(&memory->key))) {
        error_set(error, "no shared memory: %s", strerror(errno));
        return NULL;
    }
    return fingerprint_key_make(&memory->key, error) ? memory : NULL;
}

void credentials_memory_lock(struct credentials_memory *memory)
{
    if (pthread_mutex_lock(&memory->mutex) == EOWNERDEAD)
        pthread_mutex_consistent(&memory->mutex);
}

void credentials_memory_unlock(struct credentials_memory *memory)
{
    pthread_mutex_unlock(&memory->mutex);
}
