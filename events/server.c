/*
 * server.c - all clients: their connections, kept by libwebsockets.
 * A connection comes with its request already read (door.c). libwebsockets is shown a request of our own making, so that
 * nothing a stranger wrote reaches it but the frames; server-sent events are a raw connection to it.
 */
#include "events/server.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "events/roster.h"
#include "events/writing.h"

/* Clients are looked at. */
#define SWEEP_MS 1000

/* How long a client may take to hear why it is dropped. */
#define LAST_WORDS_US (5 * (int64_t)1000000)

struct server {
    struct client_owner owner;
    struct orders *orders;
    struct lws_context *context;
    struct lws_vhost *host;
    lws_retry_bo_t no_pings; /* of its own */
    struct roster roster;
    struct client *arriving; /* while its connection is being handed over */
    struct writing writing;
    uv_timer_t sweep;
    void (*ended)(void *self);
    void *ended_self;
    bool draining;
};

/* ---- clients ---- */

static void wake(struct client *client)
{
    struct server *server = client->owner->self;
    if (client->closing)
        roster_discount(&server->roster, client);
    writing_wake(&server->writing, client);
}

static void gone(struct server *server, struct client *client)
{
    writing_forget(&server->writing, client);
    roster_leave(&server->roster, client);
    log_info("client %llu of %s has gone%s%s", (unsigned long long)client->number,
             client->arrival.access.domain, client->closing ? ": " : "",
             client->closing ? client->close_reason : "");
    orders_forget(server->orders, client);
    client_free(client);
    if (server->draining && server->roster.count == 0)
        server->ended(server->ended_self);
}

/* ---- connections ---- */

static int arrived(struct server *server, struct lws *connection)
{
    struct client *client = server->arriving;
    if (!client)
        return -1;
    server->arriving = NULL;
    lws_set_opaque_user_data(connection, client);
    client->link.connection = connection;
    client->link.heard_us = clock_steady_us();
    wake(client);
    return 0;
}

/* A command is small and comes in one piece, or in few: nginx passes on what it is given. */
static int received(struct server *server, struct client *client, const char *data, size_t length)
{
    struct lws *connection = client->link.connection;
    if (client->closing)
        return 0;
    if (lws_frame_is_binary(connection) || client->command_length + length > CLIENT_COMMAND_BYTES) {
        client_drop(client, CLOSE_POLICY, "commands_are_small_texts");
        return 0;
    }
    if (!client->command && !(client->command = malloc(CLIENT_COMMAND_BYTES)))
        return -1;
    memcpy(client->command + client->command_length, data, length);
    client->command_length += length;
    if (!lws_is_final_fragment(connection) || lws_remaining_packet_payload(connection) > 0)
        return 0;
    orders_take(server->orders, client, slice_of(client->command, client->command_length));
    client->command_length = 0;
    free(client->command);
    client->command = NULL;
    return 0;
}

static int on_event(struct lws *connection, enum lws_callback_reasons reason, void *user,
                    void *data, size_t length)
{
    struct server *server = lws_context_user(lws_get_context(connection));
    struct client *client = NULL;
    (void)user;
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_RAW_ADOPT: return arrived(server, connection);
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_RAW_WRITEABLE:
        client = lws_get_opaque_user_data(connection);
        return client ? writing_go_on(&server->writing, client) : -1;
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_RECEIVE_PONG:
        client = lws_get_opaque_user_data(connection);
        if (client)
            client->link.heard_us = clock_steady_us();
        if (reason == LWS_CALLBACK_RECEIVE_PONG)
            return 0;
        return client ? received(server, client, data, length) : -1;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        client = lws_get_opaque_user_data(connection);
        return client ? writing_part(&server->writing, client) : -1;
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_RAW_CLOSE:
        client = lws_get_opaque_user_data(connection);
        lws_set_opaque_user_data(connection, NULL);
        if (client)
            gone(server, client);
        return 0;
    case LWS_CALLBACK_HTTP: return -1; /* nobody gets here without being admitted */
    default: return 0;
    }
}

/* ---- admission ---- */

/* The request that libwebsockets sees. */
static size_t request_of(const struct arrival *arrival, struct slice key, char *request,
                         size_t size)
{
    return (size_t)snprintf(request, size,
                            "GET / HTTP/1.1\r\nHost: callboard\r\nUpgrade: websocket\r\n"
                            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                            "Sec-WebSocket-Key: %.*s\r\n%s\r\n",
                            SLICE_ARGUMENTS(key),
                            arrival->subprotocol ? "Sec-WebSocket-Protocol: events\r\n" : "");
}

static void adopt(struct server *server, int descriptor, struct slice key)
{
    if (server->arriving->outbox.wire == WIRE_SSE) {
        lws_sock_file_fd_type adopted = {.sockfd = descriptor};
        lws_adopt_descriptor_vhost(server->host, LWS_ADOPT_SOCKET, adopted, "events", NULL);
    } else {
        char request[256];
        size_t length = request_of(&server->arriving->arrival, key, request, sizeof request);
        lws_adopt_socket_vhost_readbuf(server->host, descriptor, request, length);
    }
}

void server_admit(struct server *server, int descriptor, const struct arrival *arrival,
                  struct slice key)
{
    struct client *client = client_make(&server->owner, arrival);
    if (!client || server->draining) {
        if (client)
            client_free(client);
        close(descriptor);
        return;
    }
    bool room = roster_make_room(&server->roster, arrival, server->owner.settings);
    roster_enter(&server->roster, client);
    log_info("client %llu of %s%s%s from %s, %s, app_name \"%s\"",
             (unsigned long long)client->number, arrival->access.user,
             *arrival->access.user ? "@" : "", arrival->access.domain, arrival->address,
             roster_kind(arrival), arrival->app_name);
    server->arriving = client;
    adopt(server, descriptor, key); /* closes what it cannot take */
    if (server->arriving) {
        server->arriving = NULL;
        gone(server, client);
        return;
    }
    if (room)
        client_join(client);
    else
        client_drop(client, CLOSE_POLICY, "connection_limit_reached");
}

void server_list(const struct server *server, const struct access *access, struct buffer *out)
{
    roster_write(&server->roster, access, out);
}

/* ---- from time to time ---- */

static void look_after(const struct server *server, struct client *client, int64_t now_us)
{
    const struct events_settings *settings = server->owner.settings;
    struct client_link *link = &client->link;
    if (client->closing) {
        if (now_us - client->closing_us > LAST_WORDS_US)
            writing_cut_off(client);
    } else if (client->outbox.wire != WIRE_SSE &&
               now_us - link->heard_us > settings->idle_seconds * 1000000) {
        log_info("client %llu of %s does not answer: cut off", (unsigned long long)client->number,
                 client->arrival.access.domain);
        writing_cut_off(client);
    } else if (now_us - link->heard_us >= settings->ping_seconds * 1000000 &&
               now_us - link->asked_us >= settings->ping_seconds * 1000000 && writing_ask(client)) {
        link->asked_us = now_us;
    }
}

static void on_sweep(uv_timer_t *timer)
{
    struct server *server = timer->data;
    int64_t now_us = clock_steady_us();
    for (struct client *each = server->roster.clients; each; each = each->next)
        look_after(server, each, now_us);
}

/* It calls an error, too, what it does with each connection that it is handed together with a request. */
static void to_log(int level, const char *line)
{
    (void)level;
    if (!strstr(line, "calling service"))
        log_warning("libwebsockets: %.*s", (int)strcspn(line, "\n"), line);
}

static const struct lws_protocols protocols[] = {
    {.name = "events",
     .callback = on_event,
     .rx_buffer_size = 1024,
     .tx_packet_size = WRITING_BYTES}, /* else it writes no more at a time than pt_serv_buf_size */
    {0},
};

/*
 * It has pings of its own, but keeps the time for all connections in one sorted list: with 10,000 of them it does little else.
 * So we ask clients, see look_after.
 */
static struct lws_context *make_context(struct server *server, uv_loop_t *loop)
{
    void *loops[] = {loop};
    const struct events_settings *settings = server->owner.settings;
    lws_set_log_level(LLL_ERR, to_log);
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .foreign_loops = loops,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .user = server,
        .gid = -1,
        .uid = -1,
        .pt_serv_buf_size = 4096,
        .max_http_header_data = 512,
        .max_http_header_pool2 = 256,
        .fd_limit_per_thread = (unsigned)settings->connections + 64,
        .vhost_name = "callboard",
        .retry_and_idle_policy = &server->no_pings,
    };
    struct lws_context *context = lws_create_context(&info);
    server->host = context ? lws_create_vhost(context, &info) : NULL;
    return context;
}

void server_settings(struct server *server, const struct events_settings *settings)
{
    server->owner.settings = settings;
}

struct server *server_open(uv_loop_t *loop, const struct events_settings *settings,
                           struct follow *follow, struct orders *orders, struct error *error)
{
    struct server *server = calloc(1, sizeof *server);
    if (!server || !roster_init(&server->roster)) {
        error_set(error, "out of memory");
        free(server);
        return NULL;
    }
    server->owner = (struct client_owner){.follow = follow, .self = server, .wake = wake};
    server->orders = orders;
    server_settings(server, settings);
    server->context = make_context(server, loop);
    if (!server->host) {
        error_set(error, "libwebsockets could not be started");
        if (server->context)
            lws_context_destroy(server->context);
        roster_free(&server->roster);
        free(server);
        return NULL;
    }
    writing_open(&server->writing, loop);
    uv_timer_init(loop, &server->sweep);
    server->sweep.data = server;
    uv_timer_start(&server->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
    return server;
}

void server_drain(struct server *server, void (*ended)(void *self), void *self)
{
    server->draining = true;
    server->ended = ended;
    server->ended_self = self;
    for (struct client *each = server->roster.clients; each; each = each->next)
        client_drop(each, CLOSE_AWAY, "going_away");
    if (server->roster.count == 0)
        ended(self);
}

/* On a loop of others libwebsockets lets go in two steps: what is on the loop, and, when that has gone, the rest. */
void server_close(struct server *server)
{
    lws_context_destroy(server->context);
    writing_close(&server->writing);
    uv_close((uv_handle_t *)&server->sweep, NULL);
}

void server_free(struct server *server)
{
    lws_context_destroy(server->context);
    roster_free(&server->roster);
    free(server);
}
