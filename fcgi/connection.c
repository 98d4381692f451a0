/*
 * connection.c - one FastCGI connection and the requests on it.
 *
 * Records come in through the reader's callbacks and build requests; a complete request goes to the application, which
 * answers now or later. A connection ends when its peer closes it, when it breaks the protocol, after the answer to a
 * request without FCGI_KEEP_CONN, or when something takes too long. A request whose connection has ended lives on until
 * the application has answered it; the answer is dropped.
 *
 * Section numbers are those of the FastCGI Specification 1.0.
 */
#include "fcgi/connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

/* A connection that nothing came on for so long is one that its web server does not use just now. */
#define QUIET_MS 1000

enum request_phase {
    REQUEST_PARAMETERS, /* FCGI_PARAMS are coming */
    REQUEST_BODY,       /* FCGI_STDIN is coming */
    REQUEST_HANDED,     /* the application has it */
    REQUEST_STREAMING,  /* the application has it, and has begun to answer */
    REQUEST_WRITING     /* the answer is on its way */
};

struct fcgi_request {
    struct transport_request common; /* first, so that the one is the other */
    struct connection *connection;   /* NULL: it has ended */
    uint16_t id;
    bool keep;    /* FCGI_KEEP_CONN */
    bool aborted; /* FCGI_ABORT_REQUEST came: nobody waits for the answer */
    enum request_phase phase;
    struct buffer parameters;
    struct buffer body;
    size_t body_limit;
    uint64_t since_ms; /* the phase's deadline counts from here */
    uv_write_t write;
    struct fcgi_request *next, *previous;
};

static bool is_the_applications(const struct fcgi_request *request)
{
    return request->phase == REQUEST_HANDED || request->phase == REQUEST_STREAMING;
}

/* ---- ends ---- */

static void unlink_request(struct fcgi_request *request)
{
    struct connection *connection = request->connection;
    if (!connection)
        return;
    if (request->previous)
        request->previous->next = request->next;
    else
        connection->requests = request->next;
    if (request->next)
        request->next->previous = request->previous;
    connection->request_count--;
    request->connection = NULL;
}

static void free_request(struct fcgi_request *request)
{
    unlink_request(request);
    arena_free(&request->common.arena);
    free(request);
}

static void on_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    struct connection_owner *owner = connection->owner;
    free(connection);
    owner->open--;
    owner->closed(owner->self);
}

/* Ends the connection. Requests that nobody works on go with it; the others are left to their answers. */
static void close_connection(struct connection *connection)
{
    struct connection_owner *owner = connection->owner;
    if (connection->closing)
        return;
    connection->closing = true;
    while (connection->requests) {
        struct fcgi_request *request = connection->requests;
        if (is_the_applications(request) || request->phase == REQUEST_WRITING) {
            owner->counts->aborted += request->phase == REQUEST_HANDED;
            unlink_request(request);
        } else {
            free_request(request);
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

/* ---- answers ---- */

/* What follows once an answer is written: the next request, or the end of the connection. */
static void after_answer(struct fcgi_request *request)
{
    struct connection *connection = request->connection;
    bool keep = request->keep;
    free_request(request);
    if (connection && (!keep || (connection->owner->draining && connection->request_count == 0)))
        close_connection(connection);
}

static void on_written(uv_write_t *write, int status)
{
    struct fcgi_request *request = write->data;
    struct connection *connection = request->connection;
    if (status != 0 && connection) {
        free_request(request);
        close_connection(connection);
        return;
    }
    after_answer(request);
}

/* Sends OUT and frees the request after that; most answers fit the socket's buffer at once. */
static void send_and_finish(struct fcgi_request *request, const struct buffer *out)
{
    uv_stream_t *stream = &request->connection->handle.stream;
    uv_buf_t left = uv_buf_init(out->data, (unsigned)out->length);
    int sent = out->failed || request->connection->closing ? UV_ENOMEM : 0;
    if (sent == 0 && stream->write_queue_size == 0)
        sent = uv_try_write(stream, &left, 1);
    if (sent == UV_EAGAIN)
        sent = 0;
    if (sent >= 0 && (size_t)sent == left.len) {
        after_answer(request);
        return;
    }
    if (sent >= 0) {
        left.base += sent;
        left.len -= (size_t)sent;
        request->phase = REQUEST_WRITING;
        request->since_ms = uv_now(request->connection->owner->loop);
        request->write.data = request;
        sent = uv_write(&request->write, stream, &left, 1, on_written);
        if (sent == 0)
            return;
    }
    struct connection *connection = request->connection;
    free_request(request);
    close_connection(connection);
}

/* The answer without a response: FCGI_END_REQUEST alone. */
static void end_request(struct fcgi_request *request, uint8_t protocol_status)
{
    struct buffer out = buffer_in(&request->common.arena);
    record_add_end(&out, request->id, protocol_status);
    send_and_finish(request, &out);
}

static void answer(struct transport_request *common, const struct http_response *response)
{
    struct fcgi_request *request = (struct fcgi_request *)common;
    if (!request->connection) {
        free_request(request);
        return;
    }
    if (request->aborted) {
        end_request(request, FCGI_REQUEST_COMPLETE);
        return;
    }
    /* The answer is worth its memory even where the application has used up what it may have. */
    struct arena *arena = &common->arena;
    arena->limit = SIZE_MAX;
    arena->exhausted = false;
    struct buffer head = buffer_in(arena), out = buffer_in(arena);
    http_response_write_head(&head, response, &common->http);
    bool body = !response->head_only && response->body.length > 0;
    buffer_reserve(&out, head.length + (body ? response->body.length : 0) + 64);
    struct slice all = buffer_slice(&head);
    if (body && head.length + response->body.length <= FCGI_MAX_LENGTH) {
        buffer_add(&head, response->body); /* one record for both */
        all = buffer_slice(&head);
        body = false;
    }
    record_add_stream(&out, FCGI_STDOUT, request->id, all, !body);
    if (body)
        record_add_stream(&out, FCGI_STDOUT, request->id, response->body, true);
    record_add_end(&out, request->id, FCGI_REQUEST_COMPLETE);
    out.failed |= head.failed;
    send_and_finish(request, &out);
}

/* ---- answers that go on ---- */

static bool wanted(const struct transport_request *common)
{
    const struct fcgi_request *request = (const struct fcgi_request *)common;
    return request->connection && !request->aborted;
}

/* What the socket did not take at once. */
struct left_over {
    uv_write_t write;
    char bytes[];
};

static void on_left_over_written(uv_write_t *write, int status)
{
    (void)status; /* a broken connection is found by reading from it */
    free(write->data);
}

/* Sends BYTES now, or keeps a copy for later. */
static bool send_copy(uv_stream_t *stream, struct slice bytes)
{
    uv_buf_t left = uv_buf_init((char *)(uintptr_t)bytes.data, (unsigned)bytes.length);
    int sent = stream->write_queue_size == 0 ? uv_try_write(stream, &left, 1) : 0;
    if (sent < 0 && sent != UV_EAGAIN)
        return false;
    if (sent < 0)
        sent = 0;
    if ((size_t)sent == bytes.length)
        return true;
    size_t length = bytes.length - (size_t)sent;
    if (stream->write_queue_size + length > TRANSPORT_UNREAD_BYTES)
        return false;
    struct left_over *over = malloc(sizeof *over + length);
    if (!over)
        return false;
    memcpy(over->bytes, bytes.data + sent, length);
    over->write.data = over;
    left = uv_buf_init(over->bytes, (unsigned)length);
    if (uv_write(&over->write, stream, &left, 1, on_left_over_written) == 0)
        return true;
    free(over);
    return false;
}

/* A record that could not be sent whole leaves nothing that the peer would understand: the connection ends. */
static bool send_more(struct transport_request *common, struct slice bytes)
{
    struct fcgi_request *request = (struct fcgi_request *)common;
    struct arena arena;
    if (!wanted(common))
        return false;
    arena_init(&arena, (size_t)4 << 20);
    struct buffer out = buffer_in(&arena);
    record_add_stream(&out, FCGI_STDOUT, request->id, bytes, false);
    bool sent = !out.failed && send_copy(&request->connection->handle.stream, buffer_slice(&out));
    arena_free(&arena);
    if (!sent)
        close_connection(request->connection);
    return sent;
}

static bool begin(struct transport_request *common, const struct http_response *response)
{
    struct buffer head = buffer_in(&common->arena);
    http_response_write_head(&head, response, &common->http);
    ((struct fcgi_request *)common)->phase = REQUEST_STREAMING;
    return !head.failed && send_more(common, buffer_slice(&head));
}

static void end(struct transport_request *common)
{
    struct fcgi_request *request = (struct fcgi_request *)common;
    if (!request->connection) {
        free_request(request);
        return;
    }
    common->arena.limit = SIZE_MAX;
    common->arena.exhausted = false;
    struct buffer out = buffer_in(&common->arena);
    record_add_stream(&out, FCGI_STDOUT, request->id, slice_of(NULL, 0), true);
    record_add_end(&out, request->id, FCGI_REQUEST_COMPLETE);
    send_and_finish(request, &out);
}

/* ---- requests ---- */

static struct fcgi_request *find_request(const struct connection *connection, uint16_t id)
{
    struct fcgi_request *request = connection->requests;
    while (request && request->id != id)
        request = request->next;
    return request;
}

static void fault(struct fcgi_request *request, int status, const char *text)
{
    if (request->common.http.fault == 0) {
        request->common.http.fault = status;
        request->common.http.fault_text = text;
    }
}

/* An id for a request that came without: unique on this machine, readable in a log. */
static struct slice make_id(struct fcgi_request *request)
{
    struct connection_owner *owner = request->connection->owner;
    char text[48];
    int length = snprintf(text, sizeof text, "%llx-%lx-%llx", (unsigned long long)clock_now_us(),
                          (long)getpid(), (unsigned long long)owner->made);
    return arena_copy(&request->common.arena, slice_of(text, (size_t)length));
}

/* Gives a request that is complete, or as complete as it will be, to the application. */
static void hand_over(struct fcgi_request *request)
{
    struct connection_owner *owner = request->connection->owner;
    struct http_request *http = &request->common.http;
    request->phase = REQUEST_HANDED;
    http->body = buffer_slice(&request->body);
    http->now_us = clock_now_us();
    if (http->id.length == 0)
        http->id = make_id(request);
    if (request->body.failed)
        fault(request, 413, "the body is too large");
    owner->application->handle(owner->application->self, &request->common);
}

/* Splits the name-value pairs of FCGI_PARAMS (section 5.2) into an array. */
static void split_parameters(struct fcgi_request *request)
{
    struct http_request *http = &request->common.http;
    struct slice name, value, rest = buffer_slice(&request->parameters);
    bool torn = false;
    size_t count = 0;
    while (record_next_pair(&rest, &name, &value, &torn))
        count++;
    struct http_parameter *parameters =
        arena_calloc(&request->common.arena, count + 1, sizeof *parameters);
    if (torn || !parameters) {
        fault(request, 400, "the web server's parameters are torn");
        return;
    }
    http->parameters = parameters;
    rest = buffer_slice(&request->parameters);
    while (record_next_pair(&rest, &name, &value, &torn))
        parameters[http->parameter_count++] = (struct http_parameter){name, value};
}

static void parameters_complete(struct fcgi_request *request)
{
    struct http_request *http = &request->common.http;
    const struct transport_application *application = request->connection->owner->application;
    if (!http->fault) /* else they are not all there, and may look like another request's */
        split_parameters(request);
    http_request_interpret(http);
    request->body_limit = application->body_limit(application->self, http);
    transport_bound_arena(&request->common.arena, request->body_limit);
    if (http->length_given && http->length > request->body_limit)
        fault(request, 413, "the body is too large");
    request->phase = REQUEST_BODY;
    if (http->role == HTTP_AUTHORIZER) /* has no body: section 6.3 */
        hand_over(request);
}

static void add_body(struct fcgi_request *request, struct slice part)
{
    if (request->common.http.fault)
        return; /* the rest is read and thrown away, so that the connection can be kept */
    if (part.length > request->body_limit - request->body.length)
        fault(request, 413, "the body is too large");
    else
        buffer_add(&request->body, part);
}

static void add_parameters(struct fcgi_request *request, struct slice part)
{
    if (part.length > TRANSPORT_PARAMETER_BYTES - request->parameters.length)
        fault(request, 413, "headers and URL together are larger than 65536 bytes");
    else if (!request->common.http.fault)
        buffer_add(&request->parameters, part);
}

/* ---- records ---- */

/* A record of the connection itself that waits behind an answer. */
struct waiting_record {
    uv_write_t write;
    struct connection *connection;
    char bytes[];
};

static void on_record_written(uv_write_t *write, int status)
{
    struct waiting_record *record = write->data;
    (void)status; /* a connection that is broken is noticed by reading */
    record->connection->records_waiting--;
    free(record);
}

/* Small and rare; a peer that lets even these pile up is not one to keep: false. */
static bool send_record(struct connection *connection, const struct buffer *out)
{
    uv_stream_t *stream = &connection->handle.stream;
    uv_buf_t left = uv_buf_init(out->data, (unsigned)out->length);
    int sent = 0;
    if (out->failed || connection->records_waiting == CONNECTION_REQUESTS)
        return false;
    if (stream->write_queue_size == 0)
        sent = uv_try_write(stream, &left, 1);
    if (sent == UV_EAGAIN)
        sent = 0;
    if (sent < 0 || (size_t)sent == out->length)
        return sent >= 0;
    left.len -= (size_t)sent;
    struct waiting_record *record = malloc(sizeof *record + left.len);
    if (!record)
        return false;
    memcpy(record->bytes, left.base + sent, left.len);
    left.base = record->bytes;
    record->connection = connection;
    record->write.data = record;
    if (uv_write(&record->write, stream, &left, 1, on_record_written) != 0) {
        free(record);
        return false;
    }
    connection->records_waiting++;
    return true;
}

/* FCGI_GET_VALUES: section 4.1. */
static bool answer_values(struct connection *connection)
{
    static const struct {
        const char *name, *value;
    } known[] = {{FCGI_MAX_CONNS, "1024"}, {FCGI_MAX_REQS, "65536"}, {FCGI_MPXS_CONNS, "1"}};
    struct arena arena;
    arena_init(&arena, 65536);
    struct buffer pairs = buffer_in(&arena), out = buffer_in(&arena);
    struct slice name, value, rest = slice_of(connection->small, connection->small_length);
    bool torn;
    while (record_next_pair(&rest, &name, &value, &torn))
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (slice_is(name, known[i].name))
                record_add_pair(&pairs, name, slice_from(known[i].value));
    record_add(&out, FCGI_GET_VALUES_RESULT, FCGI_NULL_REQUEST_ID, buffer_slice(&pairs));
    bool sent = send_record(connection, &out);
    arena_free(&arena);
    return sent;
}

/* Any other management record: section 4.2. */
static bool answer_unknown_type(struct connection *connection, uint8_t type)
{
    struct arena arena;
    arena_init(&arena, 65536);
    struct buffer out = buffer_in(&arena);
    const char body[sizeof(FCGI_UnknownTypeBody)] = {(char)type};
    record_add(&out, FCGI_UNKNOWN_TYPE, FCGI_NULL_REQUEST_ID, slice_of(body, sizeof body));
    bool sent = send_record(connection, &out);
    arena_free(&arena);
    return sent;
}

static bool refuse_request(struct connection *connection, uint16_t id, uint8_t protocol_status)
{
    struct arena arena;
    arena_init(&arena, 65536);
    struct buffer out = buffer_in(&arena);
    record_add_end(&out, id, protocol_status);
    bool sent = send_record(connection, &out);
    arena_free(&arena);
    return sent;
}

/* FCGI_BEGIN_REQUEST: section 5.1. False when the peer breaks the protocol. */
static bool begin_request(struct connection *connection, uint16_t id)
{
    const unsigned char *body = (const unsigned char *)connection->small;
    int role = body[0] << 8 | body[1];
    if (connection->small_length != sizeof(FCGI_BeginRequestBody) || find_request(connection, id))
        return false;
    if (role != FCGI_RESPONDER && role != FCGI_AUTHORIZER)
        return refuse_request(connection, id, FCGI_UNKNOWN_ROLE);
    if (connection->request_count == CONNECTION_REQUESTS)
        return refuse_request(connection, id, FCGI_OVERLOADED);
    struct fcgi_request *request = calloc(1, sizeof *request);
    if (!request)
        return refuse_request(connection, id, FCGI_OVERLOADED);
    arena_init(&request->common.arena, 0);
    transport_bound_arena(&request->common.arena, 0);
    request->common.http.arena = &request->common.arena;
    request->common.http.role = role == FCGI_AUTHORIZER ? HTTP_AUTHORIZER : HTTP_RESPONDER;
    request->common.answer = answer;
    request->common.wanted = wanted;
    request->common.begin = begin;
    request->common.send = send_more;
    request->common.end = end;
    request->connection = connection;
    request->id = id;
    request->keep = body[2] & FCGI_KEEP_CONN;
    request->parameters = buffer_in(&request->common.arena);
    request->body = buffer_in(&request->common.arena);
    request->since_ms = uv_now(connection->owner->loop);
    request->next = connection->requests;
    if (request->next)
        request->next->previous = request;
    connection->requests = request;
    connection->request_count++;
    connection->owner->made++;
    return true;
}

/* FCGI_ABORT_REQUEST: section 5.4. */
static void abort_request(struct fcgi_request *request)
{
    request->connection->owner->counts->aborted++;
    if (is_the_applications(request))
        request->aborted = true;
    else if (request->phase != REQUEST_WRITING)
        end_request(request, FCGI_REQUEST_COMPLETE);
}

static bool on_record_begin(void *self, const struct record_header *header)
{
    (void)header;
    ((struct connection *)self)->small_length = 0;
    return true;
}

static bool on_record_content(void *self, const struct record_header *header, struct slice part)
{
    struct connection *connection = self;
    struct fcgi_request *request = NULL;
    if (header->type == FCGI_PARAMS || header->type == FCGI_STDIN)
        request = find_request(connection, header->request_id);
    if (request && header->type == FCGI_PARAMS && request->phase == REQUEST_PARAMETERS) {
        add_parameters(request, part);
    } else if (request && header->type == FCGI_STDIN && request->phase == REQUEST_BODY) {
        add_body(request, part);
    } else if (header->type == FCGI_BEGIN_REQUEST || header->request_id == FCGI_NULL_REQUEST_ID) {
        size_t room = sizeof connection->small - connection->small_length;
        size_t length = part.length < room ? part.length : room;
        memcpy(connection->small + connection->small_length, part.data, length);
        connection->small_length += length;
    }
    return true;
}

/* The record is complete; false ends the connection. Records of requests unknown here are ignored: section 3.3. */
static bool on_record_end(void *self, const struct record_header *header)
{
    struct connection *connection = self;
    struct fcgi_request *request;
    if (header->request_id == FCGI_NULL_REQUEST_ID) {
        if (header->type == FCGI_GET_VALUES)
            return answer_values(connection);
        return header->type != FCGI_BEGIN_REQUEST && answer_unknown_type(connection, header->type);
    }
    if (header->type == FCGI_BEGIN_REQUEST)
        return begin_request(connection, header->request_id);
    request = find_request(connection, header->request_id);
    if (!request)
        return true;
    if (header->type == FCGI_ABORT_REQUEST)
        abort_request(request);
    else if (header->content_length == 0 && header->type == FCGI_PARAMS &&
             request->phase == REQUEST_PARAMETERS)
        parameters_complete(request);
    else if (header->content_length == 0 && header->type == FCGI_STDIN &&
             request->phase == REQUEST_BODY)
        hand_over(request);
    return !connection->closing;
}

static const struct record_events events = {on_record_begin, on_record_content, on_record_end};

/* ---- the socket ---- */

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
        close_connection(connection);
        return;
    }
    connection->active_ms = uv_now(connection->owner->loop);
    if (record_reader_feed(&connection->reader, slice_of(bytes->base, (size_t)length), &events,
                           connection))
        return;
    if (!connection->closing) {
        connection->owner->counts->protocol_errors++;
        log_warning("a FastCGI connection was ended: what came on it is not FastCGI");
        close_connection(connection);
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
        close_connection(connection);
        return false;
    }
    uv_read_start(&connection->handle.stream, on_buffer, on_read);
    return true;
}

/* ---- time ---- */

static bool is_late(const struct fcgi_request *request)
{
    const struct connection_owner *owner = request->connection->owner;
    return !is_the_applications(request) &&
           uv_now(owner->loop) - request->since_ms > owner->request_ms;
}

/* Time is up for one of the connection's requests. */
static void end_late_request(struct fcgi_request *request)
{
    if (request->phase == REQUEST_WRITING) {
        close_connection(request->connection);
        return;
    }
    /* It gets its answer, and takes the connection with it: the rest would not be understood. */
    request->keep = false;
    fault(request, 408, "the request did not arrive in time");
    hand_over(request);
}

/* Idle for long enough, and nothing has come since the loop last looked. */
static bool is_quiet(const struct connection *connection)
{
    uv_os_fd_t descriptor;
    int bytes = 0;
    return connection->request_count == 0 &&
           uv_now(connection->owner->loop) - connection->active_ms >= QUIET_MS &&
           uv_fileno(&connection->handle.any, &descriptor) == 0 &&
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
        else if (owner->draining && is_quiet(connection))
            close_connection(connection);
        connection = next;
    }
}
