/*
 * door.c - where connections come in.
 */
#include "events/door.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "events/request.h"
#include "htpasswd/basic.h"

#define ACCEPT_AT_ONCE 64

/* How long a request may take to arrive, and an answer to be taken. */
#define PATIENCE_US (10 * (int64_t)1000000)
#define SWEEP_MS    1000

#define VISITOR_BYTES ((size_t)1 << 20)

struct door {
    uv_loop_t *loop;
    uv_poll_t listening;
    uv_timer_t sweep;
    int descriptor;
    size_t handles; /* not yet closed */
    const struct events_settings *settings;
    struct access_control *control;
    struct server *server;
    struct visitor *visitors;
    bool full; /* no descriptor is left: nobody is let in until the next sweep */
    bool closing;
};

/* One whose request is being read. */
struct visitor {
    struct door *door;
    uv_poll_t poll;
    int descriptor; /* -1: handed on */
    int64_t since_us;
    struct arena arena;
    char bytes[HEAD_BYTES];
    size_t length;
    struct request request;
    struct access access;
    bool checking; /* somebody finds out whether the password is right */
    bool leaving;
    struct buffer answer;
    size_t written;
    struct visitor *next, *previous;
};

/* ---- coming and going ---- */

static void door_free(struct door *door)
{
    if (door->handles == 0)
        free(door);
}

static void visitor_free(struct visitor *visitor)
{
    struct door *door = visitor->door;
    arena_free(&visitor->arena);
    explicit_bzero(visitor->bytes, sizeof visitor->bytes);
    free(visitor);
    door->handles--;
    if (door->closing)
        door_free(door);
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct visitor *visitor = handle->data;
    visitor->poll.data = NULL;
    if (!visitor->checking)
        visitor_free(visitor);
}

static void leave(struct visitor *visitor)
{
    if (visitor->leaving)
        return;
    visitor->leaving = true;
    if (visitor->previous)
        visitor->previous->next = visitor->next;
    else
        visitor->door->visitors = visitor->next;
    if (visitor->next)
        visitor->next->previous = visitor->previous;
    uv_close((uv_handle_t *)&visitor->poll, on_poll_closed);
    if (visitor->descriptor >= 0)
        close(visitor->descriptor);
}

/* ---- answers that end it ---- */

static const char *reason_of(int status)
{
    switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    default: return "Service Unavailable";
    }
}

static const char *header_of(int status)
{
    switch (status) {
    case 401: return "WWW-Authenticate: Basic realm=\"callboard\", charset=\"UTF-8\"\r\n";
    case 405: return "Allow: GET\r\n";
    case 426: return "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    case 429:
    case 503: return "Retry-After: 10\r\n";
    default: return "";
    }
}

static void on_writable(uv_poll_t *poll, int status, int events)
{
    struct visitor *visitor = poll->data;
    struct slice all = buffer_slice(&visitor->answer);
    (void)events;
    ssize_t sent = status < 0 ? -1
                              : send(visitor->descriptor, all.data + visitor->written,
                                     all.length - visitor->written, MSG_NOSIGNAL);
    if (sent < 0 && status == 0 && (errno == EAGAIN || errno == EINTR))
        return;
    visitor->written += sent > 0 ? (size_t)sent : 0;
    if (sent < 0 || visitor->written == all.length)
        leave(visitor);
}

static void answer(struct visitor *visitor, int status, struct slice body)
{
    struct buffer *out = &visitor->answer;
    *out = buffer_in(&visitor->arena);
    buffer_format(out,
                  "HTTP/1.1 %d %s\r\nContent-Type: application/json; charset=utf-8\r\n"
                  "Content-Length: %zu\r\nCache-Control: no-store\r\nConnection: close\r\n%s\r\n",
                  status, reason_of(status), body.length, header_of(status));
    buffer_add(out, body);
    visitor->since_us = clock_steady_us();
    if (out->failed)
        leave(visitor);
    else
        uv_poll_start(&visitor->poll, UV_WRITABLE, on_writable);
}

static void refuse(struct visitor *visitor, int status, const char *why)
{
    struct buffer body = buffer_in(&visitor->arena);
    buffer_add_string(&body, "{\"error\":");
    buffer_add_json(&body, slice_from(why));
    buffer_add_byte(&body, '}');
    log_info("%d to %s: %s", status, visitor->request.arrival.address, why);
    answer(visitor, status, buffer_slice(&body));
}

/* ---- what is asked for ---- */

static void admit(struct visitor *visitor)
{
    struct request *request = &visitor->request;
    request_finish(request, &visitor->access);
    if (request->kind == REQUEST_REFUSED) {
        refuse(visitor, request->status, request->why);
    } else if (request->kind == REQUEST_LIST) {
        struct buffer body = buffer_in(&visitor->arena);
        server_list(visitor->door->server, &visitor->access, &body);
        answer(visitor, 200, buffer_slice(&body));
    } else {
        int descriptor = visitor->descriptor;
        visitor->descriptor = -1;
        leave(visitor); /* the loop watches the descriptor no more */
        server_admit(visitor->door->server, descriptor, &request->arrival, request->key);
    }
}

static void act_on(struct visitor *visitor, enum credential_verdict verdict)
{
    switch (verdict) {
    case VERDICT_GOOD: admit(visitor); break;
    case VERDICT_SLOW_DOWN: refuse(visitor, 429, "too many wrong passwords; wait"); break;
    case VERDICT_UNAVAILABLE: refuse(visitor, 503, "the password cannot be checked now"); break;
    case VERDICT_LATER: break;
    default: refuse(visitor, 401, "this needs a domain and its token, or a user and a password");
    }
}

static void on_verdict(void *self, enum credential_verdict verdict)
{
    struct visitor *visitor = self;
    visitor->checking = false;
    if (!visitor->leaving)
        act_on(visitor, verdict);
    else if (!visitor->poll.data)
        visitor_free(visitor);
}

static void check(struct visitor *visitor)
{
    struct slice name, secret;
    struct arrival *arrival = &visitor->request.arrival;
    if (!basic_read(&visitor->arena, visitor->request.authorization, &name, &secret)) {
        act_on(visitor, VERDICT_WRONG);
        return;
    }
    enum credential_verdict verdict =
        access_check(visitor->door->control, name, secret, slice_from(arrival->address),
                     &visitor->access, on_verdict, visitor);
    visitor->checking = verdict == VERDICT_LATER;
    act_on(visitor, verdict);
}

static void read_request(struct visitor *visitor, size_t length)
{
    struct head head;
    struct error error;
    struct sockaddr_in peer = {0};
    socklen_t size = sizeof peer;
    char address[INET_ADDRSTRLEN] = "local";
    uv_poll_stop(&visitor->poll);
    if (getpeername(visitor->descriptor, (struct sockaddr *)&peer, &size) == 0 &&
        peer.sin_family == AF_INET)
        inet_ntop(AF_INET, &peer.sin_addr, address, sizeof address);
    if (!head_read(slice_of(visitor->bytes, length), &head, &error)) {
        refuse(visitor, 400, error.text);
        return;
    }
    request_read(&head, visitor->door->settings->origins, address, &visitor->arena,
                 &visitor->request);
    if (visitor->request.kind == REQUEST_REFUSED)
        refuse(visitor, visitor->request.status, visitor->request.why);
    else
        check(visitor);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct visitor *visitor = poll->data;
    (void)events;
    ssize_t got = status < 0 ? 0
                             : recv(visitor->descriptor, visitor->bytes + visitor->length,
                                    sizeof visitor->bytes - visitor->length, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        leave(visitor);
        return;
    }
    visitor->length += (size_t)got;
    size_t length = head_length(slice_of(visitor->bytes, visitor->length));
    if (length == visitor->length) {
        read_request(visitor, length);
    } else if (length > 0) { /* nobody sends frames before the handshake is answered */
        uv_poll_stop(poll);
        refuse(visitor, 400, "there is something behind the request");
    } else if (visitor->length == sizeof visitor->bytes) {
        uv_poll_stop(poll);
        refuse(visitor, 431, "the headers are too large");
    }
}

/* ---- the door ---- */

static void receive(struct door *door, int descriptor)
{
    struct visitor *visitor = calloc(1, sizeof *visitor);
    if (!visitor || uv_poll_init(door->loop, &visitor->poll, descriptor) != 0) {
        free(visitor);
        close(descriptor);
        return;
    }
    visitor->door = door;
    visitor->descriptor = descriptor;
    visitor->since_us = clock_steady_us();
    visitor->poll.data = visitor;
    arena_init(&visitor->arena, VISITOR_BYTES);
    visitor->next = door->visitors;
    if (visitor->next)
        visitor->next->previous = visitor;
    door->visitors = visitor;
    door->handles++;
    uv_poll_start(&visitor->poll, UV_READABLE, on_readable);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct door *door = poll->data;
    (void)events;
    for (int i = 0; status == 0 && i < ACCEPT_AT_ONCE; i++) {
        int descriptor = accept4(door->descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            receive(door, descriptor);
            continue;
        }
        door->full = errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS;
        if (door->full) { /* the next one would be tried again and again */
            log_warning("no more connections can be taken: %s", strerror(errno));
            uv_poll_stop(poll);
        }
        return;
    }
}

static void on_sweep(uv_timer_t *timer)
{
    struct door *door = timer->data;
    int64_t now_us = clock_steady_us();
    struct visitor *next;
    if (door->full)
        uv_poll_start(&door->listening, UV_READABLE, on_connection);
    door->full = false;
    for (struct visitor *each = door->visitors; each; each = next) {
        next = each->next;
        if (!each->checking && now_us - each->since_us > PATIENCE_US)
            leave(each);
    }
}

struct door *door_open(uv_loop_t *loop, int listening, const struct events_settings *settings,
                       struct access_control *control, struct server *server, struct error *error)
{
    struct door *door = calloc(1, sizeof *door);
    if (!door || uv_poll_init(loop, &door->listening, listening) != 0) {
        free(door);
        error_set(error, "the listening socket cannot be watched");
        return NULL;
    }
    door->loop = loop;
    door->descriptor = listening;
    door->settings = settings;
    door->control = control;
    door->server = server;
    door->handles = 2;
    door->listening.data = door->sweep.data = door;
    uv_timer_init(loop, &door->sweep);
    uv_timer_start(&door->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
    uv_poll_start(&door->listening, UV_READABLE, on_connection);
    return door;
}

void door_settings(struct door *door, const struct events_settings *settings)
{
    door->settings = settings;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct door *door = handle->data;
    door->handles--;
    door_free(door);
}

void door_close(struct door *door)
{
    struct visitor *next;
    door->closing = true;
    for (struct visitor *each = door->visitors; each; each = next) {
        next = each->next;
        leave(each);
    }
    uv_close((uv_handle_t *)&door->listening, on_handle_closed);
    uv_close((uv_handle_t *)&door->sweep, on_handle_closed);
    close(door->descriptor);
}
