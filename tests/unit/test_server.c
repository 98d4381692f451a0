/*
 * test_server.c - tests of fcgi/server.c: taking connections, and draining.
 */
#include "suite.h"

#include <unistd.h>

#include "wire.h"

static struct wire wire;
static int status;

static void send_request(struct wire_client *client, uint16_t id)
{
    wire_add_request(client, id, true, "GET", "/", "");
    CU_ASSERT_TRUE(wire_send(client));
}

static void assert_answered(struct wire_client *client, uint16_t id)
{
    CU_ASSERT_TRUE(slice_starts(wire_receive(client, id, &status), "Status: 200 OK\r\n"));
    CU_ASSERT_EQUAL(status, FCGI_REQUEST_COMPLETE);
}

static void test_many(void)
{
    static struct wire_client clients[90];
    CU_ASSERT_TRUE_FATAL(wire_start(&wire));
    for (size_t i = 0; i < 90; i++)
        wire_connect(&wire, &clients[i]);
    for (uint16_t round = 1; round <= 3; round++) {
        for (size_t i = 0; i < 90; i++)
            send_request(&clients[i], round);
        for (size_t i = 90; i-- > 0;)
            assert_answered(&clients[i], round);
    }
    CU_ASSERT_EQUAL(wire.counts->connections, 90);
    for (size_t i = 0; i < 90; i++)
        wire_disconnect(&clients[i]);
    CU_ASSERT_TRUE(wire_stop(&wire));
}

/* Above the limit a connection waits until another one goes. */
static void test_limit(void)
{
    struct wire_client clients[3];
    CU_ASSERT_TRUE_FATAL(wire_start(&wire));
    wire.settings.connections = 2;
    for (size_t i = 0; i < 3; i++) {
        wire_connect(&wire, &clients[i]);
        send_request(&clients[i], 1);
    }
    assert_answered(&clients[0], 1);
    assert_answered(&clients[1], 1);
    wire_settle(&wire);
    CU_ASSERT_EQUAL(wire.handed, 2);
    wire_disconnect(&clients[0]);
    assert_answered(&clients[2], 1);
    CU_ASSERT_EQUAL(wire.counts->connections, 2);
    wire_disconnect(&clients[1]);
    wire_disconnect(&clients[2]);
    CU_ASSERT_TRUE(wire_stop(&wire));
}

/* While another worker has fewer connections this one leaves the next to it, but not for long. */
static void test_turns(void)
{
    struct wire_client clients[3];
    CU_ASSERT_TRUE_FATAL(wire_start(&wire));
    struct metrics_worker *other = metrics_take_place(wire.metrics);
    other->pid = 1;
    for (size_t i = 0; i < 3; i++) {
        wire_connect(&wire, &clients[i]);
        send_request(&clients[i], 1);
        assert_answered(&clients[i], 1);
    }
    for (size_t i = 0; i < 3; i++)
        wire_disconnect(&clients[i]);
    CU_ASSERT_TRUE(wire_stop(&wire));
}

static void test_drain(void)
{
    struct wire_client idle, busy, arriving;
    CU_ASSERT_TRUE_FATAL(wire_start(&wire));
    wire.hold = true;
    wire_connect(&wire, &idle);
    wire_connect(&wire, &busy);
    wire_connect(&wire, &arriving);
    send_request(&busy, 1);
    wire_add_begin(&arriving, 1, FCGI_RESPONDER, true);
    wire_add_parameters(&arriving, 1, "GET", "/", NULL);
    CU_ASSERT_TRUE(wire_send(&arriving));
    CU_ASSERT_TRUE(wire_handed(&wire, 1));
    wire_settle(&wire);
    wire_drain(&wire);
    CU_ASSERT_EQUAL(wire.counts->draining, 1);
    wire_answer(&wire, 0);
    assert_answered(&busy, 1);
    CU_ASSERT_TRUE(wire_ended(&busy));
    CU_ASSERT_FALSE(wire.drained);
    wire.hold = false;
    wire_add_end_of(&arriving, FCGI_PARAMS, 1);
    wire_add_end_of(&arriving, FCGI_STDIN, 1);
    CU_ASSERT_TRUE(wire_send(&arriving));
    assert_answered(&arriving, 1);
    CU_ASSERT_TRUE(wire_ended(&arriving));
    CU_ASSERT_TRUE(wire_ended(&idle)); /* after a while */
    wire_disconnect(&idle);
    wire_disconnect(&busy);
    wire_disconnect(&arriving);
    CU_ASSERT_TRUE(wire_stop(&wire));
}

/* A request that has been sent before the server drains is answered, though nobody has read it yet. */
static void test_drain_with_request_unread(void)
{
    struct wire_client client;
    CU_ASSERT_TRUE_FATAL(wire_start(&wire));
    wire_connect(&wire, &client);
    send_request(&client, 1);
    assert_answered(&client, 1);
    wire_add_request(&client, 2, true, "GET", "/", "");
    CU_ASSERT_EQUAL(write(client.descriptor, client.out.data, client.out.length),
                    (ssize_t)client.out.length);
    wire_drain(&wire);
    assert_answered(&client, 2);
    CU_ASSERT_TRUE(wire_ended(&client));
    wire_disconnect(&client);
    CU_ASSERT_TRUE(wire_stop(&wire));
}

/* Half a record, and nothing more, does not keep the server. */
static void test_drain_with_half_a_record(void)
{
    struct wire_client client;
    CU_ASSERT_TRUE_FATAL(wire_start(&wire));
    wire_connect(&wire, &client);
    buffer_add(&client.out, slice_of("\1\1\0\1", 4));
    CU_ASSERT_TRUE(wire_send(&client));
    wire_settle(&wire);
    CU_ASSERT_TRUE(wire_stop(&wire));
    wire_disconnect(&client);
}

SUITE("server", {"takes many connections", test_many}, {"bounds them", test_limit},
      {"takes turns with others", test_turns}, {"drains", test_drain},
      {"drains what is on its way", test_drain_with_request_unread},
      {"drains half a record", test_drain_with_half_a_record})
