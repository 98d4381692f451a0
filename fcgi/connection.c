/*
 * connection.c - one FastCGI connection: its socket, its time and its end.
 *
 * What is read goes through record.c and intake.c to the requests (request.c). A connection ends when its peer closes it, when
 * it breaks the protocol, after the answer to a request without FCGI_KEEP_CONN, or when something takes too long.
 */
#include "fcgi/connection.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "fcgi/intake.h"
#include "fcgi/request.h"

/* A connection that nothing came on for so long is one that its web server does not use just now. */
#define QUIET_MS 1000

/* ---- the end ---- */

static void on_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    struct connection_owner *owner = connection->owner;
    free(connection);
    owner->open--;
    owner->closed(owner->self);
}

void connection_close(struct connection *connection)
{
    struct connection_owner *owner = connection->owner;
    if (connection->closing)
        return;
    connection->closing = true;
    while (connection->requests) {
        struct fcgi_request *request = connection->requests;
        if (request_is_handed(request) || request->phase == REQUEST_WRITING) {
            owner->counts->aborted += request->phase == REQUEST_HANDED;
            request_unlink(request);
        } else {
            request_free(request);
        }
    }
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        owner->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    owner->counts->connections--;
    uv_close(&connection->handle.any, on_closed);
}

/* ---- the socket ---- */

/* What the socket did not take at once. */
struct left_over {
    uv_write_t write;
    struct connection *connection;
    size_t length;
    char bytes[];
};

static void on_left_over_written(uv_write_t *write, int status)
{
    struct left_over *over = write->data;
    (void)status; /* a broken connection is found by reading from it */
    over->connection->waiting -= over->length;
    free(over);
}

bool connection_send(struct connection *connection, struct slice bytes)
{
    uv_stream_t *stream = &connection->handle.stream;
    uv_buf_t left = uv_buf_init((char *)(uintptr_t)bytes.data, (unsigned)bytes.length);
    int sent = stream->write_queue_size == 0 ? uv_try_write(stream, &left, 1) : 0;
    if (sent < 0 && sent != UV_EAGAIN)
        return false;
    if (sent < 0)
        sent = 0;
    if ((size_t)sent == bytes.length)
        return true;
    size_t length = bytes.length - (size_t)sent;
    if (connection->waiting + length > TRANSPORT_UNREAD_BYTES)
        return false;
    struct left_over *over = malloc(sizeof *over + length);
    if (!over)
        return false;
    memcpy(over->bytes, bytes.data + sent, length);
    over->write.data = over;
    over->connection = connection;
    over->length = length;
    left = uv_buf_init(over->bytes, (unsigned)length);
    if (uv_write(&over->write, stream, &left, 1, on_left_over_written) != 0) {
        free(over);
        return false;
    }
    connection->waiting += length;
    return true;
}

/* One buffer for all connections: what is read is taken by the reader before the next read. */
static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *bytes)
{
    static char shared[65536];
    (void)handle;
    (void)suggested;
    *bytes = uv_buf_init(shared, sizeof shared);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *bytes)
{
    struct connection *connection = stream->data;
    if (length == 0 || connection->closing)
        return;
    if (length < 0) {
        connection_close(connection);
        return;
    }
    connection->active_ms = uv_now(connection->owner->loop);
    if (record_reader_feed(&connection->reader, slice_of(bytes->base, (size_t)length),
                           &intake_events, connection))
        return;
    if (!connection->closing) {
        connection->owner->counts->protocol_errors++;
        log_warning("a FastCGI connection was ended: what came on it is not FastCGI");
        connection_close(connection);
    }
}

static int open_stream(struct connection *connection, int descriptor)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    uv_loop_t *loop = connection->owner->loop;
    int status = UV_EINVAL;
    if (getsockname(descriptor, (struct sockaddr *)&address, &length) != 0)
        address.ss_family = AF_UNIX;
    if (address.ss_family == AF_UNIX) {
        uv_pipe_init(loop, &connection->handle.pipe, 0);
        status = uv_pipe_open(&connection->handle.pipe, descriptor);
    } else {
        uv_tcp_init(loop, &connection->handle.tcp);
        status = uv_tcp_open(&connection->handle.tcp, descriptor);
        if (status == 0)
            uv_tcp_nodelay(&connection->handle.tcp, 1);
    }
    connection->handle.any.data = connection;
    return status;
}

bool connection_start(struct connection_owner *owner, int descriptor)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) {
        close(descriptor);
        return false;
    }
    connection->owner = owner;
    connection->next = owner->connections;
    if (connection->next)
        connection->next->previous = connection;
    owner->connections = connection;
    owner->open++;
    owner->counts->connections++;
    connection->active_ms = uv_now(owner->loop);
    record_reader_init(&connection->reader);
    if (open_stream(connection, descriptor) != 0) {
        close(descriptor);
        connection_close(connection);
        return false;
    }
    uv_read_start(&connection->handle.stream, on_buffer, on_read);
    return true;
}

/* ---- time ---- */

static bool is_late(const struct fcgi_request *request)
{
    const struct connection_owner *owner = request->connection->owner;
    return !request_is_handed(request) &&
           uv_now(owner->loop) - request->since_ms > owner->request_ms;
}

/* Time is up for one of the connection's requests. */
static void end_late_request(struct fcgi_request *request)
{
    if (request->phase == REQUEST_WRITING) {
        connection_close(request->connection);
        return;
    }
    /* It gets its answer, and takes the connection with it: the rest would not be understood. */
    request->keep = false;
    request_fault(request, 408, "the request did not arrive in time");
    request_hand_over(request);
}

/* What comes next is the beginning of a record, and nothing is still to be written: another process can go on here. */
static bool is_between_records(const struct connection *connection)
{
    const struct record_reader *reader = &connection->reader;
    return !reader->in_record && reader->head_length == 0 &&
           connection->handle.stream.write_queue_size == 0;
}

/* True when a connection without requests can leave a draining worker: it is in other hands now, or nobody uses it. */
static bool can_leave(const struct connection *connection)
{
    const struct connection_owner *owner = connection->owner;
    uv_os_fd_t descriptor;
    int bytes = 0;
    if (connection->request_count > 0 || uv_fileno(&connection->handle.any, &descriptor) != 0)
        return false;
    if (owner->heirs && is_between_records(connection))
        return handover_give(owner->heirs, descriptor);
    return uv_now(owner->loop) - connection->active_ms >= QUIET_MS &&
           ioctl(descriptor, FIONREAD, &bytes) == 0 && bytes == 0;
}

void connection_sweep(struct connection_owner *owner)
{
    struct connection *connection = owner->connections;
    while (connection) {
        struct connection *next = connection->next;
        struct fcgi_request *request = connection->requests;
        while (request && !is_late(request))
            request = request->next;
        if (request)
            end_late_request(request);
        else if (owner->draining && can_leave(connection))
            connection_close(connection);
        connection = next;
    }
}
