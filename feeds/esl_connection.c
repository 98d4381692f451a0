/*
 * esl_connection.c - the conversation with one FreeSWITCH (mod_event_socket.c), and when to begin it again.
 */
#include "feeds/esl_connection.h"

#include <stdlib.h>

#include "base/log.h"
#include "feeds/esl_frame.h"
#include "feeds/link.h"

/* An event and all that is made of it. */
#define ARENA_LIMIT(body_max) ((size_t)(body_max)*8 + ((size_t)1 << 20))

const struct esl_settings esl_settings_standard = {.link = {.kind = "FreeSWITCH",
                                                            .host = "127.0.0.1",
                                                            .port = 8021,
                                                            .deadline_ms = 5000,
                                                            .answer_ms = 30000,
                                                            .quiet_ms = 5000,
                                                            .reconnect_ms = 5000,
                                                            .refused_ms = 30000},
                                                   .body_max = (int64_t)ESL_BODY_MAX};

enum state {
    GREETED,     /* by auth/request: not yet */
    LOGGING_IN,  /* waiting for the answer to auth */
    SUBSCRIBING, /* for the answer to event */
    SUBSCRIBED
};

struct esl_connection {
    const struct esl_settings *settings;
    const struct source_hooks *hooks;
    struct link_hooks link_hooks;
    struct link *link;
    struct esl_reader reader;
    struct source_counts counts;
    enum state state;
};

/* ---- asks ---- */

/* Sends PREFIX and COMMAND as one command, whose answer goes to WAITING. */
static bool send_command(struct esl_connection *connection, const char *prefix,
                         struct slice command, struct link_waiting waiting)
{
    struct arena arena;
    arena_init(&arena, (size_t)4 * LINK_COMMAND_MAX);
    struct buffer out = buffer_in(&arena);
    buffer_add_string(&out, prefix);
    buffer_add(&out, command);
    buffer_add_string(&out, "\n\n");
    bool sent = !out.failed && link_send(connection->link, buffer_slice(&out), waiting);
    arena_free(&arena);
    return sent;
}

bool esl_ask(struct esl_connection *connection, struct slice command, link_answered *done,
             void *self, struct error *error)
{
    const char *name = connection->settings->link.name;
    if (!link_asks_fit(command))
        return error_set(error, "FreeSWITCH %s: a command that cannot be sent", name);
    if (!link_is_ready(connection->link))
        return error_set(error, "FreeSWITCH %s is away", name);
    if (!send_command(connection, "", command, (struct link_waiting){.done = done, .self = self}))
        return error_set(error, "FreeSWITCH %s: too many commands wait for it", name);
    return true;
}

static bool probe(void *self)
{
    return send_command(self, "api ", slice_from("uptime"), (struct link_waiting){.probe = true});
}

/* ---- the conversation ---- */

static void log_in(struct esl_connection *connection)
{
    connection->state = LOGGING_IN;
    if (!send_command(connection, "auth ", slice_from(connection->settings->password),
                      (struct link_waiting){0}))
        link_drop_for(connection->link, "it does not take the login");
}

static void subscribe(struct esl_connection *connection)
{
    connection->state = SUBSCRIBING;
    if (!send_command(connection, "event json ", slice_from(connection->settings->events),
                      (struct link_waiting){0}))
        link_drop_for(connection->link, "it does not take the subscription");
}

static void become_ready(struct esl_connection *connection)
{
    connection->state = SUBSCRIBED;
    connection->counts.connections++;
    link_become_ready(connection->link);
    connection->hooks->ready(connection->hooks->self);
}

static void answer(struct esl_connection *connection, struct slice text)
{
    struct link_waiting waiting;
    if (!link_take_waiting(connection->link, &waiting))
        return;
    bool good = slice_starts(text, "+OK");
    if (connection->state == LOGGING_IN) {
        if (good)
            subscribe(connection);
        else
            link_refuse(connection->link, "the password is refused");
    } else if (connection->state == SUBSCRIBING) {
        if (good)
            become_ready(connection);
        else
            link_refuse(connection->link, "the subscription is refused");
    } else if (waiting.done) {
        waiting.done(waiting.self, &text);
    }
}

static void event(struct esl_connection *connection, struct slice body)
{
    struct esl_event event;
    struct error error;
    struct arena arena;
    if (connection->state != SUBSCRIBED)
        return;
    arena_init(&arena, ARENA_LIMIT(connection->settings->body_max));
    if (esl_event_read(body, &arena, &event, &error)) {
        connection->counts.events++;
        connection->hooks->event(connection->hooks->self, &event);
    } else if (connection->counts.bad_events++ == 0) {
        log_warning(
            "FreeSWITCH %s sent an event that cannot be read (further ones are only counted): %s",
            connection->settings->link.name, error.text);
    }
    arena_free(&arena);
}

/* One frame. False when the connection is not there any more, so that what comes behind is nobody's. */
static bool on_frame(void *self, const struct esl_frame *frame)
{
    struct esl_connection *connection = self;
    uint64_t number = link_connection(connection->link);
    if (slice_is(frame->type, "text/event-json")) {
        event(connection, frame->body);
    } else if (slice_is(frame->type, "api/response")) {
        answer(connection, frame->body);
    } else if (slice_is(frame->type, "command/reply")) {
        answer(connection, frame->reply);
    } else if (slice_is(frame->type, "auth/request")) {
        if (connection->state == GREETED)
            log_in(connection);
        else
            link_drop_for(connection->link, "it asks for the password again");
    } else if (slice_is(frame->type, "text/rude-rejection")) {
        link_refuse(connection->link,
                    "our address is refused (apply-inbound-acl of event_socket.conf)");
    } else if (slice_is(frame->type, "text/disconnect-notice")) {
        /* Lingering, it goes on for a while and closes the connection itself. */
        if (!slice_is(esl_frame_header(frame, "Content-Disposition"), "linger"))
            link_drop_for(connection->link, "it says goodbye");
    }
    return link_connection(connection->link) == number;
}

/* ---- the link ---- */

static void on_opened(void *self)
{
    struct esl_connection *connection = self;
    connection->state = GREETED;
    esl_reader_free(&connection->reader);
}

static void on_heard(void *self, struct slice bytes)
{
    struct esl_connection *connection = self;
    struct error error;
    connection->counts.bytes += bytes.length;
    if (!esl_reader_feed(&connection->reader, bytes, on_frame, connection, &error) && error.text[0])
        link_drop(connection->link, &error);
}

static void on_away(void *self, const struct error *reason)
{
    struct esl_connection *connection = self;
    connection->hooks->away(connection->hooks->self, reason);
}

static void on_closed(void *self)
{
    struct esl_connection *connection = self;
    esl_reader_free(&connection->reader);
    free(connection);
}

/* ---- for its owner ---- */

struct esl_connection *esl_connection_open(uv_loop_t *loop, const struct esl_settings *settings,
                                           const struct source_hooks *hooks, struct error *error)
{
    if (!link_asks_fit(slice_from(settings->password)) ||
        !link_asks_fit(slice_from(settings->events))) {
        error_set(
            error,
            "FreeSWITCH %s: password or events are empty, too long, or have a control character",
            settings->link.name);
        return NULL;
    }
    struct esl_connection *connection = calloc(1, sizeof *connection);
    if (!connection) {
        error_set(error, "no memory for FreeSWITCH %s", settings->link.name);
        return NULL;
    }
    connection->settings = settings;
    connection->hooks = hooks;
    connection->link_hooks =
        (struct link_hooks){connection, on_opened, on_heard, probe, on_away, on_closed};
    esl_reader_init(&connection->reader, (size_t)settings->body_max);
    connection->link = link_open(loop, &settings->link, &connection->link_hooks, error);
    if (connection->link)
        return connection;
    free(connection);
    return NULL;
}

void esl_connection_close(struct esl_connection *connection)
{
    link_close(connection->link);
}

bool esl_connection_is_ready(const struct esl_connection *connection)
{
    return link_is_ready(connection->link);
}

const struct source_counts *esl_connection_counts(const struct esl_connection *connection)
{
    return &connection->counts;
}

void esl_pause(struct esl_connection *connection)
{
    link_pause(connection->link);
}

void esl_resume(struct esl_connection *connection)
{
    link_resume(connection->link);
}
