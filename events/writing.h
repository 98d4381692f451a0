/*
 * writing.h - writing to clients: what waits in their outboxes goes to their connections, which are libwebsockets'.
 */
#ifndef CALLBOARD_EVENTS_WRITING_H
#define CALLBOARD_EVENTS_WRITING_H

#include <libwebsockets.h>

#include "events/client.h"

/* Bytes written to one client at a time, before others have their turn. */
#define WRITING_BYTES 32768

struct writing {
    struct client *awake; /* those to whom something is to be written */
    struct client *round; /* the same, of the round that is being made */
    uv_timer_t gather;
    uint64_t next_ms; /* when they are written to at the earliest, by the loop's clock */
    unsigned char out[LWS_PRE + WRITING_BYTES];
};

void writing_open(struct writing *writing, uv_loop_t *loop);
void writing_close(struct writing *writing);

/* CLIENT has something to be written, or to be ended; it has gone. */
void writing_wake(struct writing *writing, struct client *client);
void writing_forget(struct writing *writing, struct client *client);

/* CLIENT's connection takes more. Returns what libwebsockets is to be told: 0, or -1 to end it. */
int writing_go_on(struct writing *writing, struct client *client);

/* CLIENT wants to end the connection, so nothing more is written; what is returned, see above: -1 when we had said so before. */
int writing_part(struct writing *writing, struct client *client);

/*
 * Asks CLIENT whether it is there. False: not now, in the middle of something. One of server-sent events gives no answer, but it
 * and the proxy see that the connection lives, and we when it does not.
 */
bool writing_ask(const struct client *client);

/* Ends CLIENT's connection without more words. */
void writing_cut_off(const struct client *client);

#endif
