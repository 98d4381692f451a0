/*
 * form.h - application/x-www-form-urlencoded and percent-encoding.
 * Query strings and form bodies are read as browsers and web servers do (WHATWG URL Standard, section 5.1):
 * leniently, a stray "%" is itself. Paths are read strictly (RFC 3986, section 2.1).
 */
#ifndef CALLBOARD_FORM_H
#define CALLBOARD_FORM_H

#include "base/arena.h"
#include "base/error.h"

/* More fields than any client sends; a request with more is refused. */
#define FORM_FIELDS_MAX 1000

struct form_field {
    struct slice name;
    struct slice value;
};

struct form {
    struct form_field *fields; /* in the order they were sent; in the arena */
    size_t count;
};

/* How often a name stands in a form. */
enum form_presence {
    FORM_MISSING,
    FORM_ONCE,
    FORM_REPEATED
};

/*
 * Reads ENCODED into *form; names and values are decoded and live in ARENA (or in ENCODED, where nothing
 * needed decoding). Fails when there are more than FORM_FIELDS_MAX fields or no memory.
 */
bool form_parse(struct arena *arena, struct slice encoded, struct form *form, struct error *error);

/*
 * Finds NAME: *value is the first one's value, untouched when missing. The caller decides what a
 * repeated name means; for most routes it is an error.
 */
enum form_presence form_find(const struct form *form, const char *name, struct slice *value);

/*
 * S with each %XX decoded, "+" left alone, into *decoded. Fails on an incomplete or non-hexadecimal escape
 * and on %00.
 */
bool percent_decode(struct arena *arena, struct slice s, struct slice *decoded,
                    struct error *error);

#endif
