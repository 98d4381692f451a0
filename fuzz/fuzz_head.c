/*
 * fuzz_head.c - events/head.c and events/request.c: a request for the event stream from any bytes.
 */
#include "fuzz/fuzz.h"

#include "events/request.h"

static bool within(struct slice part, struct slice whole)
{
    return part.length == 0 ||
           (part.data >= whole.data && part.data + part.length <= whole.data + whole.length);
}

static bool is_clean(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\')
            return false;
    return true;
}

static void try_request(const struct head *head)
{
    struct arena arena;
    struct request request;
    const struct access access = {.domain = "a", .user = "ada"};
    arena_init(&arena, 1 << 20);
    request_read(head, "https://crm.example", "local", &arena, &request);
    if (request.kind == REQUEST_REFUSED) {
        FUZZ_PROMISE(request.status >= 400 && request.status < 500 && request.why);
    } else {
        request_finish(&request, &access);
        FUZZ_PROMISE(request.arrival.own);
        FUZZ_PROMISE((request.arrival.elements & ~ELEMENTS_ALL) == 0);
        FUZZ_PROMISE(request.key.length == 0 || request.key.length == 24);
        FUZZ_PROMISE(request.arrival.wire != WIRE_BINARY || request.key.length == 24 ||
                     request.kind != REQUEST_STREAM);
    }
    FUZZ_PROMISE(is_clean(request.arrival.app_name) && is_clean(request.arrival.address));
    FUZZ_PROMISE(strlen(request.arrival.user) < CLIENT_NAME_BYTES);
    FUZZ_PROMISE(strlen(request.arrival.group) < CLIENT_NAME_BYTES);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice all = slice_of(size ? (const char *)data : NULL, size);
    size_t length = head_length(all);
    struct head head;
    struct error error = {""};
    FUZZ_PROMISE(length <= size);
    if (length == 0)
        return 0;
    all.length = length;
    if (!head_read(all, &head, &error)) {
        FUZZ_PROMISE(*error.text);
        return 0;
    }
    const struct slice parts[] = {
        head.method,     head.path,          head.query,         head.host,          head.upgrade,
        head.connection, head.key,           head.version,       head.authorization, head.origin,
        head.accept,     head.last_event_id, head.forwarded_for, head.protocols};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        FUZZ_PROMISE(within(parts[i], all));
    FUZZ_PROMISE(head.path.length > 0 && head.path.data[0] == '/');
    try_request(&head);
    return 0;
}

FUZZ_SEEDS(
    SLICE_LITERAL(
        "GET /events?element=user,channel&user=%41da&since=1-2&app_name=x%0a HTTP/1.1\r\n"
        "Host: pbx.example\r\nOrigin: https://pbx.example\r\nAccept: text/event-stream\r\n"
        "Last-Event-ID: 12-0\r\nX-Forwarded-For: 10.0.0.1, 192.0.2.1\r\n\r\n"),
    SLICE_LITERAL(
        "GET /basix/api/ws_cti?app_name=desk&force=1&full_events=true HTTP/1.1\r\nHost: x\r\n"
        "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Authorization: Basic eDp5\r\n\r\n"),
    SLICE_LITERAL("GET /events HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Protocol: events, basic.eDp5-_8\r\n\r\n"),
    SLICE_LITERAL("GET /events/connections HTTP/1.0\r\nContent-Length: 0\r\n\r\n"));
