/*
 * test_esl_connection.c - tests of feeds/esl_connection.c and esl_socket.c against a FreeSWITCH on the same loop.
 */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "feeds/esl_connection.h"

#define DISCONNECT "Content-Type: text/disconnect-notice\nContent-Length: 3\n\nbye"

/* ---- a FreeSWITCH that says what a test wants ---- */

struct peer {
    uv_loop_t loop;
    uv_tcp_t listener, *client;
    int connections;
    char asked[4096]; /* all commands, each behind a "[" */
    size_t asked_length, read;
    const char *greeting, *login, *subscription;
    const char *api; /* answer to api; NULL: none */
    bool mute;       /* answers nothing any more */
    uv_timer_t limit;
    bool over;

    struct esl_settings settings;
    struct esl_connection *connection;
    int ready, away, events;
    char reason[512], answers[512], names[512];
    void (*when_ready)(struct peer *peer);
    void (*when_event)(struct peer *peer);
    void (*when_away)(struct peer *peer);
};

static void finish(struct peer *peer)
{
    uv_stop(&peer->loop);
}

static void on_written(uv_write_t *write, int status)
{
    (void)status;
    free(write);
}

static void say(struct peer *peer, const char *text)
{
    uv_write_t *write = malloc(sizeof *write);
    uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)text, (unsigned)strlen(text));
    if (peer->client && uv_write(write, (uv_stream_t *)peer->client, &buffer, 1, on_written) == 0)
        return;
    free(write);
}

static void on_client_closed(uv_handle_t *handle)
{
    free(handle);
}

static void hang_up(struct peer *peer)
{
    if (peer->client)
        uv_close((uv_handle_t *)peer->client, on_client_closed);
    peer->client = NULL;
}

static void on_command(struct peer *peer, const char *command, size_t length)
{
    if (peer->mute)
        return;
    if (length > 4 && memcmp(command, "auth", 4) == 0)
        say(peer, peer->login);
    else if (length > 5 && memcmp(command, "event", 5) == 0)
        say(peer, peer->subscription);
    else if (peer->api)
        say(peer, peer->api);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    struct peer *peer = handle->data;
    (void)suggested;
    *room = uv_buf_init(peer->asked + peer->asked_length,
                        (unsigned)(sizeof peer->asked - 1 - peer->asked_length));
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *room)
{
    struct peer *peer = stream->data;
    (void)room;
    if (length < 0) {
        if ((uv_stream_t *)peer->client == stream)
            hang_up(peer);
        return;
    }
    peer->asked_length += (size_t)length;
    peer->asked[peer->asked_length] = '\0';
    for (char *end; peer->client && (end = strstr(peer->asked + peer->read, "\n\n"));) {
        const char *command = peer->asked + peer->read;
        peer->read = (size_t)(end + 2 - peer->asked);
        on_command(peer, command, (size_t)(end - command));
    }
}

static void on_client(uv_stream_t *listener, int status)
{
    struct peer *peer = listener->data;
    uv_tcp_t *client = malloc(sizeof *client);
    CU_ASSERT_EQUAL_FATAL(status, 0);
    hang_up(peer);
    uv_tcp_init(&peer->loop, client);
    client->data = peer;
    CU_ASSERT_EQUAL(uv_accept(listener, (uv_stream_t *)client), 0);
    peer->client = client;
    peer->connections++;
    uv_read_start((uv_stream_t *)client, on_room, on_read);
    say(peer, peer->greeting);
}

/* ---- the owner of the connection ---- */

static void on_ready(void *self)
{
    struct peer *peer = self;
    peer->ready++;
    if (peer->when_ready)
        peer->when_ready(peer);
}

static void on_event(void *self, const struct esl_event *event)
{
    struct peer *peer = self;
    struct slice name = esl_event_get(event, "Event-Name");
    peer->events++;
    snprintf(peer->names + strlen(peer->names), sizeof peer->names - strlen(peer->names), "%.*s;",
             SLICE_ARGUMENTS(name));
    if (peer->when_event)
        peer->when_event(peer);
}

static void on_away(void *self, const struct error *reason)
{
    struct peer *peer = self;
    peer->away++;
    snprintf(peer->reason, sizeof peer->reason, "%s", reason->text);
    if (peer->when_away)
        peer->when_away(peer);
    else
        finish(peer);
}

static void on_answer(void *self, const struct slice *answer)
{
    struct peer *peer = self;
    size_t length = strlen(peer->answers);
    if (answer)
        snprintf(peer->answers + length, sizeof peer->answers - length, "%.*s;",
                 SLICE_ARGUMENTS(*answer));
    else
        snprintf(peer->answers + length, sizeof peer->answers - length, "lost;");
}

static void on_limit(uv_timer_t *timer)
{
    struct peer *peer = timer->data;
    peer->over = true;
    finish(peer);
}

static struct source_hooks hooks = {.ready = on_ready, .event = on_event, .away = on_away};

static void peer_open(struct peer *peer)
{
    struct sockaddr_in address;
    int length = sizeof address;
    struct error error = {""};
    *peer =
        (struct peer){.greeting = "Content-Type: auth/request\n\n",
                      .login = "Content-Type: command/reply\nReply-Text: +OK accepted\n\n",
                      .subscription = "Content-Type: command/reply\nReply-Text: +OK enabled\n\n",
                      .api = "Content-Type: api/response\nContent-Length: 2\n\nhi"};
    log_set_level(LOG_LEVEL_ERROR);
    uv_loop_init(&peer->loop);
    uv_tcp_init(&peer->loop, &peer->listener);
    peer->listener.data = peer;
    uv_ip4_addr("127.0.0.1", 0, &address);
    CU_ASSERT_EQUAL(uv_tcp_bind(&peer->listener, (struct sockaddr *)&address, 0), 0);
    CU_ASSERT_EQUAL(uv_listen((uv_stream_t *)&peer->listener, 5, on_client), 0);
    uv_tcp_getsockname(&peer->listener, (struct sockaddr *)&address, &length);
    uv_timer_init(&peer->loop, &peer->limit);
    peer->limit.data = peer;
    uv_timer_start(&peer->limit, on_limit, 20000, 0);
    peer->settings = esl_settings_standard;
    peer->settings.events = "HEARTBEAT";
    peer->settings.link.name = "pbx1";
    peer->settings.link.port = ntohs(address.sin_port);
    peer->settings.password = "ClueCon";
    peer->settings.link.quiet_ms = 60;
    peer->settings.link.deadline_ms = 2000;
    peer->settings.link.reconnect_ms = 100;
    hooks.self = peer;
    peer->connection = esl_connection_open(&peer->loop, &peer->settings, &hooks, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(peer->connection);
}

static void peer_close(struct peer *peer)
{
    if (peer->connection)
        esl_connection_close(peer->connection);
    hang_up(peer);
    uv_close((uv_handle_t *)&peer->listener, NULL);
    uv_close((uv_handle_t *)&peer->limit, NULL);
    CU_ASSERT_FALSE(peer->over);
    uv_run(&peer->loop, UV_RUN_DEFAULT);
    CU_ASSERT_EQUAL(uv_loop_close(&peer->loop), 0);
}

static void run(struct peer *peer)
{
    uv_run(&peer->loop, UV_RUN_DEFAULT);
}

static bool ask(struct peer *peer, const char *command)
{
    struct error error = {""};
    bool good = esl_ask(peer->connection, slice_from(command), on_answer, peer, &error);
    CU_ASSERT(good || error.text[0]);
    return good;
}

/* ---- tests ---- */

/* Answers and events mixed; answers in the order of asking. */
static void say_all(struct peer *peer)
{
    peer->api = NULL;
    CU_ASSERT_TRUE(esl_connection_is_ready(peer->connection));
    CU_ASSERT_TRUE(ask(peer, "api one"));
    CU_ASSERT_TRUE(ask(peer, "api two"));
    CU_ASSERT_TRUE(ask(peer, "nosuch"));
    say(peer, "Content-Length: 18\nContent-Type: text/event-json\n\n{\"Event-Name\":\"A\"}"
              "Content-Type: api/response\nContent-Length: 1\n\n1");
    say(peer, "Content-Length: 5\nContent-Type: text/event-json\n\n{bad}"
              "Content-Type: log/data\nContent-Length: 2\n\nxx"
              "Content-Type: api/response\nContent-Length: 0\n\n");
    say(peer,
        "Content-Type: command/reply\nReply-Text: -ERR command not found\n\n"
        "Content-Length: 18\nContent-Type: text/event-json\n\n{\"Event-Name\":\"B\"}" DISCONNECT);
}

static void test_conversation(void)
{
    struct peer peer;
    peer_open(&peer);
    peer.when_ready = say_all;
    run(&peer);
    CU_ASSERT_STRING_EQUAL(peer.answers, "1;;-ERR command not found;");
    CU_ASSERT_STRING_EQUAL(peer.names, "A;B;");
    CU_ASSERT_STRING_EQUAL(peer.reason, "it says goodbye");
    CU_ASSERT_PTR_NOT_NULL(strstr(peer.asked, "auth ClueCon\n\nevent json HEARTBEAT"));
    CU_ASSERT_PTR_NOT_NULL(strstr(peer.asked, "\n\napi one\n\napi two\n\nnosuch\n\n"));
    CU_ASSERT_FALSE(ask(&peer, "api one"));
    const struct source_counts *counts = esl_connection_counts(peer.connection);
    CU_ASSERT(counts->events == 2 && counts->bad_events == 1 && counts->connections == 1);
    peer_close(&peer);
}

/* A line end in a command would begin another command. */
static void ask_badly(struct peer *peer)
{
    static char longest[9000];
    memset(longest, 'a', sizeof longest - 1);
    CU_ASSERT_FALSE(ask(peer, "api a\n\nbgapi b"));
    CU_ASSERT_FALSE(ask(peer, "api a\rb"));
    CU_ASSERT_FALSE(ask(peer, "\x7f"));
    CU_ASSERT_FALSE(ask(peer, ""));
    CU_ASSERT_FALSE(ask(peer, longest));
    peer->api = NULL;
    for (int i = 0; i < LINK_ASKS_MAX; i++)
        CU_ASSERT_TRUE(esl_ask(peer->connection, slice_from("a"), NULL, NULL, NULL));
    CU_ASSERT_FALSE(ask(peer, "api one too many"));
    finish(peer);
}

static void test_not_sent(void)
{
    struct peer peer;
    struct error error = {""};
    peer_open(&peer);
    peer.when_ready = ask_badly;
    run(&peer);
    peer.settings.password = "a\n\napi shutdown";
    CU_ASSERT_PTR_NULL(esl_connection_open(&peer.loop, &peer.settings, &hooks, &error));
    CU_ASSERT_PTR_NULL(strstr(error.text, "shutdown"));
    peer_close(&peer);
}

/* Those who wait are told when the connection is lost, once, and when its owner closes it. */
static void ask_and_hang_up(struct peer *peer)
{
    peer->api = NULL;
    CU_ASSERT_TRUE(ask(peer, "api one"));
    CU_ASSERT_TRUE(ask(peer, "api two"));
    if (peer->ready == 1)
        hang_up(peer);
    else
        finish(peer);
}

static void go_on(struct peer *peer)
{
    (void)peer;
}

static void test_lost(void)
{
    struct peer peer;
    peer_open(&peer);
    peer.when_ready = ask_and_hang_up;
    peer.when_away = go_on;
    run(&peer);
    CU_ASSERT_STRING_EQUAL(peer.answers, "lost;lost;");
    CU_ASSERT(peer.ready == 2 && peer.away == 1);
    esl_connection_close(peer.connection);
    peer.connection = NULL;
    CU_ASSERT_STRING_EQUAL(peer.answers, "lost;lost;lost;lost;");
    peer_close(&peer);
}

static void test_refused_password(void)
{
    struct peer peer;
    peer_open(&peer);
    peer.login = "Content-Type: command/reply\nReply-Text: -ERR invalid\n\n" DISCONNECT;
    run(&peer);
    CU_ASSERT_STRING_EQUAL(peer.reason, "the password is refused");
    CU_ASSERT(peer.ready == 0 && peer.away == 1 && peer.connections == 1);
    peer_close(&peer);
}

static void test_refused_address(void)
{
    struct peer peer;
    peer_open(&peer);
    peer.greeting =
        "Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n";
    run(&peer);
    CU_ASSERT_PTR_NOT_NULL(strstr(peer.reason, "apply-inbound-acl"));
    CU_ASSERT_PTR_NULL(strstr(peer.asked, "auth"));
    peer_close(&peer);
}

/* A refused login is tried again, later, and is told once. */
static void let_in(struct peer *peer)
{
    peer->login = "Content-Type: command/reply\nReply-Text: +OK accepted\n\n";
}

static void test_refused_and_let_in(void)
{
    struct peer peer;
    peer_open(&peer);
    peer.settings.link.refused_ms = 50;
    peer.login = "Content-Type: command/reply\nReply-Text: -ERR invalid\n\n";
    peer.when_away = let_in;
    peer.when_ready = finish;
    run(&peer);
    CU_ASSERT(peer.ready == 1 && peer.away == 1 && peer.connections == 2);
    peer_close(&peer);
}

/* Nothing comes any more, but the connection is there. */
static void go_mute(struct peer *peer)
{
    peer->mute = true;
    peer->settings.link.deadline_ms = 60;
}

static void test_half_open(void)
{
    struct peer peer;
    peer_open(&peer);
    peer.when_ready = go_mute;
    run(&peer);
    CU_ASSERT_STRING_EQUAL(peer.reason, "it gives no sign of life");
    CU_ASSERT_PTR_NOT_NULL(strstr(peer.asked, "api uptime\n\n"));
    peer_close(&peer);
}

static void test_silent_at_login(void)
{
    struct peer peer;
    peer_open(&peer);
    peer.settings.link.deadline_ms = 60;
    peer.greeting = "Content-Type: auth";
    run(&peer);
    CU_ASSERT_STRING_EQUAL(peer.reason, "connecting takes too long");
    peer_close(&peer);
}

/* It is quiet, but answers: it stays. */
static void on_enough(uv_timer_t *timer)
{
    finish(timer->data);
}

static void test_quiet(void)
{
    struct peer peer;
    uv_timer_t enough;
    peer_open(&peer);
    uv_timer_init(&peer.loop, &enough);
    enough.data = &peer;
    uv_timer_start(&enough, on_enough, 400, 0);
    run(&peer);
    CU_ASSERT(peer.ready == 1 && peer.away == 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(peer.asked, "api uptime\n\napi uptime\n\n"));
    uv_close((uv_handle_t *)&enough, NULL);
    peer_close(&peer);
}

static void say_garbage(struct peer *peer)
{
    say(peer, "Content-Length: 999999999999\n\n");
}

static void test_garbage(void)
{
    struct peer peer;
    peer_open(&peer);
    peer.when_ready = say_garbage;
    run(&peer);
    CU_ASSERT_PTR_NOT_NULL(strstr(peer.reason, "Content-Length"));
    peer_close(&peer);
}

/* It may be closed by what it calls. */
static void close_now(struct peer *peer)
{
    esl_connection_close(peer->connection);
    peer->connection = NULL;
    finish(peer);
}

static void say_two_events(struct peer *peer)
{
    say(peer, "Content-Length: 18\nContent-Type: text/event-json\n\n{\"Event-Name\":\"A\"}"
              "Content-Length: 18\nContent-Type: text/event-json\n\n{\"Event-Name\":\"B\"}");
}

static void test_closed_within(void)
{
    struct peer peer;
    peer_open(&peer);
    peer.when_ready = say_two_events;
    peer.when_event = close_now;
    run(&peer);
    CU_ASSERT_STRING_EQUAL(peer.names, "A;");
    peer_close(&peer);

    peer_open(&peer);
    peer.when_ready = close_now;
    run(&peer);
    CU_ASSERT(peer.ready == 1 && peer.away == 0);
    peer_close(&peer);

    peer_open(&peer);
    peer.when_ready = say_garbage;
    peer.when_away = close_now;
    run(&peer);
    peer_close(&peer);

    peer_open(&peer); /* while the name is being resolved */
    uv_run(&peer.loop, UV_RUN_NOWAIT);
    peer_close(&peer);
}

/* While paused nothing is told, and silence means nothing. */
static void pause_now(struct peer *peer)
{
    peer->when_ready = NULL;
    peer->settings.link.deadline_ms = 60;
    esl_pause(peer->connection);
    say_two_events(peer);
}

static void on_resume(uv_timer_t *timer)
{
    struct peer *peer = timer->data;
    CU_ASSERT(peer->events == 0 && peer->away == 0);
    peer->settings.link.deadline_ms = 2000;
    peer->when_event = finish;
    esl_resume(peer->connection);
}

static void test_paused(void)
{
    struct peer peer;
    uv_timer_t resume;
    peer_open(&peer);
    peer.when_ready = pause_now;
    uv_timer_init(&peer.loop, &resume);
    resume.data = &peer;
    uv_timer_start(&resume, on_resume, 500, 0);
    run(&peer);
    CU_ASSERT_STRING_EQUAL(peer.names, "A;B;");
    CU_ASSERT_EQUAL(peer.away, 0);
    uv_close((uv_handle_t *)&resume, NULL);
    peer_close(&peer);
}

static void test_nobody_there(void)
{
    struct peer peer;
    peer_open(&peer);
    peer.settings.link.port = 1;
    run(&peer);
    CU_ASSERT_PTR_NOT_NULL(strstr(peer.reason, "refused"));
    esl_connection_close(peer.connection);
    peer.settings.link.host = "no-such-host.invalid";
    peer.connection = esl_connection_open(&peer.loop, &peer.settings, &hooks, NULL);
    run(&peer);
    CU_ASSERT_PTR_NOT_NULL(strstr(peer.reason, "name resolution"));
    peer_close(&peer);
}

SUITE("esl_connection", {"conversation", test_conversation}, {"not sent", test_not_sent},
      {"lost", test_lost}, {"refused password", test_refused_password},
      {"refused address", test_refused_address}, {"refused and let in", test_refused_and_let_in},
      {"half open", test_half_open}, {"silent at login", test_silent_at_login},
      {"quiet", test_quiet}, {"garbage", test_garbage}, {"closed within", test_closed_within},
      {"paused", test_paused}, {"nobody there", test_nobody_there})
