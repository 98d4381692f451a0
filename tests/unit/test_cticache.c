/*
 * test_cticache.c - tests of handlers/cticache.c: what it asks Redis, and what it answers.
 */
#include "suite.h"

#include <stdio.h>

#include "exchange.h"
#include "handlers/cticache.h"

#define ROOT "/cticache/DNIS-ANI"

static struct cticache_range small_range = {0, 3, 100, 3}, large_range = {'+', 4, 0, 2000};
static struct cticache_pool large = {"large", &large_range, 1, 2000, 60, NULL};
static struct cticache_pool small = {"small", &small_range, 1, 3, 0, &large};
static struct cticache_settings settings;

static void begin(struct fixture *f, const char *method, const char *uri)
{
    settings = (struct cticache_settings){
        .ttl = 300, .ttl_max = 1000, .pools = &small, .default_pool = &small};
    fixture_init(f, method, uri);
    f->context.cticache = &settings;
}

static void post(struct fixture *f, const char *json)
{
    begin(f, "POST", ROOT);
    fixture_json(f, json);
    fixture_plan(f);
}

static void assert_status(const struct fixture *f, int status)
{
    CU_ASSERT_EQUAL(f->next, HANDLER_ANSWER);
    if (f->x.response.status != status)
        printf("\n%d, not %d: %.*s", f->x.response.status, status,
               SLICE_ARGUMENTS(f->x.response.body));
    CU_ASSERT_EQUAL(f->x.response.status, status);
}

static void assert_asked(struct fixture *f, size_t count, const char *first)
{
    CU_ASSERT_EQUAL_FATAL(f->next, HANDLER_ASK);
    CU_ASSERT_EQUAL(f->x.batch.count, count);
    ASSERT_TEXT(fixture_command(f, 0), first);
}

static void answer_one(struct fixture *f, struct store_reply reply)
{
    const struct store_reply replies[5] = {reply};
    fixture_render(f, replies);
}

static void test_create(void)
{
    struct fixture f;
    post(&f, "{\"value\" : \"12345678\", \"ani\" : \"+1*#\"}");
    assert_asked(&f, 1, "INCR callboard:cticache:rotation:small");
    answer_one(&f, reply_integer(2));
    assert_asked(&f, 2, "SET cticache:101:+1*# \"12345678\" EX 300 NX");
    answer_one(&f, reply_ok());
    assert_status(&f, 201);
    ASSERT_TEXT(f.x.response.body, "{\"dnis\":\"101\",\"ani\":\"+1*#\",\"value\":\"12345678\"}");
    ASSERT_TEXT(http_response_find(&f.x.response, "Location"), ROOT "/101:+1*%23");
    ASSERT_TEXT(slice_from(f.x.response.content_type), "application/json; charset=utf-8");
    fixture_free(&f);
}

/* The rotation goes round, whatever the counter is. */
static void test_rotation(void)
{
    static const struct {
        int64_t turn;
        const char *dnis;
    } cases[] = {{1, "100"}, {2, "101"}, {3, "102"}, {4, "100"}, {INT64_MAX, "100"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        post(&f, "{\"value\":1,\"ani\":\"1\"}");
        answer_one(&f, reply_integer(cases[i].turn));
        CU_ASSERT_TRUE(slice_starts(fixture_command(&f, 0), "SET cticache:"));
        answer_one(&f, reply_ok());
        char start[40];
        snprintf(start, sizeof start, "{\"dnis\":\"%s\",", cases[i].dnis);
        CU_ASSERT_TRUE(slice_starts(f.x.response.body, start));
        fixture_free(&f);
    }
}

/* The number whose turn it is is taken: the next that is free is claimed, and the rotation goes on from there. */
static void test_survey(void)
{
    struct fixture f;
    post(&f, "{\"value\":1,\"ani\":\"1\"}");
    answer_one(&f, reply_integer(2));
    answer_one(&f, reply_nil());
    assert_asked(&f, 3, "PTTL cticache:101:1");
    ASSERT_TEXT(fixture_command(&f, 1), "PTTL cticache:102:1");
    ASSERT_TEXT(fixture_command(&f, 2), "PTTL cticache:100:1");
    const struct store_reply replies[] = {reply_integer(5000), reply_integer(-2),
                                          reply_integer(-2)};
    fixture_render(&f, replies);
    assert_asked(&f, 3, "SET cticache:102:1 1 EX 300 NX");
    ASSERT_TEXT(fixture_command(&f, 2), "INCRBY callboard:cticache:rotation:small 1");
    answer_one(&f, reply_nil()); /* somebody was faster */
    assert_asked(&f, 2, "PTTL cticache:102:1");
    const struct store_reply taken[] = {reply_integer(9000), reply_integer(-1)};
    fixture_render(&f, taken);
    assert_status(&f, 503);
    ASSERT_TEXT(http_response_find(&f.x.response, "Retry-After"), "5");
    ASSERT_TEXT(f.x.response.body,
                "{\"error\":\"every number of the pool is taken for this ani; try "
                "again later\"}");
    fixture_free(&f);
}

/* A large pool that is all taken is looked at in few, bounded steps. */
static void test_exhausted(void)
{
    struct fixture f;
    struct store_reply replies[1000];
    size_t steps = 0, looked = 0;
    for (size_t i = 0; i < 1000; i++)
        replies[i] = reply_integer(1500 + (int64_t)i);
    post(&f, "{\"value\":1,\"ani\":\"1\",\"pool\":\"large\"}");
    answer_one(&f, reply_integer(1));
    assert_asked(&f, 3, "SET cticache:+0000:1 1 EX 60 NX");
    answer_one(&f, reply_nil());
    while (f.next == HANDLER_ASK && steps++ < 10) {
        CU_ASSERT(f.x.batch.count <= 1000);
        looked += f.x.batch.count;
        fixture_render(&f, replies);
    }
    CU_ASSERT_EQUAL(looked, 2000);
    CU_ASSERT(steps <= 3);
    assert_status(&f, 503);
    ASSERT_TEXT(http_response_find(&f.x.response, "Retry-After"), "2");
    fixture_free(&f);
}

/* What a client may send wrong in a POST, as JSON. */
static void test_refused(void)
{
    static const struct {
        const char *body, *field;
    } cases[] = {
        {"{\"value\":1}", "ani"},
        {"{\"value\":1,\"ani\":1}", "ani"},
        {"{\"value\":1,\"ani\":null}", "ani"},
        {"{\"value\":1,\"ani\":\"\"}", "ani"},
        {"{\"value\":1,\"ani\":\"a b\"}", "ani"},
        {"{\"value\":1,\"ani\":\"1:2\"}", "ani"},
        {"{\"value\":1,\"ani\":\"1\\u0000\"}", "ani"},
        {"{\"value\":1,\"ani\":\"\\u00eb\"}", "ani"},
        {"{\"value\":1,\"ani\":"
         "\"01234567890123456789012345678901234567890123456789012345678901234\"}",
         "ani"},
        {"{\"ani\":\"1\"}", "value"},
        {"{\"value\":1,\"ani\":\"1\",\"pool\":\"none\"}", "pool"},
        {"{\"value\":1,\"ani\":\"1\",\"pool\":\"\"}", "pool"},
        {"{\"value\":1,\"ani\":\"1\",\"pool\":7}", "pool"},
        {"{\"value\":1,\"ani\":\"1\",\"ttl\":0}", "ttl"},
        {"{\"value\":1,\"ani\":\"1\",\"ttl\":-1}", "ttl"},
        {"{\"value\":1,\"ani\":\"1\",\"ttl\":1001}", "ttl"},
        {"{\"value\":1,\"ani\":\"1\",\"ttl\":1.5}", "ttl"},
        {"{\"value\":1,\"ani\":\"1\",\"ttl\":\"60\"}", "ttl"},
        {"{\"value\":1,\"ani\":\"1\",\"ttl\":null}", "ttl"},
        {"", NULL},
        {"[]", NULL},
        {"\"x\"", NULL},
        {"{\"value\":1,\"ani\":\"1\"", NULL},
        {"{\"value\":1,\"value\":2,\"ani\":\"1\"}", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        struct slice body;
        char field[40];
        post(&f, cases[i].body);
        assert_status(&f, 400);
        body = f.x.response.body;
        CU_ASSERT_TRUE(slice_is_utf8(body) && slice_starts(body, "{\"error\":\""));
        snprintf(field, sizeof field, ",\"field\":\"%s\"}", cases[i].field ? cases[i].field : "");
        bool found = memmem(body.data, body.length, field, strlen(field)) != NULL;
        if (found != (cases[i].field != NULL))
            printf("\n%s: %.*s", cases[i].body, SLICE_ARGUMENTS(body));
        CU_ASSERT_EQUAL(found, cases[i].field != NULL);
        fixture_free(&f);
    }
}

static void test_forms(void)
{
    static const struct {
        const char *body, *asked; /* asked NULL: 400 */
    } cases[] = {{"ani=%2B1&value=a+b%22", "SET cticache:100:+1 \"a b\\\"\" EX 300 NX"},
                 {"ani=1&value=", "SET cticache:100:1 \"\" EX 300 NX"},
                 {"ani=1&value", "SET cticache:100:1 \"\" EX 300 NX"},
                 {"ani=1&value=x&ttl=7&pool=large", "SET cticache:+0000:1 \"x\" EX 7 NX"},
                 {"ani=1", NULL},
                 {"value=1", NULL},
                 {"ani=1&ani=2&value=1", NULL},
                 {"ani=1&value=1&value=2", NULL},
                 {"ani=1&value=%ff", NULL},
                 {"ani=1&value=x&ttl=", NULL},
                 {"ani=1&value=x&ttl=1x", NULL},
                 {"ani=1&value=x&ttl=99999999999999999999", NULL},
                 {"", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        begin(&f, "POST", ROOT);
        fixture_form(&f, cases[i].body);
        fixture_plan(&f);
        if (cases[i].asked) {
            CU_ASSERT_EQUAL_FATAL(f.next, HANDLER_ASK);
            answer_one(&f, reply_integer(1));
            ASSERT_TEXT(fixture_command(&f, 0), cases[i].asked);
        } else {
            assert_status(&f, 400);
        }
        fixture_free(&f);
    }
}

static void test_value_size(void)
{
    static char body[CTICACHE_VALUE_BYTES + 100];
    struct fixture f;
    for (int more = 0; more < 2; more++) { /* 65,536 bytes with the quotes, then one more */
        int length = CTICACHE_VALUE_BYTES - 2 + more;
        memset(body, 'x', sizeof body);
        memcpy(body, "{\"ani\":\"1\",\"value\":\"", 20);
        strcpy(body + 20 + length, "\"}");
        post(&f, body);
        if (more)
            assert_status(&f, 400);
        else
            CU_ASSERT_EQUAL(f.next, HANDLER_ASK);
        fixture_free(&f);
    }
}

static void test_no_pool(void)
{
    struct fixture f;
    begin(&f, "POST", ROOT);
    settings.pools = settings.default_pool = NULL;
    fixture_json(&f, "{\"value\":1,\"ani\":\"1\"}");
    fixture_plan(&f);
    assert_status(&f, 500);
    fixture_free(&f);
}

/* GET, PUT, DELETE METHOD of one entry with BODY (or NULL); the first command must be ASKED. */
static void entry(struct fixture *f, const char *method, const char *key, const char *body,
                  const char *asked)
{
    char uri[200];
    snprintf(uri, sizeof uri, ROOT "/%s", key);
    begin(f, method, uri);
    if (body)
        fixture_json(f, body);
    fixture_plan(f);
    if (!asked)
        return;
    CU_ASSERT_EQUAL_FATAL(f->next, HANDLER_ASK);
    ASSERT_TEXT(fixture_command(f, 0), asked);
}

static void test_entry(void)
{
    struct fixture f;
    entry(&f, "GET", "101:1", NULL, "GET cticache:101:1");
    answer_one(&f, reply_string("\"12345678\""));
    assert_status(&f, 200);
    ASSERT_TEXT(f.x.response.body, "{\"value\":\"12345678\"}");
    struct slice tag = http_response_find(&f.x.response, "ETag");
    CU_ASSERT_TRUE(slice_starts(tag, "W/\""));
    char copy[60];
    snprintf(copy, sizeof copy, "%.*s", SLICE_ARGUMENTS(tag));
    fixture_free(&f);

    begin(&f, "HEAD", ROOT "/101:1");
    fixture_parameter(&f, "HTTP_IF_NONE_MATCH", copy);
    fixture_plan(&f);
    answer_one(&f, reply_string("\"12345678\""));
    assert_status(&f, 304);
    fixture_free(&f);

    entry(&f, "DELETE", "101:1", NULL, "GETDEL cticache:101:1");
    ASSERT_TEXT(fixture_command(&f, 1), "ZREM callboard:cticache:live:small 101:1");
    answer_one(&f, reply_string("[1]"));
    assert_status(&f, 200);
    ASSERT_TEXT(f.x.response.body, "{\"value\":[1]}");
    CU_ASSERT_EQUAL(http_response_find(&f.x.response, "ETag").length, 0);
    fixture_free(&f);

    entry(&f, "PUT", "101:%2B1", "{\"value\":null}", "SET cticache:101:+1 null XX KEEPTTL");
    answer_one(&f, reply_ok());
    assert_status(&f, 200);
    ASSERT_TEXT(f.x.response.body, "{\"value\":null}");
    fixture_free(&f);
    entry(&f, "PUT", "101:1", "{\"value\":2,\"ttl\":9}", "SET cticache:101:1 2 XX EX 9");
    answer_one(&f, reply_nil());
    assert_status(&f, 404);
    fixture_free(&f);
    entry(&f, "PUT", "101:1", "{}", NULL);
    assert_status(&f, 400);
    fixture_free(&f);
}

static void test_bad_keys(void)
{
    static const char *const keys[] = {"1",     ":",       "1:",       ":1",
                                       "1:2:3", "a%20b:1", "1:%C3%AB", "1%0A:1"};
    static const char *const methods[] = {"GET", "DELETE", "PUT"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        for (size_t j = 0; j < 3; j++) {
            struct fixture f;
            entry(&f, methods[j], keys[i], j == 2 ? "{\"value\":1}" : NULL, NULL);
            assert_status(&f, 400);
            fixture_free(&f);
        }
    }
}

/* Replies that no healthy Redis gives for these keys, and Redis away, at each step. */
static void test_surprises(void)
{
    const struct {
        struct store_reply reply;
        int status;
    } cases[] = {{reply_error("WRONGTYPE Operation against a key"), 500},
                 {reply_error("LOADING"), 503},
                 {reply_error("OOM command not allowed"), 503},
                 {{.kind = STORE_ARRAY}, 500}};
    struct fixture f;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const methods[] = {"GET", "DELETE", "PUT"};
        for (size_t j = 0; j < 3; j++) {
            entry(&f, methods[j], "101:1", j == 2 ? "{\"value\":1}" : NULL, NULL);
            answer_one(&f, cases[i].reply);
            assert_status(&f, cases[i].status);
            fixture_free(&f);
        }
        post(&f, "{\"value\":1,\"ani\":\"1\"}");
        for (int step = 0; step < 3; step++) {
            struct fixture each;
            post(&each, "{\"value\":1,\"ani\":\"1\"}");
            if (step > 0)
                answer_one(&each, reply_integer(2));
            if (step > 1)
                answer_one(&each, reply_nil());
            answer_one(&each, cases[i].reply);
            assert_status(&each, cases[i].status);
            fixture_free(&each);
        }
        fixture_free(&f);
    }
    entry(&f, "GET", "101:1", NULL, NULL);
    answer_one(&f, reply_string("not JSON"));
    assert_status(&f, 500);
    fixture_free(&f);
    entry(&f, "GET", "101:1", NULL, NULL);
    fixture_render(&f, NULL);
    assert_status(&f, 503);
    ASSERT_TEXT(http_response_find(&f.x.response, "Retry-After"), "1");
    fixture_free(&f);
}

static void test_ani_digits(void)
{
    static const struct {
        const char *ani, *stored;
    } cases[] = {{"+11234567890", "1234567890"},
                 {"001-123-456-7890", "1234567890"},
                 {"7890", "7890"},
                 {"alice1", "alice1"},
                 {"+*#", "+*#"},
                 {"1234567890", "1234567890"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        char uri[100], wanted[100];
        snprintf(uri, sizeof uri, ROOT "/101:%s",
                 strcmp(cases[i].ani, "+*#") ? cases[i].ani : "+*%23");
        snprintf(wanted, sizeof wanted, "GET cticache:101:%s", cases[i].stored);
        begin(&f, "GET", uri);
        settings.ani_digits = 10;
        fixture_plan(&f);
        ASSERT_TEXT(fixture_command(&f, 0), wanted);
        fixture_free(&f);
    }
}

SUITE("cticache", {"creates", test_create}, {"rotates", test_rotation},
      {"looks for a free number", test_survey}, {"says when none is", test_exhausted},
      {"refuses", test_refused}, {"takes forms", test_forms}, {"bounds values", test_value_size},
      {"needs a pool", test_no_pool}, {"reads, replaces, takes", test_entry},
      {"refuses keys", test_bad_keys}, {"survives surprises", test_surprises},
      {"matches on the last digits", test_ani_digits})
