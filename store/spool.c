/*
 * spool.c - a worker's way into the spool: packets of many requests share one sync of the disk.
 */
#include "store/spool.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

/* Requests in one group. */
#define GROUP_MAX 1024

/* Between two attempts to open the directory. */
#define REOPEN_US 1000000

/* A request that waits. */
struct entry {
    struct slice lines;
    size_t packets;
    bool only_behind;
    spool_done *done;
    void *self;
    struct entry *next;
};

struct spool {
    uv_loop_t *loop;
    const struct spool_settings *settings;
    struct metrics_worker *counts;
    struct spool_files files;
    bool is_open;
    bool reported;              /* the log knows that it cannot be written */
    int64_t tried_us;           /* to open */
    struct entry *first, *last; /* wait for the next group */
    bool closing;
    /* The group that is being written. */
    uv_work_t work;
    bool writing;
    struct entry *group[GROUP_MAX];
    struct slice texts[GROUP_MAX];
    size_t count;
    bool only_behind; /* all of them */
    enum spool_outcome outcome;
    struct error error;
};

static void report(struct spool *spool, const struct error *error)
{
    if (!spool->reported)
        log_error("%s; critical packets are not taken until that is mended", error->text);
    spool->reported = true;
}

static void try_to_open(struct spool *spool)
{
    struct error error;
    int64_t now_us = clock_steady_us();
    if (spool->is_open || (spool->tried_us && now_us - spool->tried_us < REOPEN_US))
        return;
    spool->tried_us = now_us;
    if (!*spool->settings->directory) {
        error_set(&error, "spool: there is none: [spool] directory is empty");
        report(spool, &error);
        return;
    }
    spool->is_open = spool_files_open(&spool->files, spool->settings, &error);
    if (!spool->is_open)
        report(spool, &error);
}

struct spool *spool_open(uv_loop_t *loop, const struct spool_settings *settings,
                         struct metrics_worker *counts)
{
    struct spool *spool = calloc(1, sizeof *spool);
    if (!spool)
        return NULL;
    spool->loop = loop;
    spool->settings = settings;
    spool->counts = counts;
    spool->files = (struct spool_files){.directory = -1, .lock = -1, .segment = -1};
    return spool;
}

static void free_spool(struct spool *spool)
{
    spool_files_close(&spool->files);
    free(spool);
}

static void write_group(uv_work_t *work)
{
    struct spool *spool = work->data;
    spool->outcome = spool_files_append(&spool->files, spool->texts, spool->count,
                                        spool->only_behind, &spool->error);
}

static void start_group(struct spool *spool);

static void on_group_written(uv_work_t *work, int status)
{
    struct spool *spool = work->data;
    if (status != 0) {
        spool->outcome = SPOOL_FAILED;
        error_set(&spool->error, "spool: %s", uv_strerror(status));
    }
    bool failed = spool->outcome == SPOOL_FULL || spool->outcome == SPOOL_FAILED;
    if (failed)
        report(spool, &spool->error);
    else if (spool->outcome == SPOOL_WRITTEN && spool->reported) {
        spool->reported = false;
        log_info("the spool can be written again");
    }
    spool->counts->spool_syncs += spool->outcome == SPOOL_WRITTEN;
    for (size_t i = 0; i < spool->count; i++) {
        const struct entry *entry = spool->group[i];
        if (spool->outcome == SPOOL_WRITTEN)
            spool->counts->spool_packets += entry->packets;
        else if (failed)
            spool->counts->spool_refused += entry->packets;
        entry->done(entry->self, spool->outcome);
    }
    spool->writing = false;
    if (spool->first)
        start_group(spool);
    else if (spool->closing)
        free_spool(spool);
}

static void start_group(struct spool *spool)
{
    spool->count = 0;
    spool->only_behind = true;
    while (spool->first && spool->count < GROUP_MAX) {
        struct entry *entry = spool->first;
        spool->first = entry->next;
        spool->only_behind &= entry->only_behind;
        spool->texts[spool->count] = entry->lines;
        spool->group[spool->count++] = entry;
    }
    spool->writing = true;
    spool->work.data = spool;
    int status = uv_queue_work(spool->loop, &spool->work, write_group, on_group_written);
    if (status != 0)
        on_group_written(&spool->work, status);
}

bool spool_write(struct spool *spool, struct arena *arena, const struct packet *packets,
                 size_t count, bool only_behind, enum spool_outcome *outcome, spool_done *done,
                 void *self)
{
    int64_t now_us = clock_now_us();
    struct buffer lines = buffer_in(arena);
    *outcome = only_behind ? SPOOL_EMPTY : SPOOL_FAILED;
    if (!only_behind || *spool->settings->directory)
        try_to_open(spool);
    if (only_behind && !spool_files_hold(&spool->files))
        return false;
    if (!spool->is_open) {
        spool->counts->spool_refused += only_behind ? 0 : count;
        return false;
    }
    for (size_t i = 0; i < count; i++)
        packet_write_line(&lines, &packets[i], now_us);
    struct entry *entry = arena_calloc(arena, 1, sizeof *entry);
    if (!entry || lines.failed) {
        *outcome = SPOOL_FAILED;
        return false;
    }
    *entry = (struct entry){.lines = buffer_slice(&lines),
                            .packets = count,
                            .only_behind = only_behind,
                            .done = done,
                            .self = self};
    if (spool->first)
        spool->last->next = entry;
    else
        spool->first = entry;
    spool->last = entry;
    if (!spool->writing)
        start_group(spool);
    return true;
}

void spool_close(struct spool *spool)
{
    spool->closing = true;
    if (!spool->writing)
        free_spool(spool);
}
