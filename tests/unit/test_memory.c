/*
 * test_memory.c - tests of base/memory.c.
 */
#include "suite.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

#define PIECES ((size_t)20000)

static size_t resident_kilobytes(void)
{
    size_t kilobytes = 0;
    char line[200];
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmRSS: %zu", &kilobytes) == 1)
            break;
    if (status)
        fclose(status);
    return kilobytes;
}

/* 20 MB of which a byte in each 100 kB stays. */
static void test_burst(void)
{
    static char *pieces[PIECES];
    memory_give_back();
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = malloc(1000);
        CU_ASSERT_PTR_NOT_NULL_FATAL(pieces[i]);
        memset(pieces[i], 'x', 1000);
    }
    size_t full = resident_kilobytes();
    CU_ASSERT_FALSE(memory_give_back()); /* nothing of it is free */
    for (size_t i = 0; i < PIECES; i++)
        if (i % 100 != 99)
            free(pieces[i]);
    bool counts =
        mallinfo2().fordblks > 10000000; /* not so with another malloc, as AddressSanitizer's */
    CU_ASSERT_EQUAL(memory_give_back(), counts);
    CU_ASSERT_FALSE(memory_give_back()); /* once */
    if (counts)
        CU_ASSERT(full - resident_kilobytes() > 10000);
    for (size_t i = 99; i < PIECES; i += 100) {
        CU_ASSERT_EQUAL(pieces[i][999], 'x');
        free(pieces[i]);
    }
}

SUITE("memory", {"a burst", test_burst})
