/*
 * hash.c - passwords as they are stored: made and checked.
 */
#include "htpasswd/hash.h"

#include <crypt.h>
#include <errno.h>
#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "htpasswd/apr1.h"

/* Bytes of salt behind the digest of an {SSHA} that we make. */
#define SALT_BYTES 16

/* Bytes of decoded base64 that are looked at: a digest and a salt. */
#define DECODED_BYTES 256

static const struct {
    const char *prefix;
    enum hash_kind kind;
} kinds[] = {{"{SSHA}", HASH_SSHA}, {"{SHA}", HASH_SHA},    {"{SHA256}", HASH_SHA256},
             {"$apr1$", HASH_APR1}, {"$2y$", HASH_BCRYPT},  {"$2b$", HASH_BCRYPT},
             {"$2a$", HASH_BCRYPT}, {"$y$", HASH_YESCRYPT}, {"$", HASH_CRYPT}};

#define KIND_COUNT (sizeof kinds / sizeof *kinds)

static const char *prefix_of(enum hash_kind kind)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (kinds[i].kind == kind)
            return kinds[i].prefix;
    return "";
}

enum hash_kind hash_kind_of(struct slice stored)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (slice_starts(stored, kinds[i].prefix))
            return kinds[i].kind;
    return HASH_UNKNOWN;
}

static void sha1(struct slice password, struct slice salt, uint8_t *digest)
{
    struct sha1_ctx context;
    sha1_init(&context);
    sha1_update(&context, password.length, (const uint8_t *)password.data);
    sha1_update(&context, salt.length, (const uint8_t *)salt.data);
    sha1_digest(&context, SHA1_DIGEST_SIZE, digest);
    explicit_bzero(&context, sizeof context);
}

static void sha256(struct slice password, uint8_t *digest)
{
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, password.length, (const uint8_t *)password.data);
    sha256_digest(&context, SHA256_DIGEST_SIZE, digest);
    explicit_bzero(&context, sizeof context);
}

/* Base64 (RFC 4648) into OUT, DECODED_BYTES long; the empty slice when it is not that. */
static struct slice decode(struct slice text, uint8_t *out)
{
    struct base64_decode_ctx context;
    size_t length = DECODED_BYTES;
    if (BASE64_DECODE_LENGTH(text.length) > DECODED_BYTES)
        return slice_of(NULL, 0);
    base64_decode_init(&context);
    if (!base64_decode_update(&context, &length, out, text.length, text.data) ||
        !base64_decode_final(&context))
        return slice_of(NULL, 0);
    return slice_of((const char *)out, length);
}

/* {KIND} and the base64 of a digest, behind which a salt may stand. */
static bool check_digest(enum hash_kind kind, struct slice stored, struct slice password)
{
    uint8_t decoded[DECODED_BYTES], digest[SHA256_DIGEST_SIZE];
    size_t skip = strlen(prefix_of(kind));
    size_t size = kind == HASH_SHA256 ? SHA256_DIGEST_SIZE : SHA1_DIGEST_SIZE;
    struct slice wanted = decode(slice_of(stored.data + skip, stored.length - skip), decoded);
    struct slice salt = {0};
    if (wanted.length < size)
        return false;
    if (kind == HASH_SSHA) {
        salt = slice_of(wanted.data + size, wanted.length - size);
        wanted.length = size;
    }
    if (kind == HASH_SHA256)
        sha256(password, digest);
    else
        sha1(password, salt, digest);
    return slice_equal_secret(slice_of((const char *)digest, size), wanted);
}

/* What libxcrypt knows; it wants NUL-terminated strings and 32 KiB to work in. */
static bool check_crypt(struct slice stored, struct slice password)
{
    struct {
        char stored[CRYPT_OUTPUT_SIZE], password[HASH_PASSWORD_BYTES + 1];
        struct crypt_data data;
    } * work;
    if (stored.length >= sizeof work->stored || memchr(password.data, '\0', password.length))
        return false;
    work = calloc(1, sizeof *work);
    if (!work)
        return false;
    memcpy(work->stored, stored.data, stored.length);
    memcpy(work->password, password.data, password.length);
    const char *made = crypt_rn(work->password, work->stored, &work->data, sizeof work->data);
    bool same = made && slice_equal_secret(slice_from(made), stored);
    explicit_bzero(work, sizeof *work);
    free(work);
    return same;
}

bool hash_is_slow(struct slice stored)
{
    enum hash_kind kind = hash_kind_of(stored);
    return kind >= HASH_APR1 && kind <= HASH_CRYPT;
}

bool hash_check(struct slice stored, struct slice password)
{
    enum hash_kind kind = hash_kind_of(stored);
    if (password.length == 0 || password.length > HASH_PASSWORD_BYTES)
        return false;
    switch (kind) {
    case HASH_SSHA:
    case HASH_SHA:
    case HASH_SHA256: return check_digest(kind, stored, password);
    case HASH_APR1: return apr1_check(stored, password);
    case HASH_BCRYPT:
    case HASH_YESCRYPT:
    case HASH_CRYPT: return check_crypt(stored, password);
    case HASH_UNKNOWN: return false;
    }
    return false;
}

static void encode(enum hash_kind kind, const uint8_t *bytes, size_t length, char *stored)
{
    char text[BASE64_ENCODE_RAW_LENGTH(DECODED_BYTES)];
    base64_encode_raw(text, length, bytes);
    snprintf(stored, HASH_BYTES, "%s%.*s", prefix_of(kind), (int)BASE64_ENCODE_RAW_LENGTH(length),
             text);
}

/* COUNT 0: as much work as libxcrypt finds right today. */
static bool make_crypt(const char *prefix, unsigned long count, struct slice password, char *stored,
                       struct error *error)
{
    struct {
        char password[HASH_PASSWORD_BYTES + 1], setting[CRYPT_GENSALT_OUTPUT_SIZE];
        struct crypt_data data;
    } *work = calloc(1, sizeof *work);
    if (!work)
        return error_set(error, "out of memory");
    memcpy(work->password, password.data, password.length);
    const char *made = NULL;
    if (crypt_gensalt_rn(prefix, count, NULL, 0, work->setting, sizeof work->setting))
        made = crypt_rn(work->password, work->setting, &work->data, sizeof work->data);
    if (made)
        snprintf(stored, HASH_BYTES, "%s", made);
    else
        error_set(error, "libxcrypt: %s", strerror(errno));
    bool good = made != NULL;
    explicit_bzero(work, sizeof *work);
    free(work);
    return good;
}

bool hash_make(enum hash_kind kind, struct slice password, char *stored, struct error *error)
{
    uint8_t bytes[SHA256_DIGEST_SIZE + SALT_BYTES];
    if (password.length == 0 || password.length > HASH_PASSWORD_BYTES)
        return error_set(error, "a password has 1 to %d bytes", HASH_PASSWORD_BYTES);
    switch (kind) {
    case HASH_SSHA:
        if (getrandom(bytes + SHA1_DIGEST_SIZE, SALT_BYTES, 0) != SALT_BYTES)
            return error_set(error, "no random numbers: %s", strerror(errno));
        sha1(password, slice_of((char *)bytes + SHA1_DIGEST_SIZE, SALT_BYTES), bytes);
        encode(kind, bytes, SHA1_DIGEST_SIZE + SALT_BYTES, stored);
        return true;
    case HASH_SHA256:
        sha256(password, bytes);
        encode(kind, bytes, SHA256_DIGEST_SIZE, stored);
        return true;
    case HASH_BCRYPT: return make_crypt("$2b$", HASH_BCRYPT_COST, password, stored, error);
    case HASH_YESCRYPT: return make_crypt("$y$", 0, password, stored, error);
    default: return error_set(error, "hashes of this kind are only checked, not made");
    }
}
