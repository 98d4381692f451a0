/*
 * memory.c - memory of the process that is free, given back to the kernel.
 */
#include "base/memory.h"

#include <malloc.h>
#include <stddef.h>

#define WORTH_IT ((size_t)4 << 20)

bool memory_give_back(void)
{
    /* Free at the last time: glibc still counts what it has given back, and takes it again when it needs it. */
    static size_t given;
    size_t unused = mallinfo2().fordblks;
    if (unused < given)
        given = unused;
    if (unused - given < WORTH_IT)
        return false;
    malloc_trim(0);
    given = mallinfo2().fordblks;
    return true;
}
