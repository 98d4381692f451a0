/*
 * csv.c - comma-separated values (RFC 4180).
 */
#include "base/csv.h"

static void advance(struct csv_reader *reader, size_t count)
{
    for (size_t i = 0; i < count; i++)
        reader->line += reader->rest.data[i] == '\n';
    reader->rest = slice_of(reader->rest.data + count, reader->rest.length - count);
}

static char next_byte(const struct csv_reader *reader)
{
    return reader->rest.length ? reader->rest.data[0] : '\n';
}

static void skip_line(struct csv_reader *reader)
{
    const char *end =
        reader->rest.length ? memchr(reader->rest.data, '\n', reader->rest.length) : NULL;
    advance(reader, end ? (size_t)(end - reader->rest.data) + 1 : reader->rest.length);
}

/* A field up to the comma or the end of the line. */
static struct slice take_plain(struct csv_reader *reader)
{
    struct slice rest = reader->rest;
    size_t length = 0;
    while (length < rest.length && rest.data[length] != ',' && rest.data[length] != '\n')
        length++;
    struct slice field = slice_of(rest.data, length);
    advance(reader, length);
    if (field.length && field.data[field.length - 1] == '\r' && next_byte(reader) == '\n')
        field.length--;
    return field;
}

/* A field in quotes; two of them stand for one. */
static bool take_quoted(struct csv_reader *reader, struct slice *field, struct arena *arena,
                        struct error *error)
{
    struct slice rest = slice_of(reader->rest.data + 1, reader->rest.length - 1);
    size_t length = 0, quotes = 0;
    for (;; length++) {
        if (length == rest.length)
            return error_set(error, "a quote is never closed");
        if (rest.data[length] != '"')
            continue;
        if (length + 1 == rest.length || rest.data[length + 1] != '"')
            break;
        length++;
        quotes++;
    }
    *field = slice_of(rest.data, length);
    if (quotes) {
        char *text = arena_alloc(arena, length);
        if (!text)
            return error_set(error, "out of memory");
        size_t used = 0;
        for (size_t i = 0; i < length; i++) {
            text[used++] = rest.data[i];
            i += rest.data[i] == '"';
        }
        *field = slice_of(text, used);
    }
    advance(reader, length + 2);
    if (next_byte(reader) == '\r' && reader->rest.length > 1 && reader->rest.data[1] == '\n')
        advance(reader, 1);
    if (next_byte(reader) != ',' && next_byte(reader) != '\n')
        return error_set(error, "there is text behind a closing quote");
    return true;
}

static bool read_fields(struct csv_reader *reader, struct csv_record *record, struct arena *arena,
                        struct error *error)
{
    for (;;) {
        if (record->count == CSV_FIELDS_MAX)
            return error_set(error, "more than %d fields", CSV_FIELDS_MAX);
        struct slice *field = &record->fields[record->count++];
        if (next_byte(reader) != '"')
            *field = take_plain(reader);
        else if (!take_quoted(reader, field, arena, error))
            return false;
        if (reader->rest.length == 0 || next_byte(reader) == '\n')
            return true;
        advance(reader, 1);
    }
}

static bool at_empty_line(const struct csv_reader *reader)
{
    struct slice rest = reader->rest;
    return rest.length && (rest.data[0] == '\n' ||
                           (rest.length > 1 && rest.data[0] == '\r' && rest.data[1] == '\n'));
}

bool csv_read(struct csv_reader *reader, struct csv_record *record, bool *more, struct arena *arena,
              struct error *error)
{
    while (at_empty_line(reader))
        skip_line(reader);
    record->count = 0;
    record->line = reader->line;
    *more = reader->rest.length > 0;
    if (!*more)
        return true;
    bool good = read_fields(reader, record, arena, error);
    skip_line(reader);
    return good;
}

void csv_write(struct buffer *out, struct slice s)
{
    bool plain = true;
    for (size_t i = 0; i < s.length; i++)
        plain =
            plain && s.data[i] != '"' && s.data[i] != ',' && s.data[i] != '\n' && s.data[i] != '\r';
    if (plain) {
        buffer_add(out, s);
        return;
    }
    buffer_add_byte(out, '"');
    for (size_t i = 0; i < s.length; i++) {
        if (s.data[i] == '"')
            buffer_add_byte(out, '"');
        buffer_add_byte(out, s.data[i]);
    }
    buffer_add_byte(out, '"');
}
