/*
 * fuzz.h - what a fuzz driver is: a function that takes any bytes, and the seeds to begin with.
 */
#ifndef CALLBOARD_FUZZ_H
#define CALLBOARD_FUZZ_H

#include <stdint.h>
#include <stdlib.h>

#include "base/slice.h"

/* libFuzzer's entry. A driver aborts when what it calls breaks its promise. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Good inputs, of which main.c makes bad ones. */
extern const struct slice fuzz_seeds[];
extern const size_t fuzz_seed_count;

/* Ends the run where a promise of the code under test does not hold. */
#define FUZZ_PROMISE(condition)                                                                    \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

#define FUZZ_SEEDS(...)                                                                            \
    const struct slice fuzz_seeds[] = {__VA_ARGS__};                                               \
    const size_t fuzz_seed_count = sizeof fuzz_seeds / sizeof *fuzz_seeds

#endif
