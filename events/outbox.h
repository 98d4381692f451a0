/*
 * outbox.h - messages that wait for one client, and their bytes on the wire.
 * Knows WebSocket's frames (RFC 6455, section 5.2) and those of server-sent events, and no socket: it fills a buffer, and
 * whoever writes that takes care that nothing is lost. A long message goes out in pieces, between which others' turns
 * and control frames may come.
 */
#ifndef CALLBOARD_OUTBOX_H
#define CALLBOARD_OUTBOX_H

#include "events/message.h"

enum wire {
    WIRE_BINARY, /* WebSocket, binary frames */
    WIRE_TEXT,   /* WebSocket, text frames */
    WIRE_SSE
};

struct outbox {
    enum wire wire;
    struct message **waiting; /* a ring */
    size_t first, count, capacity;
    size_t sent; /* of the first one */
    size_t news; /* bytes of all that are news */
};

/* Adds MESSAGE, of which it takes a reference of its own. False without memory. */
bool outbox_push(struct outbox *outbox, struct message *message);

/* Puts the COUNT MESSAGES in front of all others; nothing of those may have been sent. */
bool outbox_push_first(struct outbox *outbox, struct message *const *messages, size_t count);

/* Writes into OUT, of SIZE bytes, at least 1 KiB: as much as there is and fits. Returns how many bytes. */
size_t outbox_fill(struct outbox *outbox, char *out, size_t size);

/* Forgets all but a message of which part is sent. */
void outbox_clear(struct outbox *outbox);

void outbox_free(struct outbox *outbox);

#endif
