/*
 * request.h - what a request for the event stream asks for, made of its head.
 */
#ifndef CALLBOARD_EVENTS_REQUEST_H
#define CALLBOARD_EVENTS_REQUEST_H

#include "events/client.h"
#include "events/head.h"

enum request_kind {
    REQUEST_STREAM, /* a client of the stream: see its wire */
    REQUEST_LIST,   /* of connections */
    REQUEST_REFUSED
};

struct request {
    enum request_kind kind;
    int status;             /* of REQUEST_REFUSED */
    const char *why;        /* for a person */
    struct arrival arrival; /* without access; `own` is request_finish's to say */
    bool full_events;
    struct slice key;           /* of a WebSocket */
    struct slice authorization; /* as in the header of that name, or empty */
};

/*
 * Reads HEAD. ORIGINS are those of pages elsewhere that may connect; PEER is the address at the other end of the
 * connection. ARENA is for what is decoded.
 */
void request_read(const struct head *head, const char *origins, const char *peer,
                  struct arena *arena, struct request *request);

/* Adds what is served, a line each: "GET /events". */
void request_write_paths(struct buffer *out);

/* What follows from who it is. */
void request_finish(struct request *request, const struct access *access);

#endif
