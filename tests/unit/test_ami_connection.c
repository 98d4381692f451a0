/*
 * test_ami_connection.c - tests of feeds/ami_connection.c against an Asterisk on the same loop.
 */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "feeds/ami_connection.h"

/* ---- an Asterisk that answers as a test wants ---- */

struct peer {
    uv_loop_t loop;
    uv_tcp_t listener, *client;
    uv_timer_t limit;
    int connections;
    bool over, mute;
    char asked[8192]; /* all that was heard */
    size_t asked_length, read;
    const char *greeting, *login, *filter, *events; /* "Success", or what is wrong */
    const char *challenge;
    const char *skew; /* put before each ActionID */

    struct ami_settings settings;
    struct ami_connection *connection;
    int ready, away;
    char told[1024], reason[512];
    void (*when_ready)(struct peer *peer);
    void (*when_away)(struct peer *peer);
};

static void finish(struct peer *peer)
{
    uv_stop(&peer->loop);
}

static void on_written(uv_write_t *write, int status)
{
    (void)status;
    free(write->data);
    free(write);
}

static void say(struct peer *peer, const char *text)
{
    uv_write_t *write = malloc(sizeof *write);
    write->data = strdup(text);
    uv_buf_t buffer = uv_buf_init(write->data, (unsigned)strlen(text));
    if (peer->client && uv_write(write, (uv_stream_t *)peer->client, &buffer, 1, on_written) == 0)
        return;
    free(write->data);
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

static void answer(struct peer *peer, int id, const char *what, const char *more)
{
    bool good = strcmp(what, "Success") == 0;
    char text[512];
    snprintf(text, sizeof text, "Response: %s\r\nActionID: %s%d\r\n%s%s%s%s\r\n",
             good ? "Success" : "Error", peer->skew, id, good ? "" : "Message: ", good ? "" : what,
             good ? "" : "\r\n", more);
    say(peer, text);
}

static void on_action(struct peer *peer, const char *text)
{
    char name[64] = "";
    const char *number = strstr(text, "ActionID: ");
    if (peer->mute)
        return;
    CU_ASSERT_PTR_NOT_NULL_FATAL(number);
    CU_ASSERT_EQUAL(sscanf(text, "Action: %63[^\r]", name), 1);
    int id = atoi(number + strlen("ActionID: "));
    if (strcmp(name, "Challenge") == 0) {
        answer(peer, id, "Success", peer->challenge);
    } else if (strcmp(name, "Login") == 0) {
        answer(peer, id, peer->login, "");
        say(peer, "Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n");
    } else if (strcmp(name, "PJSIPShowEndpoints") == 0) {
        answer(peer, id, "Success", "EventList: start\r\n");
        say(peer, "Event: EndpointList\r\nActionID: 3\r\nObjectName: 1000\r\n\r\n");
    } else {
        answer(peer, id,
               strcmp(name, "Filter") == 0   ? peer->filter
               : strcmp(name, "Events") == 0 ? peer->events
                                             : "Success",
               "");
    }
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
    for (char *end; peer->client && (end = strstr(peer->asked + peer->read, "\r\n\r\n"));) {
        const char *action = peer->asked + peer->read;
        peer->read = (size_t)(end + 4 - peer->asked);
        on_action(peer, action);
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

static void note(struct peer *peer, const char *what, struct slice text)
{
    size_t length = strlen(peer->told);
    snprintf(peer->told + length, sizeof peer->told - length, "%s %.*s;", what,
             SLICE_ARGUMENTS(text));
}

static void on_ready(void *self)
{
    struct peer *peer = self;
    peer->ready++;
    note(peer, "ready", slice_from(NULL));
    if (peer->when_ready)
        peer->when_ready(peer);
    else
        finish(peer);
}

static void on_event(void *self, const struct ami_message *message)
{
    note(self, "event", ami_message_get(message, "Event"));
}

static void on_row(void *self, const struct ami_message *message)
{
    note(self, "row", ami_message_get(message, "ObjectName"));
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

static void on_answer(void *self, const struct slice *text)
{
    struct slice reason;
    if (!text)
        note(self, "lost", slice_from(NULL));
    else if (ami_judge(*text, &reason))
        note(self, "good", slice_from(NULL));
    else
        note(self, "bad", reason);
}

static void on_limit(uv_timer_t *timer)
{
    struct peer *peer = timer->data;
    peer->over = true;
    finish(peer);
}

static struct ami_hooks hooks = {
    .ready = on_ready, .event = on_event, .row = on_row, .away = on_away};

static void peer_open(struct peer *peer)
{
    struct sockaddr_in address;
    int length = sizeof address;
    struct error error = {""};
    *peer = (struct peer){.greeting = "Asterisk Call Manager/9.0.0\r\n",
                          .login = "Success",
                          .filter = "Success",
                          .events = "Success",
                          .challenge = "Challenge: 123456789\r\n",
                          .skew = ""};
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
    peer->settings = ami_settings_standard;
    peer->settings.link.name = "office";
    peer->settings.link.port = ntohs(address.sin_port);
    peer->settings.user = "callboard";
    peer->settings.password = "Secret";
    peer->settings.link.reconnect_ms = 100;
    hooks.self = peer;
    peer->connection = ami_connection_open(&peer->loop, &peer->settings, &hooks, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(peer->connection);
}

static void peer_close(struct peer *peer)
{
    ami_connection_close(peer->connection);
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

static bool ask(struct peer *peer, const char *action)
{
    struct error error = {""};
    bool good = ami_ask(peer->connection, slice_from(action), on_answer, peer, &error);
    CU_ASSERT(good || error.text[0]);
    return good;
}

/* ---- tests ---- */

/* What the login is made of: MD5 of "123456789Secret". */
static void test_login(void)
{
    struct peer peer;
    peer_open(&peer);
    run(&peer);
    CU_ASSERT_STRING_EQUAL(peer.told, "row 1000;ready ;");
    CU_ASSERT_PTR_NOT_NULL(strstr(peer.asked, "Action: Challenge\r\nAuthType: MD5\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(peer.asked,
                                  "Action: Login\r\nAuthType: MD5\r\nUsername: callboard\r\n"
                                  "Key: 9e61f7de7fe7e5ab4e93f4ad8b9ca749\r\nEvents: off\r\n"));
    CU_ASSERT_PTR_NULL(strstr(peer.asked, "Secret"));
    CU_ASSERT_PTR_NOT_NULL(strstr(peer.asked, "EventMask: system,call,agent,dialplan\r\n"));
    CU_ASSERT_EQUAL(ami_connection_counts(peer.connection)->connections, 1);
    peer_close(&peer);
}

static void test_no_filter(void)
{
    struct peer peer;
    peer_open(&peer);
    peer.filter = "Permission denied";
    run(&peer);
    CU_ASSERT_EQUAL(peer.ready, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(peer.asked, "EventMask: system,call,agent\r\n"));
    peer_close(&peer);
}

static void let_in(struct peer *peer)
{
    peer->login = "Success";
}

/* A refused login is tried again, later, and is told once. */
static void test_refused_and_let_in(void)
{
    struct peer peer;
    peer_open(&peer);
    peer.settings.link.refused_ms = 50;
    peer.login = "Authentication failed";
    peer.when_away = let_in;
    run(&peer);
    CU_ASSERT_STRING_EQUAL(peer.reason, "the login is refused");
    CU_ASSERT(peer.ready == 1 && peer.away == 1 && peer.connections == 2);
    peer_close(&peer);
}

static void check_refused(void (*spoil)(struct peer *peer), const char *reason)
{
    struct peer peer;
    peer_open(&peer);
    spoil(&peer);
    run(&peer);
    CU_ASSERT_STRING_EQUAL(peer.reason, reason);
    CU_ASSERT(peer.ready == 0 && peer.away == 1);
    peer_close(&peer);
}

static void spoil_greeting(struct peer *peer)
{
    peer->greeting = "SSH-2.0-OpenSSH_9.2\r\n";
}

static void spoil_challenge(struct peer *peer)
{
    peer->challenge = "";
}

static void spoil_events(struct peer *peer)
{
    peer->events = "Permission denied";
}

static void spoil_numbers(struct peer *peer)
{
    peer->skew = "9";
}

static void test_refused(void)
{
    check_refused(spoil_greeting, "it is no manager interface of Asterisk");
    check_refused(spoil_challenge, "it gives no challenge for AuthType MD5");
    check_refused(spoil_events, "the subscription is refused");
    check_refused(spoil_numbers, "it answers what was not asked");
}

static void talk(struct peer *peer)
{
    peer->filter = "No such channel";
    CU_ASSERT_TRUE(ask(peer, "Ping"));
    CU_ASSERT_TRUE(ask(peer, "Filter\r\nOperation: Add"));
    say(peer, "Event: Newchannel\r\nUniqueid: 1.1\r\n\r\nEvent: Row\r\nActionID: 8\r\n\r\n"
              "neither: one\r\n\r\nEvent: Hangup\r\n\r\n");
    CU_ASSERT_TRUE(ask(peer, "Ping"));
}

static void on_last(void *self, const struct slice *text)
{
    on_answer(self, text);
    finish(self);
}

static void talk_and_end(struct peer *peer)
{
    struct error error;
    talk(peer);
    CU_ASSERT_TRUE(ami_ask(peer->connection, slice_from("Ping"), on_last, peer, &error));
}

static void test_conversation(void)
{
    struct peer peer;
    peer_open(&peer);
    peer.when_ready = talk_and_end;
    run(&peer);
    CU_ASSERT_STRING_EQUAL(peer.told, "row 1000;ready ;event Newchannel;row ;event Hangup;good "
                                      ";bad No such channel;good ;good ;");
    const struct source_counts *counts = ami_connection_counts(peer.connection);
    CU_ASSERT(counts->bad_events == 1 && counts->events == 5);
    peer_close(&peer);
}

/* A line end too many would begin another action. */
static void ask_badly(struct peer *peer)
{
    static char longest[9000];
    memset(longest, 'a', sizeof longest - 1);
    CU_ASSERT_FALSE(ask(peer, ""));
    CU_ASSERT_FALSE(ask(peer, "Hangup\r\n\r\nAction: Originate"));
    CU_ASSERT_FALSE(ask(peer, "Hangup\nChannel: 1.1"));
    CU_ASSERT_FALSE(ask(peer, "Hangup\rChannel: 1.1"));
    CU_ASSERT_FALSE(ask(peer, "Hangup\r\n"));
    CU_ASSERT_FALSE(ask(peer, "Hangup\r\nChannel: \x7f"));
    CU_ASSERT_FALSE(ask(peer, longest));
    peer->mute = true;
    for (int i = 0; i < LINK_ASKS_MAX; i++)
        CU_ASSERT_TRUE(ami_ask(peer->connection, slice_from("Ping"), NULL, NULL, NULL));
    CU_ASSERT_FALSE(ask(peer, "Ping"));
    finish(peer);
}

static void test_not_sent(void)
{
    struct peer peer;
    struct error error = {""};
    peer_open(&peer);
    peer.when_ready = ask_badly;
    run(&peer);
    peer.settings.user = "a\r\nAction: Originate";
    CU_ASSERT_PTR_NULL(ami_connection_open(&peer.loop, &peer.settings, &hooks, &error));
    peer.settings.user = "a";
    peer.settings.password = "Se\ncret";
    CU_ASSERT_PTR_NULL(ami_connection_open(&peer.loop, &peer.settings, &hooks, &error));
    CU_ASSERT_PTR_NULL(strstr(error.text, "cret"));
    peer_close(&peer);
}

static void be_mute(struct peer *peer)
{
    peer->mute = true;
    CU_ASSERT_TRUE(ask(peer, "CoreShowChannels"));
}

/* Who waits is told when the connection is lost. */
static void test_no_answer(void)
{
    struct peer peer;
    peer_open(&peer);
    peer.settings.link.answer_ms = 100;
    peer.when_ready = be_mute;
    run(&peer);
    CU_ASSERT_STRING_EQUAL(peer.reason, "it does not answer");
    CU_ASSERT_STRING_EQUAL(peer.told, "row 1000;ready ;lost ;");
    peer_close(&peer);
}

static void fall_silent(struct peer *peer)
{
    peer->mute = true;
}

static void test_silence(void)
{
    struct peer peer;
    peer_open(&peer);
    peer.settings.link.quiet_ms = 50;
    peer.settings.link.deadline_ms = 100;
    peer.when_ready = fall_silent;
    run(&peer);
    CU_ASSERT_STRING_EQUAL(peer.reason, "it gives no sign of life");
    CU_ASSERT_PTR_NOT_NULL(strstr(peer.asked, "Action: Ping\r\n"));
    peer_close(&peer);
}

static void boot(struct peer *peer)
{
    if (peer->ready == 1)
        say(peer, "Event: FullyBooted\r\n\r\nEvent: Newchannel\r\n\r\n");
    else
        finish(peer);
}

static void go_on(struct peer *peer)
{
    (void)peer;
}

/* What was asked while it was still starting is asked again. */
static void test_booted_late(void)
{
    struct peer peer;
    peer_open(&peer);
    peer.when_ready = boot;
    peer.when_away = go_on;
    run(&peer);
    CU_ASSERT_STRING_EQUAL(peer.reason, "it has only now started");
    CU_ASSERT(peer.ready == 2 && peer.connections == 2);
    CU_ASSERT_PTR_NULL(strstr(peer.told, "Newchannel")); /* behind it nothing is anybody's */
    peer_close(&peer);
}

SUITE("ami connection", {"login", test_login}, {"no filter", test_no_filter},
      {"refused and let in", test_refused_and_let_in}, {"refused", test_refused},
      {"conversation", test_conversation}, {"not sent", test_not_sent},
      {"no answer", test_no_answer}, {"silence", test_silence}, {"booted late", test_booted_late})
