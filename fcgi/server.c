/*
 * server.c - FastCGI on a listening socket, on one event loop.
 * Takes connections, in turn with the other workers, and keeps time for them.
 */
#include "fcgi/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "fcgi/connection.h"

/* Connections taken in one turn of the loop, before those that are open get theirs. */
#define ACCEPT_AT_ONCE 16

/* How long a worker that has more connections than another leaves the next one to it. */
#define YIELD_MS 1

/* How often requests are looked at for being late; and, while draining, connections for being idle. */
#define SWEEP_MS       1000
#define DRAIN_SWEEP_MS 50

struct fcgi_server {
    struct connection_owner owner;
    struct fcgi_sockets sockets;
    const struct fcgi_server_settings *settings;
    const struct metrics *metrics;
    uv_poll_t listening;
    uv_poll_t inheriting; /* connections of workers that end */
    bool inherits;        /* that handle is in use */
    uv_timer_t sweeping;
    uv_timer_t pausing; /* until connections are taken again */
    bool yielded;       /* the waiting connection was left to others once already */
    size_t handles;     /* not yet closed */
    void (*drained)(void *self);
    void *drained_self;
};

static void on_connection(uv_poll_t *listening, int status, int events);

static void listen_again(uv_timer_t *pausing)
{
    struct fcgi_server *server = pausing->data;
    if (!server->owner.draining)
        uv_poll_start(&server->listening, UV_READABLE, on_connection);
}

static void pause_listening(struct fcgi_server *server, uint64_t ms)
{
    uv_poll_stop(&server->listening);
    uv_timer_start(&server->pausing, listen_again, ms, 0);
}

/*
 * True when another worker has clearly fewer connections: kept ones stay where they were accepted, so taking them all
 * would leave that worker idle for good.
 */
static bool others_have_fewer(const struct fcgi_server *server)
{
    const struct metrics_worker *own = server->owner.counts;
    for (size_t i = 0; i < server->metrics->places_used; i++) {
        const struct metrics_worker *other = &server->metrics->workers[i];
        if (other != own && other->pid > 0 && !other->draining &&
            other->connections < own->connections)
            return true;
    }
    return false;
}

/* True when a worker stays that can take over this one's connections. */
static bool has_heirs(const struct fcgi_server *server)
{
    const struct metrics_worker *own = server->owner.counts;
    if (server->sockets.handover.give < 0)
        return false;
    for (size_t i = 0; i < server->metrics->places_used; i++) {
        const struct metrics_worker *other = &server->metrics->workers[i];
        if (other != own && other->pid > 0 && !other->draining)
            return true;
    }
    return false;
}

static void on_inheritance(uv_poll_t *inheriting, int status, int events)
{
    struct fcgi_server *server = inheriting->data;
    int descriptor;
    (void)status;
    (void)events;
    while ((descriptor = handover_take(&server->sockets.handover)) >= 0)
        connection_start(&server->owner, descriptor);
}

static void on_connection(uv_poll_t *listening, int status, int events)
{
    struct fcgi_server *server = listening->data;
    (void)events;
    if (status < 0)
        return;
    bool waited = server->yielded;
    server->yielded = false;
    for (int taken = 0; taken < ACCEPT_AT_ONCE; taken++) {
        if (server->owner.counts->connections >= server->settings->connections) {
            pause_listening(server, 10);
            return;
        }
        if (!waited && others_have_fewer(server)) {
            server->yielded = true;
            pause_listening(server, YIELD_MS);
            return;
        }
        int descriptor =
            accept4(server->sockets.listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
                log_warning("cannot take a connection: %s", strerror(errno));
                pause_listening(server, 100);
            }
            return;
        }
        connection_start(&server->owner, descriptor);
    }
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct fcgi_server *server = handle->data;
    if (--server->handles > 0)
        return;
    server->drained(server->drained_self);
    free(server);
}

static void finish_if_drained(struct fcgi_server *server)
{
    if (!server->owner.draining || server->owner.open > 0 ||
        uv_is_closing((uv_handle_t *)&server->sweeping))
        return;
    uv_close((uv_handle_t *)&server->listening, on_handle_closed);
    uv_close((uv_handle_t *)&server->sweeping, on_handle_closed);
    uv_close((uv_handle_t *)&server->pausing, on_handle_closed);
    if (server->inherits)
        uv_close((uv_handle_t *)&server->inheriting, on_handle_closed);
}

static void on_connection_closed(void *self)
{
    finish_if_drained(self);
}

static void on_sweep(uv_timer_t *sweeping)
{
    struct fcgi_server *server = sweeping->data;
    server->owner.heirs =
        server->owner.draining && has_heirs(server) ? &server->sockets.handover : NULL;
    connection_sweep(&server->owner);
}

/* Begins to take over connections; a server that cannot does without. */
static void inherit(struct fcgi_server *server)
{
    uv_loop_t *loop = server->owner.loop;
    server->inherits = server->sockets.handover.take >= 0 &&
                       uv_poll_init(loop, &server->inheriting, server->sockets.handover.take) == 0;
    if (server->inherits)
        uv_poll_start(&server->inheriting, UV_READABLE, on_inheritance);
    server->handles += server->inherits;
    server->inheriting.data = server;
}

struct fcgi_server *fcgi_server_start(uv_loop_t *loop, const struct fcgi_sockets *sockets,
                                      const struct transport_application *application,
                                      const struct fcgi_server_settings *settings,
                                      const struct metrics *metrics, struct metrics_worker *counts,
                                      struct error *error)
{
    struct fcgi_server *server = calloc(1, sizeof *server);
    if (!server) {
        error_set(error, "out of memory");
        return NULL;
    }
    server->owner =
        (struct connection_owner){.loop = loop,
                                  .application = application,
                                  .counts = counts,
                                  .request_ms = (uint64_t)settings->request_seconds * 1000,
                                  .self = server,
                                  .closed = on_connection_closed};
    server->sockets = *sockets;
    server->settings = settings;
    server->metrics = metrics;
    server->handles = 3;
    int status = uv_poll_init(loop, &server->listening, sockets->listening);
    if (status != 0) {
        error_set(error, "cannot listen: %s", uv_strerror(status));
        free(server);
        return NULL;
    }
    inherit(server);
    uv_timer_init(loop, &server->sweeping);
    uv_timer_init(loop, &server->pausing);
    server->listening.data = server->sweeping.data = server->pausing.data = server;
    uv_timer_start(&server->sweeping, on_sweep, SWEEP_MS, SWEEP_MS);
    uv_poll_start(&server->listening, UV_READABLE, on_connection);
    return server;
}

void fcgi_server_drain(struct fcgi_server *server, void (*drained)(void *self), void *self)
{
    if (server->owner.draining)
        return;
    server->owner.draining = true;
    server->owner.counts->draining = 1;
    server->drained = drained;
    server->drained_self = self;
    uv_poll_stop(&server->listening);
    if (server->inherits)
        uv_poll_stop(&server->inheriting);
    uv_timer_start(&server->sweeping, on_sweep, DRAIN_SWEEP_MS, DRAIN_SWEEP_MS);
    on_sweep(&server->sweeping);
    finish_if_drained(server);
}
