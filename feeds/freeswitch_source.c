/*
 * freeswitch_source.c - a FreeSWITCH, by its event socket: the lists it is asked for, and what it is asked to forget.
 */
#include <stdlib.h>

#include "feeds/esl_connection.h"
#include "feeds/live.h"
#include "feeds/source.h"

static const char *const lists[SOURCE_LISTS] = {
    [SOURCE_REGISTRATIONS] = "api show registrations as json",
    [SOURCE_CHANNELS] = "api show channels as json",
    [SOURCE_CALLS] = "api show calls as json",
};

struct freeswitch {
    struct source source;
    struct esl_settings settings;
    struct source_hooks hooks;
    const struct source_hooks *owner;
    struct esl_connection *connection;
};

static struct freeswitch *of(struct source *source)
{
    return (struct freeswitch *)source;
}

/* Less traffic. Without them all is as right, so that they fail is nobody's concern. */
static void ask_for_less(struct freeswitch *freeswitch)
{
    struct error error;
    for (const char *const *filter = live_filters; *filter; filter++)
        if (!esl_ask(freeswitch->connection, slice_from(*filter), NULL, NULL, &error))
            return;
}

static void on_ready(void *self)
{
    struct freeswitch *freeswitch = self;
    ask_for_less(freeswitch);
    freeswitch->owner->ready(freeswitch->owner->self);
}

static void on_event(void *self, const struct esl_event *event)
{
    struct freeswitch *freeswitch = self;
    freeswitch->owner->event(freeswitch->owner->self, event);
}

static void on_away(void *self, const struct error *reason)
{
    struct freeswitch *freeswitch = self;
    freeswitch->owner->away(freeswitch->owner->self, reason);
}

static struct source *freeswitch_open(uv_loop_t *loop, const struct pbx_server *server,
                                      const char *password, size_t channels_max,
                                      const struct source_hooks *hooks, struct error *error)
{
    struct freeswitch *freeswitch = calloc(1, sizeof *freeswitch);
    (void)channels_max; /* the model has that bound itself */
    if (!freeswitch) {
        error_set(error, "no memory for FreeSWITCH %s", server->name);
        return NULL;
    }
    freeswitch->source.kind = &freeswitch_source;
    freeswitch->owner = hooks;
    freeswitch->hooks = (struct source_hooks){freeswitch, on_ready, on_event, on_away};
    freeswitch->settings = esl_settings_standard;
    freeswitch->settings.link.name = server->name;
    freeswitch->settings.link.host = server->host;
    freeswitch->settings.link.port = server->port;
    freeswitch->settings.password = password;
    freeswitch->settings.events = live_events;
    freeswitch->connection =
        esl_connection_open(loop, &freeswitch->settings, &freeswitch->hooks, error);
    if (freeswitch->connection)
        return &freeswitch->source;
    free(freeswitch);
    return NULL;
}

static void freeswitch_close(struct source *source)
{
    esl_connection_close(of(source)->connection);
    free(of(source));
}

static bool freeswitch_ask(struct source *source, struct slice step, link_answered *done,
                           void *self, struct error *error)
{
    return esl_ask(of(source)->connection, step, done, self, error);
}

static bool freeswitch_ask_list(struct source *source, enum source_list list, link_answered *done,
                                void *self, struct error *error)
{
    return freeswitch_ask(source, slice_from(lists[list]), done, self, error) ||
           error_prefix(error, "%s", lists[list]);
}

static bool freeswitch_flush_user(struct source *source, struct slice domain, struct slice user,
                                  struct error *error)
{
    struct arena arena;
    arena_init(&arena, 32768);
    struct buffer command = buffer_in(&arena);
    buffer_add_string(&command, "api xml_flush_cache id ");
    buffer_add(&command, user);
    buffer_add_byte(&command, ' ');
    buffer_add(&command, domain);
    bool asked = command.failed ? error_set(error, "out of memory")
                                : freeswitch_ask(source, buffer_slice(&command), NULL, NULL, error);
    arena_free(&arena);
    return asked;
}

static void freeswitch_pause(struct source *source)
{
    esl_pause(of(source)->connection);
}

static void freeswitch_resume(struct source *source)
{
    esl_resume(of(source)->connection);
}

static const struct source_counts *freeswitch_counts(const struct source *source)
{
    return esl_connection_counts(((const struct freeswitch *)source)->connection);
}

const struct source_kind freeswitch_source = {
    .name = "FreeSWITCH",
    .open = freeswitch_open,
    .close = freeswitch_close,
    .ask_list = freeswitch_ask_list,
    .flush_user = freeswitch_flush_user,
    .commands = &command_freeswitch,
    .ask = freeswitch_ask,
    .pause = freeswitch_pause,
    .resume = freeswitch_resume,
    .counts = freeswitch_counts,
};
