/*
 * ami_message.c - bytes to messages.
 * One buffer of fixed size holds what is not complete; every byte is looked at once for the end, whatever the pieces are.
 */
#include "feeds/ami_message.h"

/* ---- lines ---- */

/* Takes the next line off *lines; only CR LF ends it. */
static struct slice next_line(struct slice *lines)
{
    const char *at = lines->data, *end = lines->data + lines->length;
    while ((at = memchr(at, '\r', (size_t)(end - at))) && at + 1 < end && at[1] != '\n')
        at++;
    if (at && at + 1 == end)
        at = NULL;
    struct slice line = slice_of(lines->data, at ? (size_t)(at - lines->data) : lines->length);
    size_t taken = line.length + (at ? 2 : 0);
    *lines = slice_of(lines->data + taken, lines->length - taken);
    return line;
}

bool ami_message_read(struct slice text, struct arena *arena, struct ami_message *message)
{
    *message = (struct ami_message){.text = text};
    if (!slice_is_utf8(text)) {
        struct buffer mended = buffer_in(arena);
        buffer_add_mended(&mended, text);
        text = buffer_slice(&mended);
        if (mended.failed)
            return false;
    }
    message->text = text;
    message->headers = arena_calloc(arena, AMI_HEADERS_MAX, sizeof *message->headers);
    while (message->headers && text.length > 0 && message->count < AMI_HEADERS_MAX) {
        struct slice value, name = slice_cut(next_line(&text), ':', &value);
        if (value.data)
            message->headers[message->count++] =
                (struct ami_header){slice_trim(name), slice_trim(value)};
    }
    return message->headers != NULL;
}

struct slice ami_message_get(const struct ami_message *message, const char *name)
{
    struct slice wanted = slice_from(name);
    for (size_t i = 0; i < message->count; i++)
        if (slice_equal_nocase(message->headers[i].name, wanted))
            return message->headers[i].value;
    return slice_of(NULL, 0);
}

/* The value of the header NAME among LINES, or empty. */
static struct slice value_of(struct slice lines, const char *name)
{
    while (lines.length > 0) {
        struct slice value, found = slice_cut(next_line(&lines), ':', &value);
        if (value.data && slice_equal_nocase(slice_trim(found), slice_from(name)))
            return slice_trim(value);
    }
    return slice_of(NULL, 0);
}

bool ami_judge(struct slice response, struct slice *reason)
{
    *reason = value_of(response, "Message");
    return slice_is(value_of(response, "Response"), "Success");
}

/* ---- messages ---- */

/* Where in the reader's bytes from FROM on a message ends, behind its empty line; 0: not there yet. *text: without it. */
static size_t find_end(struct ami_reader *reader, size_t from, struct slice *text)
{
    size_t wanted = reader->greeted ? 4 : 2; /* the greeting is one line */
    size_t at = reader->scanned > from ? reader->scanned : from;
    while (at + wanted <= reader->length) {
        const char *found = memchr(reader->data + at, '\r', reader->length - wanted + 1 - at);
        if (!found)
            break;
        at = (size_t)(found - reader->data);
        if (memcmp(found, "\r\n\r\n", wanted) == 0) {
            *text = slice_of(reader->data + from, at - from);
            return at + wanted;
        }
        at++;
    }
    reader->scanned = reader->length >= wanted ? reader->length - wanted + 1 : 0;
    return 0;
}

/* Tells of all that is complete and keeps the rest. */
static bool tell_all(struct ami_reader *reader, ami_message_told *told, void *self)
{
    size_t from = 0, end;
    struct slice text;
    bool more = true;
    while (more && (end = find_end(reader, from, &text)) > 0) {
        bool passing = reader->passing;
        reader->passing = false;
        reader->greeted = true;
        reader->scanned = 0;
        from = end;
        if (!passing && text.length > 0)
            more = told(self, text);
    }
    reader->length -= from;
    reader->scanned -= reader->scanned > from ? from : reader->scanned;
    memmove(reader->data, reader->data + from, reader->length);
    return more;
}

/* It is full, and no message ends in it. What may be the beginning of an end stays. */
static void pass_over(struct ami_reader *reader)
{
    reader->passed += !reader->passing;
    reader->passing = true;
    memmove(reader->data, reader->data + reader->length - 3, 3);
    reader->length = 3;
    reader->scanned = 0;
}

bool ami_reader_feed(struct ami_reader *reader, struct slice bytes, ami_message_told *told,
                     void *self)
{
    while (bytes.length > 0) {
        size_t room = sizeof reader->data - reader->length;
        size_t taken = bytes.length < room ? bytes.length : room;
        memcpy(reader->data + reader->length, bytes.data, taken);
        reader->length += taken;
        bytes.data += taken;
        bytes.length -= taken;
        if (!tell_all(reader, told, self))
            return false;
        if (reader->length == sizeof reader->data)
            pass_over(reader);
    }
    return true;
}
