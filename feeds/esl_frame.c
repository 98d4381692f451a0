/*
 * esl_frame.c - bytes to frames.
 * Frames that lie whole in what has come are told from there; only the rest is copied. Every byte is looked at once for
 * the head's end and copied once, whatever the pieces are, so the time is linear.
 */
#include "feeds/esl_frame.h"

#include <stdlib.h>

/* Capacity that is kept for the next frame. */
#define KEEP_MAX ((size_t)256 << 10)

void esl_reader_init(struct esl_reader *reader, size_t body_max)
{
    *reader = (struct esl_reader){.body_max = body_max};
}

void esl_reader_free(struct esl_reader *reader)
{
    free(reader->data);
    esl_reader_init(reader, reader->body_max);
}

/* Takes the next line off *lines and cuts it; false when there is none any more. */
static bool next_line(struct slice *lines, struct slice *name, struct slice *value)
{
    if (lines->length == 0)
        return false;
    struct slice line = slice_cut(*lines, '\n', lines);
    *name = slice_trim(slice_cut(line, ':', value));
    *value = slice_trim(*value);
    return true;
}

struct slice esl_frame_header(const struct esl_frame *frame, const char *name)
{
    struct slice lines = frame->head, found, value;
    while (next_line(&lines, &found, &value))
        if (slice_equal_nocase(found, slice_from(name)))
            return value;
    return slice_of(NULL, 0);
}

/* How long the body behind the lines HEAD is. Of two answers none is right. */
static bool body_length(const struct esl_reader *reader, struct slice head, size_t *length,
                        struct error *error)
{
    const struct esl_frame frame = {.head = head};
    bool answer = slice_is(esl_frame_header(&frame, "Content-Type"), "api/response");
    size_t most = reader->body_max * (answer ? ESL_ANSWER_TIMES : 1);
    struct slice lines = head, name, value;
    bool known = false;
    *length = 0;
    while (next_line(&lines, &name, &value)) {
        uint64_t number;
        if (!slice_equal_nocase(name, slice_from("Content-Length")))
            continue;
        if (!slice_number(value, most, &number))
            return error_set(error, "frame with Content-Length \"%.*s\", not a number up to %zu",
                             (int)(value.length < 40 ? value.length : 40),
                             value.data ? value.data : "", most);
        if (known && number != *length)
            return error_set(error, "frame with two Content-Lengths");
        *length = (size_t)number;
        known = true;
    }
    return true;
}

/* Looks for the end of the head in BYTES, which begin with it. True while nothing is wrong. */
static bool find_head(struct esl_reader *reader, struct slice bytes, struct error *error)
{
    size_t at = reader->scanned;
    const char *end = NULL;
    while (at + 1 < bytes.length && at + 1 < ESL_HEAD_MAX) {
        const char *line_end = memchr(bytes.data + at, '\n', bytes.length - 1 - at);
        at = line_end ? (size_t)(line_end - bytes.data) : bytes.length - 1;
        if (line_end && line_end[1] == '\n') {
            end = line_end + 2;
            break;
        }
        at += line_end != NULL;
    }
    reader->scanned = at;
    size_t length = end ? (size_t)(end - bytes.data) : bytes.length;
    if (length > ESL_HEAD_MAX)
        return error_set(error, "frame whose lines are longer than %d bytes", ESL_HEAD_MAX);
    if (!end)
        return true;
    reader->head = length;
    return body_length(reader, slice_of(bytes.data, length - 1), &reader->body, error);
}

static bool tell(const struct esl_reader *reader, const char *data, esl_frame_told *told,
                 void *self)
{
    struct esl_frame frame = {.head = slice_of(data, reader->head - 1),
                              .body = slice_of(data + reader->head, reader->body)};
    frame.type = esl_frame_header(&frame, "Content-Type");
    frame.reply = esl_frame_header(&frame, "Reply-Text");
    return told(self, &frame);
}

/* Tells of the frames at the beginning of *bytes and takes them off. */
static bool tell_all(struct esl_reader *reader, struct slice *bytes, esl_frame_told *told,
                     void *self, struct error *error)
{
    for (;;) {
        while (reader->scanned == 0 && bytes->length > 0 && bytes->data[0] == '\n') {
            bytes->data++;
            bytes->length--;
        }
        if (reader->head == 0 && !find_head(reader, *bytes, error))
            return false;
        size_t whole = reader->head + reader->body;
        if (reader->head == 0 || bytes->length < whole)
            return true;
        bool more = tell(reader, bytes->data, told, self);
        bytes->data += whole;
        bytes->length -= whole;
        reader->scanned = reader->head = reader->body = 0;
        if (!more)
            return false;
    }
}

static bool append(struct esl_reader *reader, struct slice bytes, struct error *error)
{
    size_t needed = reader->length + bytes.length;
    if (needed > reader->capacity) {
        size_t capacity = reader->capacity ? reader->capacity : 4096;
        while (capacity < needed)
            capacity *= 2;
        char *data = realloc(reader->data, capacity);
        if (!data)
            return error_set(error, "no memory for a frame of %zu bytes", needed);
        reader->data = data;
        reader->capacity = capacity;
    }
    if (bytes.length > 0)
        memcpy(reader->data + reader->length, bytes.data, bytes.length);
    reader->length = needed;
    return true;
}

/* Keeps what is left of the gathered bytes, and little memory beyond it. */
static void keep(struct esl_reader *reader, struct slice rest)
{
    if (rest.length == reader->length)
        return;
    if (rest.length > 0)
        memmove(reader->data, rest.data, rest.length);
    reader->length = rest.length;
    if (rest.length == 0 && reader->capacity > KEEP_MAX) {
        free(reader->data);
        reader->data = NULL;
        reader->capacity = 0;
    }
}

bool esl_reader_feed(struct esl_reader *reader, struct slice bytes, esl_frame_told *told,
                     void *self, struct error *error)
{
    bool good;
    error_set(error, "%s", "");
    if (reader->broken)
        return error_set(error, "behind what was no frame");
    if (reader->length == 0) {
        good = tell_all(reader, &bytes, told, self, error) && append(reader, bytes, error);
    } else {
        good = append(reader, bytes, error);
        struct slice gathered = slice_of(reader->data, reader->length);
        good = good && tell_all(reader, &gathered, told, self, error);
        keep(reader, gathered);
    }
    reader->broken = !good;
    return good;
}
