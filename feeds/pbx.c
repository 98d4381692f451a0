/*
 * pbx.c - one PBX: the source of its news, the model of what it does, and the writer that keeps Redis true to it.
 *
 *     ready    what is there already is asked for; events wait until it is in the model
 *     event    the model, and by it the writer, is told
 *     away     what is known is kept for the grace time, then removed
 */
#include "feeds/pbx.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "feeds/directory_elements.h"
#include "feeds/feed_status.h"
#include "feeds/held_events.h"

/* After a list that could not be used, or is not sure, or events that were thrown away. */
#define AGAIN_MS 5000

typedef bool pbx_snapshot(struct live *live, struct slice json, int64_t now_us,
                          struct error *error);

static pbx_snapshot *const lists[SOURCE_LISTS] = {
    [SOURCE_REGISTRATIONS] = live_snapshot_registrations,
    [SOURCE_CHANNELS] = live_snapshot_channels,
    [SOURCE_CALLS] = live_snapshot_calls,
};

struct pbx {
    const struct pbx_common *common;
    const struct pbx_server *server;
    struct arena arena; /* of texts */
    struct source_hooks hooks;
    struct source *source; /* NULL: closed */
    struct live_writer_settings writer_settings;
    struct live_writer *writer;
    struct live *live; /* the writer's */
    uv_timer_t grace;  /* runs while it is away */
    uv_timer_t again;
    int handles;

    bool up, paused, stopped;
    int64_t since_us;   /* that it is up, or away */
    size_t lists_asked; /* answers that are to come; 0: events are told at once */
    size_t list;        /* the next answer's */
    bool lists_bad;
    struct held_events held; /* until the lists are in */
    uint64_t thrown_away;
};

/* ---- events ---- */

static void tell(void *self, const struct esl_event *event)
{
    struct pbx *pbx = self;
    live_event(pbx->live, event);
}

static void tell_held(struct pbx *pbx)
{
    pbx->thrown_away += held_events_tell(&pbx->held, tell, pbx);
}

static void on_event(void *self, const struct esl_event *event)
{
    struct pbx *pbx = self;
    if (pbx->common->directory)
        directory_elements_event(pbx->common->directory, event);
    if (pbx->lists_asked == 0) {
        tell(pbx, event);
    } else if (!held_events_add(&pbx->held, event)) {
        pbx->thrown_away++;
        pbx->lists_bad = true;
    }
}

/* ---- lists of what is there ---- */

static void ask_for_lists(struct pbx *pbx);

static void on_again(uv_timer_t *again)
{
    struct pbx *pbx = again->data;
    if (pbx->up && pbx->lists_asked == 0)
        ask_for_lists(pbx);
}

static void lists_are_in(struct pbx *pbx)
{
    tell_held(pbx);
    if (pbx->lists_bad || !live_is_sure(pbx->live))
        uv_timer_start(&pbx->again, on_again, AGAIN_MS, 0);
    if (!pbx->lists_bad)
        live_writer_reconcile(pbx->writer);
    live_writer_flush(pbx->writer);
}

static void on_list(void *self, const struct slice *answer)
{
    struct pbx *pbx = self;
    struct error error;
    size_t list = pbx->list++;
    if (pbx->lists_asked == 0)
        return;
    if (answer && !lists[list](pbx->live, *answer, clock_now_us(), &error)) {
        log_warning("%s: %s", pbx->server->name, error.text);
        pbx->lists_bad = true;
    }
    if (--pbx->lists_asked == 0 && answer)
        lists_are_in(pbx);
}

static void ask_for_lists(struct pbx *pbx)
{
    struct error error;
    pbx->list = 0;
    pbx->lists_bad = false;
    for (int list = 0; list < SOURCE_LISTS; list++) {
        if (!pbx->source->kind->ask_list(pbx->source, (enum source_list)list, on_list, pbx,
                                         &error)) {
            log_warning("%s: %s", pbx->server->name, error.text);
            pbx->lists_bad = true;
            uv_timer_start(&pbx->again, on_again, AGAIN_MS, 0);
            return;
        }
        pbx->lists_asked++;
    }
}

/* ---- the source ---- */

static void server_is(struct pbx *pbx, bool up)
{
    pbx->up = up;
    pbx->since_us = clock_now_us();
    live_writer_server_is(pbx->writer, up, pbx->since_us);
    live_writer_flush(pbx->writer);
}

static void on_ready(void *self)
{
    struct pbx *pbx = self;
    uv_timer_stop(&pbx->grace);
    server_is(pbx, true);
    ask_for_lists(pbx);
}

static void on_grace_over(uv_timer_t *grace)
{
    struct pbx *pbx = grace->data;
    log_warning("%s is away for more than %lld s: its calls and registrations are removed",
                pbx->server->name, (long long)pbx->common->settings->grace);
    live_forget(pbx->live, clock_now_us());
    live_writer_reconcile(pbx->writer);
    live_writer_flush(pbx->writer);
}

static void start_grace(struct pbx *pbx)
{
    uv_timer_start(&pbx->grace, on_grace_over, (uint64_t)pbx->common->settings->grace * 1000, 0);
}

static void on_away(void *self, const struct error *reason)
{
    struct pbx *pbx = self;
    (void)reason; /* the connection has told the log */
    tell_held(pbx);
    pbx->lists_asked = 0;
    uv_timer_stop(&pbx->again);
    server_is(pbx, false);
    if (!uv_is_active((uv_handle_t *)&pbx->grace))
        start_grace(pbx);
}

/* ---- what others ask of it ---- */

/* One word of a command. */
static bool is_word(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.data[i] <= ' ' || text.data[i] == 0x7f)
            return false;
    return text.length > 0 && text.length <= 250;
}

void pbx_flush_user(struct pbx *pbx, struct slice domain, struct slice user)
{
    struct error error;
    if (pbx->up && pbx->source->kind->flush_user && is_word(domain) && is_word(user) &&
        !pbx->source->kind->flush_user(pbx->source, domain, user, &error))
        log_warning("%s: a changed user could not be flushed: %s", pbx->server->name, error.text);
}

void pbx_tick(struct pbx *pbx)
{
    bool full = critical_is_full(pbx->common->critical);
    if (full == pbx->paused || pbx->stopped)
        return;
    pbx->paused = full;
    if (full)
        pbx->source->kind->pause(pbx->source);
    else
        pbx->source->kind->resume(pbx->source);
}

struct source *pbx_source(const struct pbx *pbx)
{
    return pbx->source;
}

const char *pbx_name(const struct pbx *pbx)
{
    return pbx->server->name;
}

void pbx_write_status(const struct pbx *pbx, struct buffer *out)
{
    static const struct source_counts none;
    const struct source_counts *heard =
        pbx->source ? pbx->source->kind->counts(pbx->source) : &none;
    const struct feed_status status = {.state = pbx->stopped ? FEED_STOPPED
                                                : pbx->up    ? FEED_UP
                                                             : FEED_AWAY,
                                       .since_us = pbx->since_us,
                                       .time_us = clock_now_us(),
                                       .address = slice_from(pbx->server->host),
                                       .port = pbx->server->port,
                                       .pid = getpid(),
                                       .channels = live_channel_count(pbx->live),
                                       .registrations = live_registration_count(pbx->live),
                                       .events = heard->events,
                                       .bad_events = heard->bad_events + pbx->thrown_away,
                                       .connections = heard->connections,
                                       .changes = live_writer_counts(pbx->writer)};
    feed_status_write(&status, out);
}

/* ---- beginning and end ---- */

static bool open_parts(struct pbx *pbx, struct error *error)
{
    const struct pbx_common *common = pbx->common;
    const char *password;
    if (!config_read_secret(pbx->server->password_file, &pbx->arena, &password, error))
        return error_prefix(error, "password_file of server %s", pbx->server->name);
    pbx->writer = live_writer_open(common->loop, &pbx->writer_settings, common->critical, error);
    if (!pbx->writer)
        return false;
    pbx->live = live_writer_model(pbx->writer);
    pbx->source = common->kinds[pbx->server->kind]->open(common->loop, pbx->server, password,
                                                         (size_t)common->settings->channels_max,
                                                         &pbx->hooks, error);
    return pbx->source != NULL;
}

struct pbx *pbx_open(const struct pbx_common *common, const struct pbx_server *server,
                     struct error *error)
{
    const struct freeswitch_settings *settings = common->settings;
    struct pbx *pbx = calloc(1, sizeof *pbx);
    if (!pbx) {
        error_set(error, "out of memory");
        return NULL;
    }
    arena_init(&pbx->arena, 65536);
    pbx->common = common;
    pbx->server = server;
    pbx->since_us = clock_now_us();
    pbx->hooks =
        (struct source_hooks){.self = pbx, .ready = on_ready, .event = on_event, .away = on_away};
    pbx->writer_settings = (struct live_writer_settings){
        .model = {.server = slice_from(server->name),
                  .default_domain =
                      slice_from(*server->domain ? server->domain : settings->default_domain),
                  .call_fields = settings->call_fields,
                  .agents_call = settings->agents_call,
                  .agents_status = settings->agents_status,
                  .campaigns_cdr = settings->campaigns_cdr,
                  .channels_max = (size_t)settings->channels_max,
                  .registrations_max = (size_t)settings->registrations_max},
        .names = common->names,
        .events_kept = settings->events_kept,
        .store = common->store,
        .news_prefix = common->news_prefix};
    uv_timer_init(common->loop, &pbx->grace);
    uv_timer_init(common->loop, &pbx->again);
    pbx->grace.data = pbx->again.data = pbx;
    pbx->handles = 2;
    if (open_parts(pbx, error)) {
        start_grace(pbx);
        return pbx;
    }
    pbx_close(pbx);
    return NULL;
}

void pbx_stop(struct pbx *pbx)
{
    pbx->stopped = true;
    uv_timer_stop(&pbx->grace);
    uv_timer_stop(&pbx->again);
    pbx->source->kind->close(pbx->source);
    pbx->source = NULL;
    tell_held(pbx);
    server_is(pbx, false);
}

bool pbx_is_idle(const struct pbx *pbx)
{
    return live_writer_is_idle(pbx->writer);
}

static void on_closed(uv_handle_t *handle)
{
    struct pbx *pbx = handle->data;
    if (--pbx->handles > 0)
        return;
    arena_free(&pbx->arena);
    free(pbx);
}

void pbx_close(struct pbx *pbx)
{
    if (pbx->writer)
        live_writer_close(pbx->writer);
    uv_close((uv_handle_t *)&pbx->grace, on_closed);
    uv_close((uv_handle_t *)&pbx->again, on_closed);
}
