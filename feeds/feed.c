/*
 * feed.c - what callboard-freeswitch does while it runs: PBXs that are listened to, and what else Redis is kept true with.
 */
#include "feeds/feed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/listen.h"
#include "base/log.h"
#include "base/memory.h"
#include "configuration.h"
#include "feeds/command_runner.h"
#include "feeds/feed_status.h"
#include "feeds/pbx.h"
#include "store/directory_record.h"
#include "store/drain.h"
#include "store/subscriber.h"

#define SERVERS_MAX 64

/* At the end: how often it is looked whether Redis knows all, and how often at most. */
#define END_LOOK_MS   20
#define END_LOOKS_MAX 250

static const struct source_kind *const kinds[] = {
    [PBX_FREESWITCH] = &freeswitch_source, [PBX_ASTERISK] = &asterisk_source};

struct feed {
    const char *path; /* of the configuration's file */
    const struct configuration *configuration;
    struct configuration *next; /* what to go on with after the end; NULL: nothing */
    uv_loop_t loop;
    struct metrics *metrics;
    struct metrics_worker *counts;
    struct store *store; /* for records of calls, the spool, and the status */
    struct spool *spool;
    struct drain *drain;
    struct critical *critical;
    struct subscriber *subscriber;
    struct subscription changes; /* of the directory */
    struct directory_elements *directory;
    struct pbx_common common;
    struct pbx *servers[SERVERS_MAX];
    struct command_runner *runners[SERVERS_MAX]; /* of each server; NULL: commands are not run */
    size_t count;
    uv_timer_t timer;
    uv_signal_t signals[4];
    uv_prepare_t before_waiting;
    int end_looks;
};

/* ---- status ---- */

/* The arena of a status on its way. */
struct status {
    struct arena arena;
};

static void on_status_written(void *self, const struct store_reply *replies)
{
    struct status *status = self;
    (void)replies; /* Redis' absence is told by the store, and the next status comes soon */
    arena_free(&status->arena);
    free(status);
}

static void write_status(struct feed *feed)
{
    struct status *status = calloc(1, sizeof *status);
    if (!status)
        return;
    arena_init(&status->arena, (size_t)1 << 20);
    struct store_batch batch = store_batch_in(&status->arena);
    for (size_t i = 0; i < feed->count; i++) {
        struct buffer json = buffer_in(&status->arena);
        pbx_write_status(feed->servers[i], &json);
        if (!json.failed)
            STORE_ADD(&batch, slice_from("HSET"), slice_from(FEED_STATUS_KEY),
                      slice_from(pbx_name(feed->servers[i])), buffer_slice(&json));
    }
    if (status->arena.exhausted || batch.count == 0 ||
        !store_ask(feed->store, &batch, on_status_written, status))
        on_status_written(status, NULL);
}

static void on_timer(uv_timer_t *timer)
{
    struct feed *feed = timer->data;
    for (size_t i = 0; i < feed->count; i++)
        pbx_tick(feed->servers[i]);
    write_status(feed);
    memory_give_back(); /* a list of 10,000 channels has taken 70 MB for a moment */
}

/* ---- changes of the directory ---- */

/* store/directory_record.h says what is told. What FreeSWITCH has cached is of users. */
static void take_change(struct feed *feed, struct slice domain, struct slice user, bool of_group)
{
    for (size_t i = 0; user.length > 0 && i < feed->count; i++)
        pbx_flush_user(feed->servers[i], domain, user);
    if (user.length > 0)
        directory_elements_changed(feed->directory, domain, user);
    else
        directory_elements_compare(feed->directory, domain,
                                   of_group ? DIRECTORY_GROUPS : DIRECTORY_ALL);
}

static void on_change(void *self, struct slice channel, struct slice text)
{
    struct arena arena;
    struct error error;
    (void)channel;
    arena_init(&arena, (size_t)1 << 20);
    json_use_arena(&arena);
    const json_t *change = json_parse(text, &error);
    if (change)
        take_change(self, json_text(change, "domain"), json_text(change, "user"),
                    json_text(change, "group").length > 0);
    else
        log_warning("%s: %s", DIRECTORY_CHANGES, error.text);
    json_use_arena(NULL);
    arena_free(&arena);
}

/* ---- the end ---- */

static void close_all(struct feed *feed)
{
    for (size_t i = 0; i < feed->count; i++)
        pbx_close(feed->servers[i]);
    subscriber_remove(feed->subscriber, &feed->changes);
    subscriber_close(feed->subscriber);
    directory_elements_stop(feed->directory);
    drain_stop(feed->drain);
    critical_close(feed->critical);
    store_close(feed->store);
    spool_close(feed->spool);
    uv_close((uv_handle_t *)&feed->timer, NULL);
    uv_close((uv_handle_t *)&feed->before_waiting, NULL);
    for (size_t i = 0; i < sizeof feed->signals / sizeof *feed->signals; i++)
        uv_close((uv_handle_t *)&feed->signals[i], NULL);
}

static bool is_idle(const struct feed *feed)
{
    for (size_t i = 0; i < feed->count; i++)
        if (!pbx_is_idle(feed->servers[i]))
            return false;
    return critical_waiting(feed->critical) == 0;
}

static void on_end_look(uv_timer_t *timer)
{
    struct feed *feed = timer->data;
    if (!is_idle(feed) && feed->end_looks++ < END_LOOKS_MAX)
        return;
    if (critical_waiting(feed->critical) > 0)
        log_error("%zu records of calls are lost: neither Redis nor the spool took them",
                  critical_waiting(feed->critical));
    close_all(feed);
}

static void begin_end(struct feed *feed)
{
    if (feed->end_looks > 0)
        return;
    feed->end_looks = 1;
    for (size_t i = 0; i < feed->count; i++) {
        command_runner_close(feed->runners[i]);
        pbx_stop(feed->servers[i]);
    }
    write_status(feed);
    uv_timer_start(&feed->timer, on_end_look, END_LOOK_MS, END_LOOK_MS);
}

static void on_end_signal(uv_signal_t *signal, int number)
{
    struct feed *feed = signal->data;
    (void)number;
    configuration_free(feed->next);
    feed->next = NULL;
    begin_end(feed);
}

/* All is asked for again after a new start, so that a good configuration needs nothing else to be taken over. */
static void on_reload_signal(uv_signal_t *signal, int number)
{
    struct feed *feed = signal->data;
    struct error error;
    (void)number;
    if (feed->end_looks > 0)
        return;
    struct configuration *fresh = configuration_load(feed->path, &error);
    if (fresh && !fresh->freeswitch.servers)
        error_set(&error, "%s names no PBX", feed->path);
    if (!fresh || !fresh->freeswitch.servers) {
        log_error("the new configuration is refused, the old one stays: %s", error.text);
        configuration_free(fresh);
        return;
    }
    log_info("configuration read again");
    feed->next = fresh;
    begin_end(feed);
}

static void on_log_signal(uv_signal_t *signal, int number)
{
    struct error error;
    (void)signal;
    (void)number;
    if (!log_reopen(&error))
        log_error("%s", error.text);
}

/* ---- the beginning ---- */

static void before_waiting(uv_prepare_t *prepare)
{
    (void)prepare;
    log_flush();
}

static void watch_signals(struct feed *feed)
{
    static const struct {
        int number;
        uv_signal_cb callback;
    } watched[] = {{SIGTERM, on_end_signal},
                   {SIGINT, on_end_signal},
                   {SIGHUP, on_reload_signal},
                   {SIGUSR1, on_log_signal}};
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++) {
        uv_signal_init(&feed->loop, &feed->signals[i]);
        feed->signals[i].data = feed;
        uv_signal_start(&feed->signals[i], watched[i].callback, watched[i].number);
    }
}

static bool open_stores(struct feed *feed, struct error *error)
{
    const struct configuration *configuration = feed->configuration;
    error_set(error, "out of memory");
    feed->metrics = metrics_create();
    feed->counts = feed->metrics ? metrics_take_place(feed->metrics) : NULL;
    if (!feed->counts)
        return error_set(error, "no shared memory");
    feed->store = store_open(&feed->loop, &configuration->store, feed->counts, error);
    if (!feed->store)
        return false;
    feed->spool = spool_open(&feed->loop, &configuration->spool, feed->counts);
    feed->drain =
        drain_start(&feed->loop, &configuration->spool, feed->store, feed->metrics, feed->counts);
    feed->subscriber = subscriber_open(&feed->loop, &configuration->store);
    if (!feed->spool || !feed->drain || !feed->subscriber)
        return false;
    feed->critical =
        critical_open(&feed->loop, feed->store, feed->spool, configuration->spool.id_seconds);
    if (!feed->critical)
        return false;
    feed->directory =
        directory_elements_start(&feed->loop, feed->store, &configuration->directory_elements,
                                 configuration->freeswitch.events_kept);
    if (!feed->directory)
        return false;
    feed->changes = (struct subscription){
        .channel = slice_from(DIRECTORY_CHANGES), .self = feed, .heard = on_change};
    return subscriber_add(feed->subscriber, &feed->changes, error);
}

static bool open_servers(struct feed *feed, struct error *error)
{
    const struct configuration *configuration = feed->configuration;
    const struct pbx_server *server = configuration->freeswitch.servers;
    feed->common = (struct pbx_common){.loop = &feed->loop,
                                       .settings = &configuration->freeswitch,
                                       .names = &configuration->live_names,
                                       .store = &configuration->store,
                                       .news_prefix = configuration->notifications.prefix,
                                       .critical = feed->critical,
                                       .directory = feed->directory,
                                       .kinds = kinds};
    for (; server; server = server->next) {
        if (feed->count == SERVERS_MAX)
            return error_set(error, "more than %d servers", SERVERS_MAX);
        struct pbx *pbx = pbx_open(&feed->common, server, error);
        if (!pbx)
            return false;
        struct command_runner **runner = &feed->runners[feed->count];
        feed->servers[feed->count++] = pbx;
        if (configuration->freeswitch.commands) {
            *runner = command_runner_open(server->name, configuration->freeswitch.command_context,
                                          pbx_source(pbx), feed->subscriber, feed->store, error);
            if (!*runner)
                return false;
        }
    }
    return true;
}

/* Where something cannot be set up the program ends, and with it whatever was. */
static bool open_feed(struct feed *feed, struct error *error)
{
    const struct configuration *configuration = feed->configuration;
    if (!log_open(configuration->freeswitch.log, error))
        return false;
    log_set_level((enum log_level)configuration->log_level);
    log_set_process("freeswitch");
    if (!listen_leave_root(configuration->user, configuration->group, error))
        return false;
    if (uv_loop_init(&feed->loop) != 0)
        return error_set(error, "no event loop");
    return open_stores(feed, error) && open_servers(feed, error);
}

bool feed_run(const char *path, const struct configuration *configuration,
              struct configuration **next)
{
    struct error error;
    struct feed *feed = calloc(1, sizeof *feed);
    *next = NULL;
    error_set(&error, "out of memory");
    if (feed)
        *feed = (struct feed){.path = path, .configuration = configuration};
    if (!feed || !open_feed(feed, &error)) {
        log_error("%s", error.text);
        log_flush();
        return false;
    }
    watch_signals(feed);
    uv_timer_init(&feed->loop, &feed->timer);
    feed->timer.data = feed;
    uv_timer_start(&feed->timer, on_timer, FEED_STATUS_MS / 4, FEED_STATUS_MS);
    uv_prepare_init(&feed->loop, &feed->before_waiting);
    uv_prepare_start(&feed->before_waiting, before_waiting);
    log_info("callboard-freeswitch " PACKAGE_VERSION ": %zu servers", feed->count);
    uv_run(&feed->loop, UV_RUN_DEFAULT);
    uv_loop_close(&feed->loop);
    log_info("stopped");
    log_flush();
    *next = feed->next;
    metrics_free(feed->metrics);
    free(feed);
    return true;
}
