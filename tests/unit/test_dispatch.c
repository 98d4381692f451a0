/*
 * test_dispatch.c - tests of handlers/dispatch.c, and of every route when memory is short.
 */
#include "suite.h"

#include <stdio.h>

#include "exchange.h"
#include "handlers/cticache.h"

#define ENTRY "/cticache/DNIS-ANI/100:1"
#define ROOT  "/cticache/DNIS-ANI"

static struct cticache_range range = {0, 3, 100, 3};
static struct cticache_pool pool = {"small", &range, 1, 3, 0, NULL};
static struct cticache_settings settings = {
    .ttl = 300, .ttl_max = 1000, .pools = &pool, .default_pool = &pool};

static void begin(struct fixture *f, const char *method, const char *uri)
{
    fixture_init(f, method, uri);
    f->context.cticache = &settings;
    f->context.metrics = metrics_create();
    f->context.version = "1";
}

/* METHOD URI with a body of TYPE (NULL: none); returns the status, 0 when Redis is asked. */
static int status_of(struct fixture *f, const char *method, const char *uri, const char *type,
                     const char *body)
{
    begin(f, method, uri);
    if (type)
        fixture_body(f, type, slice_from(body));
    fixture_plan(f);
    return f->next == HANDLER_ASK ? 0 : f->x.response.status;
}

static void test_statuses(void)
{
    static const char json[] = "{\"value\":1,\"ani\":\"1\"}";
    static const struct {
        const char *method, *uri, *type, *body;
        int status; /* 0: Redis is asked */
    } cases[] = {
        {"GET", ENTRY, NULL, NULL, 0},
        {"HEAD", ENTRY, NULL, NULL, 0},
        {"GET", "/cticache/DNIS-ANI/100%3A1", NULL, NULL, 0},
        {"GET", "/cticache/%44NIS-ANI/100:1?x=1", NULL, NULL, 0},
        {"GET", "/nothing", NULL, NULL, 404},
        {"GET", "/", NULL, NULL, 404},
        {"GET", "//cticache/DNIS-ANI/100:1", NULL, NULL, 404},
        {"GET", ENTRY "/", NULL, NULL, 404},
        {"GET", ROOT "/", NULL, NULL, 404},
        {"GET", "/cticache/dnis-ani/100:1", NULL, NULL, 404},
        {"GET", "/bench/noop", NULL, NULL, 404},
        {"GET", "/cticache/../status", NULL, NULL, 404},
        {"GET", ROOT "/..", NULL, NULL, 400},
        {"GET", "/%zz", NULL, NULL, 400},
        {"GET", ROOT, NULL, NULL, 405},
        {"POST", ENTRY, "application/json", json, 405},
        {"TRACE", ENTRY, NULL, NULL, 405},
        {"", ENTRY, NULL, NULL, 405},
        {"OPTIONS", ENTRY, NULL, NULL, 204},
        {"OPTIONS", "/nothing", NULL, NULL, 404},
        {"POST", ROOT, NULL, NULL, 411},
        {"POST", ROOT, "application/json", json, 0},
        {"POST", ROOT, "APPLICATION/JSON;charset=UTF-8", json, 0},
        {"POST", ROOT, "application/json; charset=\"utf-8\"", json, 0},
        {"POST", ROOT, "application/json; charset=latin1", json, 415},
        {"POST", ROOT, "text/plain", json, 415},
        {"POST", ROOT, "", json, 415},
        {"POST", ROOT, "text/csv", json, 415},
        {"POST", ROOT, "multipart/form-data; boundary=x", json, 415},
        {"PUT", ENTRY, "application/x-www-form-urlencoded", "value=1", 0},
        {"PUT", ENTRY, "application/json", "", 400},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        int status = status_of(&f, cases[i].method, cases[i].uri, cases[i].type, cases[i].body);
        if (status != cases[i].status)
            printf("\n%s %s: %d", cases[i].method, cases[i].uri, status);
        CU_ASSERT_EQUAL(status, cases[i].status);
        if (status >= 400)
            CU_ASSERT_TRUE(slice_starts(f.x.response.body, "{\"error\":\""));
        if (strcmp(cases[i].method, "HEAD") == 0) {
            fixture_render(&f, NULL);
            CU_ASSERT_TRUE(f.x.response.head_only);
        }
        fixture_free(&f);
    }
}

static void test_allow(void)
{
    struct fixture f;
    status_of(&f, "PATCH", ENTRY, NULL, NULL);
    ASSERT_TEXT(http_response_find(&f.x.response, "Allow"), "GET, HEAD, PUT, DELETE, OPTIONS");
    fixture_free(&f);
    status_of(&f, "OPTIONS", ROOT, NULL, NULL);
    ASSERT_TEXT(http_response_find(&f.x.response, "Allow"), "POST, OPTIONS");
    fixture_free(&f);
}

static void test_credential(void)
{
    struct fixture f;
    begin(&f, "GET", ENTRY);
    fixture_parameter(&f, "REMOTE_USER", "");
    fixture_plan(&f);
    CU_ASSERT_EQUAL(f.x.response.status, 401);
    CU_ASSERT_TRUE(slice_starts(http_response_find(&f.x.response, "WWW-Authenticate"), "Basic "));
    fixture_free(&f);
}

/* What the transport found wrong is what is answered, once it is known who asks. */
static void test_faults(void)
{
    static const int faults[] = {400, 408, 413};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct fixture f;
        begin(&f, "POST", ROOT);
        fixture_json(&f, "{}");
        f.request.fault = faults[i];
        f.request.fault_text = "so it is";
        fixture_plan(&f);
        CU_ASSERT_EQUAL(f.x.response.status, faults[i]);
        fixture_free(&f);
    }
    static const char *const lengths[] = {"0", "1", "3", "1000"};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct fixture f;
        begin(&f, "POST", ROOT);
        fixture_json(&f, "{}");
        fixture_parameter(&f, "CONTENT_LENGTH", lengths[i]);
        fixture_plan(&f);
        CU_ASSERT_EQUAL(f.x.response.status, 400);
        ASSERT_TEXT(f.x.response.body,
                    "{\"error\":\"the body is not as long as Content-Length says\"}");
        fixture_free(&f);
    }
}

static void test_many_fields(void)
{
    static char uri[4000];
    struct fixture f;
    strcpy(uri, ENTRY "?");
    for (size_t i = 0; i < 1001; i++)
        strcat(uri, "a&");
    CU_ASSERT_EQUAL(status_of(&f, "GET", uri, NULL, NULL), 400);
    fixture_free(&f);
}

static void test_body_limits(void)
{
    struct fixture f;
    begin(&f, "POST", ROOT);
    http_request_interpret(&f.request);
    CU_ASSERT(dispatch_body_limit(&f.request) > CTICACHE_VALUE_BYTES);
    fixture_free(&f);
    begin(&f, "POST", "/nothing");
    http_request_interpret(&f.request);
    CU_ASSERT_EQUAL(dispatch_body_limit(&f.request), 0);
    fixture_free(&f);
}

/* ---- short of memory ---- */

static const struct {
    const char *method, *uri, *type, *body;
    const char *reply; /* what Redis says, again and again: "7" an integer, "OK", or a text */
    int status;        /* in the end */
} requests[] = {
    {"POST", ROOT, "application/json", "{\"value\":{\"a\":[1,2.5]},\"ani\":\"+1\"}", "1", 500},
    {"POST", ROOT, "application/x-www-form-urlencoded", "value=a%20b&ani=1&ttl=9", "1", 500},
    {"POST", ROOT, "application/json", "nonsense", "", 400},
    {"GET", ENTRY "?a=%20", NULL, NULL, "\"text\"", 200},
    {"PUT", ENTRY, "application/json", "{\"value\":[1]}", "OK", 200},
    {"DELETE", ENTRY, NULL, NULL, "{\"a\":1}", 200},
    {"GET", "/status", NULL, NULL, "7", 200},
    {"GET", "/metrics", NULL, NULL, "7", 200},
    {"OPTIONS", ENTRY, NULL, NULL, "", 204},
    {"GET", "/nothing/%41", NULL, NULL, "", 404},
    {"GET", ROOT, NULL, NULL, "", 405},
};

static struct store_reply reply_of(const char *text)
{
    if (strcmp(text, "OK") == 0)
        return reply_ok();
    uint64_t number;
    return slice_number(slice_from(text), 1000, &number) ? reply_integer((int64_t)number)
                                                         : reply_string(text);
}

/* Runs request number I to its answer with LIMIT bytes; returns the status. */
static int status_within(size_t i, size_t limit, bool away)
{
    struct fixture f;
    struct store_reply replies[40];
    int steps = 0;
    for (size_t j = 0; j < 40; j++)
        replies[j] = reply_of(requests[i].reply);
    begin(&f, requests[i].method, requests[i].uri);
    if (requests[i].type)
        fixture_body(&f, requests[i].type, slice_from(requests[i].body));
    struct arena kept = f.arena; /* holds what the fixture needs */
    arena_init(&f.arena, limit);
    fixture_plan(&f);
    while (f.next == HANDLER_ASK && steps++ < 20)
        fixture_render(&f, away ? NULL : replies);
    CU_ASSERT_EQUAL_FATAL(f.next, HANDLER_ANSWER);
    struct buffer head = buffer_in(&kept);
    http_response_write_head(&head, &f.x.response, &f.request);
    CU_ASSERT_TRUE(slice_starts(buffer_slice(&head), "Status: "));
    int status = f.x.response.status;
    fixture_free(&f);
    arena_free(&kept);
    return status;
}

/* With any bound on its memory a request is answered: with 503, or as it should be. */
static void test_memory(void)
{
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        int last = 0;
        for (size_t limit = 0; limit < 120000; limit += limit < 20000 ? 64 : 1009) {
            last = status_within(i, limit, false);
            if (last != 503 && last != requests[i].status)
                printf("\n%s %s within %zu: %d", requests[i].method, requests[i].uri, limit, last);
            CU_ASSERT(last == 503 || last == requests[i].status);
            last = status_within(i, limit, true);
            CU_ASSERT(last == 503 || last == requests[i].status);
        }
        CU_ASSERT_EQUAL(status_within(i, 1 << 20, false), requests[i].status);
    }
}

SUITE("dispatch", {"answers or asks", test_statuses}, {"names the methods", test_allow},
      {"wants a user", test_credential}, {"tells what was wrong", test_faults},
      {"bounds fields", test_many_fields}, {"bounds bodies", test_body_limits},
      {"runs out of memory in good order", test_memory})
