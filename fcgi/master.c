/*
 * master.c - a process that keeps workers alive.
 * It does nothing but wait for signals and children, so that it has no reason to fail.
 */
#include "fcgi/master.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define US 1000000

/* A worker that lived shorter than this died young. */
#define YOUNG_US      (1 * US)
#define PAUSE_MAX_US  (5 * US)
#define PAUSE_STEP_US (US / 10)

struct child {
    pid_t pid; /* 0: no child in this place */
    int generation;
    int64_t started_us;
    struct metrics_worker *counts;
};

struct master {
    const struct master_hooks *hooks;
    struct metrics *metrics;
    struct child children[METRICS_WORKERS];
    int generation; /* of the configuration; children of older ones are draining */
    int wanted;
    bool ending;
    int64_t pause_us;    /* before the next start; 0 while workers live long */
    int64_t start_at_us; /* not before */
    int64_t drain_us;    /* how long draining may take */
    int64_t kill_at_us;  /* when draining ones are killed; 0: none is draining */
};

static const int handled[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1};

static sigset_t handled_set(void)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof handled / sizeof *handled; i++)
        sigaddset(&set, handled[i]);
    return set;
}

static int current_count(const struct master *master)
{
    int count = 0;
    for (size_t i = 0; i < METRICS_WORKERS; i++)
        count += master->children[i].pid && master->children[i].generation == master->generation;
    return count;
}

static int child_count(const struct master *master)
{
    int count = 0;
    for (size_t i = 0; i < METRICS_WORKERS; i++)
        count += master->children[i].pid != 0;
    return count;
}

/* In the child: never returns. */
static void become_worker(const struct master *master, struct metrics_worker *counts, pid_t parent)
{
    /* A master that was killed leaves no workers behind; they drain. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigset_t set = handled_set();
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    signal(SIGHUP, SIG_IGN); /* sent to the whole group when a terminal closes */
    counts->pid = getpid();
    log_set_process("worker");
    if (getppid() != parent)
        _exit(0);
    int status = master->hooks->work(master->hooks->self, counts);
    log_flush();
    exit(status); /* not _exit: leak checkers and coverage report at exit */
}

static bool start_worker(struct master *master)
{
    struct child *child = master->children;
    while (child < master->children + METRICS_WORKERS && child->pid)
        child++;
    struct metrics_worker *counts = metrics_take_place(master->metrics);
    if (!counts || child == master->children + METRICS_WORKERS) {
        log_error("no room for another worker: %d are there", METRICS_WORKERS);
        if (counts)
            metrics_leave_place(counts);
        return false;
    }
    pid_t parent = getpid();
    log_flush();
    pid_t pid = fork();
    if (pid == 0)
        become_worker(master, counts, parent);
    if (pid < 0) {
        log_error("cannot start a worker: %s", strerror(errno));
        metrics_leave_place(counts);
        return false;
    }
    *child = (struct child){pid, master->generation, clock_steady_us(), counts};
    return true;
}

/* The pause before the next start doubles while workers die young. */
static void grow_pause(struct master *master)
{
    master->pause_us = master->pause_us ? master->pause_us * 2 : PAUSE_STEP_US;
    if (master->pause_us > PAUSE_MAX_US)
        master->pause_us = PAUSE_MAX_US;
    master->start_at_us = clock_steady_us() + master->pause_us;
}

static void start_missing(struct master *master)
{
    while (!master->ending && current_count(master) < master->wanted &&
           clock_steady_us() >= master->start_at_us)
        if (!start_worker(master))
            grow_pause(master);
}

static void child_ended(struct master *master, pid_t pid, int status)
{
    struct child *child = master->children;
    while (child < master->children + METRICS_WORKERS && child->pid != pid)
        child++;
    if (child == master->children + METRICS_WORKERS)
        return;
    bool expected = master->ending || child->generation != master->generation;
    bool young = clock_steady_us() - child->started_us < YOUNG_US;
    metrics_leave_place(child->counts);
    child->pid = 0;
    if (expected && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    master->metrics->worker_deaths++;
    if (WIFSIGNALED(status))
        log_warning("worker %ld was ended by signal %d", (long)pid, WTERMSIG(status));
    else
        log_warning("worker %ld ended with status %d", (long)pid, WEXITSTATUS(status));
    if (!expected && young)
        grow_pause(master);
    else
        master->pause_us = 0;
}

static void reap(struct master *master)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        child_ended(master, pid, status);
}

/* Sends SIGNAL to the children: all, or those of former configurations only. */
static void tell_children(const struct master *master, int signal, bool former_only)
{
    for (size_t i = 0; i < METRICS_WORKERS; i++) {
        const struct child *child = &master->children[i];
        if (child->pid && (!former_only || child->generation != master->generation))
            kill(child->pid, signal);
    }
}

static void reload(struct master *master)
{
    struct error error;
    if (master->ending)
        return;
    if (!master->hooks->reload(master->hooks->self, &error)) {
        master->metrics->reloads_refused++;
        log_error("the new configuration is refused, the old one stays: %s", error.text);
        return;
    }
    master->metrics->reloads++;
    master->generation++;
    master->wanted = master->hooks->worker_count(master->hooks->self);
    master->pause_us = master->start_at_us = 0;
    start_missing(master);
    tell_children(master, SIGTERM, true);
    master->kill_at_us = clock_steady_us() + master->drain_us;
    log_info("configuration reloaded, %d workers", master->wanted);
}

static void end(struct master *master)
{
    if (!master->ending)
        log_info("ending");
    master->ending = true;
    tell_children(master, SIGTERM, false);
    master->kill_at_us = clock_steady_us() + master->drain_us;
}

static void kill_late(struct master *master)
{
    if (!master->kill_at_us || clock_steady_us() < master->kill_at_us)
        return;
    master->kill_at_us = 0;
    if (master->ending || child_count(master) > current_count(master))
        log_warning("workers that did not drain in time are killed");
    tell_children(master, SIGKILL, !master->ending);
}

/* The next signal, or 0 after a while: often enough to start and kill on time. */
static int wait_for_signal(void)
{
    sigset_t set = handled_set();
    const struct timespec most = {.tv_nsec = 100 * 1000 * 1000};
    int signal = sigtimedwait(&set, NULL, &most);
    return signal > 0 ? signal : 0;
}

int master_run(const struct master_hooks *hooks, struct metrics *metrics, int64_t drain_seconds)
{
    struct master *master = calloc(1, sizeof *master);
    sigset_t set = handled_set();
    if (!master)
        return 1;
    master->hooks = hooks;
    master->metrics = metrics;
    master->drain_us = drain_seconds * US;
    master->wanted = hooks->worker_count(hooks->self);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    log_info("started, %d workers", master->wanted);
    while (!master->ending || child_count(master) > 0) {
        start_missing(master);
        kill_late(master);
        log_flush();
        switch (wait_for_signal()) {
        case SIGTERM:
        case SIGINT: end(master); break;
        case SIGHUP: reload(master); break;
        case SIGUSR1:
            hooks->reopen_log(hooks->self);
            tell_children(master, SIGUSR1, false);
            break;
        default: break;
        }
        reap(master);
    }
    log_info("ended");
    log_flush();
    free(master);
    return 0;
}
