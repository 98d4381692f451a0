/*
 * outbox.c - messages that wait for one client, and their bytes on the wire.
 */
#include "events/outbox.h"

#include <stdio.h>
#include <stdlib.h>

/* Of a message in one frame. */
#define PIECE_BYTES 8192

/* The longest header of such a frame. */
#define HEADER_BYTES 4

#define FIN       0x80
#define TEXT      0x1
#define BINARY    0x2
#define CONTINUED 0x0

/* ---- the ring ---- */

static bool make_room(struct outbox *outbox, size_t more)
{
    if (outbox->count + more <= outbox->capacity)
        return true;
    size_t capacity = outbox->capacity ? outbox->capacity : 8;
    while (capacity < outbox->count + more)
        capacity *= 2;
    struct message **waiting = malloc(capacity * sizeof *waiting);
    if (!waiting)
        return false;
    for (size_t i = 0; i < outbox->count; i++)
        waiting[i] = outbox->waiting[(outbox->first + i) % outbox->capacity];
    free(outbox->waiting);
    outbox->waiting = waiting;
    outbox->capacity = capacity;
    outbox->first = 0;
    return true;
}

static size_t length_of(const struct message *message)
{
    return message->head_length + message->body->length;
}

static void take_in(struct outbox *outbox, struct message *message, size_t place)
{
    outbox->waiting[place % outbox->capacity] = message_hold(message);
    outbox->count++;
    if (message->news)
        outbox->news += length_of(message);
}

bool outbox_push(struct outbox *outbox, struct message *message)
{
    if (!make_room(outbox, 1))
        return false;
    take_in(outbox, message, outbox->first + outbox->count);
    return true;
}

bool outbox_push_first(struct outbox *outbox, struct message *const *messages, size_t count)
{
    if (!make_room(outbox, count))
        return false;
    if (count == 0)
        return true;
    outbox->first = (outbox->first + outbox->capacity - count) % outbox->capacity;
    for (size_t i = 0; i < count; i++)
        take_in(outbox, messages[i], outbox->first + i);
    return true;
}

static void forget(struct outbox *outbox, size_t place)
{
    struct message *message = outbox->waiting[place % outbox->capacity];
    outbox->count--;
    if (message->news)
        outbox->news -= length_of(message);
    message_release(message);
}

static void drop_first(struct outbox *outbox)
{
    forget(outbox, outbox->first);
    outbox->first = (outbox->first + 1) % outbox->capacity;
    outbox->sent = 0;
    if (outbox->count > 0)
        return;
    free(outbox->waiting); /* most clients have nothing waiting, most of the time */
    outbox->waiting = NULL;
    outbox->capacity = outbox->first = 0;
}

void outbox_clear(struct outbox *outbox)
{
    size_t keep = outbox->sent ? 1 : 0;
    while (outbox->count > keep)
        forget(outbox, outbox->first + outbox->count - 1);
}

void outbox_free(struct outbox *outbox)
{
    while (outbox->count > 0)
        drop_first(outbox);
    free(outbox->waiting);
    *outbox = (struct outbox){.wire = outbox->wire};
}

/* ---- the wire ---- */

#define PARTS 4

/* Copies LENGTH bytes, from AT on, of the PARTS one behind the other. */
static void gather(const struct slice *parts, size_t at, char *out, size_t length)
{
    for (; length > 0; parts++) {
        if (at >= parts->length) {
            at -= parts->length;
            continue;
        }
        size_t some = parts->length - at < length ? parts->length - at : length;
        memcpy(out, parts->data + at, some);
        out += some;
        length -= some;
        at = 0;
    }
}

static size_t write_header(char *out, enum wire wire, bool first, bool last, size_t length)
{
    int code = !first ? CONTINUED : wire == WIRE_TEXT ? TEXT : BINARY;
    out[0] = (char)(code | (last ? FIN : 0));
    if (length < 126) {
        out[1] = (char)length;
        return 2;
    }
    out[1] = 126;
    out[2] = (char)(length >> 8);
    out[3] = (char)length;
    return 4;
}

/* The next bytes of the first message; 0 when there is too little room for a frame. */
static size_t fill_websocket(struct outbox *outbox, const struct message *message, char *out,
                             size_t size)
{
    const struct slice parts[] = {slice_of(message->head, message->head_length),
                                  slice_of(message->body->bytes, message->body->length)};
    size_t left = length_of(message) - outbox->sent;
    size_t length = left < PIECE_BYTES ? left : PIECE_BYTES;
    if (size < HEADER_BYTES + length && size < 1024)
        return 0;
    if (length > size - HEADER_BYTES)
        length = size - HEADER_BYTES;
    size_t header = write_header(out, outbox->wire, outbox->sent == 0, length == left, length);
    gather(parts, outbox->sent, out + header, length);
    outbox->sent += length;
    if (length == left)
        drop_first(outbox);
    return header + length;
}

static size_t fill_sse(struct outbox *outbox, const struct message *message, char *out, size_t size)
{
    char prefix[SEQ_BYTES + 16];
    int prefixed = snprintf(prefix, sizeof prefix, "%s%s%sdata: ", message->resumable ? "id: " : "",
                            message->resumable ? message->seq : "", message->resumable ? "\n" : "");
    const struct slice parts[PARTS] = {
        slice_of(prefix, (size_t)prefixed), slice_of(message->head, message->head_length),
        slice_of(message->body->bytes, message->body->length), slice_of("\n\n", 2)};
    size_t left = (size_t)prefixed + length_of(message) + 2 - outbox->sent;
    size_t length = left < size ? left : size;
    gather(parts, outbox->sent, out, length);
    outbox->sent += length;
    if (length == left)
        drop_first(outbox);
    return length;
}

size_t outbox_fill(struct outbox *outbox, char *out, size_t size)
{
    size_t length = 0;
    while (outbox->count > 0 && length < size) {
        const struct message *message = outbox->waiting[outbox->first];
        size_t more = outbox->wire == WIRE_SSE
                          ? fill_sse(outbox, message, out + length, size - length)
                          : fill_websocket(outbox, message, out + length, size - length);
        if (more == 0)
            break;
        length += more;
    }
    return length;
}
