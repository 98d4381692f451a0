/*
 * cgi.c - one request as a CGI program (RFC 3875).
 * The process lives for this request, so reading may wait.
 */
#include "fcgi/cgi.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

extern char **environ;

static struct {
    struct transport_request common; /* first, so that the one is the other */
    void (*answered)(void *self);
    void *self;
    char id[48];
} only;

/* False: the web server has gone; there is nobody to tell. */
static bool write_all(struct slice bytes)
{
    while (bytes.length > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes.data, bytes.length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes.data += written;
        bytes.length -= (size_t)written;
    }
    return true;
}

static bool wanted(const struct transport_request *common)
{
    (void)common;
    return true;
}

static bool send_more(struct transport_request *common, struct slice bytes)
{
    (void)common;
    return write_all(bytes);
}

static bool begin(struct transport_request *common, const struct http_response *response)
{
    struct buffer head = buffer_in(&common->arena);
    http_response_write_head(&head, response, &common->http);
    return write_all(buffer_slice(&head));
}

static void end(struct transport_request *common)
{
    (void)common;
    only.answered(only.self);
}

static void answer(struct transport_request *common, const struct http_response *response)
{
    common->arena.limit = SIZE_MAX;
    struct buffer head = buffer_in(&common->arena);
    http_response_write_head(&head, response, &common->http);
    write_all(buffer_slice(&head));
    if (!response->head_only)
        write_all(response->body);
    only.answered(only.self);
}

static bool read_parameters(struct http_request *http)
{
    size_t count = 0, bytes = 0;
    while (environ[count])
        bytes += strlen(environ[count++]);
    struct http_parameter *parameters = arena_calloc(http->arena, count + 1, sizeof *parameters);
    if (!parameters)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct slice value, name = slice_cut(slice_from(environ[i]), '=', &value);
        parameters[i] = (struct http_parameter){name, value};
    }
    http->parameters = parameters;
    http->parameter_count = count;
    if (bytes > TRANSPORT_PARAMETER_BYTES) {
        http->fault = 413;
        http->fault_text = "headers and URL together are larger than 65536 bytes";
    }
    return true;
}

/* How much of a body that nobody wants is read all the same. */
#define DISCARD_BYTES ((size_t)16 << 20)

/* Reads up to SIZE bytes of the body: how many, 0 at its end; -1 when they did not come in time, which is *http's fault then. */
static ssize_t read_some(struct http_request *http, char *bytes, size_t size, int64_t deadline_us)
{
    for (;;) {
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        int64_t left_ms = (deadline_us - clock_steady_us()) / 1000;
        if (left_ms <= 0 || poll(&input, 1, (int)left_ms) == 0) {
            http->fault = 408;
            http->fault_text = "the request did not arrive in time";
            return -1;
        }
        ssize_t length = read(STDIN_FILENO, bytes, size);
        if (length >= 0)
            return length;
        if (errno != EINTR)
            return 0; /* shorter than announced: the dispatcher says so */
    }
}

/* A web server that is still sending when the program ends tells its client nothing of the answer. */
static void refuse_body(struct http_request *http, int64_t deadline_us)
{
    char bytes[8192];
    size_t discarded = 0;
    ssize_t length;
    while (discarded < DISCARD_BYTES &&
           (length = read_some(http, bytes, sizeof bytes, deadline_us)) > 0)
        discarded += (size_t)length;
    http->fault = 413;
    http->fault_text = "the body is too large";
}

/* A body of unknown length ends with the input: what Apache makes of one that a client sent in chunks. */
static void read_to_end(struct http_request *http, size_t limit, int64_t deadline_us)
{
    struct buffer body = buffer_in(http->arena);
    ssize_t length = 1;
    while (length > 0 && body.length <= limit) {
        if (!buffer_reserve(&body, 8192))
            return;
        length = read_some(http, body.data + body.length, 8192, deadline_us);
        if (length > 0)
            body.length += (size_t)length;
    }
    if (body.length > limit)
        refuse_body(http, deadline_us);
    else
        http->body = buffer_slice(&body);
}

/* Reads the body, as long as CONTENT_LENGTH says (RFC 3875, section 4.2), within LIMIT and the deadline. */
static void read_body(struct http_request *http, size_t limit, int64_t deadline_us)
{
    struct buffer body = buffer_in(http->arena);
    if (!http->length_given && http_parameter(http, "HTTP_TRANSFER_ENCODING").length) {
        read_to_end(http, limit, deadline_us);
        return;
    }
    if (http->length > limit) {
        refuse_body(http, deadline_us);
        return;
    }
    if (http->length == 0 || !buffer_reserve(&body, http->length))
        return;
    while (body.length < http->length) {
        ssize_t length =
            read_some(http, body.data + body.length, http->length - body.length, deadline_us);
        if (length <= 0)
            break;
        body.length += (size_t)length;
    }
    http->body = buffer_slice(&body);
}

bool cgi_serve(const struct transport_application *application, int64_t seconds,
               void (*answered)(void *self), void *self, struct error *error)
{
    struct http_request *http = &only.common.http;
    arena_init(&only.common.arena, 0);
    transport_bound_arena(&only.common.arena, 0);
    http->arena = &only.common.arena;
    only.common.answer = answer;
    only.common.wanted = wanted;
    only.common.begin = begin;
    only.common.send = send_more;
    only.common.end = end;
    only.answered = answered;
    only.self = self;
    if (!read_parameters(http))
        return error_set(error, "out of memory");
    if (http->fault == 0)
        http_request_interpret(http);
    if (http->id.length == 0) {
        snprintf(only.id, sizeof only.id, "%llx-%lx", (unsigned long long)clock_now_us(),
                 (long)getpid());
        http->id = slice_from(only.id);
    }
    size_t limit = application->body_limit(application->self, http);
    transport_bound_arena(&only.common.arena, limit);
    read_body(http, limit, clock_steady_us() + seconds * 1000000);
    http->now_us = clock_now_us();
    application->handle(application->self, &only.common);
    return true;
}
