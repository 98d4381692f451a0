/*
 * server.h - FastCGI on a listening socket, on one event loop.
 * Any number of connections, kept or not, several requests at once on each, RESPONDER and AUTHORIZER. A client that
 * sends slowly, or never ends, costs a buffer and a deadline.
 */
#ifndef CALLBOARD_SERVER_H
#define CALLBOARD_SERVER_H

#include <uv.h>

#include "base/metrics.h"
#include "fcgi/handover.h"
#include "fcgi/transport.h"

struct fcgi_server_settings {
    int64_t request_seconds; /* for a request to arrive, and for its answer to be taken */
    int64_t connections;     /* most open ones a worker; further ones wait in the listening queue */
};

/* What all workers have in common; made before they are forked. */
struct fcgi_sockets {
    int listening;            /* non-blocking */
    struct handover handover; /* ends are -1: kept connections end with their worker */
};

struct fcgi_server;

/*
 * Serves connections of SOCKETS, which stay the caller's, on LOOP. Takes them in turn with the other workers that METRICS shows, so
 * that kept connections spread evenly. COUNTS is this process' place there. NULL and *error when the loop refuses a descriptor.
 */
struct fcgi_server *fcgi_server_start(uv_loop_t *loop, const struct fcgi_sockets *sockets,
                                      const struct transport_application *application,
                                      const struct fcgi_server_settings *settings,
                                      const struct metrics *metrics, struct metrics_worker *counts,
                                      struct error *error);

/*
 * Takes no new connections. Those that are open go to another worker at a moment when nothing is going on with them; where there is
 * none, they end after their next answer, or once they have been quiet for a second. Then calls DRAINED and is gone.
 */
void fcgi_server_drain(struct fcgi_server *server, void (*drained)(void *self), void *self);

#endif
