/*
 * master.h - a process that keeps workers alive.
 * Signals to the master: TERM and INT end all after the requests they work on, HUP reloads, USR1 reopens the log.
 */
#ifndef CALLBOARD_MASTER_H
#define CALLBOARD_MASTER_H

#include "base/error.h"
#include "base/metrics.h"

struct master_hooks {
    void *self;
    /* How many workers there should be; asked at the start and after each reload. */
    int (*worker_count)(void *self);
    /*
     * Runs a worker, in a process of its own, until it has drained after SIGTERM; returns its exit status. SIGTERM, SIGINT
     * and SIGUSR1 are not blocked there. COUNTS is the process' place.
     */
    int (*work)(void *self, struct metrics_worker *counts);
    /* Reads the configuration again; false: it is not good, *error says why, and nothing has changed. */
    bool (*reload)(void *self, struct error *error);
    /* Opens the master's log again. */
    void (*reopen_log)(void *self);
};

/*
 * Starts workers and keeps them alive until told to end; returns the program's exit status. A worker that dies is
 * replaced at once, one that dies young after a pause that grows. On reload new workers start, then the old ones drain.
 * Workers that have not drained DRAIN_SECONDS after being told are killed.
 */
int master_run(const struct master_hooks *hooks, struct metrics *metrics, int64_t drain_seconds);

#endif
