/*
 * test_status.c - tests of handlers/status.c.
 */
#include "suite.h"

#include <stdio.h>

#include "base/json.h"
#include "exchange.h"
#include "handlers/cticache.h"

static struct cticache_range range = {0, 3, 100, 3};
static struct cticache_pool second = {"b", &range, 1, 3, 60, NULL};
static struct cticache_pool first = {"a", &range, 1, 3, 0, &second};
static struct cticache_settings settings = {.ttl = 300, .pools = &first, .default_pool = &first};

static void begin(struct fixture *f, const char *uri)
{
    fixture_init(f, "GET", uri);
    struct metrics *metrics = metrics_create();
    metrics->started_us = f->request.now_us - 5000000;
    struct metrics_worker *worker = metrics_take_place(metrics);
    worker->pid = 42;
    worker->started_us = f->request.now_us - 3000000;
    worker->connections = 2;
    worker->store_up = 1;
    worker = metrics_take_place(metrics); /* one that has ended; what it counted stays */
    metrics_count_request(worker, 0, 201, 70);
    metrics_count_request(worker, 0, 299, 600000);
    metrics_leave_place(worker);
    metrics_count_request(&metrics->workers[0], 0, 201, 70);
    f->context.metrics = metrics;
    f->context.cticache = &settings;
    f->context.version = "1.2";
    fixture_plan(f);
    CU_ASSERT_EQUAL_FATAL(f->next, HANDLER_ASK);
}

static const struct store_reply *live(void)
{
    static struct store_reply replies[4];
    replies[0] = reply_integer(1);
    replies[1] = reply_integer(2);
    replies[2] = reply_integer(0);
    replies[3] = reply_error("WRONGTYPE");
    return replies;
}

static void test_status(void)
{
    struct fixture f;
    begin(&f, "/status");
    CU_ASSERT_EQUAL(f.x.batch.count, 4);
    ASSERT_TEXT(fixture_command(&f, 1), "ZCARD callboard:cticache:live:a");
    fixture_render(&f, live());
    ASSERT_TEXT(
        f.x.response.body,
        "{\"version\":\"1.2\",\"uptime\":5,\"redis\":\"up\",\"workers\":[{\"pid\":42,\"uptime\":3,"
        "\"connections\":2,\"in_flight\":0,\"redis\":true}],\"pools\":[{\"name\":\"a\","
        "\"numbers\":3,\"entries\":2,\"ttl\":300},{\"name\":\"b\",\"numbers\":3,\"entries\":null,"
        "\"ttl\":60}]}");
    fixture_free(&f);
}

static void test_status_away(void)
{
    struct fixture f;
    struct error error;
    begin(&f, "/status");
    fixture_render(&f, NULL);
    CU_ASSERT_EQUAL(f.x.response.status, 200);
    json_t *body = json_parse(f.x.response.body, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(body);
    ASSERT_TEXT(json_slice(json_object_get(body, "redis")), "away");
    json_decref(body);
    fixture_free(&f);
}

static void assert_line(const struct fixture *f, const char *line)
{
    struct slice rest = f->x.response.body;
    bool found = false;
    while (rest.data && !found)
        found = slice_is(slice_cut(rest, '\n', &rest), line);
    if (!found)
        printf("\nno line %s", line);
    CU_ASSERT_TRUE(found);
}

static void test_metrics(void)
{
    struct fixture f;
    begin(&f, "/metrics");
    fixture_render(&f, live());
    CU_ASSERT_STRING_EQUAL(f.x.response.content_type, "text/plain; version=0.0.4; charset=utf-8");
    assert_line(
        &f,
        "callboard_requests_total{route=\"/cticache/DNIS-ANI\",method=\"POST\",status=\"201\"} 2");
    assert_line(&f, "callboard_requests_total{route=\"/cticache/"
                    "DNIS-ANI\",method=\"POST\",status=\"other\"} 1");
    assert_line(&f, "callboard_request_duration_seconds_bucket{route=\"/cticache/"
                    "DNIS-ANI\",method=\"POST\",le=\"0.0001\"} 2");
    assert_line(&f, "callboard_request_duration_seconds_bucket{route=\"/cticache/"
                    "DNIS-ANI\",method=\"POST\",le=\"+Inf\"} 3");
    assert_line(&f, "callboard_request_duration_seconds_sum{route=\"/cticache/"
                    "DNIS-ANI\",method=\"POST\"} 0.600140");
    assert_line(
        &f,
        "callboard_request_duration_seconds_count{route=\"/cticache/DNIS-ANI\",method=\"POST\"} 3");
    assert_line(&f, "callboard_workers 1");
    assert_line(&f, "callboard_redis_up 1");
    assert_line(&f, "callboard_cticache_pool_entries{pool=\"a\"} 2");
    fixture_free(&f);
}

SUITE("status", {"tells how it is", test_status}, {"also without Redis", test_status_away},
      {"tells Prometheus", test_metrics})
