/*
 * writing.c - writing to clients.
 */
#include "events/writing.h"

#include "base/clock.h"

/*
 * A write to a client costs more than what is in it. So with many clients news are gathered between two rounds of writing: for
 * some times as long as the last round took. With few, they go out at once.
 */
#define GATHER_TIMES   3
#define GATHER_MOST_MS 25

/* The longest frame that ends a WebSocket, with a reason of ours. */
#define CLOSE_BYTES 128

static const char sse_head[] = "HTTP/1.1 200 OK\r\n"
                               "Content-Type: text/event-stream; charset=utf-8\r\n"
                               "Cache-Control: no-store\r\n"
                               "X-Accel-Buffering: no\r\n"
                               "Connection: close\r\n\r\n";

/* ---- one client ---- */

static bool has_more(const struct client *client)
{
    return client->outbox.count > 0 && !client->history;
}

/*
 * The frame that ends a WebSocket (RFC 6455, section 5.5.1). Not by lws_close_reason: as Debian 12 builds libwebsockets, on
 * libuv, it ends the connection instead of writing that.
 */
static size_t write_close(const struct client *client, char *out)
{
    size_t length = strlen(client->close_reason);
    out[0] = (char)0x88;
    out[1] = (char)(2 + length);
    out[2] = (char)(client->close_code >> 8);
    out[3] = (char)client->close_code;
    memcpy(out + 4, client->close_reason, length);
    return 4 + length;
}

static size_t fill(struct writing *writing, struct client *client)
{
    char *out = (char *)writing->out + LWS_PRE;
    size_t length = 0;
    if (client->outbox.wire == WIRE_SSE && !client->link.greeted) {
        length = sizeof sse_head - 1;
        memcpy(out, sse_head, length);
    }
    client->link.greeted = true;
    if (!client->history)
        length += outbox_fill(&client->outbox, out + length, WRITING_BYTES - CLOSE_BYTES - length);
    if (client->closing && !has_more(client) && client->outbox.wire != WIRE_SSE &&
        !client->link.parted) {
        length += write_close(client, out + length);
        client->link.parted = true;
    }
    return length;
}

/* All has been said to a client of server-sent events; a WebSocket's ends the connection by itself when it has heard that. */
static bool is_told(const struct client *client)
{
    return client->closing && !has_more(client) && client->outbox.wire == WIRE_SSE;
}

/* libwebsockets is to say when the connection takes more. */
static void block(struct client *client)
{
    client->link.blocked = true;
    lws_callback_on_writable(client->link.connection);
}

/*
 * Writes some of what waits. False: the connection is broken. Frames are made by outbox.c, several at a time: to libwebsockets
 * they are bytes, of which it keeps what the connection does not take.
 */
static bool write_out(struct writing *writing, struct client *client)
{
    struct lws *connection = client->link.connection;
    size_t length = lws_partial_buffered(connection) ? 0 : fill(writing, client);
    if (length > 0 &&
        lws_write(connection, writing->out + LWS_PRE, length, LWS_WRITE_RAW) < (int)length)
        return false;
    if (lws_partial_buffered(connection) || is_told(client))
        block(client);
    else if (has_more(client))
        writing_wake(writing, client);
    return true;
}

int writing_go_on(struct writing *writing, struct client *client)
{
    client->link.blocked = false;
    client->link.heard_us = clock_steady_us();
    if (is_told(client) && !lws_partial_buffered(client->link.connection))
        return -1;
    return write_out(writing, client) ? 0 : -1;
}

bool writing_ask(const struct client *client)
{
    /* RFC 6455, section 5.5.2; libwebsockets tells of no pong that is empty. */
    static unsigned char ping[LWS_PRE + 3] = {[LWS_PRE] = 0x89, 1, '?'};
    static unsigned char comment[LWS_PRE + 3] = {[LWS_PRE] = ':', '\n', '\n'};
    bool sse = client->outbox.wire == WIRE_SSE;
    bool between = client->link.greeted && !lws_partial_buffered(client->link.connection) &&
                   !(sse && client->outbox.sent > 0);
    return between && lws_write(client->link.connection, (sse ? comment : ping) + LWS_PRE, 3,
                                LWS_WRITE_RAW) == 3;
}

void writing_cut_off(const struct client *client)
{
    lws_set_timeout(client->link.connection, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

/* ---- all of them, in rounds ---- */

void writing_forget(struct writing *writing, struct client *client)
{
    struct client_link *link = &client->link;
    if (!link->awake)
        return;
    link->awake = false;
    if (link->previous)
        link->previous->link.next = link->next;
    else if (writing->round == client)
        writing->round = link->next;
    else
        writing->awake = link->next;
    if (link->next)
        link->next->link.previous = link->previous;
}

/* Most of the time a connection takes what is written, so nobody is asked whether it would. */
static void write_round(uv_timer_t *timer)
{
    struct writing *writing = timer->data;
    struct client *each;
    int64_t began_us = clock_steady_us();
    writing->round = writing->awake;
    writing->awake = NULL;
    while ((each = writing->round)) {
        writing_forget(writing, each);
        if (!write_out(writing, each))
            writing_cut_off(each);
    }
    uint64_t pause_ms = (uint64_t)(clock_steady_us() - began_us) * GATHER_TIMES / 1000;
    uv_update_time(timer->loop);
    writing->next_ms =
        uv_now(timer->loop) + (pause_ms < GATHER_MOST_MS ? pause_ms : GATHER_MOST_MS);
}

void writing_wake(struct writing *writing, struct client *client)
{
    struct client_link *link = &client->link;
    if (link->awake || link->blocked || !link->connection)
        return;
    link->awake = true;
    link->previous = NULL;
    link->next = writing->awake;
    if (link->next)
        link->next->link.previous = client;
    writing->awake = client;
    if (link->next)
        return;
    uint64_t now_ms = uv_now(writing->gather.loop);
    uv_timer_start(&writing->gather, write_round,
                   now_ms < writing->next_ms ? writing->next_ms - now_ms : 0, 0);
}

int writing_part(struct writing *writing, struct client *client)
{
    writing_forget(writing, client);
    client->link.blocked = true;
    return client->link.parted ? -1 : 0;
}

void writing_open(struct writing *writing, uv_loop_t *loop)
{
    uv_timer_init(loop, &writing->gather);
    writing->gather.data = writing;
}

void writing_close(struct writing *writing)
{
    uv_close((uv_handle_t *)&writing->gather, NULL);
}
