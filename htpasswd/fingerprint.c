/*
 * fingerprint.c - keyed hashes: what a process remembers of credentials and addresses.
 */
#include "htpasswd/fingerprint.h"

#include <errno.h>
#include <sys/random.h>

#define KEY_BYTES 32

bool fingerprint_key_make(struct fingerprint_key *key, struct error *error)
{
    uint8_t bytes[KEY_BYTES];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return error_set(error, "no random numbers: %s", strerror(errno));
    hmac_sha256_set_key(&key->context, sizeof bytes, bytes);
    explicit_bzero(bytes, sizeof bytes);
    return true;
}

struct fingerprint fingerprint_of(const struct fingerprint_key *key, const struct slice *parts,
                                  size_t count)
{
    struct hmac_sha256_ctx context = key->context;
    struct fingerprint fingerprint;
    for (size_t i = 0; i < count; i++) {
        uint64_t length = parts[i].length;
        hmac_sha256_update(&context, sizeof length, (const uint8_t *)&length);
        hmac_sha256_update(&context, parts[i].length, (const uint8_t *)parts[i].data);
    }
    hmac_sha256_digest(&context, sizeof fingerprint, (uint8_t *)&fingerprint);
    explicit_bzero(&context, sizeof context);
    return fingerprint;
}
