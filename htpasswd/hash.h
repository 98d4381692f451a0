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
    HASH_SSHA,   /* {SSHA}: salted SHA-1, RFC 2307; for random secrets, which nobody guesses */
    HASH_SHA,    /* {SHA}: SHA-1 without salt */
    HASH_SHA256, /* {SHA256}: SHA-256 without salt; for tokens */
    HASH_UNKNOWN
};

/* Which kind a stored hash is, by its beginning. */
enum hash_kind hash_kind_of(struct slice stored);

/* True when PASSWORD is the one that STORED was made of. Takes as long for a wrong one as for the right one. */
bool hash_check(struct slice stored, struct slice password);

/* Makes the hash of PASSWORD into STORED, HASH_BYTES long, NUL-terminated. */
bool hash_make(enum hash_kind kind, struct slice password, char *stored, struct error *error);

#endif
