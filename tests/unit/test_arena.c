/*
 * test_arena.c - tests of base/arena.c.
 */
#include "suite.h"

#include <stdalign.h>

#include "base/arena.h"

static void test_alloc(void)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    CU_ASSERT_EQUAL(arena.used, 0);
    for (size_t size = 0; size < 20000; size = size * 2 + 1) {
        char *data = arena_alloc(&arena, size);
        CU_ASSERT_PTR_NOT_NULL_FATAL(data);
        CU_ASSERT_EQUAL((uintptr_t)data % alignof(max_align_t), 0);
        memset(data, 0xff, size);
    }
    const char *zeros = arena_calloc(&arena, 3, 5);
    for (size_t i = 0; i < 15; i++)
        CU_ASSERT_EQUAL(zeros[i], 0);
    CU_ASSERT_FALSE(arena.exhausted);
    arena_free(&arena);
    CU_ASSERT_EQUAL(arena.used, 0);
    CU_ASSERT_PTR_NOT_NULL(arena_alloc(&arena, 10));
    arena_free(&arena);
}

static void test_limit(void)
{
    struct arena arena;
    arena_init(&arena, 20000);
    char *first = arena_alloc(&arena, 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    *first = 'x';
    size_t used = arena.used;
    CU_ASSERT_PTR_NULL(arena_alloc(&arena, 20000));
    CU_ASSERT_TRUE(arena.exhausted);
    CU_ASSERT_EQUAL(arena.used, used);
    CU_ASSERT_EQUAL(*first, 'x');
    CU_ASSERT_PTR_NOT_NULL(arena_alloc(&arena, 100)); /* what fits still does */
    arena_free(&arena);
    CU_ASSERT_FALSE(arena.exhausted);
    arena_init(&arena, 0);
    CU_ASSERT_PTR_NULL(arena_alloc(&arena, 1));
    CU_ASSERT_TRUE(arena.exhausted);
    arena_free(&arena);
}

/* Sizes that a stranger's length might become. */
static void test_overflow(void)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    CU_ASSERT_PTR_NULL(arena_alloc(&arena, SIZE_MAX));
    CU_ASSERT_TRUE(arena.exhausted);
    arena.exhausted = false;
    CU_ASSERT_PTR_NULL(arena_alloc(&arena, SIZE_MAX - 15));
    CU_ASSERT_TRUE(arena.exhausted);
    arena.exhausted = false;
    CU_ASSERT_PTR_NULL(arena_calloc(&arena, SIZE_MAX / 2, 3));
    CU_ASSERT_TRUE(arena.exhausted);
    char *data = arena_alloc(&arena, 8);
    CU_ASSERT_PTR_NULL(arena_grow(&arena, data, 8, SIZE_MAX));
    CU_ASSERT_PTR_NULL(arena_copy(&arena, slice_of("", SIZE_MAX)).data);
    arena_free(&arena);
}

static void test_grow(void)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    char *data = arena_grow(&arena, NULL, 0, 10);
    memcpy(data, "0123456789", 10);
    CU_ASSERT_PTR_EQUAL(arena_grow(&arena, data, 10, 1000), data); /* the newest: in place */
    CU_ASSERT_PTR_EQUAL(arena_grow(&arena, data, 1000, 5), data);
    char *other = arena_alloc(&arena, 10);
    memcpy(other, "abcdefghij", 10);
    char *moved = arena_grow(&arena, data, 1000, 2000);
    CU_ASSERT_PTR_NOT_EQUAL(moved, data);
    CU_ASSERT_EQUAL(memcmp(moved, "0123456789", 10), 0);
    char *large = arena_grow(&arena, moved, 2000, 100000); /* into a block of its own */
    CU_ASSERT_EQUAL(memcmp(large, "0123456789", 10), 0);
    CU_ASSERT_EQUAL(memcmp(other, "abcdefghij", 10), 0);
    CU_ASSERT_PTR_NULL(arena_grow(&arena, large, 100000, 2 << 20));
    CU_ASSERT_EQUAL(memcmp(large, "0123456789", 10), 0);
    arena_free(&arena);
}

static void test_copy(void)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct slice copy = arena_copy(&arena, slice_of("a\0b", 3));
    CU_ASSERT_EQUAL(copy.length, 3);
    CU_ASSERT_EQUAL(memcmp(copy.data, "a\0b", 4), 0);
    copy = arena_copy(&arena, slice_of(NULL, 0));
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy.data);
    CU_ASSERT_STRING_EQUAL(copy.data, "");
    arena_free(&arena);
}

SUITE("arena", {"gives aligned memory", test_alloc}, {"keeps to its limit", test_limit},
      {"survives sizes that overflow", test_overflow}, {"grows in place or by copying", test_grow},
      {"copies with a NUL behind", test_copy})
