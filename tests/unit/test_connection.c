/*
 * test_connection.c - tests of fcgi/connection.c: what a web server, or somebody who is none, may send.
 */
#include "suite.h"

#include <stdio.h>
#include <sys/socket.h>

#include "fcgi/connection.h"
#include "wire.h"

static struct wire wire;
static struct wire_client client;
static int status; /* of FCGI_END_REQUEST */

static void begin(void)
{
    CU_ASSERT_TRUE_FATAL(wire_start(&wire));
    wire_connect(&wire, &client);
}

/* Ends the test's server; all connections and requests must be gone with it. */
static void end(void)
{
    wire_disconnect(&client);
    CU_ASSERT_TRUE(wire_stop(&wire));
}

static void assert_part(struct slice text, const char *part)
{
    bool found = text.length && memmem(text.data, text.length, part, strlen(part));
    if (!found)
        printf("\nno \"%s\" in \"%.*s\"", part, (int)(text.length < 500 ? text.length : 500),
               text.data ? text.data : "");
    CU_ASSERT_TRUE(found);
}

/* The next answer is to request ID, complete, and holds PART. */
static void assert_answer(uint16_t id, const char *part)
{
    assert_part(wire_receive(&client, id, &status), part);
    CU_ASSERT_EQUAL(status, FCGI_REQUEST_COMPLETE);
}

/* The next answer is FCGI_END_REQUEST alone. */
static void assert_end(uint16_t id, int wanted)
{
    CU_ASSERT_EQUAL(wire_receive(&client, id, &status).length, 0);
    CU_ASSERT_EQUAL(status, wanted);
}

/* The connection is alive and well. */
static void assert_alive(void)
{
    wire.hold = false;
    wire_add_request(&client, 999, true, "GET", "/alive", "");
    CU_ASSERT_TRUE(wire_send(&client));
    assert_answer(999, "GET /alive fault=0");
}

/* ---- good requests ---- */

static void test_kept(void)
{
    begin();
    for (uint16_t id = 1; id < 4; id++) {
        wire_add_request(&client, id, true, "POST", "/a%20b?c", "body");
        CU_ASSERT_TRUE(wire_send(&client));
        struct slice answer = wire_receive(&client, id, &status);
        CU_ASSERT_EQUAL(status, FCGI_REQUEST_COMPLETE);
        CU_ASSERT_TRUE(slice_starts(answer, "Status: 200 OK\r\nContent-Type: text/plain\r\n"
                                            "Content-Length: 36\r\nX-Request-Id: "));
        assert_part(answer, "\r\n\r\nPOST /a b fault=0 length=4 body=body");
    }
    CU_ASSERT_EQUAL(wire.counts->connections, 1);
    end();
}

static void test_not_kept(void)
{
    begin();
    wire_add_request(&client, 1, false, "GET", "/", "");
    CU_ASSERT_TRUE(wire_send(&client));
    assert_answer(1, "GET / fault=0");
    CU_ASSERT_TRUE(wire_ended(&client));
    end();
}

static void test_byte_by_byte(void)
{
    begin();
    wire_add_request(&client, 1, true, "POST", "/slow", "body");
    struct buffer all = client.out;
    client.out = buffer_in(&client.arena);
    for (size_t i = 0; i < all.length; i++) {
        buffer_add_byte(&client.out, all.data[i]);
        CU_ASSERT_TRUE(wire_send(&client));
        uv_run(&wire.loop, UV_RUN_NOWAIT);
    }
    assert_answer(1, "POST /slow fault=0 length=4 body=body");
    end();
}

/* Pairs torn over records of one byte each, padding, and a body in small pieces. */
static void test_pieces(void)
{
    begin();
    struct buffer pairs = buffer_in(&client.arena);
    record_add_pair(&pairs, slice_from("REQUEST_METHOD"), slice_from("PUT"));
    record_add_pair(&pairs, slice_from("REQUEST_URI"), slice_from("/pieces"));
    wire_add_begin(&client, 7, FCGI_RESPONDER, true);
    for (size_t i = 0; i < pairs.length; i++)
        record_add(&client.out, FCGI_PARAMS, 7, slice_of(pairs.data + i, 1));
    wire_add_end_of(&client, FCGI_PARAMS, 7);
    for (size_t i = 0; i < 4; i++)
        record_add(&client.out, FCGI_STDIN, 7, slice_of(&"body"[i], 1));
    wire_add_end_of(&client, FCGI_STDIN, 7);
    CU_ASSERT_TRUE(wire_send(&client));
    assert_answer(7, "PUT /pieces fault=0 length=4 body=body");
    end();
}

static void test_large_answer(void)
{
    begin();
    wire.answer_size = 1000000;
    wire_add_request(&client, 1, true, "GET", "/", "");
    CU_ASSERT_TRUE(wire_send(&client));
    struct slice answer = wire_receive(&client, 1, &status);
    CU_ASSERT_EQUAL(status, FCGI_REQUEST_COMPLETE);
    CU_ASSERT(answer.length > 1000000 && answer.length < 1001000);
    end();
}

static void test_authorizer(void)
{
    begin();
    wire_add_begin(&client, 1, FCGI_AUTHORIZER, true);
    wire_add_parameters(&client, 1, "GET", "/auth", NULL);
    wire_add_end_of(&client, FCGI_PARAMS, 1); /* no FCGI_STDIN: section 6.3 */
    CU_ASSERT_TRUE(wire_send(&client));
    assert_answer(1, "GET /auth fault=0");
    wire_add_end_of(&client, FCGI_STDIN, 1); /* sent all the same by some: ignored */
    CU_ASSERT_TRUE(wire_send(&client));
    assert_alive();
    end();
}

/* Three requests whose records come in turn, answered in the other order. */
static void test_interleaved(void)
{
    begin();
    wire.hold = true;
    for (uint16_t id = 1; id <= 3; id++)
        wire_add_begin(&client, id, FCGI_RESPONDER, true);
    for (uint16_t id = 1; id <= 3; id++)
        wire_add_parameters(&client, id, "POST", id == 1 ? "/1" : id == 2 ? "/2" : "/3", NULL);
    for (uint16_t id = 3; id >= 1; id--)
        wire_add_end_of(&client, FCGI_PARAMS, id);
    for (uint16_t id = 1; id <= 3; id++)
        record_add(&client.out, FCGI_STDIN, id, slice_of(&"abc"[id - 1], 1));
    for (uint16_t id = 1; id <= 3; id++)
        wire_add_body(&client, id, slice_of(&"xyz"[id - 1], 1));
    CU_ASSERT_TRUE(wire_send(&client));
    CU_ASSERT_TRUE(wire_handed(&wire, 3));
    for (size_t i = 3; i-- > 0;)
        wire_answer(&wire, i);
    assert_answer(3, "POST /3 fault=0 length=2 body=cz");
    assert_answer(2, "POST /2 fault=0 length=2 body=by");
    assert_answer(1, "POST /1 fault=0 length=2 body=ax");
    end();
}

/* ---- management and refusals ---- */

static void test_get_values(void)
{
    struct wire_record record;
    begin();
    struct buffer pairs = buffer_in(&client.arena);
    record_add_pair(&pairs, slice_from(FCGI_MPXS_CONNS), slice_from(""));
    record_add_pair(&pairs, slice_from("UNKNOWN"), slice_from("x"));
    record_add_pair(&pairs, slice_from(FCGI_MAX_REQS), slice_from(""));
    record_add(&client.out, FCGI_GET_VALUES, 0, buffer_slice(&pairs));
    CU_ASSERT_TRUE(wire_send(&client));
    CU_ASSERT_TRUE(wire_next(&client, &record));
    CU_ASSERT_EQUAL(record.type, FCGI_GET_VALUES_RESULT);
    CU_ASSERT_EQUAL(record.id, 0);
    struct slice name, value;
    bool torn;
    CU_ASSERT_TRUE(record_next_pair(&record.content, &name, &value, &torn));
    ASSERT_TEXT(name, FCGI_MPXS_CONNS);
    ASSERT_TEXT(value, "1");
    CU_ASSERT_TRUE(record_next_pair(&record.content, &name, &value, &torn));
    ASSERT_TEXT(name, FCGI_MAX_REQS);
    CU_ASSERT_FALSE(record_next_pair(&record.content, &name, &value, &torn));
    CU_ASSERT_FALSE(torn);
    assert_alive();
    end();
}

/* One that asks for more than anybody has to know gets what fits; one that is torn, what is whole. */
static void test_get_values_hostile(void)
{
    static char many[60000];
    struct wire_record record;
    begin();
    memset(many, 0xff, sizeof many);
    record_add(&client.out, FCGI_GET_VALUES, 0, slice_of(many, sizeof many));
    CU_ASSERT_TRUE(wire_send(&client));
    CU_ASSERT_TRUE(wire_next(&client, &record));
    CU_ASSERT_EQUAL(record.type, FCGI_GET_VALUES_RESULT);
    CU_ASSERT_EQUAL(record.content.length, 0);
    record_add(&client.out, FCGI_GET_VALUES, 0, slice_of("", 0));
    CU_ASSERT_TRUE(wire_send(&client));
    CU_ASSERT_TRUE(wire_next(&client, &record));
    CU_ASSERT_EQUAL(record.content.length, 0);
    assert_alive();
    end();
}

static void test_unknown_type(void)
{
    struct wire_record record;
    begin();
    record_add(&client.out, 200, 0, slice_from("whatever"));
    CU_ASSERT_TRUE(wire_send(&client));
    CU_ASSERT_TRUE(wire_next(&client, &record));
    CU_ASSERT_EQUAL(record.type, FCGI_UNKNOWN_TYPE);
    CU_ASSERT_EQUAL(record.id, 0);
    CU_ASSERT_EQUAL((unsigned char)record.content.data[0], 200);
    assert_alive();
    end();
}

static void test_unknown_role(void)
{
    begin();
    wire_add_begin(&client, 1, FCGI_FILTER, true);
    wire_add_parameters(&client, 1, "GET", "/", NULL);
    wire_add_end_of(&client, FCGI_PARAMS, 1);
    wire_add_end_of(&client, FCGI_STDIN, 1);
    CU_ASSERT_TRUE(wire_send(&client));
    assert_end(1, FCGI_UNKNOWN_ROLE);
    assert_alive();
    CU_ASSERT_EQUAL(wire.handed, 1);
    end();
}

/* Records that belong to nothing, or come when nobody expects them, change nothing. */
static void test_stray_records(void)
{
    begin();
    wire_add_end_of(&client, FCGI_PARAMS, 9);
    wire_add_end_of(&client, FCGI_STDIN, 9);
    wire_add_end_of(&client, FCGI_ABORT_REQUEST, 9);
    record_add(&client.out, FCGI_PARAMS, 9, slice_from("stray"));
    record_add(&client.out, 77, 9, slice_from("stray"));
    wire_add_begin(&client, 1, FCGI_RESPONDER, true);
    record_add(&client.out, FCGI_STDIN, 1, slice_from("too early"));
    wire_add_end_of(&client, FCGI_STDIN, 1);
    wire_add_parameters(&client, 1, "POST", "/", NULL);
    record_add(&client.out, FCGI_DATA, 1, slice_from("not for a responder"));
    wire_add_end_of(&client, FCGI_PARAMS, 1);
    wire_add_parameters(&client, 1, "GET", "/too-late", NULL);
    wire_add_end_of(&client, FCGI_PARAMS, 1);
    wire_add_body(&client, 1, slice_from("body"));
    CU_ASSERT_TRUE(wire_send(&client));
    assert_answer(1, "POST / fault=0 length=4 body=body");
    assert_alive();
    end();
}

/* What breaks the protocol ends the connection, and is counted. */
static void test_broken_protocol(void)
{
    static const struct slice cases[] = {
        SLICE_LITERAL("GET / HTTP/1.1\r\n\r\n"),
        SLICE_LITERAL("\2\1\0\1\0\x8\0\0\0\1\1\0\0\0\0\0"), /* version 2 */
        SLICE_LITERAL("\1\1\0\0\0\x8\0\0\0\1\1\0\0\0\0\0"), /* id 0 */
        SLICE_LITERAL("\1\1\0\1\0\0\0\0"),                  /* no body */
        SLICE_LITERAL("\1\1\0\1\0\7\0\0\0\1\1\0\0\0\0"),    /* a short one */
        SLICE_LITERAL("\1\1\0\1\0\x9\0\0\0\1\1\0\0\0\0\0\0"),
        SLICE_LITERAL("\1\1\0\1\0\x8\0\0\0\1\1\0\0\0\0\0\1\1\0\1\0\x8\0\0\0\1\1\0\0\0\0\0"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin();
        buffer_add(&client.out, cases[i]);
        CU_ASSERT_TRUE(wire_send(&client));
        CU_ASSERT_TRUE(wire_ended(&client));
        CU_ASSERT_EQUAL(wire.counts->protocol_errors, 1);
        CU_ASSERT_EQUAL(wire.handed, 0);
        end();
    }
}

/* An id that is in use is an error even when the request is with the application. */
static void test_id_in_use(void)
{
    begin();
    wire.hold = true;
    wire_add_request(&client, 1, true, "GET", "/", "");
    wire_add_request(&client, 1, true, "GET", "/", "");
    CU_ASSERT_TRUE(wire_send(&client));
    CU_ASSERT_TRUE(wire_ended(&client));
    CU_ASSERT_EQUAL(wire.handed, 1);
    CU_ASSERT_EQUAL(wire.counts->aborted, 1);
    end();
}

/* ---- limits ---- */

static void test_large_parameters(void)
{
    static char letters[70000];
    memset(letters, 'a', sizeof letters);
    begin();
    for (uint16_t id = 1; id <= 2; id++) { /* in one record, and in many */
        struct buffer pairs = buffer_in(&client.arena);
        record_add_pair(&pairs, slice_from("REQUEST_METHOD"), slice_from("GET"));
        record_add_pair(&pairs, slice_from("REQUEST_URI"), slice_from("/known"));
        record_add_pair(&pairs, slice_from("HTTP_X"), slice_of(letters, 65400));
        CU_ASSERT(pairs.length < 65535);
        for (size_t i = 0; i < 50; i++)
            record_add_pair(&pairs, slice_from("A"), slice_from("b"));
        wire_add_begin(&client, id, FCGI_RESPONDER, true);
        for (size_t at = 0; at < pairs.length;) {
            size_t piece = id == 1 ? 65000 : 1000;
            piece = piece < pairs.length - at ? piece : pairs.length - at;
            record_add(&client.out, FCGI_PARAMS, id, slice_of(pairs.data + at, piece));
            at += piece;
        }
        wire_add_end_of(&client, FCGI_PARAMS, id);
        wire_add_body(&client, id, slice_from("ignored"));
        CU_ASSERT_TRUE(wire_send(&client));
        struct slice answer = wire_receive(&client, id, &status);
        assert_part(answer, "Status: 413 ");
        assert_part(answer,
                    "\r\n\r\n  fault=413"); /* no method, no path: nobody takes it for another's */
    }
    assert_alive();
    end();
}

static void test_largest_parameters(void)
{
    static char letters[70000];
    memset(letters, 'a', sizeof letters);
    begin();
    struct buffer pairs = buffer_in(&client.arena);
    record_add_pair(&pairs, slice_from("REQUEST_URI"), slice_from("/known"));
    record_add_pair(&pairs, slice_from("HTTP_X"),
                    slice_of(letters, TRANSPORT_PARAMETER_BYTES - pairs.length - 11));
    CU_ASSERT_EQUAL(pairs.length, TRANSPORT_PARAMETER_BYTES);
    wire_add_begin(&client, 1, FCGI_RESPONDER, true);
    record_add_stream(&client.out, FCGI_PARAMS, 1, buffer_slice(&pairs), true);
    wire_add_end_of(&client, FCGI_STDIN, 1);
    CU_ASSERT_TRUE(wire_send(&client));
    assert_answer(1, "/known fault=0");
    end();
}

static void test_torn_parameters(void)
{
    static const struct slice cases[] = {SLICE_LITERAL("\1"), SLICE_LITERAL("\1\5ab"),
                                         SLICE_LITERAL("\xff\xff\xff\xff\xff\xff\xff\xff"),
                                         SLICE_LITERAL("\x80\0\0")};
    begin();
    for (uint16_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wire_add_begin(&client, 1, FCGI_RESPONDER, true);
        wire_add_parameters(&client, 1, "GET", "/", NULL);
        record_add(&client.out, FCGI_PARAMS, 1, cases[i]);
        wire_add_end_of(&client, FCGI_PARAMS, 1);
        wire_add_end_of(&client, FCGI_STDIN, 1);
        CU_ASSERT_TRUE(wire_send(&client));
        assert_answer(1, "Status: 400 ");
    }
    wire_add_begin(&client, 1, FCGI_RESPONDER, true); /* none at all */
    wire_add_end_of(&client, FCGI_PARAMS, 1);
    wire_add_end_of(&client, FCGI_STDIN, 1);
    CU_ASSERT_TRUE(wire_send(&client));
    assert_answer(1, "Status: 400 ");
    assert_alive();
    end();
}

/* Sends a request whose CONTENT_LENGTH is LENGTH (NULL: none) and whose body has SIZE bytes. */
static void send_body(const char *length, size_t size)
{
    static char letters[200000];
    memset(letters, 'b', sizeof letters);
    wire_add_begin(&client, 1, FCGI_RESPONDER, true);
    wire_add_parameters(&client, 1, "POST", "/", length);
    wire_add_end_of(&client, FCGI_PARAMS, 1);
    wire_add_body(&client, 1, slice_of(letters, size));
    CU_ASSERT_TRUE(wire_send(&client));
}

static void test_bodies(void)
{
    begin();
    send_body("1000", 1000);
    assert_answer(1, "fault=0 length=1000");
    send_body("1001", 1001);
    assert_answer(1, "Status: 413 ");
    send_body("200000", 200000);
    assert_answer(1, "Status: 413 ");
    send_body("9223372036854775807", 10);
    assert_answer(1, "Status: 413 ");
    send_body(NULL, 1000);
    assert_answer(1, "fault=0 length=1000");
    send_body(NULL, 1001);
    assert_answer(1, "Status: 413 ");
    send_body("10", 100000); /* longer than announced, and too long */
    assert_answer(1, "Status: 413 ");
    send_body("10", 11); /* that it is not as announced is for the dispatcher to say */
    assert_answer(1, "fault=0 length=11");
    send_body("10", 9);
    assert_answer(1, "fault=0 length=9");
    send_body("10", 0);
    assert_answer(1, "fault=0 length=0");
    send_body("ten", 3);
    assert_answer(1, "Status: 400 ");
    wire.body_limit = 0;
    send_body("0", 0);
    assert_answer(1, "fault=0 length=0");
    send_body("1", 1);
    assert_answer(1, "Status: 413 ");
    assert_alive();
    end();
}

static void test_overload(void)
{
    begin();
    wire.hold = true;
    for (uint16_t id = 1; id <= CONNECTION_REQUESTS + 3; id++)
        wire_add_request(&client, id, true, "GET", "/", "");
    CU_ASSERT_TRUE(wire_send(&client));
    for (uint16_t id = CONNECTION_REQUESTS + 1; id <= CONNECTION_REQUESTS + 3; id++)
        assert_end(id, FCGI_OVERLOADED);
    CU_ASSERT_TRUE(wire_handed(&wire, CONNECTION_REQUESTS));
    for (uint16_t id = 1; id <= CONNECTION_REQUESTS; id++) {
        wire_answer(&wire, id - 1u);
        assert_answer(id, "GET / fault=0");
    }
    assert_alive();
    CU_ASSERT_EQUAL(wire.handed, CONNECTION_REQUESTS + 1);
    end();
}

/* Refusals and management answers wait behind an answer that is on its way; nothing is lost. */
static void test_refusal_behind_answer(void)
{
    struct wire_record record;
    begin();
    wire.answer_size = 1000000;
    client.deaf = true;
    wire_add_request(&client, 1, true, "GET", "/large", "");
    CU_ASSERT_TRUE(wire_send(&client));
    CU_ASSERT_TRUE(wire_handed(&wire, 1));
    wire_add_begin(&client, 2, FCGI_FILTER, true);
    record_add(&client.out, FCGI_GET_VALUES, 0, slice_of("", 0));
    CU_ASSERT_TRUE(wire_send(&client));
    wire_settle(&wire);
    client.deaf = false;
    CU_ASSERT(wire_receive(&client, 1, &status).length > 1000000);
    CU_ASSERT_EQUAL(status, FCGI_REQUEST_COMPLETE);
    assert_end(2, FCGI_UNKNOWN_ROLE);
    CU_ASSERT_TRUE(wire_next(&client, &record));
    CU_ASSERT_EQUAL(record.type, FCGI_GET_VALUES_RESULT);
    wire.answer_size = 0;
    assert_alive();
    end();
}

/* ---- abort ---- */

static void test_abort(void)
{
    begin();
    wire_add_begin(&client, 1, FCGI_RESPONDER, true); /* while parameters come */
    wire_add_parameters(&client, 1, "GET", "/", NULL);
    wire_add_end_of(&client, FCGI_ABORT_REQUEST, 1);
    CU_ASSERT_TRUE(wire_send(&client));
    assert_end(1, FCGI_REQUEST_COMPLETE);
    wire_add_begin(&client, 1, FCGI_RESPONDER, true); /* while the body comes */
    wire_add_parameters(&client, 1, "POST", "/", NULL);
    wire_add_end_of(&client, FCGI_PARAMS, 1);
    record_add(&client.out, FCGI_STDIN, 1, slice_from("x"));
    wire_add_end_of(&client, FCGI_ABORT_REQUEST, 1);
    CU_ASSERT_TRUE(wire_send(&client));
    assert_end(1, FCGI_REQUEST_COMPLETE);
    CU_ASSERT_EQUAL(wire.handed, 0);
    wire.hold = true; /* while the application works on it: its answer is not sent */
    wire_add_request(&client, 1, true, "GET", "/", "");
    wire_add_end_of(&client, FCGI_ABORT_REQUEST, 1);
    CU_ASSERT_TRUE(wire_send(&client));
    CU_ASSERT_TRUE(wire_handed(&wire, 1));
    wire_settle(&wire);
    wire_answer(&wire, 0);
    assert_end(1, FCGI_REQUEST_COMPLETE);
    CU_ASSERT_EQUAL(wire.counts->aborted, 3);
    assert_alive();
    end();
}

static void test_abort_while_writing(void)
{
    begin();
    wire.answer_size = 1000000;
    client.deaf = true;
    wire_add_request(&client, 1, true, "GET", "/", "");
    CU_ASSERT_TRUE(wire_send(&client));
    CU_ASSERT_TRUE(wire_handed(&wire, 1));
    wire_add_end_of(&client, FCGI_ABORT_REQUEST, 1);
    CU_ASSERT_TRUE(wire_send(&client));
    wire_settle(&wire);
    client.deaf = false;
    CU_ASSERT(wire_receive(&client, 1, &status).length > 1000000);
    CU_ASSERT_EQUAL(status, FCGI_REQUEST_COMPLETE);
    wire.answer_size = 0;
    assert_alive();
    end();
}

static void test_abort_not_kept(void)
{
    begin();
    wire_add_begin(&client, 1, FCGI_RESPONDER, false);
    wire_add_end_of(&client, FCGI_ABORT_REQUEST, 1);
    wire_add_request(&client, 2, true, "GET", "/", ""); /* comes too late */
    CU_ASSERT_TRUE(wire_send(&client));
    assert_end(1, FCGI_REQUEST_COMPLETE);
    CU_ASSERT_TRUE(wire_ended(&client));
    CU_ASSERT_EQUAL(wire.handed, 0);
    end();
}

/* ---- time, and peers that go ---- */

static void test_slow_parameters(void)
{
    begin();
    wire_add_begin(&client, 1, FCGI_RESPONDER, true);
    wire_add_parameters(&client, 1, "GET", "/", NULL);
    CU_ASSERT_TRUE(wire_send(&client));
    assert_answer(1, "Status: 408 ");
    CU_ASSERT_TRUE(wire_ended(&client));
    end();
}

static void test_slow_body(void)
{
    struct wire_client quick;
    begin();
    wire_connect(&wire, &quick);
    wire_add_begin(&client, 1, FCGI_RESPONDER, true);
    wire_add_parameters(&client, 1, "POST", "/", "5");
    wire_add_end_of(&client, FCGI_PARAMS, 1);
    record_add(&client.out, FCGI_STDIN, 1, slice_from("body"));
    CU_ASSERT_TRUE(wire_send(&client));
    wire_add_request(&quick, 1, true, "GET", "/quick", ""); /* others do not wait for it */
    CU_ASSERT_TRUE(wire_send(&quick));
    assert_part(wire_receive(&quick, 1, &status), "GET /quick");
    CU_ASSERT_EQUAL(wire.handed, 1);
    assert_answer(1, "Status: 408 ");
    CU_ASSERT_TRUE(wire_ended(&client));
    CU_ASSERT_FALSE(quick.ended); /* an idle kept connection stays */
    wire_disconnect(&quick);
    end();
}

static void test_deaf_peer(void)
{
    begin();
    wire.answer_size = 1000000;
    client.deaf = true;
    wire_add_request(&client, 1, true, "GET", "/", "");
    CU_ASSERT_TRUE(wire_send(&client));
    CU_ASSERT_TRUE(wire_handed(&wire, 1));
    for (int i = 0; i < 2000 && wire.counts->connections > 0; i++)
        wire_settle(&wire);
    CU_ASSERT_EQUAL(wire.counts->connections, 0);
    end();
}

static void test_peer_leaves(void)
{
    begin();
    wire.hold = true;
    wire_add_request(&client, 1, true, "GET", "/", "");
    wire_add_request(&client, 2, true, "GET", "/", "");
    wire_add_begin(&client, 3, FCGI_RESPONDER, true);
    CU_ASSERT_TRUE(wire_send(&client));
    CU_ASSERT_TRUE(wire_handed(&wire, 2));
    shutdown(client.descriptor, SHUT_RDWR);
    for (int i = 0; i < 2000 && wire.counts->connections > 0; i++)
        wire_settle(&wire);
    CU_ASSERT_EQUAL(wire.counts->connections, 0);
    CU_ASSERT_EQUAL(wire.counts->aborted, 2);
    wire_answer(&wire, 1); /* goes nowhere, quietly */
    wire_answer(&wire, 0);
    end();
}

static void test_peer_leaves_mid_answer(void)
{
    begin();
    wire.answer_size = 1000000;
    client.deaf = true;
    wire_add_request(&client, 1, true, "GET", "/", "");
    CU_ASSERT_TRUE(wire_send(&client));
    CU_ASSERT_TRUE(wire_handed(&wire, 1));
    wire_settle(&wire);
    shutdown(client.descriptor, SHUT_RDWR);
    for (int i = 0; i < 2000 && wire.counts->connections > 0; i++)
        wire_settle(&wire);
    CU_ASSERT_EQUAL(wire.counts->connections, 0);
    end();
}

SUITE("connection", {"keeps a connection", test_kept}, {"or does not", test_not_kept},
      {"takes a request byte by byte", test_byte_by_byte},
      {"takes parameters and body in pieces", test_pieces},
      {"gives large answers", test_large_answer}, {"is an authorizer", test_authorizer},
      {"takes several requests at once", test_interleaved}, {"tells its values", test_get_values},
      {"survives hostile questions for them", test_get_values_hostile},
      {"does not know all types", test_unknown_type}, {"nor all roles", test_unknown_role},
      {"ignores stray records", test_stray_records},
      {"ends what is not FastCGI", test_broken_protocol},
      {"ends when an id is used twice", test_id_in_use},
      {"refuses too many parameters", test_large_parameters},
      {"takes as many as it may", test_largest_parameters},
      {"refuses torn ones", test_torn_parameters}, {"bounds bodies", test_bodies},
      {"refuses the 65th request", test_overload},
      {"lets refusals wait behind an answer", test_refusal_behind_answer},
      {"obeys an abort", test_abort}, {"lets an abort come too late", test_abort_while_writing},
      {"ends after an abort", test_abort_not_kept},
      {"does not wait for parameters for ever", test_slow_parameters},
      {"nor for a body", test_slow_body}, {"nor for one that does not read", test_deaf_peer},
      {"lets a peer leave", test_peer_leaves},
      {"lets a peer leave mid-answer", test_peer_leaves_mid_answer})
