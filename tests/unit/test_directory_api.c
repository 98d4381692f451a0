#include "handlers/directory_api.h"

#include "exchange.h"
#include "handlers/directory.h"
#include "suite.h"

static const struct directory_settings settings = {0};
static struct fixture f;

#define PATH   "/directory/pbx.test/extensions/1000"
#define STORED "{\"param\":{\"password\":\"1\"}}"

static void begin(const char *method, const char *path, const char *body)
{
    fixture_init(&f, method, path);
    f.context.directory = &settings;
    if (body)
        fixture_json(&f, body);
}

static void give(struct store_reply reply)
{
    fixture_render(&f, &reply);
}

static void give_two(struct store_reply first, struct store_reply second)
{
    const struct store_reply replies[] = {first, second};
    fixture_render(&f, replies);
}

#define ASSERT_STATUS(expected)                                                                    \
    CU_ASSERT_TRUE(f.next == HANDLER_ANSWER && f.x.response.status == (expected))
#define ASSERT_COMMAND(index, text) ASSERT_TEXT(fixture_command(&f, index), text)
#define ASSERT_SCRIPT(key)                                                                         \
    CU_ASSERT_TRUE(f.next == HANDLER_ASK && slice_is(f.x.batch.first->words[0], "EVAL") &&         \
                   slice_is(f.x.batch.first->words[3], key))
/* The script's argument number INDEX, from 0. */
#define ASSERT_ARGUMENT(index, text) ASSERT_TEXT(f.x.batch.first->words[4 + (index)], text)

static void test_read(void)
{
    begin("GET", PATH, NULL);
    fixture_plan(&f);
    ASSERT_COMMAND(0, "HGET cti_exten@pbx.test 1000");
    give(reply_string(STORED));
    ASSERT_STATUS(200);
    ASSERT_TEXT(f.x.response.body, STORED);
    CU_ASSERT(http_response_find(&f.x.response, "ETag").data[0] == '"');
    fixture_free(&f);
    begin("GET", PATH, NULL);
    fixture_plan(&f);
    give(reply_nil());
    ASSERT_STATUS(404);
    fixture_free(&f);
    begin("GET", PATH, NULL);
    fixture_plan(&f);
    give(reply_string("{\"param\":{\"password\":\"hunter2\""));
    ASSERT_STATUS(500);
    CU_ASSERT(http_response_find(&f.x.response, "ETag").length > 0);
    fixture_free(&f);
}

static void test_put(void)
{
    begin("PUT", PATH, STORED);
    fixture_plan(&f);
    give(reply_nil());
    ASSERT_SCRIPT("cti_exten@pbx.test");
    ASSERT_ARGUMENT(0, "1000");
    ASSERT_ARGUMENT(1, "0"); /* only if there is none yet */
    ASSERT_ARGUMENT(3, STORED);
    give(reply_integer(1));
    ASSERT_COMMAND(
        0, "PUBLISH callboard:directory:changes {\"domain\":\"pbx.test\",\"user\":\"1000\"}");
    give(reply_integer(0));
    ASSERT_STATUS(201);
    fixture_free(&f);
}

/* Somebody changes the record between our reading and writing it. */
static void test_race(void)
{
    begin("PATCH", PATH, "{\"variable\":{\"a\":1}}");
    fixture_plan(&f);
    give(reply_string(STORED));
    ASSERT_ARGUMENT(1, "1");
    ASSERT_ARGUMENT(2, STORED);
    give(reply_integer(0));
    ASSERT_COMMAND(0, "HGET cti_exten@pbx.test 1000");
    give(reply_string("{\"param\":{\"password\":\"2\"}}"));
    ASSERT_ARGUMENT(3, "{\"param\":{\"password\":\"2\"},\"variable\":{\"a\":1}}");
    give(reply_integer(1));
    give(reply_integer(0));
    ASSERT_STATUS(200);
    fixture_free(&f);
    begin("PATCH", PATH, "{}");
    fixture_plan(&f);
    for (int i = 0; i < 20 && f.next == HANDLER_ASK; i++)
        give(i % 2 ? reply_integer(0) : reply_string(STORED));
    ASSERT_STATUS(409); /* not for ever */
    fixture_free(&f);
}

static void test_preconditions(void)
{
    begin("PUT", PATH, "{}");
    fixture_parameter(&f, "HTTP_IF_MATCH", "\"0-0\"");
    fixture_plan(&f);
    give(reply_string(STORED));
    ASSERT_STATUS(412);
    fixture_free(&f);
    begin("PUT", PATH, "{}");
    fixture_parameter(&f, "HTTP_IF_MATCH", "*");
    fixture_plan(&f);
    give(reply_nil());
    ASSERT_STATUS(412);
    fixture_free(&f);
    begin("PUT", PATH, "{}");
    fixture_parameter(&f, "HTTP_IF_NONE_MATCH", "*");
    fixture_plan(&f);
    give(reply_string(STORED));
    ASSERT_STATUS(412);
    fixture_free(&f);
}

static void test_aliases(void)
{
    const char *body = "{\"attribute\":{\"number-alias\":\"2000\"}}";
    begin("PUT", PATH, body);
    fixture_plan(&f);
    give(reply_string("{\"attribute\":{\"number-alias\":\"3000\"}}"));
    ASSERT_COMMAND(0, "HEXISTS cti_exten@pbx.test 2000");
    ASSERT_COMMAND(1, "HGET cti_alias@pbx.test 2000");
    give_two(reply_integer(0), reply_string("1001"));
    ASSERT_COMMAND(0, "HGET cti_exten@pbx.test 1001");
    give(reply_nil()); /* 1001 has gone: its alias is free */
    ASSERT_SCRIPT("cti_alias@pbx.test");
    ASSERT_ARGUMENT(2, "1001");
    give(reply_integer(1));
    ASSERT_SCRIPT("cti_exten@pbx.test");
    give(reply_integer(1));
    CU_ASSERT_EQUAL(f.x.batch.count, 2); /* told, and the former alias let go */
    give_two(reply_integer(0), reply_integer(1));
    ASSERT_STATUS(200);
    fixture_free(&f);
    begin("PUT", PATH, body);
    fixture_plan(&f);
    give(reply_nil());
    give_two(reply_integer(1), reply_nil());
    ASSERT_STATUS(409); /* there is an extension 2000 */
    fixture_free(&f);
    begin("PUT", PATH, body);
    fixture_plan(&f);
    give(reply_nil());
    give_two(reply_integer(0), reply_string("1001"));
    give(reply_string(body));
    ASSERT_STATUS(409); /* 1001 has it still */
    fixture_free(&f);
}

/* Nothing of it is cached by FreeSWITCH, but screens want to know. */
static void test_others_are_told_of_too(void)
{
    begin("DELETE", "/directory/pbx.test/groups/sales", NULL);
    fixture_plan(&f);
    give(reply_string("{\"members\":[]}"));
    give(reply_integer(1));
    ASSERT_COMMAND(
        0, "PUBLISH callboard:directory:changes {\"domain\":\"pbx.test\",\"group\":\"sales\"}");
    give(reply_integer(0));
    ASSERT_STATUS(204);
    fixture_free(&f);
    begin("PUT", "/directory/pbx.test", "{}");
    fixture_plan(&f);
    give(reply_nil());
    give(reply_integer(1));
    ASSERT_COMMAND(0, "PUBLISH callboard:directory:changes {\"domain\":\"pbx.test\"}");
    give(reply_integer(0));
    ASSERT_STATUS(201);
    fixture_free(&f);
}

static void test_delete(void)
{
    begin("DELETE", PATH, NULL);
    fixture_plan(&f);
    give(reply_nil());
    ASSERT_STATUS(404);
    fixture_free(&f);
    begin("DELETE", PATH, NULL);
    fixture_plan(&f);
    give(reply_string("not even JSON"));
    ASSERT_ARGUMENT(3, "");
    give(reply_integer(1));
    give(reply_integer(0));
    ASSERT_STATUS(204);
    fixture_free(&f);
}

/* What was answered before the change is not answered again while Redis is away. */
static void test_forgets_copies(void)
{
    struct copies *copies = copies_create(1 << 20);
    const char *question = "section=directory&user=1000&domain=pbx.test";
    for (int away = 0; away < 2; away++) {
        fixture_init(&f, "POST", "/directory");
        static const struct directory_settings stale = {.stale_seconds = 60};
        static struct metrics_worker counts;
        f.context.directory = &stale;
        f.context.copies = copies;
        f.context.counts = &counts;
        fixture_form(&f, question);
        fixture_plan(&f);
        if (away)
            fixture_render(&f, NULL);
        else
            give_two(reply_nil(), reply_string(STORED));
        ASSERT_STATUS(away ? 503 : 200);
        fixture_free(&f);
        if (away)
            break;
        begin("DELETE", PATH, NULL);
        f.context.copies = copies;
        fixture_plan(&f);
        give(reply_string(STORED));
        give(reply_integer(1));
        give(reply_integer(0));
        ASSERT_STATUS(204);
        fixture_free(&f);
    }
}

static void test_away(void)
{
    begin("PUT", PATH, "{}");
    fixture_plan(&f);
    fixture_render(&f, NULL);
    ASSERT_STATUS(503);
    fixture_free(&f);
    begin("PUT", PATH, "{}");
    fixture_plan(&f);
    give(reply_error("WRONGTYPE Operation against a key"));
    ASSERT_STATUS(500);
    fixture_free(&f);
}

static void test_list(void)
{
    const struct store_reply pairs[] = {
        reply_string("1000"),
        reply_string(
            "{\"param\":{\"password\":\"p\",\"a1-hash\":\"h\",\"vm-password\":1,\"x\":\"y\"},"
            "\"variable\":{\"PIN\":\"1\",\"esl-pass\":2,\"z\":3},\"attribute\":{}}"),
        reply_string("\xff"),
        reply_string("{}"),
        reply_string("bad"),
        reply_string("hunter2")};
    const struct store_reply list = {.kind = STORE_ARRAY, .elements = pairs, .count = 6};
    const struct store_reply elements[] = {reply_string("17"), list};
    begin("GET", "/directory/pbx.test/extensions?cursor=5&limit=3", NULL);
    fixture_plan(&f);
    ASSERT_COMMAND(0, "HSCAN cti_exten@pbx.test 5 COUNT 3");
    give((struct store_reply){.kind = STORE_ARRAY, .elements = elements, .count = 2});
    ASSERT_TEXT(
        f.x.response.body,
        "{\"extensions\":[{\"name\":\"1000\",\"param\":{\"x\":\"y\"},\"variable\":{\"z\":3},"
        "\"attribute\":{}},{\"name\":\"bad\",\"broken\":true}],\"next\":\"17\"}");
    fixture_free(&f);
    begin("GET", "/directory/pbx.test/extensions?limit=501", NULL);
    fixture_plan(&f);
    ASSERT_STATUS(400);
    fixture_free(&f);
}

static void bulk(const char *body)
{
    fixture_init(&f, "PUT", "/directory/pbx.test/extensions");
    f.context.directory = &settings;
    fixture_body(&f, "application/x-ndjson", slice_from(body));
    fixture_plan(&f);
}

static struct store_reply array(const struct store_reply *elements, size_t count)
{
    return (struct store_reply){.kind = STORE_ARRAY, .elements = elements, .count = count};
}

static void test_bulk(void)
{
    const struct store_reply stored[] = {
        reply_string("{\"attribute\":{\"number-alias\":\"3000\"}}"), reply_nil()};
    const struct store_reply none[] = {reply_nil()}, other[] = {reply_string("1009")};
    for (int taken = 0; taken < 2; taken++) {
        bulk("{\"name\":\"1000\",\"attribute\":{\"number-alias\":\"2000\"}}\r\n\n{\"name\":"
             "\"1001\"}");
        ASSERT_COMMAND(0, "HMGET cti_exten@pbx.test 1000 1001");
        ASSERT_COMMAND(1, "HMGET cti_exten@pbx.test 2000");
        ASSERT_COMMAND(2, "HMGET cti_alias@pbx.test 2000");
        const struct store_reply replies[] = {array(stored, 2), array(none, 1), array(other, 1)};
        fixture_render(&f, replies);
        ASSERT_COMMAND(0, "HMGET cti_exten@pbx.test 1009");
        const struct store_reply holder[] = {
            reply_string("{\"attribute\":{\"number-alias\":\"2000\"}}")};
        give(array(taken ? holder : none, 1));
        if (taken) {
            ASSERT_STATUS(409);
        } else {
            ASSERT_COMMAND(0, "HSET cti_alias@pbx.test 2000 1000");
            ASSERT_COMMAND(
                1,
                "HSET cti_exten@pbx.test 1000 {\"attribute\":{\"number-alias\":\"2000\"}} 1001 {}");
            const struct store_reply done[5] = {reply_integer(1), reply_integer(1),
                                                reply_integer(1), reply_integer(0),
                                                reply_integer(0)};
            CU_ASSERT_EQUAL(f.x.batch.count, 5);
            fixture_render(&f, done);
            ASSERT_TEXT(f.x.response.body, "{\"written\":2}");
        }
        fixture_free(&f);
    }
    static const char *const bad[] = {
        "",
        "\n\n",
        "[]",
        "{}",
        "{\"name\":\"\"}",
        "{\"name\":\"1\"}\n{\"name\":\"1\"}",
        "{\"name\":\"1\",\"attribute\":{\"number-alias\":\"2\"}}\n{\"name\":\"2\"}",
        "{\"name\":\"1\",\"param\":{\"a1-hash\":\"x\"}}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bulk(bad[i]);
        ASSERT_STATUS(400);
        fixture_free(&f);
    }
}

SUITE("directory_api", {"read", test_read}, {"put", test_put}, {"race", test_race},
      {"preconditions", test_preconditions}, {"aliases", test_aliases}, {"delete", test_delete},
      {"groups and defaults", test_others_are_told_of_too}, {"forgets copies", test_forgets_copies},
      {"away", test_away}, {"list", test_list}, {"bulk", test_bulk})
