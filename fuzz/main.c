/*
 * main.c - runs a fuzz driver without a fuzzer: its seeds, then mutations of them, the same ones each time.
 * With --enable-fuzzers libFuzzer takes this file's place.
 */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUTATIONS 20000
#define BYTES     2048

static uint64_t state = 0x9e3779b97f4a7c15;

/* xorshift64*: a number below LIMIT. */
static size_t below(size_t limit)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (size_t)((state * 0x2545f4914f6cdd1d) >> 33) % limit;
}

/* From memory of its own, so that a sanitizer sees a byte too many. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

/* Changes the SIZE bytes at DATA, of which BYTES fit, in one place; returns the new size. */
static size_t mutate(uint8_t *data, size_t size)
{
    static const uint8_t telling[] = {0, 1, 0x7f, 0x80, 0xff, '%', '"', '\\', '\n', '[', ':', '/'};
    size_t at = size ? below(size) : 0, length = size - at ? 1 + below(size - at) : 0;
    switch (below(6)) {
    case 0: /* a bit */
        if (size)
            data[at] ^= (uint8_t)(1 << below(8));
        return size;
    case 1: /* a byte that means something to a parser */
        if (size)
            data[at] = telling[below(sizeof telling)];
        return size;
    case 2: return at; /* the end is missing */
    case 3:            /* a part is missing */
        memmove(data + at, data + at + length, size - at - length);
        return size - length;
    case 4: /* a part comes twice */
        if (length > BYTES - size)
            length = BYTES - size;
        memmove(data + at + length, data + at, size - at);
        return size + length;
    default: /* a byte comes in */
        if (size == BYTES)
            return size;
        memmove(data + at + 1, data + at, size - at);
        data[at] = (uint8_t)below(256);
        return size + 1;
    }
}

int main(void)
{
    uint8_t data[BYTES];
    for (size_t i = 0; i < fuzz_seed_count; i++)
        run((const uint8_t *)fuzz_seeds[i].data, fuzz_seeds[i].length);
    for (int i = 0; i < MUTATIONS; i++) {
        struct slice seed = fuzz_seeds[below(fuzz_seed_count)];
        size_t size = seed.length < BYTES ? seed.length : BYTES;
        memcpy(data, seed.data, size);
        for (size_t changes = 1 + below(8); changes > 0; changes--)
            size = mutate(data, size);
        run(data, size);
    }
    printf("%zu seeds and %d mutations\n", fuzz_seed_count, MUTATIONS);
    return 0;
}
