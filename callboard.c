/*
 * callboard.c - callboard.fcgi: a pool of FastCGI workers, or one request as a CGI program.
 * The one file that knows every folder: it wires transport, handlers, credentials and store together.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <uv.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/zone.h"
#include "configuration.h"
#include "fcgi/cgi.h"
#include "fcgi/listen.h"
#include "fcgi/master.h"
#include "handlers/dispatch.h"
#include "htpasswd/credentials.h"
#include "htpasswd/pam_helper.h"
#include "steps.h"
#include "store/drain.h"

/* ---- what processes that check credentials have in common ---- */

struct doorkeeper {
    struct credentials_memory *memory;
    int pam_door; /* of the PAM helper; -1: nothing asks PAM */
};

static bool open_doorkeeper(const struct credentials_settings *settings,
                            struct doorkeeper *doorkeeper, struct error *error)
{
    doorkeeper->pam_door = -1;
    doorkeeper->memory = credentials_memory_create(error);
    if (!doorkeeper->memory || !credentials_use_pam(settings))
        return doorkeeper->memory != NULL;
    doorkeeper->pam_door = pam_helper_start(settings->pam_service, error);
    return doorkeeper->pam_door >= 0;
}

/* ---- one process that answers requests ---- */

struct worker {
    uv_loop_t loop;
    const struct configuration *configuration;
    struct metrics_worker *counts;
    struct handler_context context;
    struct transport_application application;
    const struct fcgi_sockets *sockets;
    struct fcgi_server *server; /* NULL until it takes connections, and in a CGI program */
    bool ending;                /* told to end */
    struct credentials *credentials;
    struct store *store;     /* in a CGI program NULL until it is needed */
    struct call *connecting; /* CGI: what waits until Redis is there, or known to be away */
    struct steps *steps;
    struct drain *drain; /* NULL in a CGI program */
    uint64_t serial;     /* of the last request */
    uv_signal_t on_term, on_interrupt, on_reopen;
    uv_prepare_t before_waiting;
};

/* A request that has been handed over, in the request's arena. */
struct call {
    struct exchange exchange;
    struct transport_request *transport;
    struct worker *worker;
    struct step step;
    int64_t since_us;
};

/* The request is over: counts it, and tells the log. */
static void account_for(void *self)
{
    struct call *call = self;
    const struct transport_request *transport = call->transport;
    const struct exchange *x = &call->exchange;
    struct metrics_worker *counts = call->worker->counts;
    int64_t us = clock_steady_us() - call->since_us;
    counts->in_flight--;
    metrics_count_request(counts, x->route_index, x->response.status, us);
    if (log_enabled(LOG_LEVEL_INFO))
        log_info("request id=%.*s method=%.*s route=%s status=%d us=%lld",
                 SLICE_ARGUMENTS(transport->http.id), SLICE_ARGUMENTS(transport->http.method_name),
                 x->route->path, x->response.status, (long long)us);
}

static void finish(struct call *call)
{
    account_for(call);
    steps_answered(call->worker->steps, &call->step);
    call->transport->answer(call->transport, &call->exchange.response);
}

static void on_replies(void *self, const struct store_reply *replies);

/* A CGI program connects when the first batch is to be asked, and then waits for the outcome. */
static void on_store_change(void *self, bool up)
{
    struct worker *worker = self;
    struct call *call = worker->connecting;
    store_on_change(worker->store, NULL, NULL);
    worker->connecting = NULL;
    if (!up || !store_ask(worker->store, &call->exchange.batch, on_replies, call))
        on_replies(call, NULL);
}

static bool connect_first(struct worker *worker, struct call *call)
{
    struct error error;
    worker->store =
        store_open(&worker->loop, &worker->configuration->store, worker->counts, &error);
    if (!worker->store) {
        log_error("%s", error.text);
        return false;
    }
    worker->connecting = call;
    store_on_change(worker->store, on_store_change, worker);
    return true;
}

/* True: on_replies will be called. */
static bool ask(struct call *call)
{
    struct worker *worker = call->worker;
    return (!worker->store && connect_first(worker, call)) ||
           (worker->store && store_ask(worker->store, &call->exchange.batch, on_replies, call));
}

static void on_verdict(void *self, enum credential_verdict verdict);

static void go_on(struct call *call, enum handler_next next)
{
    struct worker *worker = call->worker;
    struct exchange *x = &call->exchange;
    if (next == HANDLER_CHECK) {
        enum credential_verdict verdict = credentials_check(
            worker->credentials, &x->question, call->transport->http.now_us, on_verdict, call);
        if (verdict == VERDICT_LATER)
            return;
        next = dispatch_checked(x, verdict);
    }
    while (next == HANDLER_ASK || next == HANDLER_SPOOL || next == HANDLER_WAIT) {
        if (next == HANDLER_ASK) {
            if (ask(call))
                return;
            next = dispatch_render(x, NULL);
        } else if (next == HANDLER_SPOOL) {
            if (steps_spool(worker->steps, &call->step))
                return;
            next = dispatch_resume(x);
        } else {
            if (steps_wait(worker->steps, &call->step))
                return;
            x->wait.over = true;
            next = dispatch_resume(x);
        }
    }
    if (next == HANDLER_STREAM)
        steps_stream(worker->steps, &call->step);
    else
        finish(call);
}

static void on_verdict(void *self, enum credential_verdict verdict)
{
    struct call *call = self;
    go_on(call, dispatch_checked(&call->exchange, verdict));
}

static void resume(void *self)
{
    struct call *call = self;
    go_on(call, dispatch_resume(&call->exchange));
}

static void on_replies(void *self, const struct store_reply *replies)
{
    struct call *call = self;
    go_on(call, dispatch_render(&call->exchange, replies));
}

static void handle(void *self, struct transport_request *transport)
{
    static const struct http_response no_memory = {
        .status = 503,
        .content_type = "application/json",
        .body = SLICE_LITERAL("{\"error\":\"out of memory\"}")};
    struct worker *worker = self;
    struct call *call = arena_calloc(&transport->arena, 1, sizeof *call);
    if (!call) {
        transport->answer(transport, &no_memory);
        return;
    }
    worker->counts->in_flight++;
    call->transport = transport;
    call->worker = worker;
    call->since_us = clock_steady_us();
    call->step = (struct step){.x = &call->exchange,
                               .transport = transport,
                               .self = call,
                               .resume = resume,
                               .over = account_for};
    transport->http.serial = ++worker->serial;
    go_on(call, dispatch_plan(&call->exchange, &transport->http, &worker->context));
}

static size_t body_limit(void *self, const struct http_request *head)
{
    (void)self;
    return dispatch_body_limit(head);
}

static bool prepare_worker(struct worker *worker, const struct configuration *configuration,
                           const struct metrics *metrics, struct metrics_worker *counts,
                           const struct doorkeeper *doorkeeper, struct error *error)
{
    uint64_t origin;
    if (getrandom(&origin, sizeof origin, 0) != sizeof origin)
        return error_set(error, "no random numbers: %s", strerror(errno));
    *worker = (struct worker){
        .configuration = configuration,
        .counts = counts,
        .context = {.credentials = &configuration->credentials,
                    .cticache = &configuration->cticache,
                    .phonecalls = &configuration->phonecalls,
                    .directory = &configuration->directory,
                    .notifications = &configuration->notifications,
                    .cdr = &configuration->cdr,
                    .id_seconds = configuration->spool.id_seconds,
                    .origin = origin,
                    .metrics = metrics,
                    .counts = counts,
                    .version = PACKAGE_VERSION,
                    .bench = configuration->bench_noop},
        .application = {.self = worker, .body_limit = body_limit, .handle = handle}};
    zone_use(configuration->phonecalls.time_zone);
    if (uv_loop_init(&worker->loop) != 0)
        return error_set(error, "no event loop");
    worker->credentials = credentials_open(&worker->loop, &configuration->credentials,
                                           doorkeeper->memory, doorkeeper->pam_door);
    if (!worker->credentials)
        return error_set(error, "out of memory");
    worker->steps = steps_open(&worker->loop, &configuration->spool, &configuration->store, counts);
    return worker->steps || error_set(error, "out of memory");
}

/* ---- a worker of the pool ---- */

static void on_drained(void *self)
{
    struct worker *worker = self;
    credentials_close(worker->credentials);
    steps_close(worker->steps);
    drain_stop(worker->drain);
    store_close(worker->store);
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
    bool ready = worker && prepare_worker(worker, pool->configuration, pool->metrics, counts,
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

static bool apply_log(const struct configuration *configuration, struct error *error)
{
    if (!log_open(configuration->log, error))
        return false;
    log_set_level((enum log_level)configuration->log_level);
    return true;
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
    if (!credentials_can_change(pool, &fresh->credentials, error) || !apply_log(fresh, error)) {
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
    return apply_log(configuration, error) &&
           open_doorkeeper(&configuration->credentials, &pool->doorkeeper, error) &&
           listen_leave_root(configuration->user, configuration->group, error) &&
           credentials_files_check(&configuration->credentials, error);
}

static int run_pool(const char *path, struct configuration *configuration, const char *address,
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

/* ---- CGI ---- */

static void on_cgi_answered(void *self)
{
    struct worker *worker = self;
    credentials_close(worker->credentials);
    steps_close(worker->steps);
    if (worker->store)
        store_close(worker->store);
}

static int run_cgi(struct configuration *configuration)
{
    struct worker worker;
    struct doorkeeper doorkeeper;
    struct error error = {"out of memory"};
    struct metrics *metrics = metrics_create();
    struct metrics_worker *counts = metrics ? metrics_take_place(metrics) : NULL;
    if (!counts || !apply_log(configuration, &error)) {
        fprintf(stderr, "callboard.fcgi: %s\n", counts ? error.text : "no shared memory");
        return 1;
    }
    log_set_process("cgi");
    counts->pid = getpid();
    if (!open_doorkeeper(&configuration->credentials, &doorkeeper, &error) ||
        !prepare_worker(&worker, configuration, metrics, counts, &doorkeeper, &error) ||
        !cgi_serve(&worker.application, configuration->server.request_seconds, on_cgi_answered,
                   &worker, &error)) {
        fprintf(stderr, "callboard.fcgi: %s\n", error.text);
        return 1;
    }
    uv_run(&worker.loop, UV_RUN_DEFAULT);
    uv_loop_close(&worker.loop);
    log_flush();
    configuration_free(configuration);
    return 0;
}

/* Somebody's browser waits: it is told that something is wrong, the site's owner reads what in the error log. */
static int answer_misconfigured(void)
{
    static const char page[] =
        "{\"error\":\"callboard is not configured properly; the web server's "
        "error log says what is wrong\"}\n";
    printf("Status: 500 Internal Server Error\r\nContent-Type: application/json\r\n"
           "Content-Length: %zu\r\n\r\n%s",
           sizeof page - 1, page);
    return 0;
}

/* ---- the program ---- */

struct options {
    const char *config;
    const char *listen;
    const char *workers;
    bool check;
};

static const char usage[] =
    "usage: callboard.fcgi [--config FILE] [--listen ADDRESS] [--workers N] [--check-config]\n"
    "       callboard.fcgi --version | --help\n"
    "\n"
    "  --config FILE     read FILE instead of " DEFAULT_CONFIG "\n"
    "  --listen ADDRESS  listen on unix:/path or 127.0.0.1:port, whatever the file says\n"
    "  --workers N       so many worker processes, whatever the file says\n"
    "  --check-config    say what is wrong with the configuration, and end\n"
    "\n"
    "With a listening socket on descriptor 0 that one is served; started by a web server as a CGI\n"
    "program it answers one request. See callboard.fcgi(8) and callboard.conf(5).\n";

/* False: the program ends now with *status. */
static bool read_options(int argc, char **argv, struct options *options, int *status)
{
    static const struct option known[] = {{"config", required_argument, NULL, 'c'},
                                          {"listen", required_argument, NULL, 'l'},
                                          {"workers", required_argument, NULL, 'w'},
                                          {"check-config", no_argument, NULL, 'k'},
                                          {"version", no_argument, NULL, 'v'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int option;
    *status = 0;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'c': options->config = optarg; break;
        case 'l': options->listen = optarg; break;
        case 'w': options->workers = optarg; break;
        case 'k': options->check = true; break;
        case 'v': puts("callboard " PACKAGE_VERSION); return false;
        case 'h': fputs(usage, stdout); return false;
        default: *status = 2; return false;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "callboard.fcgi: what is \"%s\" for? See --help.\n", argv[optind]);
        *status = 2;
        return false;
    }
    return true;
}

/* The file to read: as told, or the standard one where it is there; NULL for none. */
static const char *config_path(const struct options *options)
{
    const char *path = options->config ? options->config : getenv("CALLBOARD_CONFIG");
    if (path)
        return path;
    return access(DEFAULT_CONFIG, F_OK) == 0 ? DEFAULT_CONFIG : NULL;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct error error;
    int status;
    bool cgi = getenv("REQUEST_METHOD") && getenv("GATEWAY_INTERFACE");
    /* A CGI program's arguments may come from the URL (RFC 3875, section 4.4): they are none of ours. */
    if (!cgi && !read_options(argc, argv, &options, &status))
        return status;
    if (options.workers)
        setenv("CALLBOARD_CONF_WORKERS", options.workers, 1);
    const char *path = config_path(&options);
    struct configuration *configuration = configuration_load(path, &error);
    if (!configuration) {
        fprintf(stderr, "callboard.fcgi: %s\n", error.text);
        return cgi ? answer_misconfigured() : 1;
    }
    if (options.check) {
        printf("%s: good\n", path ? path : "standard configuration");
        configuration_free(configuration);
        return 0;
    }
    if (cgi)
        return run_cgi(configuration);
    bool inherited = !options.listen && listen_inherited();
    return run_pool(path, configuration, options.listen ? options.listen : configuration->listen,
                    inherited);
}
