/*
 * asterisk_source.c - an Asterisk, by its manager interface, in FreeSWITCH's words.
 *
 * A list is one or more actions and a Ping behind them: Asterisk carries out the actions of a connection one after the other, so when
 * the Ping is answered all rows have come. An action that Asterisk does not know (no chan_sip, no parking), or that has found
 * nothing, is a list without rows.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "feeds/ami_connection.h"
#include "feeds/ami_translator.h"
#include "feeds/source.h"

#define LIST_ACTIONS 2

/* Bytes of what Asterisk says, in the log. */
#define REASON_MAX 200

static const char *const lists[SOURCE_LISTS][LIST_ACTIONS] = {
    [SOURCE_REGISTRATIONS] = {"PJSIPShowContacts", "SIPpeers"},
    [SOURCE_CHANNELS] = {"ParkedCalls", "CoreShowChannels"},
    [SOURCE_CALLS] = {NULL, NULL}, /* the channels' list says who is in which bridge */
};

struct asterisk {
    struct source source;
    const struct pbx_server *server;
    const struct source_hooks *owner;
    struct ami_settings settings;
    struct ami_hooks hooks;
    struct ami_connection *connection;
    struct ami_translator_settings translator_settings;
    struct ami_translator *translator;
    struct listing *listing; /* whose rows come; NULL: nobody's, or of endpoints */
};

/* A list that was asked for. */
struct listing {
    struct asterisk *asterisk;
    enum source_list list;
    link_answered *done; /* NULL: nobody waits any more */
    void *self;
    int answers; /* that are to come, with that of the Ping */
    int open;    /* actions whose rows are not all there */
    bool bad;
};

static struct asterisk *of(struct source *source)
{
    return (struct asterisk *)source;
}

/* ---- lists ---- */

static void begin(struct listing *listing)
{
    struct asterisk *asterisk = listing->asterisk;
    if (asterisk->listing == listing)
        return;
    asterisk->listing = listing;
    ami_translator_begin(asterisk->translator, listing->list);
}

static void release(struct listing *listing)
{
    if (--listing->answers > 0)
        return;
    if (listing->asterisk->listing == listing)
        listing->asterisk->listing = NULL;
    free(listing);
}

static void on_answer(void *self, const struct slice *answer)
{
    struct listing *listing = self;
    struct slice reason;
    if (!answer) {
        release(listing);
        return;
    }
    begin(listing);
    if (ami_judge(*answer, &reason)) {
        listing->open++;
    } else if (slice_contains_nocase(reason, "permission")) {
        reason.length = reason.length < REASON_MAX ? reason.length : REASON_MAX;
        log_warning(
            "Asterisk %s: a list is refused: %.*s; in manager.conf its user needs write = system",
            listing->asterisk->server->name, SLICE_ARGUMENTS(reason));
        listing->bad = true;
    }
    release(listing);
}

static void on_ping(void *self, const struct slice *answer)
{
    static const struct slice nothing;
    struct listing *listing = self;
    if (answer)
        begin(listing);
    bool good = answer && listing->open == 0 && !listing->bad;
    if (answer && listing->open != 0)
        log_warning("Asterisk %s: a list has no end", listing->asterisk->server->name);
    struct slice list =
        good ? ami_translator_list(listing->asterisk->translator, listing->list) : nothing;
    if (listing->done)
        listing->done(listing->self, answer ? &list : NULL);
    release(listing);
}

static bool add_action(struct listing *listing, const char *action, link_answered *done,
                       struct error *error)
{
    bool sent = ami_ask(listing->asterisk->connection, slice_from(action), done, listing, error);
    listing->answers += sent;
    return sent;
}

static bool asterisk_ask_list(struct source *source, enum source_list list, link_answered *done,
                              void *self, struct error *error)
{
    struct listing *listing = calloc(1, sizeof *listing);
    bool good = true;
    if (!listing)
        return error_set(error, "no memory for a list");
    *listing = (struct listing){.asterisk = of(source), .list = list, .done = done, .self = self};
    for (int i = 0; good && i < LIST_ACTIONS && lists[list][i]; i++)
        good = add_action(listing, lists[list][i], on_answer, error);
    good = good && add_action(listing, "Ping", on_ping, error);
    if (!good)
        listing->done = NULL;
    if (listing->answers == 0)
        free(listing);
    return good;
}

static bool ends_with(struct slice text, const char *end)
{
    size_t length = strlen(end);
    return text.length >= length &&
           slice_is(slice_of(text.data + text.length - length, length), end);
}

static void on_row(void *self, const struct ami_message *message)
{
    struct asterisk *asterisk = self;
    if (!ends_with(ami_message_get(message, "Event"), "Complete"))
        ami_translator_row(asterisk->translator, message, clock_now_us());
    else if (asterisk->listing)
        asterisk->listing->open--;
}

/* ---- news ---- */

static void on_ready(void *self)
{
    struct asterisk *asterisk = self;
    asterisk->owner->ready(asterisk->owner->self);
}

static void on_message(void *self, const struct ami_message *message)
{
    struct asterisk *asterisk = self;
    ami_translator_event(asterisk->translator, message, clock_now_us());
}

static void on_told(void *self, const struct esl_event *event)
{
    struct asterisk *asterisk = self;
    asterisk->owner->event(asterisk->owner->self, event);
}

static void on_away(void *self, const struct error *reason)
{
    struct asterisk *asterisk = self;
    asterisk->owner->away(asterisk->owner->self, reason);
}

/* ---- for its owner ---- */

static void asterisk_close(struct source *source)
{
    struct asterisk *asterisk = of(source);
    if (asterisk->connection)
        ami_connection_close(asterisk->connection);
    ami_translator_close(asterisk->translator);
    free(asterisk);
}

static struct source *asterisk_open(uv_loop_t *loop, const struct pbx_server *server,
                                    const char *password, size_t channels_max,
                                    const struct source_hooks *hooks, struct error *error)
{
    struct asterisk *asterisk = calloc(1, sizeof *asterisk);
    if (!asterisk) {
        error_set(error, "no memory for Asterisk %s", server->name);
        return NULL;
    }
    asterisk->source.kind = &asterisk_source;
    asterisk->server = server;
    asterisk->owner = hooks;
    asterisk->hooks = (struct ami_hooks){asterisk, on_ready, on_message, on_row, on_away};
    asterisk->settings = ami_settings_standard;
    asterisk->settings.link.name = server->name;
    asterisk->settings.link.host = server->host;
    asterisk->settings.link.port = server->port;
    asterisk->settings.user = server->user;
    asterisk->settings.password = password;
    asterisk->translator_settings =
        (struct ami_translator_settings){.domain = slice_from(server->domain),
                                         .trunks = slice_from(server->trunks),
                                         .channels_max = channels_max,
                                         .self = asterisk,
                                         .told = on_told};
    error_set(error, "no memory for Asterisk %s", server->name);
    asterisk->translator = ami_translator_open(&asterisk->translator_settings);
    if (asterisk->translator)
        asterisk->connection =
            ami_connection_open(loop, &asterisk->settings, &asterisk->hooks, error);
    if (asterisk->connection)
        return &asterisk->source;
    asterisk_close(&asterisk->source);
    return NULL;
}

static bool asterisk_ask(struct source *source, struct slice step, link_answered *done, void *self,
                         struct error *error)
{
    return ami_ask(of(source)->connection, step, done, self, error);
}

static void asterisk_pause(struct source *source)
{
    ami_pause(of(source)->connection);
}

static void asterisk_resume(struct source *source)
{
    ami_resume(of(source)->connection);
}

static const struct source_counts *asterisk_counts(const struct source *source)
{
    return ami_connection_counts(((const struct asterisk *)source)->connection);
}

const struct source_kind asterisk_source = {
    .name = "Asterisk",
    .open = asterisk_open,
    .close = asterisk_close,
    .ask_list = asterisk_ask_list,
    .commands = &command_asterisk,
    .ask = asterisk_ask,
    .pause = asterisk_pause,
    .resume = asterisk_resume,
    .counts = asterisk_counts,
};
