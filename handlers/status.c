/*
 * status.c - how the installation is doing: /status for people and scripts, /metrics for Prometheus.
 */
#include "handlers/status.h"

#include "handlers/answer.h"
#include "handlers/cticache.h"
#include "handlers/dispatch.h"

/* ---- the question: two commands a pool ---- */

enum handler_next status_plan(struct exchange *x)
{
    const struct cticache_pool *pool = x->context->cticache->pools;
    /* Without a pool Redis is asked all the same, to know whether it answers. */
    if (!pool)
        STORE_ADD(&x->batch, slice_from("PING"));
    for (; pool; pool = pool->next) {
        struct slice live = cticache_live_key(pool, x->arena);
        STORE_ADD(&x->batch, slice_from("ZREMRANGEBYSCORE"), live, slice_from("-inf"),
                  store_number(&x->batch, x->request->now_us / 1000));
        STORE_ADD(&x->batch, slice_from("ZCARD"), live);
    }
    return HANDLER_ASK;
}

/* The live entries of pool number INDEX, or -1 when Redis did not say. */
static int64_t live_entries(const struct store_reply *replies, size_t index)
{
    if (!replies || replies[2 * index + 1].kind != STORE_INTEGER)
        return -1;
    return replies[2 * index + 1].integer;
}

/* ---- /status ---- */

static void add_member(struct buffer *body, const char *name, int64_t number)
{
    buffer_add_string(body, name);
    buffer_add_number(body, number);
}

static void add_workers(struct buffer *body, const struct metrics *metrics, int64_t now_us)
{
    bool first = true;
    for (size_t i = 0; i < metrics->places_used; i++) {
        const struct metrics_worker *worker = &metrics->workers[i];
        if (worker->pid <= 0)
            continue;
        buffer_add_string(body, first ? "" : ",");
        first = false;
        add_member(body, "{\"pid\":", worker->pid);
        add_member(body, ",\"uptime\":", (now_us - worker->started_us) / 1000000);
        add_member(body, ",\"connections\":", worker->connections);
        add_member(body, ",\"in_flight\":", worker->in_flight);
        buffer_add_string(body, worker->store_up ? ",\"redis\":true" : ",\"redis\":false");
        buffer_add_string(body, worker->draining ? ",\"draining\":true}" : "}");
    }
}

enum handler_next status_render_json(struct exchange *x, const struct store_reply *replies)
{
    struct buffer body = buffer_in(x->arena);
    const struct metrics *metrics = x->context->metrics;
    buffer_add_string(&body, "{\"version\":");
    buffer_add_json(&body, slice_from(x->context->version));
    add_member(&body, ",\"uptime\":", (x->request->now_us - metrics->started_us) / 1000000);
    buffer_add_string(&body, ",\"redis\":");
    buffer_add_string(&body, replies ? "\"up\"" : "\"away\"");
    buffer_add_string(&body, ",\"workers\":[");
    add_workers(&body, metrics, x->request->now_us);
    buffer_add_string(&body, "],\"pools\":[");
    size_t index = 0;
    const struct cticache_pool *pool = x->context->cticache->pools;
    for (; pool; pool = pool->next, index++) {
        int64_t live = live_entries(replies, index);
        buffer_add_string(&body, index ? ",{\"name\":" : "{\"name\":");
        buffer_add_json(&body, slice_from(pool->name));
        add_member(&body, ",\"numbers\":", (int64_t)pool->size);
        buffer_add_string(&body, ",\"entries\":");
        if (live < 0)
            buffer_add_string(&body, "null");
        else
            buffer_add_number(&body, live);
        add_member(&body, ",\"ttl\":", pool->ttl ? pool->ttl : x->context->cticache->ttl);
        buffer_add_byte(&body, '}');
    }
    buffer_add_string(&body, "]}");
    return answer_json(x, 200, &body);
}

/* ---- /metrics: Prometheus text format 0.0.4 ---- */

static void add_head(struct buffer *body, const char *name, const char *type, const char *help)
{
    buffer_format(body, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_method_label(struct buffer *body, size_t route)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    if (route == ROUTE_INDEX_NONE) {
        buffer_add_string(body, "route=\"none\",method=\"any\"");
        return;
    }
    size_t place = 0;
    while (!(routes[route].methods >> place & 1))
        place++;
    buffer_format(body, "route=\"%s\",method=\"%s\"", routes[route].path, names[place]);
}

/* Adds up what all workers counted in the number at OFFSET of their places. */
static uint64_t sum(const struct metrics *metrics, size_t offset)
{
    uint64_t total = 0;
    for (size_t i = 0; i < metrics->places_used; i++)
        total +=
            *(const metrics_number *)(const void *)((const char *)&metrics->workers[i] + offset);
    return total;
}

#define PLACE(member) offsetof(struct metrics_worker, member)

static size_t request_place(size_t route, size_t status)
{
    return PLACE(requests) + (route * METRICS_STATUSES + status) * sizeof(metrics_number);
}

static size_t bucket_place(size_t route, size_t bucket)
{
    return PLACE(duration_bucket) + (route * METRICS_BUCKETS + bucket) * sizeof(metrics_number);
}

static void add_requests(struct buffer *body, const struct metrics *metrics, size_t route)
{
    for (size_t status = 0; status < METRICS_STATUSES; status++) {
        uint64_t count = sum(metrics, request_place(route, status));
        if (count == 0)
            continue;
        buffer_add_string(body, "callboard_requests_total{");
        add_method_label(body, route);
        if (metrics_statuses[status])
            buffer_format(body, ",status=\"%d\"} %llu\n", metrics_statuses[status],
                          (unsigned long long)count);
        else
            buffer_format(body, ",status=\"other\"} %llu\n", (unsigned long long)count);
    }
}

static void add_durations(struct buffer *body, const struct metrics *metrics, size_t route)
{
    uint64_t count = 0;
    for (size_t bucket = 0; bucket < METRICS_BUCKETS; bucket++)
        count += sum(metrics, bucket_place(route, bucket));
    if (count == 0)
        return;
    count = 0;
    for (size_t bucket = 0; bucket < METRICS_BUCKETS; bucket++) {
        count += sum(metrics, bucket_place(route, bucket));
        buffer_add_string(body, "callboard_request_duration_seconds_bucket{");
        add_method_label(body, route);
        if (metrics_bounds_us[bucket] == INT64_MAX)
            buffer_format(body, ",le=\"+Inf\"} %llu\n", (unsigned long long)count);
        else
            buffer_format(body, ",le=\"%g\"} %llu\n", (double)metrics_bounds_us[bucket] / 1e6,
                          (unsigned long long)count);
    }
    uint64_t us = sum(metrics, PLACE(duration_us) + route * sizeof(metrics_number));
    buffer_add_string(body, "callboard_request_duration_seconds_sum{");
    add_method_label(body, route);
    buffer_format(body, "} %.6f\ncallboard_request_duration_seconds_count{", (double)us / 1e6);
    add_method_label(body, route);
    buffer_format(body, "} %llu\n", (unsigned long long)count);
}

static void add_counters(struct buffer *body, const struct metrics *metrics)
{
    static const struct {
        size_t place;
        const char *name, *help;
    } counters[] = {
        {PLACE(store_commands), "callboard_redis_commands_total", "Commands sent to Redis."},
        {PLACE(store_deadlines_missed), "callboard_redis_deadlines_missed_total",
         "Batches of commands that Redis did not answer in time."},
        {PLACE(store_unavailable), "callboard_redis_unavailable_total",
         "Batches refused at once because Redis was away."},
        {PLACE(store_reconnects), "callboard_redis_connects_total",
         "Connections to Redis that were made."},
        {PLACE(directory_stale), "callboard_directory_stale_total",
         "Directory answers repeated because Redis was away."},
        {PLACE(spool_packets), "callboard_spool_packets_total",
         "Packets written to the spool and synced."},
        {PLACE(spool_syncs), "callboard_spool_syncs_total", "Syncs of the disk for the spool."},
        {PLACE(spool_refused), "callboard_spool_refused_total",
         "Packets that the spool could not take."},
        {PLACE(spool_drained), "callboard_spool_drained_total",
         "Packets brought from the spool into Redis."},
        {PLACE(spool_aside), "callboard_spool_aside_total",
         "Lines, files and packets that the spool has set aside."},
        {PLACE(aborted), "callboard_requests_aborted_total",
         "Requests whose client left before the answer."},
        {PLACE(protocol_errors), "callboard_protocol_errors_total",
         "Connections ended because of what was sent on them."},
    };
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
        add_head(body, counters[i].name, "counter", counters[i].help);
        buffer_format(body, "%s %llu\n", counters[i].name,
                      (unsigned long long)sum(metrics, counters[i].place));
    }
    add_head(body, "callboard_worker_deaths_total", "counter", "Workers that ended unasked.");
    buffer_format(body, "callboard_worker_deaths_total %llu\n",
                  (unsigned long long)metrics->worker_deaths);
    add_head(body, "callboard_reloads_total", "counter", "Configurations taken over.");
    buffer_format(body, "callboard_reloads_total %llu\n", (unsigned long long)metrics->reloads);
    add_head(body, "callboard_reloads_refused_total", "counter", "Configurations refused.");
    buffer_format(body, "callboard_reloads_refused_total %llu\n",
                  (unsigned long long)metrics->reloads_refused);
}

static void add_gauges(struct buffer *body, const struct metrics *metrics, int64_t now_us)
{
    int64_t workers = 0, connections = 0, in_flight = 0, up = 0;
    for (size_t i = 0; i < metrics->places_used; i++) {
        const struct metrics_worker *worker = &metrics->workers[i];
        if (worker->pid <= 0)
            continue;
        workers++;
        connections += worker->connections;
        in_flight += worker->in_flight;
        up += worker->store_up;
    }
    const struct {
        const char *name, *help;
        int64_t value;
    } gauges[] = {
        {"callboard_uptime_seconds", "Since the master started.",
         (now_us - metrics->started_us) / 1000000},
        {"callboard_workers", "Worker processes.", workers},
        {"callboard_connections", "Open FastCGI connections.", connections},
        {"callboard_requests_in_flight", "Requests being worked on.", in_flight},
        {"callboard_redis_up", "Workers that Redis answers.", up},
        {"callboard_spool_bytes", "What the spool takes of the disk.", metrics->spool_bytes},
        {"callboard_spool_oldest_seconds", "For how long the oldest packet of the spool waits.",
         metrics->spool_oldest_us ? (now_us - metrics->spool_oldest_us) / 1000000 : 0},
    };
    for (size_t i = 0; i < sizeof gauges / sizeof *gauges; i++) {
        add_head(body, gauges[i].name, "gauge", gauges[i].help);
        buffer_format(body, "%s %lld\n", gauges[i].name, (long long)gauges[i].value);
    }
}

static void add_pools(struct buffer *body, const struct cticache_pool *pool,
                      const struct store_reply *replies)
{
    if (!pool)
        return;
    add_head(body, "callboard_cticache_pool_numbers", "gauge", "Numbers of a pool.");
    for (const struct cticache_pool *each = pool; each; each = each->next)
        buffer_format(body, "callboard_cticache_pool_numbers{pool=\"%s\"} %llu\n", each->name,
                      (unsigned long long)each->size);
    if (!replies)
        return;
    add_head(body, "callboard_cticache_pool_entries", "gauge", "Live entries of a pool.");
    for (size_t index = 0; pool; pool = pool->next, index++)
        if (live_entries(replies, index) >= 0)
            buffer_format(body, "callboard_cticache_pool_entries{pool=\"%s\"} %lld\n", pool->name,
                          (long long)live_entries(replies, index));
}

enum handler_next status_render_metrics(struct exchange *x, const struct store_reply *replies)
{
    struct buffer body = buffer_in(x->arena);
    const struct metrics *metrics = x->context->metrics;
    add_gauges(&body, metrics, x->request->now_us);
    add_head(&body, "callboard_requests_total", "counter", "Requests answered.");
    for (size_t route = 0; route < METRICS_ROUTES; route++)
        add_requests(&body, metrics, route);
    add_head(&body, "callboard_request_duration_seconds", "histogram",
             "From the complete request to the complete answer.");
    for (size_t route = 0; route < METRICS_ROUTES; route++)
        add_durations(&body, metrics, route);
    add_counters(&body, metrics);
    add_pools(&body, x->context->cticache->pools, replies);
    answer_json(x, 200, &body);
    x->response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return HANDLER_ANSWER;
}

/* ---- /bench/noop ---- */

/* What GET of a cache entry answers, to the letter, without having asked Redis. */
enum handler_next status_plan_noop(struct exchange *x)
{
    x->response = (struct http_response){.status = 200,
                                         .content_type = CONTENT_JSON,
                                         .body = SLICE_LITERAL("{\"value\":\"12345678\"}")};
    http_response_etag(&x->response, x->request);
    return HANDLER_ANSWER;
}
