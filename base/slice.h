/*
 * slice.h - a run of bytes that belongs to somebody else.
 * Everything that comes from outside is passed around as a slice: no length is ever found by
 * looking for a NUL that a stranger may have put, or left out.
 */
#ifndef CALLBOARD_SLICE_H
#define CALLBOARD_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *data; /* not NUL-terminated; NULL only together with length 0 */
    size_t length;    /* bytes */
};

/* For printf: printf("%.*s", SLICE_ARGUMENTS(s)). */
#define SLICE_ARGUMENTS(s) (int)(s).length, ((s).data ? (s).data : "")

/* A slice over a string literal, usable in static initialisers. */
#define SLICE_LITERAL(text)                                                                        \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }

/* A slice over LENGTH bytes at DATA; the bytes stay the caller's. */
static inline struct slice slice_of(const char *data, size_t length)
{
    return (struct slice){data, length};
}

/* A slice over a NUL-terminated string, or the empty slice for NULL; the bytes stay the caller's. */
static inline struct slice slice_from(const char *string)
{
    return (struct slice){string, string ? strlen(string) : 0};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static inline bool slice_is(struct slice a, const char *string)
{
    return slice_equal(a, slice_from(string));
}

/* Less than, equal to or more than 0: A stands before B, is B, or stands behind it, in the order of their bytes. */
int slice_order(struct slice a, struct slice b);

/* The same for qsort and bsearch, of pointers to slices. */
int slice_order_pointed(const void *a, const void *b);

/* True when A begins with PREFIX. */
bool slice_starts(struct slice a, const char *prefix);

/* Equal but for the case of ASCII letters. */
bool slice_equal_nocase(struct slice a, struct slice b);

/* True when PART is somewhere in A, whatever the case of ASCII letters. */
bool slice_contains_nocase(struct slice a, const char *part);

/* Without the spaces and tabs at both ends. */
struct slice slice_trim(struct slice a);

/*
 * Cuts A at the first SEPARATOR: returns what stood before it and leaves in *rest what stood behind.
 * Without a separator all of A is returned and *rest is empty with data NULL, which ends a loop
 * `while (rest.data)`.
 */
struct slice slice_cut(struct slice a, char separator, struct slice *rest);

/* True when every byte of A is one of ALLOWED (an ASCII list such as "0-9" spelled out) and A is not
 * empty. */
bool slice_only(struct slice a, const char *allowed);

/* True when every byte of A is an ASCII letter, a digit or one of OTHERS, and A is not empty. */
bool slice_is_name(struct slice a, const char *others);

/* True when A has a control character of ASCII: one below the blank, or DEL. */
bool slice_has_control(struct slice a);

/*
 * The whole of A as a decimal integer without sign, blank or leading "+". Returns false, and leaves
 * *value alone, when A is empty, holds anything else, or is larger than MAXIMUM.
 */
bool slice_number(struct slice a, uint64_t maximum, uint64_t *value);

/* True when A is well-formed UTF-8 (RFC 3629: no overlong form, no surrogate, nothing past U+10FFFF). */
bool slice_is_utf8(struct slice a);

/* The length of the well-formed UTF-8 sequence in A at AT (less than its length), or 0: RFC 3629, section 4. */
size_t slice_utf8_sequence(struct slice a, size_t at);

/*
 * Equal, in a time that depends on the lengths only: for secrets.
 */
bool slice_equal_secret(struct slice a, struct slice b);

#endif
