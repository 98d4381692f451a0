/*
 * hash.h - passwords as they are stored: made and checked.
 */
#ifndef CALLBOARD_HASH_H
#define CALLBOARD_HASH_H

#include "base/error.h"
#include "base/slice.h"

/* Room for any stored hash with its NUL. */
#define HASH_BYTES 400

/* Bytes of a password; a longer one is wrong. */
#define HASH_PASSWORD_BYTES 500

enum hash_kind {
    HASH_SSHA,     /* {SSHA}: salted SHA-1, RFC 2307; for random secrets, which nobody guesses */
    HASH_SHA,      /* {SHA}: SHA-1 without salt */
    HASH_SHA256,   /* {SHA256}: SHA-256 without salt; for tokens */
    HASH_APR1,     /* $apr1$: Apache's MD5 */
    HASH_BCRYPT,   /* $2y$, $2b$, $2a$; for passwords of people, as all below */
    HASH_YESCRYPT, /* $y$ */
    HASH_CRYPT,    /* any other that begins with "$" and that libxcrypt knows: $6$, $5$, $7$, … */
    HASH_UNKNOWN
};

/* Work for those that are made with a choice of it: bcrypt's rounds are two to this power. */
#define HASH_BCRYPT_COST 10

/* Which kind a stored hash is, by its beginning. */
enum hash_kind hash_kind_of(struct slice stored);

/* True when a check of STORED may take long: 0.2 ms to some 100 ms, where the others take 1 µs. */
bool hash_is_slow(struct slice stored);

/* True when PASSWORD is the one that STORED was made of; safe in any thread. Takes as long for a wrong one as for the right one. */
bool hash_check(struct slice stored, struct slice password);

/* Makes the hash of PASSWORD into STORED, HASH_BYTES long, NUL-terminated. */
bool hash_make(enum hash_kind kind, struct slice password, char *stored, struct error *error);

#endif
