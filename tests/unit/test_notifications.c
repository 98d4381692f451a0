/*
 * test_notifications.c - tests of handlers/notifications*.c and handlers/delivery.c.
 */
#include "exchange.h"
#include "handlers/notifications.h"
#include "suite.h"

static struct notifications_settings settings;

static void begin(struct fixture *f, const char *method, const char *uri)
{
    settings = (struct notifications_settings){.prefix = "enigma:notifications",
                                               .critical = "campaigns.cdr, campaign.cdr, "
                                                           "inbound.call",
                                               .both = "agents.both",
                                               .lease_max = 3600,
                                               .wait_max = 60};
    fixture_init(f, method, uri);
    f->context.notifications = &settings;
    f->context.id_seconds = 600;
    f->context.origin = 0xabc;
    f->request.serial = 5;
}

static void post(struct fixture *f, const char *uri, const char *body)
{
    begin(f, "POST", uri);
    fixture_json(f, body);
    fixture_plan(f);
}

/* A critical packet's first step: is there something in the spool? */
static void nothing_is_spooled(struct fixture *f)
{
    CU_ASSERT_EQUAL_FATAL(f->next, HANDLER_SPOOL);
    CU_ASSERT_TRUE(f->x.spool.only_behind);
    f->x.spool.outcome = SPOOL_EMPTY;
    f->next = dispatch_resume(&f->x);
    CU_ASSERT_EQUAL_FATAL(f->next, HANDLER_ASK);
}

static void spooled(struct fixture *f, enum spool_outcome outcome)
{
    CU_ASSERT_EQUAL_FATAL(f->next, HANDLER_SPOOL);
    f->x.spool.outcome = outcome;
    f->next = dispatch_resume(&f->x);
    CU_ASSERT_EQUAL_FATAL(f->next, HANDLER_ANSWER);
}

static void answered(const struct fixture *f, int status, const char *body)
{
    CU_ASSERT_EQUAL_FATAL(f->next, HANDLER_ANSWER);
    CU_ASSERT_EQUAL(f->x.response.status, status);
    ASSERT_TEXT(f->x.response.body, body);
}

static struct store_reply lengths(const struct store_reply *elements, size_t count)
{
    return (struct store_reply){.kind = STORE_ARRAY, .elements = elements, .count = count};
}

static struct slice word(const struct fixture *f, size_t index)
{
    const struct store_command *command = f->x.batch.first;
    return command && index < command->count ? command->words[index] : slice_of(NULL, 0);
}

static void test_news(void)
{
    struct fixture f;
    post(&f, "/notifications/agents/1002",
         "{ \"payload\" : {\"status\":\"busy\", \"n\":[1, 2.5]}, \"type\":\"status\" }");
    CU_ASSERT_EQUAL_FATAL(f.next, HANDLER_ASK);
    ASSERT_TEXT(fixture_command(&f, 0),
                "PUBLISH enigma:notifications:agents:1002 "
                "{\"type\":\"status\",\"payload\":{\"status\":\"busy\",\"n\":[1,2.5]}}");
    const struct store_reply replies[] = {reply_integer(3)};
    fixture_render(&f, replies);
    answered(&f, 200, "{\"published\":3}");
    fixture_free(&f);

    post(&f, "/notifications/agents", "{\"type\":\"status\",\"payload\":{}}");
    ASSERT_TEXT(fixture_command(&f, 0),
                "PUBLISH enigma:notifications:agents {\"type\":\"status\",\"payload\":{}}");
    fixture_render(&f, NULL);
    answered(&f, 503, "{\"error\":\"storage is away; news is not kept for later\"}");
    ASSERT_TEXT(http_response_find(&f.x.response, "Retry-After"), "1");
    fixture_free(&f);
}

static void test_critical(void)
{
    struct fixture f;
    const struct store_reply seven = reply_integer(7);
    post(&f, "/notifications/campaigns/ignored", "{\"type\":\"cdr\",\"payload\":{\"ref\":\"1\"}}");
    nothing_is_spooled(&f);
    ASSERT_TEXT(word(&f, 0), "EVAL");
    ASSERT_TEXT(word(&f, 2), "2");
    ASSERT_TEXT(word(&f, 3), "enigma:notifications:campaigns");
    CU_ASSERT_TRUE(slice_starts(word(&f, 4), "callboard:packet:{enigma:notifications:campaigns}:"));
    ASSERT_TEXT(word(&f, 5), "600");
    ASSERT_TEXT(word(&f, 6), "{\"type\":\"cdr\",\"payload\":{\"ref\":\"1\"}}");
    const struct store_reply replies[] = {lengths(&seven, 1)};
    fixture_render(&f, replies);
    answered(&f, 200, "{\"queued\":7}");
    fixture_free(&f);
}

static void test_behind(void)
{
    struct fixture f;
    post(&f, "/notifications/campaigns", "{\"type\":\"cdr\",\"payload\":{\"ref\":\"1\"}}");
    CU_ASSERT_EQUAL(f.x.batch.count, 0);
    spooled(&f, SPOOL_WRITTEN);
    answered(&f, 202, "{\"spooled\":true}");
    fixture_free(&f);
}

/* Redis is away, or refuses: the same packet, with the same id, goes to the spool. */
static void test_away(void)
{
    const struct store_reply refusals[] = {
        reply_error("OOM command not allowed when used memory > 'maxmemory'."),
        reply_error("READONLY You can't write against a read only replica."),
        reply_error("MISCONF Redis is configured to save RDB snapshots, but it cannot")};
    for (size_t i = 0; i <= 3; i++) {
        struct fixture f;
        post(&f, "/notifications/inbound", "{\"type\":\"call\",\"payload\":{}}");
        nothing_is_spooled(&f);
        struct slice key = word(&f, 4);
        fixture_render(&f, i < 3 ? &refusals[i] : NULL);
        CU_ASSERT_EQUAL_FATAL(f.next, HANDLER_SPOOL);
        CU_ASSERT_FALSE(f.x.spool.only_behind);
        CU_ASSERT_EQUAL(f.x.spool.count, 1);
        struct slice id = f.x.spool.packets[0].id;
        CU_ASSERT_TRUE(key.length > id.length &&
                       slice_equal(slice_of(key.data + key.length - id.length, id.length), id));
        ASSERT_TEXT(f.x.spool.packets[0].text, "{\"type\":\"call\",\"payload\":{}}");
        spooled(&f, SPOOL_WRITTEN);
        answered(&f, 202, "{\"spooled\":true}");
        fixture_free(&f);
    }
}

static void test_no_spool(void)
{
    struct fixture f;
    post(&f, "/notifications/inbound", "{\"type\":\"call\",\"payload\":{}}");
    nothing_is_spooled(&f);
    fixture_render(&f, NULL);
    spooled(&f, SPOOL_FULL);
    answered(&f, 507, "{\"error\":\"storage is away and the spool has no room\"}");
    fixture_free(&f);
    post(&f, "/notifications/inbound", "{\"type\":\"call\",\"payload\":{}}");
    nothing_is_spooled(&f);
    fixture_render(&f, NULL);
    spooled(&f, SPOOL_FAILED);
    CU_ASSERT_EQUAL(f.x.response.status, 503);
    fixture_free(&f);
    post(&f, "/notifications/inbound", "{\"type\":\"call\",\"payload\":{}}");
    nothing_is_spooled(&f);
    const struct store_reply wrong = reply_error("WRONGTYPE Operation against a key");
    fixture_render(&f, &wrong);
    CU_ASSERT_EQUAL_FATAL(f.next, HANDLER_ANSWER);
    CU_ASSERT_EQUAL(f.x.response.status, 500);
    fixture_free(&f);
}

/* Both ways; when Redis refuses the list, what was published stays published. */
static void test_both(void)
{
    struct fixture f;
    const struct store_reply published = reply_integer(2), length = reply_integer(9);
    post(&f, "/notifications/agents/1", "{\"type\":\"both\",\"payload\":{}}");
    CU_ASSERT_EQUAL_FATAL(f.next, HANDLER_ASK);
    fixture_render(&f, &published);
    nothing_is_spooled(&f);
    const struct store_reply replies[] = {lengths(&length, 1)};
    fixture_render(&f, replies);
    answered(&f, 200, "{\"published\":2,\"queued\":9}");
    fixture_free(&f);
    post(&f, "/notifications/agents/1", "{\"type\":\"both\",\"payload\":{}}");
    fixture_render(&f, &published);
    spooled(&f, SPOOL_WRITTEN);
    answered(&f, 202, "{\"published\":2,\"spooled\":true}");
    fixture_free(&f);
}

static void test_batch(void)
{
    struct fixture f;
    post(&f, "/notifications/campaigns",
         "[{\"type\":\"cdr\",\"payload\":{\"n\":1}},{\"type\":\"status\",\"payload\":{}},"
         "{\"type\":\"no!\",\"payload\":{}},5,{\"type\":\"cdr\",\"payload\":{\"n\":2}}]");
    CU_ASSERT_EQUAL_FATAL(f.next, HANDLER_ASK);
    CU_ASSERT_EQUAL(f.x.batch.count, 1);
    const struct store_reply published = reply_integer(0);
    fixture_render(&f, &published);
    nothing_is_spooled(&f);
    ASSERT_TEXT(word(&f, 2), "3");
    ASSERT_TEXT(word(&f, 7), "{\"type\":\"cdr\",\"payload\":{\"n\":1}}");
    ASSERT_TEXT(word(&f, 8), "{\"type\":\"cdr\",\"payload\":{\"n\":2}}");
    CU_ASSERT_FALSE(slice_equal(word(&f, 4), word(&f, 5)));
    const struct store_reply numbers[] = {reply_integer(1), reply_integer(2)};
    const struct store_reply replies[] = {lengths(numbers, 2)};
    fixture_render(&f, replies);
    answered(&f, 207,
             "[{\"queued\":1,\"status\":200},{\"published\":0,\"status\":200},"
             "{\"error\":\"type must be 1 to 64 characters of 0-9 A-Z a-z . _ -\","
             "\"field\":\"type\",\"status\":400},"
             "{\"error\":\"a packet must be a JSON object\",\"status\":400},"
             "{\"queued\":2,\"status\":200}]");
    fixture_free(&f);
}

static void test_lines(void)
{
    struct fixture f;
    begin(&f, "POST", "/notifications/campaigns");
    fixture_body(&f, "application/x-ndjson",
                 slice_from("{\"type\":\"cdr\",\"payload\":{\"n\":1}}\r\n\n"
                            "{\"type\":\"cdr\",\"payload\":{\"n\":2}}\n"));
    fixture_plan(&f);
    spooled(&f, SPOOL_WRITTEN);
    CU_ASSERT_EQUAL(f.x.spool.count, 2);
    answered(&f, 202, "{\"spooled\":true,\"status\":202}\n{\"spooled\":true,\"status\":202}\n");
    CU_ASSERT_STRING_EQUAL(f.x.response.content_type, "application/x-ndjson");
    fixture_free(&f);
}

static void test_limits(void)
{
    struct fixture f;
    begin(&f, "POST", "/notifications/campaigns");
    struct buffer body = buffer_in(&f.arena);
    for (int i = 0; i < 1001; i++)
        buffer_add_string(&body, i ? ",{\"type\":\"cdr\",\"payload\":{}}"
                                   : "[{\"type\":\"cdr\",\"payload\":{}}");
    buffer_add_byte(&body, ']');
    fixture_body(&f, "application/json", buffer_slice(&body));
    fixture_plan(&f);
    answered(&f, 413, "{\"error\":\"a batch has at most 1000 packets\"}");
    fixture_free(&f);
}

static void test_form(void)
{
    struct fixture f;
    begin(&f, "POST", "/notifications/campaigns");
    fixture_form(&f, "type=status&payload=%7B%22ref%22%3A+%22a%22%7D");
    fixture_plan(&f);
    ASSERT_TEXT(fixture_command(&f, 0), "PUBLISH enigma:notifications:campaigns "
                                        "{\"type\":\"status\",\"payload\":{\"ref\":\"a\"}}");
    fixture_free(&f);
    begin(&f, "POST", "/notifications/campaigns");
    fixture_form(&f, "type=status&payload=x");
    fixture_plan(&f);
    CU_ASSERT_EQUAL(f.x.response.status, 400);
    fixture_free(&f);
}

static void refused(const char *uri, const char *body, const char *field)
{
    struct fixture f;
    post(&f, uri, body);
    CU_ASSERT_EQUAL(f.next, HANDLER_ANSWER);
    CU_ASSERT_EQUAL(f.x.response.status, 400);
    struct buffer wanted = buffer_in(&f.arena);
    buffer_format(&wanted, "\"field\":\"%s\"}%c", field ? field : "", '\0');
    bool named = f.x.response.body.length > wanted.length &&
                 memcmp(f.x.response.body.data + f.x.response.body.length - wanted.length + 1,
                        wanted.data, wanted.length - 1) == 0;
    CU_ASSERT_EQUAL(named, field != NULL);
    fixture_free(&f);
}

static void test_refused(void)
{
    refused("/notifications/a%20b", "{\"type\":\"x\",\"payload\":{}}", NULL);
    refused("/notifications/a:b", "{\"type\":\"x\",\"payload\":{}}", NULL);
    refused("/notifications/a/b%7D", "{\"type\":\"x\",\"payload\":{}}", NULL);
    refused("/notifications/a", "{\"payload\":{}}", "type");
    refused("/notifications/a", "{\"type\":7,\"payload\":{}}", "type");
    refused("/notifications/a", "{\"type\":\"\",\"payload\":{}}", "type");
    refused("/notifications/a", "{\"type\":\"x\"}", "payload");
    refused("/notifications/a", "{\"type\":\"x\",\"payload\":[]}", "payload");
    refused("/notifications/a", "{\"type\":\"x\",\"payload\":null}", "payload");
    refused("/notifications/a", "{", NULL);
    refused("/notifications/a", "[]", NULL);
}

static const char *strict(const char *type, const char *sub_type, const char *payload)
{
    struct error error;
    const char *field;
    json_t *value = json_parse(slice_from(payload), &error);
    const char *fault =
        notification_strict_fault(slice_from(type), slice_from(sub_type), value, &field);
    static char text[64];
    strcpy(text, fault ? field : "");
    json_decref(value);
    return text;
}

static void test_strict(void)
{
    CU_ASSERT_STRING_EQUAL(strict("campaigns", "cdr", "{\"ref\":\"1\",\"end_code\":200}"), "");
    CU_ASSERT_STRING_EQUAL(strict("campaign", "cdr", "{\"ref\":\"1\"}"), "");
    CU_ASSERT_STRING_EQUAL(strict("campaigns", "cdr", "{\"call_ref\":\"1\"}"), "ref");
    CU_ASSERT_STRING_EQUAL(strict("campaigns", "cdr", "{\"ref\":\"1\",\"more\":1}"), "more");
    CU_ASSERT_STRING_EQUAL(strict("campaigns", "cdr", "{\"ref\":{}}"), "ref");
    CU_ASSERT_STRING_EQUAL(strict("agents", "status", "{\"ref\":\"1\",\"status\":\"busy\"}"), "");
    CU_ASSERT_STRING_EQUAL(strict("agents", "status", "{\"ref\":\"1\",\"status\":\"bu\"}"),
                           "status");
    CU_ASSERT_STRING_EQUAL(strict("agents", "status", "{\"ref\":\"1\"}"), "status");
    CU_ASSERT_STRING_EQUAL(strict("agents", "stats", "{\"anything\":[{}]}"), "");
    CU_ASSERT_STRING_EQUAL(strict("agents", "nothing", "{}"), "type");
    CU_ASSERT_STRING_EQUAL(strict("campaigns", "dial_preview",
                                  "{\"ref\":1,\"callees\":[{\"number\":\"1\",\"contact_ref\":2}]}"),
                           "");
    CU_ASSERT_STRING_EQUAL(
        strict("campaigns", "dial_preview", "{\"ref\":1,\"callees\":[{\"name\":\"1\"}]}"),
        "callees");
}

static void test_take(void)
{
    struct fixture f;
    begin(&f, "GET", "/notifications/campaigns?wait=2&max=5&lease=10");
    fixture_plan(&f);
    CU_ASSERT_EQUAL_FATAL(f.next, HANDLER_ASK);
    ASSERT_TEXT(word(&f, 3), "enigma:notifications:campaigns");
    ASSERT_TEXT(word(&f, 4), "callboard:taken:{enigma:notifications:campaigns}");
    ASSERT_TEXT(word(&f, 7), "5");
    ASSERT_TEXT(word(&f, 8), "10000");
    const struct store_reply nothing = {.kind = STORE_ARRAY};
    fixture_render(&f, &nothing);
    CU_ASSERT_EQUAL_FATAL(f.next, HANDLER_WAIT);
    ASSERT_TEXT(f.x.wait.name, "enigma:notifications:campaigns");
    CU_ASSERT_EQUAL(f.x.wait.until_us, f.request.now_us + 2000000);
    f.next = dispatch_resume(&f.x);
    CU_ASSERT_EQUAL_FATAL(f.next, HANDLER_ASK);
    const struct store_reply taken[] = {reply_string("1-1"),  reply_string("{\"type\":\"cdr\"}"),
                                        reply_integer(1),     reply_string("1-2"),
                                        reply_string("a\"b"), reply_integer(0),
                                        reply_string("1-3"),  reply_string("\xff%"),
                                        reply_integer(0)};
    const struct store_reply some = lengths(taken, 9);
    fixture_render(&f, &some);
    answered(&f, 200,
             "{\"packets\":[{\"id\":\"1-1\",\"again\":true,\"packet\":{\"type\":\"cdr\"}},"
             "{\"id\":\"1-2\",\"text\":\"a\\\"b\"},"
             "{\"id\":\"1-3\",\"percent_encoded\":\"%FF%25\"}]}");
    fixture_free(&f);
}

static void test_take_ends(void)
{
    struct fixture f;
    const struct store_reply nothing = {.kind = STORE_ARRAY};
    begin(&f, "GET", "/notifications/campaigns");
    fixture_plan(&f);
    fixture_render(&f, &nothing);
    answered(&f, 200, "{\"packets\":[]}");
    fixture_free(&f);
    begin(&f, "GET", "/notifications/campaigns?wait=9");
    fixture_plan(&f);
    fixture_render(&f, &nothing);
    CU_ASSERT_EQUAL_FATAL(f.next, HANDLER_WAIT);
    f.x.wait.over = true;
    f.next = dispatch_resume(&f.x);
    CU_ASSERT_EQUAL_FATAL(f.next, HANDLER_ASK);
    fixture_render(&f, &nothing);
    answered(&f, 200, "{\"packets\":[]}");
    fixture_free(&f);
    static const char *const wrong[] = {"wait=61", "wait=x",     "max=0",      "max=1001",
                                        "lease=0", "lease=3601", "max=1&max=2"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char uri[100];
        snprintf(uri, sizeof uri, "/notifications/campaigns?%s", wrong[i]);
        begin(&f, "GET", uri);
        fixture_plan(&f);
        CU_ASSERT_EQUAL(f.next, HANDLER_ANSWER);
        CU_ASSERT_EQUAL(f.x.response.status, 400);
        fixture_free(&f);
    }
    begin(&f, "HEAD", "/notifications/campaigns");
    fixture_plan(&f);
    CU_ASSERT_EQUAL(f.next, HANDLER_ANSWER); /* takes nothing */
    fixture_free(&f);
}

static void test_confirm(void)
{
    struct fixture f;
    begin(&f, "DELETE", "/notifications/campaigns/1-1,1-2");
    fixture_plan(&f);
    CU_ASSERT_EQUAL_FATAL(f.next, HANDLER_ASK);
    ASSERT_TEXT(fixture_command(&f, 0),
                "HDEL callboard:taken:{enigma:notifications:campaigns}:packets 1-1 1-2");
    ASSERT_TEXT(fixture_command(&f, 1),
                "ZREM callboard:taken:{enigma:notifications:campaigns} 1-1 1-2");
    const struct store_reply replies[] = {reply_integer(1), reply_integer(2)};
    fixture_render(&f, replies);
    answered(&f, 200, "{\"confirmed\":1}");
    fixture_free(&f);
    begin(&f, "DELETE", "/notifications/campaigns/1-1");
    fixture_plan(&f);
    const struct store_reply none[] = {reply_integer(0), reply_integer(0)};
    fixture_render(&f, none);
    CU_ASSERT_EQUAL(f.x.response.status, 404);
    fixture_free(&f);
    begin(&f, "DELETE", "/notifications/campaigns/1-1,");
    fixture_plan(&f);
    CU_ASSERT_EQUAL(f.x.response.status, 400);
    fixture_free(&f);
}

static void test_events(void)
{
    struct fixture f;
    begin(&f, "GET", "/notifications/agents");
    fixture_parameter(&f, "HTTP_ACCEPT", "text/html, Text/Event-Stream;q=0.9");
    fixture_plan(&f);
    CU_ASSERT_EQUAL_FATAL(f.next, HANDLER_STREAM);
    ASSERT_TEXT(f.x.stream.channel, "enigma:notifications:agents");
    ASSERT_TEXT(f.x.stream.pattern, "enigma:notifications:agents:*");
    struct buffer out = buffer_in(&f.arena);
    f.x.stream.event(&out, slice_from("enigma:notifications:agents"), slice_from("a\r\nb"));
    ASSERT_TEXT(buffer_slice(&out), "event: enigma:notifications:agents\ndata: a \ndata: b\n\n");
    fixture_free(&f);
    begin(&f, "GET", "/notifications/agents/1002");
    fixture_plan(&f);
    CU_ASSERT_EQUAL(f.x.response.status, 406);
    fixture_free(&f);
}

static void test_settings(void)
{
    struct error error;
    begin(&(struct fixture){0}, "GET", "/");
    CU_ASSERT_TRUE(notifications_settings_check(&settings, &error));
    static const char *const prefixes[] = {"", "a{b}", "a b", ":a", "a::b"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        settings.prefix = prefixes[i];
        CU_ASSERT_FALSE(notifications_settings_check(&settings, &error));
    }
    settings.prefix = "x";
    settings.critical = "campaigns";
    CU_ASSERT_FALSE(notifications_settings_check(&settings, &error));
    settings.critical = "";
    CU_ASSERT_TRUE(notifications_settings_check(&settings, &error));
}

SUITE("notifications", {"publishes news", test_news}, {"queues what is critical", test_critical},
      {"does not overtake the spool", test_behind}, {"spools when Redis is away", test_away},
      {"says when nothing was kept", test_no_spool}, {"goes both ways", test_both},
      {"answers a batch one by one", test_batch}, {"reads lines", test_lines},
      {"bounds a batch", test_limits}, {"reads forms", test_form},
      {"refuses what is wrong", test_refused}, {"checks payloads", test_strict},
      {"gives packets under a lease", test_take}, {"ends waiting", test_take_ends},
      {"confirms", test_confirm}, {"streams events", test_events},
      {"checks its settings", test_settings})
