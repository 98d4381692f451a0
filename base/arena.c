/*
 * arena.c - memory of one request, freed in one go.
 * Blocks are chained newest first; small requests fit the first block, large values get their own.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

struct arena_block {
    struct arena_block *older;
    size_t size; /* bytes of data */
    alignas(max_align_t) char data[];
};

/* Big enough that an ordinary request takes one block, small enough that 512 of them are nothing. */
#define ARENA_BLOCK 8000

/*
 * Freed blocks of the ordinary size are kept for the next request: malloc would give the memory back to the kernel and tidy
 * its small chunks each time. Not under AddressSanitizer, which then could not see a use after free.
 */
#define SPARES_MAX 64
#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define KEEP_SPARES false
#else
#define KEEP_SPARES true
#endif

static _Thread_local struct {
    struct arena_block *blocks;
    size_t count;
} spare;

static struct arena_block *new_block(size_t size)
{
    if (size != ARENA_BLOCK || !spare.blocks)
        return malloc(sizeof(struct arena_block) + size);
    struct arena_block *block = spare.blocks;
    spare.blocks = block->older;
    spare.count--;
    return block;
}

static void free_block(struct arena_block *block)
{
    if (!KEEP_SPARES || block->size != ARENA_BLOCK || spare.count >= SPARES_MAX) {
        free(block);
        return;
    }
    block->older = spare.blocks;
    spare.blocks = block;
    spare.count++;
}

void arena_init(struct arena *arena, size_t limit)
{
    *arena = (struct arena){.limit = limit};
}

void arena_free(struct arena *arena)
{
    struct arena_block *block = arena->blocks;
    while (block) {
        struct arena_block *older = block->older;
        free_block(block);
        block = older;
    }
    arena_init(arena, arena->limit);
}

static size_t rounded(size_t size)
{
    size_t unit = alignof(max_align_t);
    return (size + unit - 1) / unit * unit;
}

static bool add_block(struct arena *arena, size_t size)
{
    size_t whole = sizeof(struct arena_block) + size;
    if (whole < size || arena->used > arena->limit || whole > arena->limit - arena->used)
        return false;
    struct arena_block *block = new_block(size);
    if (!block)
        return false;
    block->older = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->used += whole;
    arena->next = block->data;
    arena->left = size;
    return true;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t wanted = rounded(size ? size : 1);
    if (wanted < size) {
        arena->exhausted = true;
        return NULL;
    }
    if (wanted > arena->left && !add_block(arena, wanted > ARENA_BLOCK ? wanted : ARENA_BLOCK)) {
        arena->exhausted = true;
        return NULL;
    }
    void *data = arena->next;
    arena->next += wanted;
    arena->left -= wanted;
    return data;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size) {
        arena->exhausted = true;
        return NULL;
    }
    void *data = arena_alloc(arena, count * size);
    if (data)
        memset(data, 0, count * size);
    return data;
}

void *arena_grow(struct arena *arena, void *data, size_t old_size, size_t new_size)
{
    size_t held = rounded(old_size ? old_size : 1);
    if (data && new_size <= held)
        return data;
    if (data && (char *)data + held == arena->next && rounded(new_size) >= new_size &&
        rounded(new_size) - held <= arena->left) {
        arena->left -= rounded(new_size) - held;
        arena->next += rounded(new_size) - held;
        return data;
    }
    void *larger = arena_alloc(arena, new_size);
    if (larger && data)
        memcpy(larger, data, old_size);
    return larger;
}

struct slice arena_copy(struct arena *arena, struct slice s)
{
    char *copy = s.length < SIZE_MAX ? arena_alloc(arena, s.length + 1) : NULL;
    if (!copy)
        return slice_of(NULL, 0);
    if (s.length)
        memcpy(copy, s.data, s.length);
    copy[s.length] = '\0';
    return slice_of(copy, s.length);
}
