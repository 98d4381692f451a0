/*
 * worker.c - one process that answers requests: takes each through the steps that its handler asks for.
 */
#include "worker.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/zone.h"
#include "htpasswd/pam_helper.h"

/* ---- a request and its steps ---- */

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

/* ---- the process ---- */

bool doorkeeper_open(const struct credentials_settings *settings, struct doorkeeper *doorkeeper,
                     struct error *error)
{
    doorkeeper->pam_door = -1;
    doorkeeper->memory = credentials_memory_create(error);
    if (!doorkeeper->memory || !credentials_use_pam(settings))
        return doorkeeper->memory != NULL;
    doorkeeper->pam_door = pam_helper_start(settings->pam_service, error);
    return doorkeeper->pam_door >= 0;
}

bool worker_prepare(struct worker *worker, const struct configuration *configuration,
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
                    .live_names = &configuration->live_names,
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

void worker_close(struct worker *worker)
{
    credentials_close(worker->credentials);
    steps_close(worker->steps);
    if (worker->store)
        store_close(worker->store);
}
