/*
 * buffer.h - text that grows, in an arena.
 * A buffer that could not grow stays as it is and remembers it in `failed`: write the whole text, then
 * check once.
 */
#ifndef CALLBOARD_BUFFER_H
#define CALLBOARD_BUFFER_H

#include "base/arena.h"

struct buffer {
    struct arena *arena;
    char *data; /* NULL while empty; not NUL-terminated */
    size_t length;
    size_t capacity;
    bool failed; /* something did not fit; the content is incomplete */
};

/* An empty buffer whose text will live in ARENA. */
struct buffer buffer_in(struct arena *arena);

/* Makes room for MORE bytes behind the text. False, and `failed` set, when there is none. */
bool buffer_reserve(struct buffer *buffer, size_t more);

void buffer_add(struct buffer *buffer, struct slice s);
void buffer_add_string(struct buffer *buffer, const char *string);
void buffer_add_byte(struct buffer *buffer, char byte);
void buffer_add_number(struct buffer *buffer, int64_t number);

/* printf into the buffer; for texts that people read, not for hot paths. */
void buffer_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* S as a JSON string with its quotes (RFC 8259, section 7). S must be well-formed UTF-8. */
void buffer_add_json(struct buffer *buffer, struct slice s);

/* S, with U+FFFD for each byte that is not UTF-8. */
void buffer_add_mended(struct buffer *buffer, struct slice s);

/* S percent-encoded but for the unreserved characters and those in KEEP (RFC 3986, section 2.1). */
void buffer_add_percent(struct buffer *buffer, struct slice s, const char *keep);

/* The text so far; valid until the next addition. */
static inline struct slice buffer_slice(const struct buffer *buffer)
{
    return slice_of(buffer->data, buffer->length);
}

#endif
