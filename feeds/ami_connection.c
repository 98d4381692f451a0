/*
 * ami_connection.c - the conversation with one Asterisk (manager.c), and when to begin it again.
 */
#include "feeds/ami_connection.h"

#include <nettle/base16.h>
#include <nettle/md5.h>
#include <stdlib.h>

#include "base/log.h"

/* A message and all that is made of it. */
#define ARENA_LIMIT ((size_t)1 << 20)

const struct ami_settings ami_settings_standard = {.link = {.kind = "Asterisk",
                                                            .host = "127.0.0.1",
                                                            .port = 5038,
                                                            .deadline_ms = 5000,
                                                            .answer_ms = 30000,
                                                            .quiet_ms = 5000,
                                                            .reconnect_ms = 5000,
                                                            .refused_ms = 30000}};

enum state {
    GREETING,    /* waiting for it */
    CHALLENGING, /* for the challenge */
    LOGGING_IN,
    LOOKING, /* for what endpoints there are, and whether VarSet can be left out */
    SUBSCRIBING,
    SUBSCRIBED
};

struct ami_connection {
    const struct ami_settings *settings;
    const struct ami_hooks *hooks;
    struct link_hooks link_hooks;
    struct link *link;
    struct source_counts counts;
    enum state state;
    int looks;               /* answers that are to come while LOOKING */
    uint64_t sent, answered; /* actions of this connection; each one's number is its ActionID */
    struct ami_reader reader;
};

/* ---- asks ---- */

static bool send_action(struct ami_connection *connection, struct slice action,
                        struct link_waiting waiting)
{
    struct arena arena;
    arena_init(&arena, (size_t)4 * LINK_COMMAND_MAX);
    struct buffer out = buffer_in(&arena);
    buffer_add_string(&out, "Action: ");
    buffer_add(&out, action);
    buffer_format(&out, "\r\nActionID: %llu\r\n\r\n", (unsigned long long)connection->sent + 1);
    bool sent = !out.failed && link_send(connection->link, buffer_slice(&out), waiting);
    connection->sent += sent;
    arena_free(&arena);
    return sent;
}

/* True when each line of ACTION is one that can be sent, and none is empty: that would end it. */
static bool is_action(struct slice action)
{
    if (action.length > LINK_COMMAND_MAX)
        return false;
    while (action.data) {
        struct slice line = slice_cut(action, '\r', &action);
        if (!link_asks_fit(line) || (action.data && !slice_starts(action, "\n")))
            return false;
        if (action.data)
            action = slice_of(action.data + 1, action.length - 1);
    }
    return true;
}

bool ami_ask(struct ami_connection *connection, struct slice action, link_answered *done,
             void *self, struct error *error)
{
    const char *name = connection->settings->link.name;
    if (!is_action(action))
        return error_set(error, "Asterisk %s: an action that cannot be sent", name);
    if (!link_is_ready(connection->link))
        return error_set(error, "Asterisk %s is away", name);
    if (!send_action(connection, action, (struct link_waiting){.done = done, .self = self}))
        return error_set(error, "Asterisk %s: too many actions wait for it", name);
    return true;
}

static bool probe(void *self)
{
    return send_action(self, slice_from("Ping"), (struct link_waiting){.probe = true});
}

/* ---- the conversation ---- */

static void ask(struct ami_connection *connection, enum state state, struct slice action)
{
    connection->state = state;
    if (!send_action(connection, action, (struct link_waiting){0}))
        link_drop_for(connection->link, "it does not take the login");
}

/* The key is MD5 of the challenge and the password, in hexadecimal digits. */
static void log_in(struct ami_connection *connection, struct slice challenge)
{
    const struct ami_settings *settings = connection->settings;
    uint8_t digest[MD5_DIGEST_SIZE];
    char key[BASE16_ENCODE_LENGTH(MD5_DIGEST_SIZE) + 1] = "", action[512];
    struct md5_ctx md5;
    md5_init(&md5);
    md5_update(&md5, challenge.length, (const uint8_t *)challenge.data);
    md5_update(&md5, strlen(settings->password), (const uint8_t *)settings->password);
    md5_digest(&md5, sizeof digest, digest);
    base16_encode_update(key, sizeof digest, digest);
    snprintf(action, sizeof action,
             "Login\r\nAuthType: MD5\r\nUsername: %s\r\nKey: %s\r\nEvents: off", settings->user,
             key);
    ask(connection, LOGGING_IN, slice_from(action));
}

/* VarSet, an event for each variable of the dialplan, is of the class that also has Newexten: without the first we take
 * neither. The filter looks at a whole event, so it must not match what a caller can write. */
static void look(struct ami_connection *connection)
{
    static const char *const actions[] = {"PJSIPShowEndpoints", "SIPpeers",
                                          "Filter\r\nOperation: Add\r\nFilter: !^Event: VarSet"};
    connection->looks = sizeof actions / sizeof *actions;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (link_connection(connection->link))
            ask(connection, LOOKING, slice_from(actions[i]));
}

static void subscribe(struct ami_connection *connection, bool filtered)
{
    ask(connection, SUBSCRIBING,
        slice_from(filtered ? "Events\r\nEventMask: system,call,agent,dialplan"
                            : "Events\r\nEventMask: system,call,agent"));
}

static void become_ready(struct ami_connection *connection)
{
    connection->state = SUBSCRIBED;
    connection->counts.connections++;
    link_become_ready(connection->link);
    connection->hooks->ready(connection->hooks->self);
}

/* The answer to one of our own actions on the way to being ready. */
static void go_on(struct ami_connection *connection, const struct ami_message *message, bool good)
{
    switch (connection->state) {
    case CHALLENGING:
        if (good && ami_message_get(message, "Challenge").length > 0)
            log_in(connection, ami_message_get(message, "Challenge"));
        else
            link_refuse(connection->link, "it gives no challenge for AuthType MD5");
        break;
    case LOGGING_IN:
        if (good)
            look(connection);
        else
            link_refuse(connection->link, "the login is refused");
        break;
    case LOOKING:
        if (--connection->looks == 0)
            subscribe(connection, good);
        break;
    case SUBSCRIBING:
        if (good)
            become_ready(connection);
        else
            link_refuse(connection->link, "the subscription is refused");
        break;
    case GREETING:
    case SUBSCRIBED: break;
    }
}

static void on_response(struct ami_connection *connection, const struct ami_message *message)
{
    struct link_waiting waiting;
    uint64_t id;
    if (!slice_number(ami_message_get(message, "ActionID"), UINT64_MAX, &id) ||
        id != connection->answered + 1) {
        link_drop_for(connection->link, "it answers what was not asked");
        return;
    }
    if (!link_take_waiting(connection->link, &waiting))
        return;
    connection->answered = id;
    if (waiting.done)
        waiting.done(waiting.self, &message->text);
    else if (!waiting.probe)
        go_on(connection, message, slice_is(ami_message_get(message, "Response"), "Success"));
}

static void on_event(struct ami_connection *connection, const struct ami_message *message)
{
    connection->counts.events++;
    if (ami_message_get(message, "ActionID").length > 0)
        connection->hooks->row(connection->hooks->self, message);
    else if (connection->state != SUBSCRIBED)
        return;
    else if (slice_is(ami_message_get(message, "Event"), "FullyBooted"))
        /* It was still starting when it was asked what there is. */
        link_drop_for(connection->link, "it has only now started");
    else
        connection->hooks->event(connection->hooks->self, message);
}

static void greet(struct ami_connection *connection, struct slice greeting)
{
    if (!slice_starts(greeting, "Asterisk Call Manager"))
        link_refuse(connection->link, "it is no manager interface of Asterisk");
    else
        ask(connection, CHALLENGING, slice_from("Challenge\r\nAuthType: MD5"));
}

/* One message. False when the connection is not there any more, so that what comes behind is nobody's. */
static bool on_message(void *self, struct slice text)
{
    struct ami_connection *connection = self;
    uint64_t number = link_connection(connection->link);
    struct ami_message message;
    struct arena arena;
    if (connection->state == GREETING) {
        greet(connection, text);
        return link_connection(connection->link) == number;
    }
    arena_init(&arena, ARENA_LIMIT);
    if (!ami_message_read(text, &arena, &message))
        connection->counts.bad_events++;
    else if (ami_message_get(&message, "Response").length > 0)
        on_response(connection, &message);
    else if (ami_message_get(&message, "Event").length > 0)
        on_event(connection, &message);
    else
        connection->counts.bad_events++;
    arena_free(&arena);
    return link_connection(connection->link) == number;
}

/* ---- the link ---- */

static void on_opened(void *self)
{
    struct ami_connection *connection = self;
    connection->state = GREETING;
    connection->sent = connection->answered = 0;
    connection->reader.length = connection->reader.scanned = 0;
    connection->reader.greeted = connection->reader.passing = false;
}

static void on_heard(void *self, struct slice bytes)
{
    struct ami_connection *connection = self;
    uint64_t passed = connection->reader.passed;
    connection->counts.bytes += bytes.length;
    ami_reader_feed(&connection->reader, bytes, on_message, connection);
    if (connection->reader.passed > passed && connection->counts.bad_events == 0)
        log_warning(
            "Asterisk %s sent a message of more than %d bytes (further ones are only counted)",
            connection->settings->link.name, AMI_MESSAGE_MAX);
    connection->counts.bad_events += connection->reader.passed - passed;
}

static void on_away(void *self, const struct error *reason)
{
    struct ami_connection *connection = self;
    connection->hooks->away(connection->hooks->self, reason);
}

static void on_closed(void *self)
{
    free(self);
}

/* ---- for its owner ---- */

struct ami_connection *ami_connection_open(uv_loop_t *loop, const struct ami_settings *settings,
                                           const struct ami_hooks *hooks, struct error *error)
{
    struct slice user = slice_from(settings->user);
    if (!link_asks_fit(user) || user.length > 200 ||
        !link_asks_fit(slice_from(settings->password))) {
        error_set(error,
                  "Asterisk %s: user or password are empty, too long, or have a control character",
                  settings->link.name);
        return NULL;
    }
    struct ami_connection *connection = calloc(1, sizeof *connection);
    if (!connection) {
        error_set(error, "no memory for Asterisk %s", settings->link.name);
        return NULL;
    }
    connection->settings = settings;
    connection->hooks = hooks;
    connection->link_hooks =
        (struct link_hooks){connection, on_opened, on_heard, probe, on_away, on_closed};
    connection->link = link_open(loop, &settings->link, &connection->link_hooks, error);
    if (connection->link)
        return connection;
    free(connection);
    return NULL;
}

void ami_connection_close(struct ami_connection *connection)
{
    link_close(connection->link);
}

const struct source_counts *ami_connection_counts(const struct ami_connection *connection)
{
    return &connection->counts;
}

void ami_pause(struct ami_connection *connection)
{
    link_pause(connection->link);
}

void ami_resume(struct ami_connection *connection)
{
    link_resume(connection->link);
}
