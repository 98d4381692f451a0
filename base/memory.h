/*
 * memory.h - memory of the process that is free, given back to the kernel.
 */
#ifndef CALLBOARD_MEMORY_H
#define CALLBOARD_MEMORY_H

#include <stdbool.h>

/*
 * To be called now and then, when there is time. Gives back what malloc has kept of a burst: it does so by itself only at the heap's
 * end, and something small that was allocated in the burst and stays holds all before it. True when it was worth it: some megabytes
 * more than the last time.
 */
bool memory_give_back(void);

#endif
