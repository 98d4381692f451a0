/*
 * esl_connection.c - the conversation with one FreeSWITCH (mod_event_socket.c), and when to begin it again.
 */
#include "feeds/esl_connection.h"

#include <stdlib.h>

#include "base/log.h"
#include "feeds/esl_asks.h"
#include "feeds/esl_frame.h"
#include "feeds/esl_socket.h"

#define FIRST_PAUSE_MS 100
/* An event and all that is made of it. */
#define ARENA_LIMIT(body_max) ((size_t)(body_max)*8 + ((size_t)1 << 20))

const struct esl_settings esl_settings_standard = {.host = "127.0.0.1",
                                                   .port = 8021,
                                                   .deadline_ms = 5000,
                                                   .answer_ms = 30000,
                                                   .quiet_ms = 5000,
                                                   .reconnect_ms = 5000,
                                                   .refused_ms = 30000,
                                                   .body_max = (int64_t)ESL_BODY_MAX};

enum state {
    WAITING,     /* for the next attempt */
    CONNECTING,  /* and for auth/request */
    LOGGING_IN,  /* for the answer to auth */
    SUBSCRIBING, /* for the answer to event */
    READY
};

struct esl_connection {
    uv_loop_t *loop;
    const struct esl_settings *settings;
    const struct esl_hooks *hooks;
    uv_timer_t timer; /* WAITING: ends it; otherwise ticks, to look at deadlines */
    struct esl_socket *socket;
    struct esl_reader reader;
    struct esl_counts counts;
    enum state state;
    struct esl_asks asks;
    uint64_t since_ms;                 /* when the attempt began */
    uint64_t ready_ms;                 /* when it became ready */
    uint64_t heard_ms;                 /* the last byte, or resuming */
    int64_t pause_ms;                  /* before the next attempt */
    char reason[sizeof(struct error)]; /* that was logged; "" while ready */
    bool paused, refused, told_away, closed;
};

static void on_timer(uv_timer_t *timer);

/* ---- asks ---- */

/* Sends PREFIX and COMMAND as one command, whose answer goes to WAITING. */
static bool send_command(struct esl_connection *connection, const char *prefix,
                         struct slice command, struct esl_waiting waiting)
{
    struct arena arena;
    arena_init(&arena, (size_t)4 * ESL_COMMAND_MAX);
    struct buffer out = buffer_in(&arena);
    buffer_add_string(&out, prefix);
    buffer_add(&out, command);
    buffer_add_string(&out, "\n\n");
    bool sent = !out.failed && connection->socket && !esl_asks_full(&connection->asks) &&
                esl_socket_write(connection->socket, buffer_slice(&out));
    arena_free(&arena);
    if (!sent)
        return false;
    waiting.since_ms = uv_now(connection->loop);
    esl_asks_add(&connection->asks, waiting);
    return true;
}

bool esl_ask(struct esl_connection *connection, struct slice command, esl_answered *done,
             void *self, struct error *error)
{
    const char *name = connection->settings->name;
    if (!esl_asks_fit(command))
        return error_set(error, "FreeSWITCH %s: a command that cannot be sent", name);
    if (connection->state != READY)
        return error_set(error, "FreeSWITCH %s is away", name);
    if (!send_command(connection, "", command, (struct esl_waiting){.done = done, .self = self}))
        return error_set(error, "FreeSWITCH %s: too many commands wait for it", name);
    return true;
}

/* ---- away, and again ---- */

/* PAUSE_MS with a fifth of it more or less, so that many do not come back at one moment. */
static uint64_t with_chance(int64_t pause_ms)
{
    uint32_t chance = 0;
    uv_random(NULL, NULL, &chance, sizeof chance, 0, NULL);
    int64_t spread = pause_ms * 2 / 5;
    return (uint64_t)(pause_ms - spread / 2 + (spread > 0 ? (int64_t)(chance % spread) : 0));
}

static void drop(struct esl_connection *connection, const struct error *reason)
{
    const struct esl_settings *settings = connection->settings;
    /* One that is lost as soon as it is ready is waited for longer and longer too. */
    if (connection->state == READY &&
        uv_now(connection->loop) - connection->ready_ms >= (uint64_t)settings->reconnect_ms)
        connection->pause_ms = FIRST_PAUSE_MS;
    esl_socket_close(connection->socket);
    connection->socket = NULL;
    connection->state = WAITING;
    int64_t pause = connection->refused ? settings->refused_ms : connection->pause_ms;
    connection->pause_ms = connection->pause_ms * 2 < settings->reconnect_ms
                               ? connection->pause_ms * 2
                               : settings->reconnect_ms;
    uv_timer_start(&connection->timer, on_timer, with_chance(pause), 0);
    if (strcmp(connection->reason, reason->text) != 0) {
        memcpy(connection->reason, reason->text, sizeof connection->reason);
        log_warning("FreeSWITCH %s at %s:%d is away: %s", settings->name, settings->host,
                    (int)settings->port, reason->text);
    }
    esl_asks_give_up(&connection->asks); /* who is told cannot ask anew: it is not ready */
    if (!connection->told_away && !connection->closed) {
        connection->told_away = true;
        connection->hooks->away(connection->hooks->self, reason);
    }
}

static void drop_for(struct esl_connection *connection, const char *text)
{
    struct error reason;
    error_set(&reason, "%s", text);
    drop(connection, &reason);
}

/* Dropped for what will not pass by itself. */
static void refuse(struct esl_connection *connection, const char *text)
{
    connection->refused = true;
    drop_for(connection, text);
}

/* ---- the conversation ---- */

static void log_in(struct esl_connection *connection)
{
    connection->state = LOGGING_IN;
    if (!send_command(connection, "auth ", slice_from(connection->settings->password),
                      (struct esl_waiting){0}))
        drop_for(connection, "it does not take the login");
}

static void subscribe(struct esl_connection *connection)
{
    connection->state = SUBSCRIBING;
    if (!send_command(connection, "event json ", slice_from(connection->settings->events),
                      (struct esl_waiting){0}))
        drop_for(connection, "it does not take the subscription");
}

static void become_ready(struct esl_connection *connection)
{
    const struct esl_settings *settings = connection->settings;
    connection->state = READY;
    connection->ready_ms = uv_now(connection->loop);
    connection->reason[0] = '\0';
    connection->told_away = false;
    connection->counts.connections++;
    log_info("FreeSWITCH %s at %s:%d is connected", settings->name, settings->host,
             (int)settings->port);
    connection->hooks->ready(connection->hooks->self);
}

static void answer(struct esl_connection *connection, struct slice text)
{
    if (connection->asks.count == 0) {
        drop_for(connection, "it answers what was not asked");
        return;
    }
    struct esl_waiting waiting = esl_asks_take(&connection->asks);
    bool good = slice_starts(text, "+OK");
    if (connection->state == LOGGING_IN) {
        if (good)
            subscribe(connection);
        else
            refuse(connection, "the password is refused");
    } else if (connection->state == SUBSCRIBING) {
        if (good)
            become_ready(connection);
        else
            refuse(connection, "the subscription is refused");
    } else if (waiting.done) {
        waiting.done(waiting.self, &text);
    }
}

static void event(struct esl_connection *connection, struct slice body)
{
    struct esl_event event;
    struct error error;
    struct arena arena;
    if (connection->state != READY)
        return;
    arena_init(&arena, ARENA_LIMIT(connection->settings->body_max));
    if (esl_event_read(body, &arena, &event, &error)) {
        connection->counts.events++;
        connection->hooks->event(connection->hooks->self, &event);
    } else if (connection->counts.bad_events++ == 0) {
        log_warning(
            "FreeSWITCH %s sent an event that cannot be read (further ones are only counted): %s",
            connection->settings->name, error.text);
    }
    arena_free(&arena);
}

/* One frame. False when the connection is not there any more, so that what comes behind is nobody's. */
static bool on_frame(void *self, const struct esl_frame *frame)
{
    struct esl_connection *connection = self;
    struct esl_socket *socket = connection->socket;
    if (slice_is(frame->type, "text/event-json")) {
        event(connection, frame->body);
    } else if (slice_is(frame->type, "api/response")) {
        answer(connection, frame->body);
    } else if (slice_is(frame->type, "command/reply")) {
        answer(connection, frame->reply);
    } else if (slice_is(frame->type, "auth/request")) {
        if (connection->state == CONNECTING)
            log_in(connection);
        else
            drop_for(connection, "it asks for the password again");
    } else if (slice_is(frame->type, "text/rude-rejection")) {
        refuse(connection, "our address is refused (apply-inbound-acl of event_socket.conf)");
    } else if (slice_is(frame->type, "text/disconnect-notice")) {
        /* Lingering, it goes on for a while and closes the connection itself. */
        if (!slice_is(esl_frame_header(frame, "Content-Disposition"), "linger"))
            drop_for(connection, "it says goodbye");
    }
    return connection->socket == socket && !connection->closed;
}

/* ---- the socket ---- */

static void on_opened(void *self)
{
    struct esl_connection *connection = self;
    connection->heard_ms = uv_now(connection->loop);
}

static void on_heard(void *self, struct slice bytes)
{
    struct esl_connection *connection = self;
    struct error error;
    connection->heard_ms = uv_now(connection->loop);
    connection->counts.bytes += bytes.length;
    if (!esl_reader_feed(&connection->reader, bytes, on_frame, connection, &error) && error.text[0])
        drop(connection, &error);
}

static void on_ended(void *self, const struct error *reason)
{
    drop(self, reason);
}

static const struct esl_socket_hooks socket_hooks = {on_opened, on_heard, on_ended};

/* ---- time ---- */

static void connect_now(struct esl_connection *connection)
{
    const struct esl_settings *settings = connection->settings;
    struct error error;
    esl_reader_free(&connection->reader);
    connection->refused = false;
    connection->state = CONNECTING;
    connection->since_ms = connection->heard_ms = uv_now(connection->loop);
    connection->socket = esl_socket_open(connection->loop, settings->host, (int)settings->port,
                                         &socket_hooks, connection, &error);
    if (!connection->socket) {
        drop(connection, &error);
        return;
    }
    if (connection->paused)
        esl_socket_pause(connection->socket);
    int64_t least =
        settings->quiet_ms < settings->deadline_ms ? settings->quiet_ms : settings->deadline_ms;
    uint64_t tick = least < 200 ? 20 : least < 4000 ? (uint64_t)least / 8 : 500;
    uv_timer_start(&connection->timer, on_timer, tick, tick);
}

/* Is it there? Any byte says so; when none comes by itself, one is asked for. A long answer may take its time. */
static void look_for_life(struct esl_connection *connection, uint64_t now)
{
    const struct esl_settings *settings = connection->settings;
    const struct esl_waiting *oldest = esl_asks_oldest(&connection->asks);
    uint64_t silent = now - connection->heard_ms;
    if (oldest && now - oldest->since_ms >= (uint64_t)settings->answer_ms)
        drop_for(connection, "it does not answer");
    else if (oldest && oldest->probe &&
             silent >= (uint64_t)(settings->quiet_ms + settings->deadline_ms))
        drop_for(connection, "it gives no sign of life");
    else if (!oldest && silent >= (uint64_t)settings->quiet_ms &&
             !send_command(connection, "api ", slice_from("uptime"),
                           (struct esl_waiting){.probe = true}))
        drop_for(connection, "it takes no commands");
}

static void on_timer(uv_timer_t *timer)
{
    struct esl_connection *connection = timer->data;
    uint64_t now = uv_now(connection->loop);
    if (connection->state == WAITING)
        connect_now(connection);
    else if (connection->paused)
        return;
    else if (connection->state == READY)
        look_for_life(connection, now);
    else if (now - connection->since_ms >= (uint64_t)connection->settings->deadline_ms)
        drop_for(connection, connection->state == CONNECTING ? "connecting takes too long"
                                                             : "logging in takes too long");
}

/* ---- for its owner ---- */

struct esl_connection *esl_connection_open(uv_loop_t *loop, const struct esl_settings *settings,
                                           const struct esl_hooks *hooks, struct error *error)
{
    if (!esl_asks_fit(slice_from(settings->password)) ||
        !esl_asks_fit(slice_from(settings->events))) {
        error_set(
            error,
            "FreeSWITCH %s: password or events are empty, too long, or have a control character",
            settings->name);
        return NULL;
    }
    struct esl_connection *connection = calloc(1, sizeof *connection);
    if (!connection || uv_timer_init(loop, &connection->timer) != 0) {
        free(connection);
        error_set(error, "no memory for FreeSWITCH %s", settings->name);
        return NULL;
    }
    connection->loop = loop;
    connection->settings = settings;
    connection->hooks = hooks;
    connection->pause_ms = FIRST_PAUSE_MS;
    connection->timer.data = connection;
    esl_reader_init(&connection->reader, (size_t)settings->body_max);
    uv_timer_start(&connection->timer, on_timer, 0, 0);
    return connection;
}

static void on_closed(uv_handle_t *handle)
{
    struct esl_connection *connection = handle->data;
    esl_reader_free(&connection->reader);
    free(connection);
}

void esl_connection_close(struct esl_connection *connection)
{
    if (connection->closed)
        return;
    connection->closed = true;
    connection->state = WAITING;
    esl_socket_close(connection->socket);
    connection->socket = NULL;
    esl_asks_give_up(&connection->asks);
    uv_close((uv_handle_t *)&connection->timer, on_closed);
}

bool esl_connection_is_ready(const struct esl_connection *connection)
{
    return connection->state == READY;
}

const struct esl_counts *esl_connection_counts(const struct esl_connection *connection)
{
    return &connection->counts;
}

void esl_pause(struct esl_connection *connection)
{
    connection->paused = true;
    if (connection->socket)
        esl_socket_pause(connection->socket);
}

void esl_resume(struct esl_connection *connection)
{
    uint64_t now = uv_now(connection->loop);
    connection->paused = false;
    connection->heard_ms = connection->since_ms = now;
    esl_asks_renew(&connection->asks, now);
    if (connection->socket)
        esl_socket_resume(connection->socket);
}
