/*
 * test_events_request.c - tests of events/request.c.
 */
#include "suite.h"

#include "events/request.h"

static struct arena arena;
static struct request request;

/* Reads the request for TARGET with LINES, further header lines; from a peer called "local". */
static void read_lines(const char *target, const char *lines)
{
    struct head head;
    struct error error;
    arena_free(&arena);
    arena_init(&arena, 1 << 20);
    struct buffer text = buffer_in(&arena);
    buffer_format(&text, "GET %s HTTP/1.1\r\nHost: pbx.example\r\n%s\r\n", target, lines);
    CU_ASSERT_TRUE_FATAL(head_read(buffer_slice(&text), &head, &error));
    request_read(&head, "https://crm.example", "local", &arena, &request);
}

#define UPGRADE                                                                                    \
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"                   \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

#define REFUSED(target, lines, why_status)                                                         \
    do {                                                                                           \
        read_lines(target, lines);                                                                 \
        CU_ASSERT_EQUAL(request.kind, REQUEST_REFUSED);                                            \
        CU_ASSERT_EQUAL(request.status, why_status);                                               \
        CU_ASSERT_PTR_NOT_NULL(request.why);                                                       \
    } while (0)

static void test_paths(void)
{
    read_lines("/events", "");
    CU_ASSERT_EQUAL(request.kind, REQUEST_STREAM);
    CU_ASSERT_EQUAL(request.arrival.wire, WIRE_SSE);
    read_lines("/events", UPGRADE);
    CU_ASSERT_EQUAL(request.arrival.wire, WIRE_TEXT);
    ASSERT_TEXT(request.key, "dGhlIHNhbXBsZSBub25jZQ==");
    read_lines("/basix/api/ws_cti", UPGRADE);
    CU_ASSERT_EQUAL(request.kind, REQUEST_STREAM);
    CU_ASSERT_EQUAL(request.arrival.wire, WIRE_BINARY);
    read_lines("/events/connections", "");
    CU_ASSERT_EQUAL(request.kind, REQUEST_LIST);
    REFUSED("/basix/api/ws_cti", "", 426);
    REFUSED("/events/", "", 404);
    REFUSED("/", UPGRADE, 404);
}

static void test_handshake(void)
{
    REFUSED("/events", "Upgrade: websocket\r\n", 400);
    REFUSED("/events", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n",
            426);
    REFUSED("/events",
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: short\r\n",
            400);
    REFUSED("/events",
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBu 25jZQ==\r\n",
            400);
}

static void test_origin(void)
{
    read_lines("/events", "Origin: https://pbx.example\r\n");
    CU_ASSERT_EQUAL(request.kind, REQUEST_STREAM);
    read_lines("/events", "Origin: https://crm.example\r\n");
    CU_ASSERT_EQUAL(request.kind, REQUEST_STREAM);
    REFUSED("/events", "Origin: https://evil.example\r\n", 403);
    REFUSED("/events", "Origin: https://crm.example.evil.example\r\n", 403);
    REFUSED("/events", "Origin: null\r\n", 403);
    REFUSED("/events/connections", "Origin: https://evil.example\r\n", 403);
}

/* What the web server in front has seen counts, not what the client says of itself. */
static void test_address(void)
{
    read_lines("/events", "X-Forwarded-For: 10.0.0.9, 192.0.2.1\r\n");
    CU_ASSERT_STRING_EQUAL(request.arrival.address, "192.0.2.1");
    read_lines("/events", "X-Forwarded-For: 2001:db8::1\r\n");
    CU_ASSERT_STRING_EQUAL(request.arrival.address, "2001:db8::1");
    read_lines("/events", "X-Forwarded-For: 10.0.0.9, unknown\r\n");
    CU_ASSERT_STRING_EQUAL(request.arrival.address, "local");
    read_lines("/events", "");
    CU_ASSERT_STRING_EQUAL(request.arrival.address, "local");
}

static void test_query(void)
{
    read_lines(
        "/events?app_name=desk%0a%22%c3%ab&force=1&element=user,%20channel&user=ada&group=sales",
        "");
    CU_ASSERT_STRING_EQUAL(request.arrival.app_name, "desk????");
    CU_ASSERT_TRUE(request.arrival.force);
    CU_ASSERT_EQUAL(request.arrival.elements, 1u << ELEMENT_USER | 1u << ELEMENT_CHANNEL);
    CU_ASSERT_STRING_EQUAL(request.arrival.user, "ada");
    CU_ASSERT_STRING_EQUAL(request.arrival.group, "sales");
    CU_ASSERT_FALSE(request.arrival.resumes);
    read_lines("/events", "");
    CU_ASSERT_EQUAL(request.arrival.elements, ELEMENTS_ALL);
    CU_ASSERT_FALSE(request.arrival.force);
    REFUSED("/events?element=users", "", 400);
    REFUSED("/events?element=", "", 400);
    /* A Basix client has no filters. */
    read_lines("/basix/api/ws_cti?element=users&user=ada&since=1-1", UPGRADE);
    CU_ASSERT_EQUAL(request.arrival.elements, ELEMENTS_ALL);
    CU_ASSERT_STRING_EQUAL(request.arrival.user, "");
    CU_ASSERT_FALSE(request.arrival.resumes);
}

static void test_since(void)
{
    read_lines("/events?since=12-3", "");
    CU_ASSERT_TRUE(request.arrival.resumes);
    CU_ASSERT_EQUAL(request.arrival.since.ms, 12);
    CU_ASSERT_EQUAL(request.arrival.since.number, 3);
    read_lines("/events?since=12-3", "Last-Event-ID: 13-0\r\n");
    CU_ASSERT_EQUAL(request.arrival.since.ms, 13);
    read_lines("/events?since=yesterday", "");
    CU_ASSERT_FALSE(request.arrival.resumes);
}

/* A page's credential comes as a subprotocol, in base64url; the header of that name is taken before it. */
static void test_credential(void)
{
    read_lines("/events", "Authorization: Basic eDp5\r\n");
    ASSERT_TEXT(request.authorization, "Basic eDp5");
    CU_ASSERT_FALSE(request.arrival.subprotocol);
    read_lines("/events", UPGRADE "Sec-WebSocket-Protocol: events, basic.eDp5-_8\r\n");
    ASSERT_TEXT(request.authorization, "Basic eDp5+/8=");
    CU_ASSERT_TRUE(request.arrival.subprotocol);
    read_lines("/events",
               UPGRADE "Sec-WebSocket-Protocol: basic.eDp5\r\nAuthorization: Basic YTpi\r\n");
    ASSERT_TEXT(request.authorization, "Basic YTpi");
    read_lines("/events", "");
    CU_ASSERT_EQUAL(request.authorization.length, 0);
}

static void test_finish(void)
{
    struct access access = {.domain = "a"};
    read_lines("/events?full_events=true", "");
    request_finish(&request, &access); /* a domain's token */
    CU_ASSERT_FALSE(request.arrival.own);
    strcpy(access.user, "ada");
    request_finish(&request, &access);
    CU_ASSERT_TRUE(request.arrival.own);
    access.administrator = true;
    request_finish(&request, &access);
    CU_ASSERT_FALSE(request.arrival.own);
    read_lines("/events", "");
    request_finish(&request, &access);
    CU_ASSERT_TRUE(request.arrival.own);
    read_lines("/events/connections", "");
    request_finish(&request, &access);
    CU_ASSERT_EQUAL(request.kind, REQUEST_LIST);
    access.administrator = false;
    request_finish(&request, &access);
    CU_ASSERT_EQUAL(request.kind, REQUEST_REFUSED);
    CU_ASSERT_EQUAL(request.status, 403);
    arena_free(&arena);
}

SUITE("request", {"paths", test_paths}, {"handshakes", test_handshake}, {"origins", test_origin},
      {"addresses", test_address}, {"queries", test_query}, {"since", test_since},
      {"credentials", test_credential}, {"what follows from who it is", test_finish})
