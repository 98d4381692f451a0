/*
 * connection.h - one FastCGI connection: its socket, its time and its end.
 * For server.c, and for request.c and intake.c, which live on a connection.
 */
#ifndef CALLBOARD_CONNECTION_H
#define CALLBOARD_CONNECTION_H

#include <uv.h>

#include "base/metrics.h"
#include "fcgi/handover.h"
#include "fcgi/record.h"
#include "fcgi/transport.h"

/* Requests at once on one connection; a further one is answered with FCGI_OVERLOADED. */
#define CONNECTION_REQUESTS 64

/* Bytes of a management record's content (FCGI_GET_VALUES) that are looked at; the rest is ignored. */
#define CONNECTION_MANAGEMENT 512

struct fcgi_request;

/* What a connection needs to know of its server. */
struct connection_owner {
    uv_loop_t *loop;
    const struct transport_application *application;
    struct metrics_worker *counts;
    uint64_t request_ms;
    void *self;
    void (*closed)(void *self); /* one connection is gone and its memory freed */
    struct connection *connections;
    size_t open;   /* connections whose memory is not freed yet */
    uint64_t made; /* requests so far, for their ids */
    bool draining;
    const struct handover *heirs; /* draining: who takes idle connections over; NULL: nobody */
};

struct connection {
    struct connection_owner *owner;
    union {
        uv_handle_t any;
        uv_stream_t stream;
        uv_pipe_t pipe;
        uv_tcp_t tcp;
    } handle;
    struct record_reader reader;
    char small[CONNECTION_MANAGEMENT]; /* content of FCGI_BEGIN_REQUEST and management records */
    size_t small_length;
    struct fcgi_request *requests;
    size_t request_count;
    uint64_t active_ms; /* when something last came, on the loop's clock */
    size_t waiting;     /* bytes of connection_send that the socket has not taken yet */
    bool closing;
    struct connection *next, *previous;
};

/*
 * Begins to read from DESCRIPTOR, an accepted non-blocking socket, which is the connection's from now on. False: it
 * was closed, for want of memory.
 */
bool connection_start(struct connection_owner *owner, int descriptor);

/*
 * Sends BYTES now, or a copy of them behind what is still to be sent. False: the socket is broken, or copies of more than
 * TRANSPORT_UNREAD_BYTES would wait; the connection is to be closed.
 */
bool connection_send(struct connection *connection, struct slice bytes);

/* Ends the connection. Requests that nobody works on go with it; the others are left to their answers. */
void connection_close(struct connection *connection);

/*
 * Ends connections whose requests do not come or whose answers are not taken in time; called every now and then.
 *
 * While owner->draining it hands the idle ones over to the heirs. Without heirs each connection ends right after its next
 * answer, and here once it has been quiet for a second: a web server that keeps a busy connection may have sent the next
 * request at any other moment, and that would be lost.
 */
void connection_sweep(struct connection_owner *owner);

#endif
