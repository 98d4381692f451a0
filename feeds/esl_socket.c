/*
 * esl_socket.c - resolving, connecting, reading and writing with libuv.
 * A socket lives until its closing callbacks have come and a resolution under way has ended.
 */
#include "feeds/esl_socket.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define WRITE_MAX ((size_t)1 << 20)
/* Seconds of silence after which the kernel asks whether the other side is there: our own asks come before, on a socket in use. */
#define KEEPALIVE 20
/* Milliseconds in which what we send must have arrived: a network that has gone is noticed while an answer takes its time. */
#define ARRIVAL_MS 10000

struct esl_socket {
    uv_loop_t *loop;
    const struct esl_socket_hooks *hooks;
    void *self;
    uv_getaddrinfo_t resolution;
    uv_connect_t connecting;
    uv_tcp_t tcp;
    struct addrinfo *addresses, *next;
    bool resolving, has_tcp, open, paused, closed;
    char bytes[65536];
};

struct written {
    uv_write_t write;
    char bytes[];
};

static void try_next(struct esl_socket *socket, int status);

static void free_when_done(struct esl_socket *socket)
{
    if (!socket->closed || socket->resolving || socket->has_tcp)
        return;
    uv_freeaddrinfo(socket->addresses);
    free(socket);
}

static void end(struct esl_socket *socket, const char *what, int status)
{
    struct error reason;
    socket->open = false;
    error_set(&reason, "%s: %s", what, uv_strerror(status));
    socket->hooks->ended(socket->self, &reason);
}

/* ---- connecting ---- */

static void on_resolved(uv_getaddrinfo_t *resolution, int status, struct addrinfo *addresses)
{
    struct esl_socket *socket = resolution->data;
    socket->resolving = false;
    socket->addresses = socket->next = addresses;
    if (socket->closed)
        free_when_done(socket);
    else if (status != 0)
        end(socket, "name resolution", status);
    else
        try_next(socket, UV_EADDRNOTAVAIL);
}

static void on_attempt_closed(uv_handle_t *handle)
{
    struct esl_socket *socket = handle->data;
    socket->has_tcp = false;
    if (socket->closed)
        free_when_done(socket);
    else
        try_next(socket, (int)(intptr_t)socket->connecting.data);
}

static void on_bytes_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    struct esl_socket *socket = handle->data;
    (void)suggested;
    *room = uv_buf_init(socket->bytes, sizeof socket->bytes);
}

static void on_bytes(uv_stream_t *stream, ssize_t length, const uv_buf_t *room)
{
    struct esl_socket *socket = stream->data;
    (void)room;
    if (length > 0)
        socket->hooks->heard(socket->self, slice_of(socket->bytes, (size_t)length));
    else if (length == UV_EOF)
        end(socket, "connection", UV_EOF);
    else if (length < 0)
        end(socket, "reading", (int)length);
}

static void notice_silence(uv_tcp_t *tcp)
{
    unsigned milliseconds = ARRIVAL_MS;
    uv_os_fd_t descriptor;
    uv_tcp_nodelay(tcp, 1);
    uv_tcp_keepalive(tcp, 1, KEEPALIVE);
    if (uv_fileno((uv_handle_t *)tcp, &descriptor) == 0)
        setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

static void on_connected(uv_connect_t *connecting, int status)
{
    struct esl_socket *socket = connecting->handle->data;
    if (socket->closed)
        return;
    if (status != 0) {
        connecting->data = (void *)(intptr_t)status;
        uv_close((uv_handle_t *)&socket->tcp, on_attempt_closed);
        return;
    }
    notice_silence(&socket->tcp);
    socket->open = true;
    status =
        socket->paused ? 0 : uv_read_start((uv_stream_t *)&socket->tcp, on_bytes_room, on_bytes);
    if (status != 0)
        end(socket, "reading", status);
    else
        socket->hooks->opened(socket->self);
}

/* Tries the next address; STATUS is why the last one did not do. */
static void try_next(struct esl_socket *socket, int status)
{
    struct addrinfo *address = socket->next;
    if (!address) {
        end(socket, "connecting", status);
        return;
    }
    socket->next = address->ai_next;
    status = uv_tcp_init(socket->loop, &socket->tcp);
    if (status != 0) {
        end(socket, "connecting", status);
        return;
    }
    socket->has_tcp = true;
    socket->tcp.data = socket;
    status = uv_tcp_connect(&socket->connecting, &socket->tcp, address->ai_addr, on_connected);
    if (status != 0) {
        socket->connecting.data = (void *)(intptr_t)status;
        uv_close((uv_handle_t *)&socket->tcp, on_attempt_closed);
    }
}

struct esl_socket *esl_socket_open(uv_loop_t *loop, const char *host, int port,
                                   const struct esl_socket_hooks *hooks, void *self,
                                   struct error *error)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct esl_socket *socket = calloc(1, sizeof *socket);
    char service[12];
    if (!socket) {
        error_set(error, "no memory for a connection");
        return NULL;
    }
    socket->loop = loop;
    socket->hooks = hooks;
    socket->self = self;
    snprintf(service, sizeof service, "%d", port);
    socket->resolution.data = socket;
    int status = uv_getaddrinfo(loop, &socket->resolution, on_resolved, host, service, &hints);
    if (status != 0) {
        error_set(error, "name resolution: %s", uv_strerror(status));
        free(socket);
        return NULL;
    }
    socket->resolving = true;
    return socket;
}

/* ---- using it ---- */

static void on_written(uv_write_t *write, int status)
{
    (void)status; /* a connection that cannot be written to ends, and reading says so */
    free(write->data);
}

bool esl_socket_write(struct esl_socket *socket, struct slice bytes)
{
    uv_stream_t *stream = (uv_stream_t *)&socket->tcp;
    if (!socket->open || uv_stream_get_write_queue_size(stream) + bytes.length > WRITE_MAX)
        return false;
    struct written *written = malloc(sizeof *written + bytes.length);
    if (!written)
        return false;
    if (bytes.length > 0)
        memcpy(written->bytes, bytes.data, bytes.length);
    written->write.data = written;
    uv_buf_t buffer = uv_buf_init(written->bytes, (unsigned)bytes.length);
    if (uv_write(&written->write, stream, &buffer, 1, on_written) == 0)
        return true;
    free(written);
    return false;
}

void esl_socket_pause(struct esl_socket *socket)
{
    socket->paused = true;
    if (socket->open)
        uv_read_stop((uv_stream_t *)&socket->tcp);
}

void esl_socket_resume(struct esl_socket *socket)
{
    socket->paused = false;
    if (!socket->open)
        return;
    int status = uv_read_start((uv_stream_t *)&socket->tcp, on_bytes_room, on_bytes);
    if (status != 0 && status != UV_EALREADY)
        end(socket, "reading", status);
}

void esl_socket_close(struct esl_socket *socket)
{
    if (!socket || socket->closed)
        return;
    socket->closed = true;
    socket->open = false;
    if (socket->resolving)
        uv_cancel((uv_req_t *)&socket->resolution);
    if (socket->has_tcp && !uv_is_closing((uv_handle_t *)&socket->tcp))
        uv_close((uv_handle_t *)&socket->tcp, on_attempt_closed);
    free_when_done(socket);
}
