/*
 * test_metrics.c - tests of base/metrics.c.
 */
#include "suite.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/metrics.h"

static void test_places(void)
{
    struct metrics *metrics = metrics_create();
    struct metrics_worker *places[METRICS_WORKERS];
    CU_ASSERT_PTR_NOT_NULL_FATAL(metrics);
    CU_ASSERT(metrics->started_us > 1500000000000000);
    for (size_t i = 0; i < METRICS_WORKERS; i++) {
        places[i] = metrics_take_place(metrics);
        CU_ASSERT_PTR_EQUAL(places[i], &metrics->workers[i]);
        CU_ASSERT_EQUAL(metrics->places_used, i + 1);
    }
    CU_ASSERT_PTR_NULL(metrics_take_place(metrics));
    places[5]->connections = places[5]->in_flight = places[5]->store_up = places[5]->draining = 1;
    metrics_count_request(places[5], 0, 200, 10);
    metrics_leave_place(places[5]);
    CU_ASSERT_EQUAL(places[5]->pid, 0);
    CU_ASSERT_PTR_EQUAL(metrics_take_place(metrics), places[5]);
    CU_ASSERT_EQUAL(places[5]->connections + places[5]->in_flight + places[5]->store_up +
                        places[5]->draining,
                    0);
    CU_ASSERT_EQUAL(places[5]->requests[0][0], 1); /* counters outlive the process */
}

static size_t bucket_of(int64_t us)
{
    struct metrics *metrics = metrics_create();
    struct metrics_worker *worker = metrics_take_place(metrics);
    size_t bucket = 0;
    metrics_count_request(worker, 3, 200, us);
    while (bucket < METRICS_BUCKETS && !worker->duration_bucket[3][bucket])
        bucket++;
    CU_ASSERT_EQUAL(worker->duration_us[3], us > 0 ? (uint64_t)us : 0);
    return bucket;
}

static void test_durations(void)
{
    CU_ASSERT_EQUAL(bucket_of(-5), 0); /* a clock that was set back */
    CU_ASSERT_EQUAL(bucket_of(0), 0);
    CU_ASSERT_EQUAL(bucket_of(50), 0);
    CU_ASSERT_EQUAL(bucket_of(51), 1);
    CU_ASSERT_EQUAL(bucket_of(500000), METRICS_BUCKETS - 2);
    CU_ASSERT_EQUAL(bucket_of(500001), METRICS_BUCKETS - 1);
    CU_ASSERT_EQUAL(bucket_of(INT64_MAX), METRICS_BUCKETS - 1);
}

static void test_statuses(void)
{
    struct metrics *metrics = metrics_create();
    struct metrics_worker *worker = metrics_take_place(metrics);
    for (size_t i = 0; i < METRICS_STATUSES; i++)
        metrics_count_request(worker, 1, metrics_statuses[i], 1);
    for (size_t i = 0; i < METRICS_STATUSES; i++)
        CU_ASSERT_EQUAL(worker->requests[1][i], 1);
    CU_ASSERT_EQUAL(metrics_statuses[METRICS_STATUSES - 1], 0);
    metrics_count_request(worker, 1, 299, 1);
    CU_ASSERT_EQUAL(worker->requests[1][METRICS_STATUSES - 1], 2);
    metrics_count_request(worker, METRICS_ROUTES + 7, 200, 1);
    CU_ASSERT_EQUAL(worker->requests[METRICS_ROUTES - 1][0], 1);
}

/* What a child counts its parent sees, also when the child is no more. */
static void test_shared(void)
{
    struct metrics *metrics = metrics_create();
    struct metrics_worker *worker = metrics_take_place(metrics);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 1000; i++)
            metrics_count_request(worker, 0, 404, 1);
        _exit(0);
    }
    for (int i = 0; i < 1000; i++)
        metrics_count_request(worker, 0, 404, 1);
    CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
    uint64_t count = 0;
    for (size_t i = 0; i < METRICS_STATUSES; i++)
        count += worker->requests[0][i];
    CU_ASSERT_EQUAL(count, 2000);
}

SUITE("metrics", {"gives places out and takes them back", test_places},
      {"sorts durations into buckets", test_durations}, {"counts statuses", test_statuses},
      {"is shared between processes", test_shared})
