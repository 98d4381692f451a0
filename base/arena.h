/*
 * arena.h - memory of one request, freed in one go.
 * An arena has an upper bound: a request that would need more runs out of its own memory, not out of
 * the machine's. Running out is remembered, so that writers need not check each step: see buffer.h.
 */
#ifndef CALLBOARD_ARENA_H
#define CALLBOARD_ARENA_H

#include "base/slice.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    char *next;                 /* first free byte of the newest block */
    size_t left;                /* bytes free there */
    size_t used;                /* bytes taken from the system for this arena */
    size_t limit;               /* most bytes it may take */
    bool exhausted;             /* an allocation has failed */
};

/* Makes ARENA ready, empty, bounded to LIMIT bytes. Takes no memory yet. */
void arena_init(struct arena *arena, size_t limit);

/* Gives all memory back; the arena is empty and usable again. */
void arena_free(struct arena *arena);

/* SIZE bytes, aligned for any type, not cleared. NULL, and arena->exhausted set, when the bound or the
 * machine's memory is reached; nothing else has changed then. */
void *arena_alloc(struct arena *arena, size_t size);

/* As arena_alloc, for COUNT times SIZE bytes, cleared; a product that overflows is a failure too. */
void *arena_calloc(struct arena *arena, size_t count, size_t size);

/*
 * Makes the allocation at DATA, of OLD bytes, NEW bytes long: in place when it is the newest, else by
 * copying. DATA may be NULL. NULL on failure, DATA is untouched then.
 */
void *arena_grow(struct arena *arena, void *data, size_t old_size, size_t new_size);

/* A copy of S in the arena, NUL-terminated behind its length. Its data is NULL on failure. */
struct slice arena_copy(struct arena *arena, struct slice s);

#endif
