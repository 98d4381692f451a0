/*
 * metrics.h - what the workers count, in memory that all of them share.
 * The master makes one struct metrics before it forks. Each process has a place of its own in it and adds
 * there without locks; whoever answers /status or /metrics reads all places. Counters only ever grow, also
 * when a worker dies and another takes its place; gauges start at 0 again with the new process.
 */
#ifndef CALLBOARD_METRICS_H
#define CALLBOARD_METRICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define METRICS_WORKERS  128 /* places: workers, and those of the former configuration draining */
#define METRICS_ROUTES   64
#define METRICS_STATUSES 32
#define METRICS_BUCKETS  14

typedef _Atomic uint64_t metrics_number;

/* What one process counts. */
struct metrics_worker {
    /* gauges */
    _Atomic int64_t pid;         /* 0: nobody has this place */
    _Atomic int64_t started_us;  /* since the epoch */
    _Atomic int64_t connections; /* open FastCGI connections */
    _Atomic int64_t in_flight;   /* requests being worked on */
    _Atomic int64_t store_up;    /* 1: Redis answers */
    _Atomic int64_t draining;    /* 1: finishing, takes nothing new */
    /* counters */
    metrics_number requests[METRICS_ROUTES][METRICS_STATUSES];
    metrics_number duration_us[METRICS_ROUTES];
    metrics_number duration_bucket[METRICS_ROUTES][METRICS_BUCKETS];
    metrics_number store_commands;
    metrics_number store_deadlines_missed;
    metrics_number store_reconnects;
    metrics_number store_unavailable; /* batches refused because Redis was away */
    metrics_number directory_stale;   /* directory answers repeated while Redis was away */
    metrics_number spool_packets;     /* written to the spool and synced */
    metrics_number spool_syncs;       /* of the disk for them */
    metrics_number spool_refused;     /* packets that the spool could not take */
    metrics_number spool_drained;     /* packets brought from the spool into Redis */
    metrics_number spool_aside;       /* lines, files and packets set aside */
    metrics_number aborted;           /* requests whose client left before the answer */
    metrics_number protocol_errors;   /* connections ended because of what was sent */
};

struct metrics {
    int64_t started_us;              /* when the master started, since the epoch */
    _Atomic size_t places_used;      /* places from here on have never been taken */
    _Atomic int64_t spool_bytes;     /* what the spool takes; looked at once a second */
    _Atomic int64_t spool_oldest_us; /* since when it holds packets; 0: it holds none */
    metrics_number worker_deaths;
    metrics_number reloads;
    metrics_number reloads_refused;
    struct metrics_worker workers[METRICS_WORKERS];
};

/* Upper bounds of the latency buckets in microseconds; the last one is +Inf (INT64_MAX). */
extern const int64_t metrics_bounds_us[METRICS_BUCKETS];

/* The statuses counted one by one; the last place, 0, counts all others. */
extern const int metrics_statuses[METRICS_STATUSES];

/* Zeroed shared memory, kept across fork. NULL when there is none. That of a pool lives with the program. */
struct metrics *metrics_create(void);

/* Gives it back; METRICS may be NULL. */
void metrics_free(struct metrics *metrics);

/* Takes a free place for a process about to start and clears its gauges; NULL when all are taken. */
struct metrics_worker *metrics_take_place(struct metrics *metrics);

/* Gives the place of a process that has ended back; its counters stay. */
void metrics_leave_place(struct metrics_worker *worker);

/* Counts one answered request of ROUTE (an index of the table of routes). */
void metrics_count_request(struct metrics_worker *worker, size_t route, int status,
                           int64_t duration_us);

#endif
