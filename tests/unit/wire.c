/*
 * wire.c - a FastCGI server on a unix socket in /tmp, with a made-up application, and clients of it, all on one loop.
 */
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

#define PATIENCE_US 10000000

/* ---- the application ---- */

static void answer(struct wire *wire, struct transport_request *request)
{
    const struct http_request *http = &request->http;
    struct buffer body = buffer_in(&request->arena);
    buffer_format(&body, "%.*s %.*s fault=%d length=%zu body=%.*s",
                  SLICE_ARGUMENTS(http->method_name), SLICE_ARGUMENTS(http->path), http->fault,
                  http->body.length, http->body.length < 100 ? (int)http->body.length : 100,
                  http->body.data ? http->body.data : "");
    for (size_t i = 0; i < wire->answer_size; i++)
        buffer_add_byte(&body, 'x');
    const struct http_response response = {.status = http->fault ? http->fault : 200,
                                           .content_type = "text/plain",
                                           .body = buffer_slice(&body)};
    request->answer(request, &response);
}

static size_t body_limit(void *self, const struct http_request *head)
{
    (void)head;
    return ((struct wire *)self)->body_limit;
}

static void handle(void *self, struct transport_request *request)
{
    struct wire *wire = self;
    wire->handed++;
    if (wire->hold && wire->held_count < WIRE_HELD)
        wire->held[wire->held_count++] = request;
    else
        answer(wire, request);
}

void wire_answer(struct wire *wire, size_t index)
{
    struct transport_request *request = wire->held[index];
    wire->held[index] = NULL;
    answer(wire, request);
}

/* ---- the server ---- */

static int open_listening(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    memcpy(name.sun_path, path, strlen(path) + 1);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(descriptor, (const struct sockaddr *)&name, sizeof name) == 0 &&
        listen(descriptor, 100) == 0)
        return descriptor;
    close(descriptor);
    return -1;
}

bool wire_start(struct wire *wire)
{
    struct error error;
    signal(SIGPIPE, SIG_IGN); /* as the master does */
    *wire = (struct wire){.body_limit = 1000};
    snprintf(wire->path, sizeof wire->path, "/tmp/callboard-wire-%ld", (long)getpid());
    unlink(wire->path);
    wire->listening = open_listening(wire->path);
    wire->settings = (struct fcgi_server_settings){.request_seconds = 1, .connections = 1000};
    wire->metrics = metrics_create();
    wire->counts = metrics_take_place(wire->metrics);
    wire->application =
        (struct transport_application){.self = wire, .body_limit = body_limit, .handle = handle};
    uv_loop_init(&wire->loop);
    const struct fcgi_sockets sockets = {wire->listening, {-1, -1}};
    wire->server = fcgi_server_start(&wire->loop, &sockets, &wire->application, &wire->settings,
                                     wire->metrics, wire->counts, &error);
    if (wire->server)
        return true;
    uv_loop_close(&wire->loop);
    close(wire->listening);
    return false;
}

static void on_drained(void *self)
{
    ((struct wire *)self)->drained = true;
}

static bool is_drained(void *self)
{
    return ((struct wire *)self)->drained;
}

void wire_drain(struct wire *wire)
{
    if (wire->server)
        fcgi_server_drain(wire->server, on_drained, wire);
    wire->server = NULL;
}

bool wire_stop(struct wire *wire)
{
    for (size_t i = 0; i < wire->held_count; i++)
        if (wire->held[i])
            wire_answer(wire, i);
    wire_drain(wire);
    bool good = wire_until(wire, is_drained, wire) && wire->counts->connections == 0;
    close(wire->listening);
    unlink(wire->path);
    uv_run(&wire->loop, UV_RUN_NOWAIT);
    return uv_loop_close(&wire->loop) == 0 && good;
}

bool wire_until(struct wire *wire, bool (*condition)(void *self), void *self)
{
    int64_t end = clock_steady_us() + PATIENCE_US;
    while (!condition(self)) {
        if (clock_steady_us() > end)
            return false;
        if (uv_run(&wire->loop, UV_RUN_NOWAIT) == 0 || !condition(self))
            usleep(200);
    }
    return true;
}

void wire_settle(struct wire *wire)
{
    for (int i = 0; i < 50; i++) {
        uv_run(&wire->loop, UV_RUN_NOWAIT);
        usleep(200);
    }
}

struct count {
    const struct wire *wire;
    size_t wanted;
};

static bool has_handed(void *self)
{
    const struct count *count = self;
    return count->wire->handed >= count->wanted;
}

bool wire_handed(struct wire *wire, size_t count)
{
    struct count wanted = {wire, count};
    return wire_until(wire, has_handed, &wanted);
}

/* ---- clients ---- */

void wire_connect(struct wire *wire, struct wire_client *client)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    *client = (struct wire_client){.wire = wire};
    memcpy(name.sun_path, wire->path, strlen(wire->path) + 1);
    client->descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(client->descriptor, (const struct sockaddr *)&name, sizeof name) != 0)
        perror("connect");
    fcntl(client->descriptor, F_SETFL, O_NONBLOCK);
    arena_init(&client->arena, (size_t)256 << 20);
    client->out = buffer_in(&client->arena);
    client->in = buffer_in(&client->arena);
}

void wire_disconnect(struct wire_client *client)
{
    close(client->descriptor);
    arena_free(&client->arena);
}

static void read_some(struct wire_client *client)
{
    if (client->deaf || client->ended || !buffer_reserve(&client->in, 65536))
        return;
    ssize_t length = read(client->descriptor, client->in.data + client->in.length, 65536);
    if (length > 0)
        client->in.length += (size_t)length;
    else if (length == 0 || errno != EAGAIN)
        client->ended = true;
}

static bool all_sent(void *self)
{
    struct wire_client *client = self;
    read_some(client);
    ssize_t sent = send(client->descriptor, client->out.data, client->out.length, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        client->ended |= !client->deaf;
        client->out.length = 0;
    } else if (sent > 0) {
        client->out.length -= (size_t)sent;
        memmove(client->out.data, client->out.data + sent, client->out.length);
    }
    return client->out.length == 0;
}

bool wire_send(struct wire_client *client)
{
    return client->out.length == 0 || wire_until(client->wire, all_sent, client);
}

void wire_add_begin(struct wire_client *client, uint16_t id, int role, bool keep)
{
    const char body[8] = {(char)(role >> 8), (char)role, keep};
    record_add(&client->out, FCGI_BEGIN_REQUEST, id, slice_of(body, sizeof body));
}

void wire_add_parameters(struct wire_client *client, uint16_t id, const char *method,
                         const char *uri, const char *length)
{
    struct buffer pairs = buffer_in(&client->arena);
    record_add_pair(&pairs, slice_from("REQUEST_METHOD"), slice_from(method));
    record_add_pair(&pairs, slice_from("REQUEST_URI"), slice_from(uri));
    if (length)
        record_add_pair(&pairs, slice_from("CONTENT_LENGTH"), slice_from(length));
    record_add(&client->out, FCGI_PARAMS, id, buffer_slice(&pairs));
}

void wire_add_end_of(struct wire_client *client, uint8_t type, uint16_t id)
{
    record_add(&client->out, type, id, slice_of("", 0));
}

void wire_add_body(struct wire_client *client, uint16_t id, struct slice body)
{
    record_add_stream(&client->out, FCGI_STDIN, id, body, true);
}

void wire_add_request(struct wire_client *client, uint16_t id, bool keep, const char *method,
                      const char *uri, const char *body)
{
    char length[24];
    snprintf(length, sizeof length, "%zu", strlen(body));
    wire_add_begin(client, id, FCGI_RESPONDER, keep);
    wire_add_parameters(client, id, method, uri, length);
    wire_add_end_of(client, FCGI_PARAMS, id);
    wire_add_body(client, id, slice_from(body));
}

/* The record at client->taken, when all of it is there. */
static bool whole_record(const struct wire_client *client, struct wire_record *record, size_t *size)
{
    const unsigned char *p = (const unsigned char *)client->in.data + client->taken;
    size_t left = client->in.length - client->taken;
    if (left < 8)
        return false;
    size_t length = (size_t)p[4] << 8 | p[5];
    *size = 8 + length + p[6];
    *record = (struct wire_record){p[1], (uint16_t)(p[2] << 8 | p[3]),
                                   slice_of((const char *)p + 8, length)};
    return left >= *size;
}

static bool record_or_end(void *self)
{
    struct wire_client *client = self;
    struct wire_record record;
    size_t size;
    read_some(client);
    return client->ended || whole_record(client, &record, &size);
}

bool wire_next(struct wire_client *client, struct wire_record *record)
{
    size_t size;
    wire_until(client->wire, record_or_end, client);
    if (!whole_record(client, record, &size))
        return false;
    client->taken += size;
    return true;
}

struct slice wire_receive(struct wire_client *client, uint16_t id, int *protocol_status)
{
    struct buffer text = buffer_in(&client->arena);
    struct wire_record record;
    *protocol_status = -1;
    while (wire_next(client, &record) && record.id == id) {
        if (record.type == FCGI_STDOUT)
            buffer_add(&text, record.content);
        if (record.type != FCGI_END_REQUEST)
            continue;
        *protocol_status = record.content.length == 8 ? record.content.data[4] : -2;
        break;
    }
    return buffer_slice(&text);
}

static bool has_ended(void *self)
{
    struct wire_client *client = self;
    read_some(client);
    return client->ended;
}

bool wire_ended(struct wire_client *client)
{
    return wire_until(client->wire, has_ended, client);
}
