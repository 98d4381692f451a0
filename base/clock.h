/*
 * clock.h - the time, in the units the rest of the house uses.
 */
#ifndef CALLBOARD_CLOCK_H
#define CALLBOARD_CLOCK_H

#include <stdint.h>

/* Microseconds since 1970-01-01T00:00:00Z. */
int64_t clock_now_us(void);

/* Microseconds of a clock that never jumps; only differences mean something. */
int64_t clock_steady_us(void);

#endif
