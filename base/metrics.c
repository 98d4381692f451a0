/*
 * metrics.c - what the workers count, in memory that all of them share.
 */
#include "base/metrics.h"

#include <sys/mman.h>

#include "base/clock.h"

const int64_t metrics_bounds_us[METRICS_BUCKETS] = {
    50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, INT64_MAX};

const int metrics_statuses[METRICS_STATUSES] = {
    200, 201, 202, 204, 304, 400, 401, 403, 404, 405, 406, 408, 409, 410, 411, 412,
    413, 414, 415, 422, 423, 428, 429, 431, 500, 501, 502, 503, 504, 505, 507, 0};

struct metrics *metrics_create(void)
{
    struct metrics *metrics =
        mmap(NULL, sizeof *metrics, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (metrics == MAP_FAILED)
        return NULL;
    metrics->started_us = clock_now_us();
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    if (metrics)
        munmap(metrics, sizeof *metrics);
}

struct metrics_worker *metrics_take_place(struct metrics *metrics)
{
    for (size_t i = 0; i < METRICS_WORKERS; i++) {
        struct metrics_worker *worker = &metrics->workers[i];
        if (worker->pid != 0)
            continue;
        if (i >= metrics->places_used)
            metrics->places_used = i + 1;
        worker->pid = -1; /* taken; the process itself writes its number */
        worker->started_us = clock_now_us();
        worker->connections = 0;
        worker->in_flight = 0;
        worker->store_up = 0;
        worker->draining = 0;
        return worker;
    }
    return NULL;
}

void metrics_leave_place(struct metrics_worker *worker)
{
    worker->pid = 0;
}

static void add(metrics_number *number, uint64_t more)
{
    atomic_fetch_add_explicit(number, more, memory_order_relaxed);
}

void metrics_count_request(struct metrics_worker *worker, size_t route, int status,
                           int64_t duration_us)
{
    size_t place = 0, bucket = 0;
    if (route >= METRICS_ROUTES)
        route = METRICS_ROUTES - 1;
    while (metrics_statuses[place] && metrics_statuses[place] != status)
        place++;
    while (duration_us > metrics_bounds_us[bucket])
        bucket++;
    add(&worker->requests[route][place], 1);
    add(&worker->duration_us[route], duration_us > 0 ? (uint64_t)duration_us : 0);
    add(&worker->duration_bucket[route][bucket], 1);
}
