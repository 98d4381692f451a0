/*
 * request.c - one FastCGI request: from its parameters to the end of its answer.
 *
 * A complete request goes to the application, which answers now or later. A request whose connection has ended meanwhile
 * lives on until the application has answered it; the answer is dropped. Section numbers are those of the FastCGI
 * Specification 1.0.
 */
#include "fcgi/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "fcgi/connection.h"

bool request_is_handed(const struct fcgi_request *request)
{
    return request->phase == REQUEST_HANDED || request->phase == REQUEST_STREAMING;
}

void request_unlink(struct fcgi_request *request)
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

void request_free(struct fcgi_request *request)
{
    request_unlink(request);
    arena_free(&request->common.arena);
    free(request);
}

/* ---- answers ---- */

/* What follows once an answer is written: the next request, or the end of the connection. */
static void after_answer(struct fcgi_request *request)
{
    struct connection *connection = request->connection;
    bool keep = request->keep;
    request_free(request);
    if (!connection)
        return;
    const struct connection_owner *owner = connection->owner;
    if (!keep || (owner->draining && !owner->heirs && connection->request_count == 0))
        connection_close(connection);
}

static void on_written(uv_write_t *write, int status)
{
    struct fcgi_request *request = write->data;
    struct connection *connection = request->connection;
    if (status != 0 && connection) {
        request_free(request);
        connection_close(connection);
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
    request_free(request);
    connection_close(connection);
}

/* The answer without a response: FCGI_END_REQUEST alone. */
static void end_without_response(struct fcgi_request *request, uint8_t protocol_status)
{
    struct buffer out = buffer_in(&request->common.arena);
    record_add_end(&out, request->id, protocol_status);
    send_and_finish(request, &out);
}

static void answer(struct transport_request *common, const struct http_response *response)
{
    struct fcgi_request *request = (struct fcgi_request *)common;
    if (!request->connection) {
        request_free(request);
        return;
    }
    if (request->aborted) {
        end_without_response(request, FCGI_REQUEST_COMPLETE);
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
    bool sent = !out.failed && connection_send(request->connection, buffer_slice(&out));
    arena_free(&arena);
    if (!sent)
        connection_close(request->connection);
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
        request_free(request);
        return;
    }
    common->arena.limit = SIZE_MAX;
    common->arena.exhausted = false;
    struct buffer out = buffer_in(&common->arena);
    record_add_stream(&out, FCGI_STDOUT, request->id, slice_of(NULL, 0), true);
    record_add_end(&out, request->id, FCGI_REQUEST_COMPLETE);
    send_and_finish(request, &out);
}

/* ---- from the first parameter to the last byte of the body ---- */

struct fcgi_request *request_find(const struct connection *connection, uint16_t id)
{
    struct fcgi_request *request = connection->requests;
    while (request && request->id != id)
        request = request->next;
    return request;
}

void request_fault(struct fcgi_request *request, int status, const char *text)
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
void request_hand_over(struct fcgi_request *request)
{
    struct connection_owner *owner = request->connection->owner;
    struct http_request *http = &request->common.http;
    request->phase = REQUEST_HANDED;
    http->body = buffer_slice(&request->body);
    http->now_us = clock_now_us();
    if (http->id.length == 0)
        http->id = make_id(request);
    if (request->body.failed)
        request_fault(request, 413, "the body is too large");
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
        request_fault(request, 400, "the web server's parameters are torn");
        return;
    }
    http->parameters = parameters;
    rest = buffer_slice(&request->parameters);
    while (record_next_pair(&rest, &name, &value, &torn))
        parameters[http->parameter_count++] = (struct http_parameter){name, value};
}

void request_parameters_complete(struct fcgi_request *request)
{
    struct http_request *http = &request->common.http;
    const struct transport_application *application = request->connection->owner->application;
    if (!http->fault) /* else they are not all there, and may look like another request's */
        split_parameters(request);
    http_request_interpret(http);
    request->body_limit = application->body_limit(application->self, http);
    transport_bound_arena(&request->common.arena, request->body_limit);
    if (http->length_given && http->length > request->body_limit)
        request_fault(request, 413, "the body is too large");
    request->phase = REQUEST_BODY;
    if (http->role == HTTP_AUTHORIZER) /* has no body: section 6.3 */
        request_hand_over(request);
}

void request_add_body(struct fcgi_request *request, struct slice part)
{
    if (request->common.http.fault)
        return; /* the rest is read and thrown away, so that the connection can be kept */
    if (part.length > request->body_limit - request->body.length)
        request_fault(request, 413, "the body is too large");
    else
        buffer_add(&request->body, part);
}

void request_add_parameters(struct fcgi_request *request, struct slice part)
{
    if (part.length > TRANSPORT_PARAMETER_BYTES - request->parameters.length)
        request_fault(request, 413, "headers and URL together are larger than 65536 bytes");
    else if (!request->common.http.fault)
        buffer_add(&request->parameters, part);
}

struct fcgi_request *request_new(struct connection *connection, uint16_t id, int role, bool keep)
{
    struct fcgi_request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
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
    request->keep = keep;
    request->parameters = buffer_in(&request->common.arena);
    request->body = buffer_in(&request->common.arena);
    request->since_ms = uv_now(connection->owner->loop);
    request->next = connection->requests;
    if (request->next)
        request->next->previous = request;
    connection->requests = request;
    connection->request_count++;
    connection->owner->made++;
    return request;
}

/* FCGI_ABORT_REQUEST: section 5.4. */
void request_abort(struct fcgi_request *request)
{
    request->connection->owner->counts->aborted++;
    if (request_is_handed(request))
        request->aborted = true;
    else if (request->phase != REQUEST_WRITING)
        end_without_response(request, FCGI_REQUEST_COMPLETE);
}
