/*
 * drain.c - empties the spool into Redis.
 *
 *     look, ten times a second: does the spool hold packets, does Redis answer, is nobody else at it?
 *     read some packets           (thread)
 *     push them, a list a command (Redis)
 *     mark what Redis has, read on (thread)
 *
 * When Redis goes or refuses, what is not marked is tried again later. A packet whose list is no list is set aside: it would
 * stand in the way of all others for ever.
 */
#include "store/drain.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "store/spool_reader.h"

#define LOOK_MS    100
#define PAUSE_MS   500
#define MEASURE_US 1000000

enum verdict {
    VERDICT_KEEP,
    VERDICT_DONE,
    VERDICT_ASIDE
};

struct drain {
    uv_loop_t *loop;
    const struct spool_settings *settings;
    struct store *store;
    struct metrics *metrics;
    struct metrics_worker *counts;
    struct spool_files files; /* to look */
    bool files_open;
    uv_timer_t timer;
    uv_work_t work;
    struct spool_reader reader;
    bool reading; /* the reader is open */
    bool busy;    /* a thread or Redis is at work */
    bool stopping;
    bool over;
    struct arena arena;                   /* of one round */
    struct packet groups[SPOOL_READ_MAX]; /* the packets, those of one list next to each other */
    size_t places[SPOOL_READ_MAX];        /* where each of them stands in the reader */
    size_t group_ends[SPOOL_READ_MAX];
    size_t group_count;
    enum verdict verdicts[SPOOL_READ_MAX];
    enum spool_reading found;
    struct error error;
    struct error reported; /* the failure that the log knows of */
    uint64_t drained;      /* since the reader was opened */
    uint64_t total;
    size_t aside;
    int64_t measured_us, warned_us;
};

static void look(uv_timer_t *timer);

/* ---- ends ---- */

static void on_timer_closed(uv_handle_t *handle)
{
    struct drain *drain = handle->data;
    arena_free(&drain->arena);
    if (drain->files_open)
        spool_files_close(&drain->files);
    free(drain);
}

/* Gives the lock back; looks again after a while. */
static void leave(struct drain *drain, uint64_t pause_ms)
{
    if (drain->reading)
        spool_reader_close(&drain->reader);
    drain->reading = false;
    drain->busy = false;
    if (drain->stopping)
        uv_close((uv_handle_t *)&drain->timer, on_timer_closed);
    else
        uv_timer_start(&drain->timer, look, pause_ms, 0);
}

static void report(struct drain *drain, const char *text)
{
    struct error failure;
    error_set(&failure, "%s", text);
    if (strcmp(drain->reported.text, failure.text) != 0)
        log_warning("the spool cannot be drained: %s", failure.text);
    drain->reported = failure;
}

static void fail(struct drain *drain, const char *text)
{
    report(drain, text);
    leave(drain, PAUSE_MS);
}

/* ---- a round ---- */

static void settle_and_read(uv_work_t *work);
static void on_read(uv_work_t *work, int status);

static void work_on(struct drain *drain)
{
    drain->work.data = drain;
    int status = uv_queue_work(drain->loop, &drain->work, settle_and_read, on_read);
    if (status != 0)
        fail(drain, uv_strerror(status));
}

/* In a thread: does with the packets of the last round what Redis' answer asks for, then reads the next ones. */
static void settle_and_read(uv_work_t *work)
{
    struct drain *drain = work->data;
    struct spool_reader *reader = &drain->reader;
    bool kept = false;
    drain->found = SPOOL_READ_FAILED;
    drain->error.text[0] = '\0';
    if (!drain->reading) {
        if (!spool_reader_open(reader, drain->settings, &drain->error))
            return;
        drain->reading = true;
    }
    for (size_t i = 0; i < reader->count; i++) {
        if (drain->verdicts[i] == VERDICT_DONE) {
            if (!spool_reader_mark(reader, i, PACKET_DONE, &drain->error))
                return;
        } else if (drain->verdicts[i] == VERDICT_ASIDE) {
            if (!spool_reader_set_aside(reader, i, &drain->error))
                return;
        } else {
            kept = true;
        }
    }
    FAULT("drain-settled");
    if (!kept)
        drain->found = spool_reader_next(reader, &drain->error);
    FAULT("drain-read");
}

/* Puts the packets of each list next to each other, in order, and asks a command a list. */
static struct store_batch make_batch(struct drain *drain)
{
    const struct spool_reader *reader = &drain->reader;
    struct store_batch batch = store_batch_in(&drain->arena);
    bool taken[SPOOL_READ_MAX] = {false};
    size_t used = 0;
    drain->group_count = 0;
    for (size_t i = 0; i < reader->count; i++) {
        size_t begin = used;
        for (size_t j = i; !taken[i] && j < reader->count; j++) {
            if (taken[j] || !slice_equal(reader->packets[j].list, reader->packets[i].list))
                continue;
            taken[j] = j != i;
            drain->places[used] = j;
            drain->groups[used++] = reader->packets[j];
        }
        if (used == begin)
            continue;
        packet_add_push(&batch, drain->groups + begin, used - begin, drain->settings->id_seconds);
        drain->group_ends[drain->group_count++] = used;
    }
    return batch;
}

static void judge(struct drain *drain, size_t begin, size_t end, const struct store_reply *reply)
{
    enum verdict verdict = VERDICT_KEEP;
    if (reply && reply->kind == STORE_ARRAY) {
        verdict = VERDICT_DONE;
        drain->drained += end - begin;
        drain->total += end - begin;
        drain->counts->spool_drained += end - begin;
    } else if (reply && !store_reply_is_unavailable(reply)) {
        verdict = VERDICT_ASIDE;
        drain->counts->spool_aside += end - begin;
        log_error("%zu packets for %.*s are set aside in the spool's aside/: Redis said: %.*s",
                  end - begin, SLICE_ARGUMENTS(drain->groups[begin].list),
                  SLICE_ARGUMENTS(reply->text));
    } else {
        report(drain, reply ? reply->text.data : "Redis is away");
    }
    for (size_t i = begin; i < end; i++)
        drain->verdicts[drain->places[i]] = verdict;
}

static void on_pushed(void *self, const struct store_reply *replies)
{
    struct drain *drain = self;
    size_t begin = 0;
    FAULT("drain-pushed");
    for (size_t i = 0; i < drain->group_count; i++) {
        judge(drain, begin, drain->group_ends[i], replies ? &replies[i] : NULL);
        begin = drain->group_ends[i];
    }
    work_on(drain);
}

static void push(struct drain *drain)
{
    arena_free(&drain->arena);
    struct store_batch batch = make_batch(drain);
    FAULT("drain-push");
    if (drain->arena.exhausted)
        fail(drain, "out of memory");
    else if (!store_ask(drain->store, &batch, on_pushed, drain))
        fail(drain, "Redis is away");
}

static void tell_aside(struct drain *drain)
{
    if (drain->reader.set_aside > drain->aside) {
        drain->counts->spool_aside += drain->reader.set_aside - drain->aside;
        log_error("the spool had %zu lines or files that are no packets, or are torn; they are in "
                  "its aside/",
                  drain->reader.set_aside - drain->aside);
    }
    drain->aside = drain->reader.set_aside;
}

static void on_read(uv_work_t *work, int status)
{
    struct drain *drain = work->data;
    (void)status; /* is never cancelled */
    if (!drain->reading) {
        if (drain->error.text[0])
            report(drain, drain->error.text);
        leave(drain, LOOK_MS); /* another one is at it */
        return;
    }
    tell_aside(drain);
    if (drain->stopping) {
        leave(drain, 0);
    } else if (drain->found == SPOOL_READ_PACKETS) {
        push(drain);
    } else if (drain->found == SPOOL_READ_END) {
        log_info("the spool is drained: %llu packets", (unsigned long long)drain->drained);
        drain->reported.text[0] = '\0';
        leave(drain, LOOK_MS);
    } else {
        if (drain->error.text[0])
            report(drain, drain->error.text);
        leave(drain, PAUSE_MS);
    }
}

/* ---- looking ---- */

static void warn_of_age(struct drain *drain, const struct spool_measure *measure, int64_t now_us)
{
    int64_t limit_us = drain->settings->age_warning * 1000000;
    int64_t age_us = clock_now_us() - measure->oldest_us;
    if (!measure->oldest_us || age_us < limit_us ||
        (drain->warned_us && now_us - drain->warned_us < limit_us))
        return;
    drain->warned_us = now_us;
    log_warning("packets have been waiting in the spool for %lld s; it takes %lld KiB",
                (long long)(age_us / 1000000), (long long)(measure->bytes / 1024));
}

static void measure_spool(struct drain *drain)
{
    struct spool_measure measure;
    struct error error;
    int64_t now_us = clock_steady_us();
    if (drain->measured_us && now_us - drain->measured_us < MEASURE_US)
        return;
    drain->measured_us = now_us;
    if (!spool_files_measure(&drain->files, &measure, &error))
        return;
    drain->metrics->spool_bytes = measure.bytes;
    drain->metrics->spool_oldest_us = measure.oldest_us;
    warn_of_age(drain, &measure, now_us);
}

static void look(uv_timer_t *timer)
{
    struct drain *drain = timer->data;
    struct error error;
    if (!drain->files_open && *drain->settings->directory)
        drain->files_open = spool_files_open(&drain->files, drain->settings, &error);
    if (!drain->files_open) {
        if (*drain->settings->directory)
            report(drain, error.text);
        uv_timer_start(timer, look, 10 * LOOK_MS, 0);
        return;
    }
    measure_spool(drain);
    drain->over = !spool_files_hold(&drain->files);
    if (drain->over || !store_is_up(drain->store)) {
        uv_timer_start(timer, look, LOOK_MS, 0);
        return;
    }
    drain->busy = true;
    drain->drained = 0;
    drain->aside = 0;
    work_on(drain);
}

struct drain *drain_start(uv_loop_t *loop, const struct spool_settings *settings,
                          struct store *store, struct metrics *metrics,
                          struct metrics_worker *counts)
{
    struct drain *drain = calloc(1, sizeof *drain);
    if (!drain)
        return NULL;
    drain->loop = loop;
    drain->settings = settings;
    drain->store = store;
    drain->metrics = metrics;
    drain->counts = counts;
    arena_init(&drain->arena, (size_t)64 << 20);
    uv_timer_init(loop, &drain->timer);
    drain->timer.data = drain;
    uv_timer_start(&drain->timer, look, 0, 0);
    return drain;
}

uint64_t drain_count(const struct drain *drain)
{
    return drain->total;
}

bool drain_is_over(const struct drain *drain)
{
    return drain->over;
}

void drain_stop(struct drain *drain)
{
    drain->stopping = true;
    uv_timer_stop(&drain->timer);
    if (!drain->busy)
        leave(drain, 0);
}
