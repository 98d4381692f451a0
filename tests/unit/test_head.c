/*
 * test_head.c - tests of events/head.c.
 */
#include "suite.h"

#include "events/head.h"

static struct head head;
static struct error error;

static bool reads(const char *text)
{
    memset(&head, 0, sizeof head);
    return head_read(slice_from(text), &head, &error);
}

#define REFUSED(sent, why)                                                                         \
    do {                                                                                           \
        CU_ASSERT_FALSE(reads(sent));                                                              \
        ASSERT_TEXT(slice_from(error.text), why);                                                  \
    } while (0)

static void test_length(void)
{
    CU_ASSERT_EQUAL(head_length(slice_of(NULL, 0)), 0);
    CU_ASSERT_EQUAL(head_length(slice_from("GET / HTTP/1.1\r\nHost: x\r\n")), 0);
    CU_ASSERT_EQUAL(head_length(slice_from("GET / HTTP/1.1\r\n\r\n")), 18);
    CU_ASSERT_EQUAL(head_length(slice_from("GET / HTTP/1.1\r\n\r\nmore")), 18);
}

static void test_handshake(void)
{
    CU_ASSERT_TRUE(reads(
        "GET /events?element=user&x=?y HTTP/1.1\r\nHOST: pbx.example\r\nUpgrade:websocket\r\n"
        "Connection:  keep-alive, Upgrade \r\nSec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\nAuthorization: Basic eDp5\r\nX-Other: \xc3\xab\r\n\r\n"));
    ASSERT_TEXT(head.method, "GET");
    ASSERT_TEXT(head.path, "/events");
    ASSERT_TEXT(head.query, "element=user&x=?y");
    CU_ASSERT_TRUE(head.http_1_1);
    ASSERT_TEXT(head.host, "pbx.example");
    ASSERT_TEXT(head.connection, "keep-alive, Upgrade");
    ASSERT_TEXT(head.key, "dGhlIHNhbXBsZQ==");
    ASSERT_TEXT(head.version, "13");
    ASSERT_TEXT(head.authorization, "Basic eDp5");
    CU_ASSERT_EQUAL(head.origin.length, 0);
    CU_ASSERT_TRUE(reads("GET / HTTP/1.0\r\n\r\n"));
    CU_ASSERT_FALSE(head.http_1_1);
    CU_ASSERT_EQUAL(head.query.length, 0);
}

/* Of the headers that a proxy adds to, the last one counts: the nearest proxy's. */
static void test_twice(void)
{
    CU_ASSERT_TRUE(
        reads("GET / HTTP/1.1\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\n\r\n"));
    ASSERT_TEXT(head.forwarded_for, "2.2.2.2");
    REFUSED("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "header host comes twice");
    REFUSED("GET / HTTP/1.1\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
            "header authorization comes twice");
}

static void test_malformed(void)
{
    static const char *const lines[] = {
        "GET /\r\n\r\n",           "GET  / HTTP/1.1\r\n\r\n",  "GET x HTTP/1.1\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",  "G\"T / HTTP/1.1\r\n\r\n",  " / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1 \r\n\r\n", "GET / x HTTP/1.1\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        REFUSED(lines[i], "this is no request line");
    REFUSED("GET / HTTP/1.1\r\nHost x\r\n\r\n", "a header line is malformed");
    REFUSED("GET / HTTP/1.1\r\nHost : x\r\n\r\n", "a header line is malformed");
    REFUSED("GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", "a header line is malformed");
    REFUSED("GET / HTTP/1.1\nHost: x\r\n\r\n", "a line does not end in CR LF");
    REFUSED("GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", "there is a control character in the head");
    REFUSED("GET / HTTP/1.1\r\nHost: \x7f\r\n\r\n", "there is a control character in the head");
    const struct slice nul = SLICE_LITERAL("GET / HTTP/1.1\r\nHost: \0\r\n\r\n");
    CU_ASSERT_FALSE(head_read(nul, &head, &error));
}

static void test_body(void)
{
    REFUSED("GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\n", "a request here has no body");
    REFUSED("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "a request here has no body");
    CU_ASSERT_TRUE(reads("GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"));
}

static void test_list(void)
{
    CU_ASSERT_TRUE(head_list_has(slice_from("keep-alive , UPGRADE"), "upgrade"));
    CU_ASSERT_FALSE(head_list_has(slice_from("upgraded, up"), "upgrade"));
    CU_ASSERT_FALSE(head_list_has(slice_of(NULL, 0), "upgrade"));
}

SUITE("head", {"length", test_length}, {"a handshake", test_handshake},
      {"headers that come twice", test_twice}, {"malformed ones", test_malformed},
      {"a request with a body", test_body}, {"lists", test_list})
