/*
 * fingerprint.h - keyed hashes: what a process remembers of credentials and addresses.
 * The key is random and the process' own, so what is remembered tells nobody anything, nor can anybody choose where in
 * a table it comes to lie.
 */
#ifndef CALLBOARD_FINGERPRINT_H
#define CALLBOARD_FINGERPRINT_H

#include <nettle/hmac.h>

#include "base/error.h"
#include "base/slice.h"

struct fingerprint_key {
    struct hmac_sha256_ctx context; /* with the key taken in */
};

struct fingerprint {
    uint64_t words[2]; /* 128 bits of HMAC-SHA-256 */
};

bool fingerprint_key_make(struct fingerprint_key *key, struct error *error);

/* Of the COUNT texts of PARTS, told apart by their lengths. */
struct fingerprint fingerprint_of(const struct fingerprint_key *key, const struct slice *parts,
                                  size_t count);

static inline bool fingerprint_same(struct fingerprint a, struct fingerprint b)
{
    return ((a.words[0] ^ b.words[0]) | (a.words[1] ^ b.words[1])) == 0;
}

#endif
