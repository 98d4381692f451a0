/*
 * server.h - FastCGI on a listening socket, on one event loop.
 * Any number of connections, kept or not, several requests at once on each, RESPONDER and AUTHORIZER. A client that
 * sends slowly, or never ends, costs a buffer and a deadline.
 */
#ifndef CALLBOARD_SERVER_H
#define CALLBOARD_SERVER_H

#include <uv.h>

#include "base/metrics.h"
#include "fcgi/transport.h"

struct fcgi_server_settings {
    int64_t request_seconds; /* for a request to arrive, and for its answer to be taken */
    int64_t connections;     /* most open ones a worker; further ones wait in the listening queue */
};

struct fcgi_server;

/*
 * Serves connections of the listening, non-blocking DESCRIPTOR on LOOP. Takes connections in turn with the other workers
 * that METRICS shows, so that kept connections spread evenly. COUNTS is this process' place there. NULL and *error
 * when the loop refuses the descriptor. The descriptor stays the caller's.
 */
struct fcgi_server *fcgi_server_start(uv_loop_t *loop, int descriptor,
                                      const struct transport_application *application,
                                      const struct fcgi_server_settings *settings,
                                      const struct metrics *metrics, struct metrics_worker *counts,
                                      struct error *error);

/*
 * Takes no new connections, ends those that are open after their next answer or once they have been quiet for a second; then
 * calls DRAINED and is gone.
 */
void fcgi_server_drain(struct fcgi_server *server, void (*drained)(void *self), void *self);

#endif
