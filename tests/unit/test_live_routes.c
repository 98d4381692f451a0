/*
 * test_live_routes.c - tests of handlers/live.c and handlers/live_page.c.
 */
#include "exchange.h"
#include "store/live_names.h"
#include "suite.h"

static struct live_names_settings names;
static struct fixture f;

static void begin(const char *path)
{
    fixture_init(&f, "GET", path);
    f.context.live_names = &names;
    fixture_plan(&f);
}

static void one_hash(void)
{
    names =
        (struct live_names_settings){{"registrations", "", "", false}, {"calls", "", "", false}};
}

static void hash_a_domain(void)
{
    one_hash();
    names.registration.per_domain = names.call.per_domain = true;
}

static void give(struct store_reply reply)
{
    fixture_render(&f, &reply);
}

/* A step of HSCAN: its cursor, then names and values. */
static void give_records(const char *cursor, const struct store_reply *pairs, size_t count)
{
    const struct store_reply elements[] = {
        reply_string(cursor), {.kind = STORE_ARRAY, .elements = pairs, .count = count}};
    give((struct store_reply){.kind = STORE_ARRAY, .elements = elements, .count = 2});
}

#define ASSERT_STATUS(expected)                                                                    \
    CU_ASSERT_TRUE(f.next == HANDLER_ANSWER && f.x.response.status == (expected))
#define ASSERT_COMMAND(text) ASSERT_TEXT(fixture_command(&f, 0), text)
#define ASSERT_BODY(text)    ASSERT_TEXT(f.x.response.body, text)

static void refused(const char *path, const char *field)
{
    char member[64];
    begin(path);
    ASSERT_STATUS(400);
    snprintf(member, sizeof member, "\"field\":\"%s\"", field);
    CU_ASSERT_TRUE(slice_contains_nocase(f.x.response.body, member));
    fixture_free(&f);
}

static void test_record(void)
{
    one_hash();
    begin("/registrations/1000");
    ASSERT_COMMAND("HGET registrations 1000");
    give(reply_string("{\"from-user\":\"1000\",\"vm-password\":\"1234\",\"expires\":\"300\"}"));
    ASSERT_STATUS(200);
    ASSERT_BODY("{\"from-user\":\"1000\",\"expires\":\"300\"}");
    fixture_free(&f);
    begin("/calls/1000");
    ASSERT_COMMAND("HGET calls 1000");
    give(reply_string("{\"username\":\"1000\",\"notify\":\"hangup\",\"activity\":[]}"));
    ASSERT_STATUS(200);
    ASSERT_BODY("{\"username\":\"1000\",\"notify\":\"hangup\",\"activity\":[]}");
    fixture_free(&f);
    begin("/calls/nobody");
    give(reply_nil());
    ASSERT_STATUS(404);
    fixture_free(&f);
    begin("/calls/1000");
    give(reply_string("{\"username\":"));
    ASSERT_STATUS(500);
    fixture_free(&f);
    begin("/calls/1000");
    give(reply_error("WRONGTYPE Operation against a key"));
    ASSERT_STATUS(500);
    fixture_free(&f);
    begin("/calls/1000");
    fixture_render(&f, NULL);
    ASSERT_STATUS(503);
    fixture_free(&f);
}

static void test_record_of_a_domain(void)
{
    hash_a_domain();
    begin("/registrations/1000?domain=pbx.test");
    ASSERT_COMMAND("HGET registrations@pbx.test 1000");
    fixture_free(&f);
    refused("/registrations/1000", "domain");
    refused("/calls/1000?domain=", "domain");
    refused("/calls/1000?domain=a&domain=b", "domain");
    one_hash();
    refused("/registrations/1000?domain=pbx.test", "domain");
}

static void test_not_kept(void)
{
    one_hash();
    names.call.hash = "";
    begin("/calls/1000");
    ASSERT_STATUS(404);
    CU_ASSERT_TRUE(slice_contains_nocase(f.x.response.body, "call_hash"));
    fixture_free(&f);
    begin("/calls");
    ASSERT_STATUS(404);
    fixture_free(&f);
}

static void test_page(void)
{
    const struct store_reply pairs[] = {
        reply_string("1000"),     reply_string("{\"username\":\"1000\",\"password\":\"1\"}"),
        reply_string("1001"),     reply_string("{\"torn"),
        reply_string("1002"),     reply_string("[1]"),
        reply_string("\xff\xfe"), reply_string("{}"),
        reply_string("1003"),     reply_string("{\"a\":1,\"a\":2}"),
    };
    one_hash();
    begin("/registrations");
    ASSERT_COMMAND("HSCAN registrations 0 COUNT 50");
    give_records("0", pairs, 10);
    ASSERT_STATUS(200);
    ASSERT_BODY("{\"registrations\":["
                "{\"extension\":\"1000\",\"registration\":{\"username\":\"1000\"}},"
                "{\"extension\":\"1001\",\"error\":\"what is stored is not a JSON object\"},"
                "{\"extension\":\"1002\",\"error\":\"what is stored is not a JSON object\"},"
                "{\"extension\":null,\"error\":\"this name is not UTF-8\"},"
                "{\"extension\":\"1003\",\"registration\":{\"a\":2}}],\"next\":null}");
    fixture_free(&f);
    begin("/calls");
    give_records("0", NULL, 0);
    ASSERT_BODY("{\"calls\":[],\"next\":null}");
    fixture_free(&f);
    begin("/calls");
    give(reply_error("WRONGTYPE Operation against a key"));
    ASSERT_STATUS(500);
    fixture_free(&f);
}

static void test_pages_follow(void)
{
    const struct store_reply pairs[] = {reply_string("1"), reply_string("{}"), reply_string("2"),
                                        reply_string("{}")};
    one_hash();
    begin("/calls?limit=3&cursor=17");
    ASSERT_COMMAND("HSCAN calls 17 COUNT 3");
    give_records("9", pairs, 4);
    ASSERT_COMMAND("HSCAN calls 9 COUNT 1");
    give_records("4", pairs, 4);
    ASSERT_STATUS(200);
    CU_ASSERT_TRUE(slice_contains_nocase(f.x.response.body, "],\"next\":\"4\"}"));
    fixture_free(&f);
    refused("/calls?limit=501", "limit");
    refused("/calls?limit=0", "limit");
    refused("/calls?cursor=x", "cursor");
    refused("/calls?cursor=5@pbx.test", "cursor");
}

static void test_domain_of_channels(void)
{
    const struct store_reply pairs[] = {reply_string("u-1"), reply_string("{\"uuid\":\"u-1\"}")};
    one_hash();
    begin("/channels?domain=pbx.test");
    ASSERT_COMMAND("HSCAN callboard:elements:pbx.test:channel 0 COUNT 50");
    give_records("0", pairs, 2);
    ASSERT_BODY("{\"channels\":[{\"domain\":\"pbx.test\",\"uuid\":\"u-1\",\"channel\":"
                "{\"uuid\":\"u-1\"}}],\"next\":null}");
    fixture_free(&f);
}

static void give_domains(const struct store_reply *domains, size_t count)
{
    ASSERT_COMMAND("HLEN cti_domain");
    give(reply_integer((int64_t)count));
    ASSERT_COMMAND("HKEYS cti_domain");
    give((struct store_reply){.kind = STORE_ARRAY, .elements = domains, .count = count});
}

static void test_all_domains(void)
{
    const struct store_reply domains[] = {reply_string("b.test"), reply_string("c.test"),
                                          reply_string("a.test")};
    const struct store_reply pairs[] = {reply_string("u"), reply_string("{}")};
    one_hash();
    begin("/channels?limit=2");
    give_domains(domains, 3);
    ASSERT_COMMAND("HSCAN callboard:elements:a.test:channel 0 COUNT 2");
    give_records("0", pairs, 2);
    ASSERT_COMMAND("HSCAN callboard:elements:b.test:channel 0 COUNT 1");
    give_records("7", pairs, 2);
    ASSERT_BODY("{\"channels\":[{\"domain\":\"a.test\",\"uuid\":\"u\",\"channel\":{}},"
                "{\"domain\":\"b.test\",\"uuid\":\"u\",\"channel\":{}}],\"next\":\"7@b.test\"}");
    fixture_free(&f);
    begin("/channels?cursor=7@b.test");
    give_domains(domains, 3);
    ASSERT_COMMAND("HSCAN callboard:elements:b.test:channel 7 COUNT 50");
    give_records("0", NULL, 0);
    ASSERT_COMMAND("HSCAN callboard:elements:c.test:channel 0 COUNT 50");
    give_records("0", NULL, 0);
    ASSERT_BODY("{\"channels\":[],\"next\":null}");
    fixture_free(&f);
}

static void test_domain_that_is_gone(void)
{
    const struct store_reply domains[] = {reply_string("a.test"), reply_string("c.test")};
    hash_a_domain();
    begin("/calls?cursor=7@b.test");
    give_domains(domains, 2);
    ASSERT_COMMAND("HSCAN calls@c.test 0 COUNT 50");
    fixture_free(&f);
    begin("/calls?cursor=7@x.test");
    give_domains(domains, 2);
    ASSERT_BODY("{\"calls\":[],\"next\":null}");
    fixture_free(&f);
    refused("/calls?cursor=7", "cursor");
    refused("/calls?cursor=@a.test", "cursor");
}

static void test_no_domains(void)
{
    static const int64_t counts[] = {0, 1001};
    for (size_t i = 0; i < 2; i++) {
        begin("/channels");
        give(reply_integer(counts[i]));
        ASSERT_STATUS(400);
        CU_ASSERT_TRUE(slice_contains_nocase(f.x.response.body, "\"field\":\"domain\""));
        fixture_free(&f);
    }
}

/* Domains without end, all empty: the page is cut, and says how to go on. */
static void test_empty_domains(void)
{
    static char texts[1000][16];
    static struct store_reply domains[1000];
    for (int i = 0; i < 1000; i++) {
        snprintf(texts[i], sizeof texts[i], "d%03d.test", i);
        domains[i] = reply_string(texts[i]);
    }
    begin("/channels");
    give_domains(domains, 1000);
    int steps = 0;
    for (; f.next == HANDLER_ASK && steps < 1000; steps++)
        give_records("0", NULL, 0);
    ASSERT_STATUS(200);
    CU_ASSERT_TRUE(steps < 1000);
    ASSERT_BODY("{\"channels\":[],\"next\":\"0@d200.test\"}");
    fixture_free(&f);
}

/* Records so large that a page ends before its limit. */
static void test_large_records(void)
{
    static char value[700000];
    memset(value, 'x', sizeof value - 1);
    memcpy(value, "{\"a\":\"", 6);
    memcpy(value + sizeof value - 3, "\"}", 2);
    const struct store_reply pairs[] = {reply_string("1"), reply_string(value)};
    one_hash();
    begin("/calls");
    f.arena.limit = (size_t)4 << 20 | (size_t)16 << 20; /* as LIVE_PAGE_BYTES gives it */
    give_records("1", pairs, 2);
    CU_ASSERT_EQUAL(f.next, HANDLER_ASK);
    give_records("2", pairs, 2);
    ASSERT_STATUS(200);
    CU_ASSERT_TRUE(slice_contains_nocase(f.x.response.body, "\"next\":\"2\""));
    fixture_free(&f);
}

SUITE("live_routes", {"record", test_record}, {"record of a domain", test_record_of_a_domain},
      {"not kept", test_not_kept}, {"page", test_page}, {"pages follow", test_pages_follow},
      {"domain of channels", test_domain_of_channels}, {"all domains", test_all_domains},
      {"domain that is gone", test_domain_that_is_gone}, {"no domains", test_no_domains},
      {"empty domains", test_empty_domains}, {"large records", test_large_records})
