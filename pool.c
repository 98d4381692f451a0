/*
 * pool.c - callboard.fcgi as a pool: a master, and workers that serve FastCGI.
 */
#include "pool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/copies.h"
#include "base/listen.h"
#include "base/log.h"
#include "fcgi/master.h"
#include "worker.h"

/* ---- a worker of the pool ---- */

static void on_drained(void *self)
{
    struct worker *worker = self;
    drain_stop(worker->drain);
    worker_close(worker);
    uv_close((uv_handle_t *)&worker->on_term, NULL);
    uv_close((uv_handle_t *)&worker->on_interrupt, NULL);
    uv_close((uv_handle_t *)&worker->on_reopen, NULL);
    uv_close((uv_handle_t *)&worker->before_waiting, NULL);
}

static void on_end_signal(uv_signal_t *signal, int number)
{
    struct worker *worker = signal->data;
    (void)number;
    worker->ending = true;
    steps_drain(worker->steps);
    if (worker->server)
        fcgi_server_drain(worker->server, on_drained, worker);
}

static void reopen_log(void *unused)
{
    struct error error;
    (void)unused;
    if (!log_reopen(&error))
        log_error("%s", error.text);
}

static void on_reopen_signal(uv_signal_t *signal, int number)
{
    (void)number;
    reopen_log(signal->data);
}

static void before_waiting(uv_prepare_t *prepare)
{
    (void)prepare;
    log_flush();
}

static void watch_signal(struct worker *worker, uv_signal_t *signal, int number,
                         uv_signal_cb callback)
{
    uv_signal_init(&worker->loop, signal);
    signal->data = worker;
    uv_signal_start(signal, callback, number);
}

/* ---- the pool ---- */

struct pool {
    const char *path; /* of the configuration file */
    struct configuration *configuration;
    struct metrics *metrics;
    struct copies *copies; /* made once: what is in them outlives configurations and workers */
    struct fcgi_sockets sockets;
    struct doorkeeper doorkeeper;
};

/* Takes connections once it is known whether Redis is there, so that a worker that is just starting refuses nobody. */
static void start_serving(void *self, bool up)
{
    struct worker *worker = self;
    struct error error;
    (void)up;
    store_on_change(worker->store, NULL, NULL);
    worker->server = fcgi_server_start(&worker->loop, worker->sockets, &worker->application,
                                       &worker->configuration->server, worker->context.metrics,
                                       worker->counts, &error);
    if (!worker->server) {
        log_error("%s", error.text);
        uv_stop(&worker->loop);
    } else if (worker->ending) {
        fcgi_server_drain(worker->server, on_drained, worker);
    }
}

static int work(void *self, struct metrics_worker *counts)
{
    struct pool *pool = self;
    struct error error = {"out of memory"};
    struct worker *worker = malloc(sizeof *worker);
    bool ready = worker && worker_prepare(worker, pool->configuration, pool->metrics, counts,
                                          &pool->doorkeeper, &error);
    if (ready) {
        worker->sockets = &pool->sockets;
        worker->context.copies = pool->copies;
        worker->store = store_open(&worker->loop, &pool->configuration->store, counts, &error);
    }
    if (ready && worker->store)
        worker->drain = drain_start(&worker->loop, &pool->configuration->spool, worker->store,
                                    pool->metrics, counts);
    if (!ready || !worker->drain) {
        log_error("%s", error.text);
        return 1;
    }
    store_on_change(worker->store, start_serving, worker);
    watch_signal(worker, &worker->on_term, SIGTERM, on_end_signal);
    watch_signal(worker, &worker->on_interrupt, SIGINT, on_end_signal);
    watch_signal(worker, &worker->on_reopen, SIGUSR1, on_reopen_signal);
    uv_prepare_init(&worker->loop, &worker->before_waiting);
    uv_prepare_start(&worker->before_waiting, before_waiting);
    uv_run(&worker->loop, UV_RUN_DEFAULT);
    if (!worker->server)
        return 1;
    uv_loop_close(&worker->loop);
    free(worker);
    configuration_free(pool->configuration);
    return 0;
}

static int worker_count(void *self)
{
    const struct pool *pool = self;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int count = (int)pool->configuration->workers;
    if (count == 0)
        count = cores > 0 ? (int)cores : 1;
    return count < METRICS_WORKERS / 2 ? count : METRICS_WORKERS / 2;
}

/* What can be known of new credential settings before workers have them. */
static bool credentials_can_change(const struct pool *pool,
                                   const struct credentials_settings *fresh, struct error *error)
{
    bool asks_pam = credentials_use_pam(fresh);
    if (asks_pam && pool->doorkeeper.pam_door < 0)
        return error_set(error, "auth = pam takes effect at a new start only: the PAM helper is "
                                "started as root");
    if (asks_pam && strcmp(fresh->pam_service, pool->configuration->credentials.pam_service) != 0)
        log_warning("pam_service has changed; that takes effect at the next start");
    return credentials_files_check(fresh, error);
}

static bool reload(void *self, struct error *error)
{
    struct pool *pool = self;
    struct configuration *fresh = configuration_load(pool->path, error);
    if (!fresh)
        return false;
    if (!credentials_can_change(pool, &fresh->credentials, error) ||
        !configuration_apply_log(fresh, error)) {
        configuration_free(fresh);
        return false;
    }
    if (strcmp(fresh->listen, pool->configuration->listen) != 0)
        log_warning("listen has changed; that takes effect at the next start");
    configuration_free(pool->configuration);
    pool->configuration = fresh;
    return true;
}

static bool open_pool(struct pool *pool, const char *address, bool inherited, struct error *error)
{
    const struct configuration *configuration = pool->configuration;
    pool->metrics = metrics_create();
    pool->copies = copies_create((size_t)configuration->directory.copies_megabytes << 20);
    if (!pool->metrics || !pool->copies)
        return error_set(error, "no shared memory: %s", strerror(errno));
    pool->sockets.listening =
        inherited ? dup(STDIN_FILENO) : listen_open(address, configuration->socket_group, error);
    if (pool->sockets.listening < 0)
        return inherited ? error_set(error, "descriptor 0: %s", strerror(errno)) : false;
    fcntl(pool->sockets.listening, F_SETFL, fcntl(pool->sockets.listening, F_GETFL) | O_NONBLOCK);
    if (!handover_open(&pool->sockets.handover, error))
        return false;
    /* The PAM helper stays root; the credential files are looked at as the workers will read them. */
    return configuration_apply_log(configuration, error) &&
           doorkeeper_open(&configuration->credentials, &pool->doorkeeper, error) &&
           listen_leave_root(configuration->user, configuration->group, error) &&
           credentials_files_check(&configuration->credentials, error);
}

int pool_run(const char *path, struct configuration *configuration, const char *address,
             bool inherited)
{
    struct pool pool = {.path = path, .configuration = configuration};
    struct error error;
    const struct master_hooks hooks = {.self = &pool,
                                       .worker_count = worker_count,
                                       .work = work,
                                       .reload = reload,
                                       .reopen_log = reopen_log};
    log_set_process("master");
    if (!open_pool(&pool, address, inherited, &error)) {
        fprintf(stderr, "callboard.fcgi: %s\n", error.text);
        configuration_free(pool.configuration);
        return 1;
    }
    /* The address is part of a configuration that a reload throws away. */
    char *listening = strdup(address);
    int status = master_run(&hooks, pool.metrics, configuration->drain_seconds);
    if (!inherited && listening)
        listen_remove(listening);
    free(listening);
    configuration_free(pool.configuration);
    return status;
}
