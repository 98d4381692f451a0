/*
 * apr1.c - Apache's own kind of MD5 hash: Poul-Henning Kamp's crypt of FreeBSD with "$apr1$" for "$1$".
 */
#include "htpasswd/apr1.h"

#include <nettle/md5.h>

#define PREFIX     "$apr1$"
#define SALT_BYTES 8
#define ROUNDS     1000
#define TEXT_BYTES 22

static void add(struct md5_ctx *context, struct slice s)
{
    md5_update(context, s.length, (const uint8_t *)s.data);
}

static void finish(struct md5_ctx *context, uint8_t *digest)
{
    md5_digest(context, MD5_DIGEST_SIZE, digest);
}

/* What the rounds begin with. */
static void first_digest(struct slice password, struct slice salt, uint8_t *digest)
{
    struct md5_ctx context;
    md5_init(&context);
    add(&context, password);
    add(&context, salt);
    add(&context, password);
    finish(&context, digest);

    add(&context, password);
    add(&context, slice_from(PREFIX));
    add(&context, salt);
    for (size_t left = password.length; left > 0; left -= left < 16 ? left : 16)
        md5_update(&context, left < 16 ? left : 16, digest);
    /* A NUL for each bit that is set, else the first letter: a slip of 1994 that has become the definition. */
    for (size_t bits = password.length; bits; bits >>= 1)
        md5_update(&context, 1, (const uint8_t *)(bits & 1 ? "" : password.data));
    finish(&context, digest);
}

static void all_rounds(struct slice password, struct slice salt, uint8_t *digest)
{
    struct slice before = slice_of((const char *)digest, MD5_DIGEST_SIZE);
    struct md5_ctx context;
    md5_init(&context);
    for (int round = 0; round < ROUNDS; round++) {
        add(&context, round & 1 ? password : before);
        if (round % 3)
            add(&context, salt);
        if (round % 7)
            add(&context, password);
        add(&context, round & 1 ? before : password);
        finish(&context, digest);
    }
    explicit_bzero(&context, sizeof context);
}

/* The digest's bytes in their odd order, as 22 letters of crypt's alphabet. */
static void encode(const uint8_t *digest, char *text)
{
    static const char letters[] =
        "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static const uint8_t order[5][3] = {{0, 6, 12}, {1, 7, 13}, {2, 8, 14}, {3, 9, 15}, {4, 10, 5}};
    for (size_t i = 0; i < 5; i++) {
        unsigned value = (unsigned)digest[order[i][0]] << 16 | (unsigned)digest[order[i][1]] << 8 |
                         digest[order[i][2]];
        for (int letter = 0; letter < 4; letter++, value >>= 6)
            *text++ = letters[value & 63];
    }
    *text++ = letters[digest[11] & 63];
    *text = letters[digest[11] >> 6];
}

bool apr1_check(struct slice stored, struct slice password)
{
    uint8_t digest[MD5_DIGEST_SIZE];
    char text[TEXT_BYTES];
    struct slice wanted;
    if (!slice_starts(stored, PREFIX))
        return false;
    stored = slice_of(stored.data + strlen(PREFIX), stored.length - strlen(PREFIX));
    struct slice salt = slice_cut(stored, '$', &wanted);
    if (salt.length > SALT_BYTES)
        salt.length = SALT_BYTES;
    first_digest(password, salt, digest);
    all_rounds(password, salt, digest);
    encode(digest, text);
    return slice_equal_secret(slice_of(text, sizeof text), wanted);
}
