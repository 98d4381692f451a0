/*
 * test_phonecalls.c - tests of handlers/phonecalls.c, phonecalls_data.c and direct.c.
 */
#include "base/zone.h"
#include "exchange.h"
#include "handlers/phonecalls.h"
#include "suite.h"

#define CREATE "/direct/items/phonecalls/create?token=t&"
#define DELETE "/direct/items/phonecalls/delete?token=t&"
#define GOOD   "initiated=2012-08-23T12:20:33&source=7222&destination=02122853348"

static struct phonecalls_settings settings;

static void begin(struct fixture *f, const char *uri)
{
    zone_use("UTC");
    fixture_init(f, "GET", uri);
    fixture_parameter(f, "REMOTE_USER", "");
    f->context.phonecalls = &settings;
}

static void plan(struct fixture *f, const char *uri)
{
    begin(f, uri);
    fixture_plan(f);
}

/* The body begins with TEXT; prints it when not. */
static void assert_body(const struct fixture *f, const char *text)
{
    struct slice body = f->x.response.body;
    size_t length = strlen(text);
    CU_ASSERT_EQUAL(f->next, HANDLER_ANSWER);
    ASSERT_TEXT(slice_of(body.data, body.length < length ? body.length : length), text);
}

/* The request is answered 200 with an error about FIELD, and about nothing else. */
static void assert_refused(const char *uri, const char *field)
{
    struct fixture f;
    char start[200];
    plan(&f, uri);
    /* The document writes the answers of delete with a blank more. */
    const char *colon = strstr(uri, "/delete") ? " :" : ":";
    snprintf(start, sizeof start, "{ \"error\"%s true, \"errors\"%s { \"%s\"%s \"", colon, colon,
             field, colon);
    CU_ASSERT_EQUAL(f.x.response.status, 200);
    assert_body(&f, start);
    /* One error has no comma behind its text. */
    CU_ASSERT_PTR_NULL(memmem(f.x.response.body.data, f.x.response.body.length, "\", \"", 4));
    fixture_free(&f);
}

static void test_new(void)
{
    struct fixture f;
    plan(&f, CREATE GOOD "&duration=45&url=http://pbx.example.com/1.wav");
    CU_ASSERT_EQUAL(f.next, HANDLER_ASK);
    ASSERT_TEXT(fixture_command(&f, 0), "HGET phonecalls:{2012-08-23} 12:20:33|7222|02122853348");
    ASSERT_TEXT(fixture_command(&f, 1), "HGET {callboard:contacts}:phones 02122853348");
    fixture_render(&f, (struct store_reply[]){reply_nil(), reply_string("12334")});
    ASSERT_TEXT(fixture_command(&f, 0), "INCR callboard:phonecalls:id");
    ASSERT_TEXT(fixture_command(&f, 1), "ZADD callboard:phonecalls:days NX 15575 2012-08-23");
    fixture_render(&f, (struct store_reply[]){reply_integer(3241), reply_integer(1)});
    struct slice commit = fixture_command(&f, 0);
    const char *end = " 3 phonecalls:{2012-08-23} callboard:phonecalls:wall:{2012-08-23} "
                      "callboard:phonecalls:hour:{2012-08-23}:12 12:20:33|7222|02122853348 "
                      "[3241,12334,45,\"http://pbx.example.com/1.wav\"] 12334";
    CU_ASSERT_TRUE(commit.length > strlen(end));
    ASSERT_TEXT(slice_of(commit.data + commit.length - strlen(end), strlen(end)), end);
    fixture_render(&f, (struct store_reply[]){reply_nil()});
    CU_ASSERT_EQUAL(f.x.response.status, 200);
    assert_body(&f, "{ \"error\": false, \"contactId\": 12334, \"phonecallId\": 3241 }\n");
    fixture_free(&f);
}

static void test_again(void)
{
    struct fixture f;
    plan(&f, CREATE GOOD);
    fixture_render(&f, (struct store_reply[]){reply_string("[3241,12334,45]"), reply_nil()});
    assert_body(&f, "{ \"error\": false, \"contactId\": 12334, \"phonecallId\": 3241 }\n");
    fixture_free(&f);
    /* Somebody was faster between the search and the commit: his ids are the call's. */
    plan(&f, CREATE GOOD);
    fixture_render(&f, (struct store_reply[]){reply_nil(), reply_string("1")});
    fixture_render(&f, (struct store_reply[]){reply_integer(8), reply_integer(0)});
    fixture_render(&f, (struct store_reply[]){reply_string("[7,1]")});
    assert_body(&f, "{ \"error\": false, \"contactId\": 1, \"phonecallId\": 7 }\n");
    fixture_free(&f);
}

/* The field under which the call is searched for. */
static void assert_field(const char *query, const char *expected)
{
    struct fixture f;
    char uri[400];
    snprintf(uri, sizeof uri, CREATE "%s", query);
    plan(&f, uri);
    ASSERT_TEXT(fixture_command(&f, 0), expected);
    fixture_free(&f);
}

static void test_same_instant(void)
{
    static const char *const times[] = {"2012-08-23T12:20:33Z",        "20120823T122033Z",
                                        "2012-08-23T14:20:33%2B02:00", "2012-08-23T14:20:33+02:00",
                                        "2012-08-23T07:50:33-0430",    "2012-08-23T12:20:33.000Z",
                                        "2012-236T12:20:33",           "2012-08-24T02:20:33+14"};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char query[200];
        snprintf(query, sizeof query, "source=7222&destination=1&initiated=%s", times[i]);
        assert_field(query, "HGET phonecalls:{2012-08-23} 12:20:33|7222|1");
    }
    assert_field("source=7222&destination=1&initiated=2012-08-23T12:20:33,5",
                 "HGET phonecalls:{2012-08-23} 12:20:33~5|7222|1");
    assert_field("source=a%7Cb%25&destination=1%7C&initiated=2012-08-23T12:20:33",
                 "HGET phonecalls:{2012-08-23} 12:20:33|a%7Cb%25|1%7C");
}

static void test_wrong_fields(void)
{
    assert_refused(CREATE "source=7222&destination=1", "initiated");
    assert_refused(CREATE "source=7222&destination=1&initiated=", "initiated");
    assert_refused(CREATE "source=7222&destination=1&initiated=2012-08-23", "initiated");
    assert_refused(CREATE "source=7222&destination=1&initiated=0001-01-01T00:00:00%2B10",
                   "initiated");
    assert_refused(CREATE GOOD "&initiated=2012-08-23T12:20:33", "initiated");
    assert_refused(CREATE "initiated=2012-08-23T12:20:33&destination=1", "source");
    assert_refused(CREATE "initiated=2012-08-23T12:20:33&destination=1&source=%ff", "source");
    assert_refused(CREATE "initiated=2012-08-23T12:20:33&destination=1&source=a%00b", "source");
    assert_refused(CREATE "initiated=2012-08-23T12:20:33&destination=1&source=a%0ab", "source");
    assert_refused(CREATE "initiated=2012-08-23T12:20:33&destination=1&source=%c2%85", "source");
    assert_refused(CREATE "initiated=2012-08-23T12:20:33&destination=1&source="
                          "12345678901234567890123456789012345678901234567890123456789012345",
                   "source");
    assert_refused(CREATE "initiated=2012-08-23T12:20:33&source=1", "destination");
    assert_refused(CREATE "initiated=2012-08-23T12:20:33&source=1&destination=%7f", "destination");
    assert_refused(CREATE GOOD "&duration=-1", "duration");
    assert_refused(CREATE GOOD "&duration=604801", "duration");
    assert_refused(CREATE GOOD "&duration=4.5", "duration");
    assert_refused(CREATE GOOD "&duration=45s", "duration");
    assert_refused(CREATE GOOD "&duration=1&duration=1", "duration");
    assert_refused(CREATE GOOD "&url=ftp://example.com/", "url");
    assert_refused(CREATE GOOD "&url=//example.com/", "url");
    assert_refused(CREATE GOOD "&url=http://", "url");
    assert_refused(CREATE GOOD "&url=http:///path", "url");
    assert_refused(CREATE GOOD "&url=http://a/b%20c", "url");
    assert_refused(CREATE GOOD "&url=http://a/%0d%0aX:y", "url");
    assert_refused(DELETE "from=2012-08-23&to=2012-08-23T00:00", "to");
    assert_refused(DELETE "from=2012-08-23T00:00:00&to=2012-08-25", "from");
    assert_refused(DELETE "from=2012-02-30&to=2012-08-25", "from");
    assert_refused(DELETE "from=2012-08-23", "to");
}

static void test_long_url(void)
{
    struct fixture f;
    char uri[2300] = CREATE GOOD "&url=http://a/";
    size_t length = strlen(uri), fixed = strlen("http://a/");
    memset(uri + length, 'x', 2048 - fixed);
    plan(&f, uri);
    CU_ASSERT_EQUAL(f.next, HANDLER_ASK);
    fixture_free(&f);
    memset(uri + length, 'x', 2049 - fixed);
    assert_refused(uri, "url");
}

static void test_all_at_once(void)
{
    struct fixture f;
    begin(&f, CREATE "initiated=x&duration=x&url=x");
    fixture_parameter(&f, "HTTP_ACCEPT_LANGUAGE", "en");
    fixture_plan(&f);
    assert_body(&f,
                "{ \"error\": true, \"errors\": { "
                "\"initiated\": \"must be a date with time that exists, in ISO 8601, such as "
                "2012-08-23T12:20:33 or 2012-08-23T12:20:33Z\", "
                "\"source\": \"is missing; must have 1 to 64 printable characters, and no control "
                "characters\", "
                "\"destination\": \"is missing; must have 1 to 64 printable characters, and no "
                "control characters\", "
                "\"duration\": \"must be a whole number from 0 to 604800\", "
                "\"url\": \"must be a URL that begins with http:// or https://, of at most 2048 "
                "bytes\" } }\n");
    fixture_free(&f);
}

static void test_unknown_number(void)
{
    struct fixture f;
    plan(&f, CREATE GOOD);
    fixture_render(&f, (struct store_reply[]){reply_nil(), reply_nil()});
    assert_body(&f,
                "{ \"error\": true, \"errors\": { \"destination\": \"no se consiguió el número de "
                "destino en la base de datos\" } }\n");
    fixture_free(&f);
}

static void test_made_contact(void)
{
    struct fixture f;
    struct store_reply added[] = {reply_string("added"), reply_string("77")};
    settings.contacts = CONTACTS_CREATE;
    plan(&f, CREATE GOOD);
    fixture_render(&f, (struct store_reply[]){reply_nil(), reply_nil()});
    CU_ASSERT_EQUAL(f.next, HANDLER_ASK);
    fixture_render(&f, &(struct store_reply){.kind = STORE_ARRAY, .elements = added, .count = 2});
    ASSERT_TEXT(fixture_command(&f, 0), "INCR callboard:phonecalls:id");
    fixture_render(&f, (struct store_reply[]){reply_integer(5), reply_integer(1)});
    fixture_render(&f, (struct store_reply[]){reply_nil()});
    assert_body(&f, "{ \"error\": false, \"contactId\": 77, \"phonecallId\": 5 }\n");
    fixture_free(&f);
    /* A destination without digits is nobody's number. */
    plan(&f, CREATE "initiated=2012-08-23T12:20:33&source=1&destination=operator");
    fixture_render(&f, (struct store_reply[]){reply_nil(), reply_nil()});
    assert_body(&f, "{ \"error\": true, \"errors\": { \"destination\": ");
    fixture_free(&f);
    settings.contacts = CONTACTS_REFUSE;
}

static void test_form(void)
{
    struct fixture f;
    begin(&f, "/direct/items/phonecalls/create?token=t&source=7222");
    fixture_parameter(&f, "REQUEST_METHOD", "POST");
    fixture_form(&f, "initiated=2012-08-23+12%3A20%3A33&destination=1&duration=&url=");
    fixture_plan(&f);
    CU_ASSERT_EQUAL(f.next, HANDLER_ASK);
    ASSERT_TEXT(fixture_command(&f, 0), "HGET phonecalls:{2012-08-23} 12:20:33|7222|1");
    fixture_free(&f);
    begin(&f, "/direct/items/phonecalls/create?token=t&source=7222");
    fixture_parameter(&f, "REQUEST_METHOD", "POST");
    fixture_form(&f, "initiated=2012-08-23+12%3A20%3A33&destination=1&source=7222");
    fixture_plan(&f);
    assert_body(&f, "{ \"error\": true, \"errors\": { \"source\": ");
    fixture_free(&f);
}

static void test_rewrite(void)
{
    struct fixture f;
    struct arena arena;
    arena_init(&arena, 65536);
    rewrite_add(&settings.rewrite, slice_from("drop 9"), &arena, NULL);
    rewrite_add(&settings.rewrite, slice_from("add 0212 if 7 digits"), &arena, NULL);
    rewrite_add(&settings.rewrite, slice_from("replace +58 by 0"), &arena, NULL);
    static const char *const numbers[] = {"92853348", "9-285-3348", "2853348", "02122853348",
                                          "%2B58%20(212)%20285.33.48"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char uri[200];
        snprintf(uri, sizeof uri, CREATE "initiated=2012-08-23T12:20:33&source=1&destination=%s",
                 numbers[i]);
        plan(&f, uri);
        ASSERT_TEXT(fixture_command(&f, 1), "HGET {callboard:contacts}:phones 02122853348");
        fixture_free(&f);
    }
    settings.rewrite = (struct rewrite){0};
    arena_free(&arena);
}

static void test_surprises(void)
{
    struct fixture f;
    plan(&f, CREATE GOOD);
    fixture_render(&f, (struct store_reply[]){reply_string("not json"), reply_nil()});
    CU_ASSERT_EQUAL(f.x.response.status, 500);
    fixture_free(&f);
    plan(&f, CREATE GOOD);
    fixture_render(&f, (struct store_reply[]){reply_nil(), reply_string("1")});
    fixture_render(&f, (struct store_reply[]){reply_integer(1), reply_error("WRONGTYPE x")});
    CU_ASSERT_EQUAL(f.x.response.status, 500); /* nothing is written before the day is known */
    fixture_free(&f);
    plan(&f, CREATE GOOD);
    fixture_render(&f, (struct store_reply[]){reply_nil(), reply_string("1")});
    fixture_render(&f, (struct store_reply[]){reply_integer((int64_t)1 << 53), reply_integer(1)});
    CU_ASSERT_EQUAL(f.x.response.status, 500);
    fixture_free(&f);
    plan(&f, CREATE GOOD);
    fixture_render(&f, NULL);
    CU_ASSERT_EQUAL(f.x.response.status, 503);
    assert_body(&f, "{ \"error\": true, \"errors\": { \"request\": \"el almacenamiento no está");
    fixture_free(&f);
}

static struct store_reply days(const struct store_reply *elements, size_t count)
{
    return (struct store_reply){.kind = STORE_ARRAY, .elements = elements, .count = count};
}

static void test_delete(void)
{
    struct fixture f;
    struct store_reply two[] = {reply_string("2012-02-29"), reply_string("2012-03-01")};
    plan(&f, DELETE "from=2012-02-28&to=2012-03-02");
    ASSERT_TEXT(fixture_command(&f, 0),
                "ZRANGEBYSCORE callboard:phonecalls:days 15399 15400 LIMIT 0 100");
    fixture_render(&f, (struct store_reply[]){days(two, 2)});
    CU_ASSERT_EQUAL(f.next, HANDLER_ASK);
    CU_ASSERT_EQUAL(f.x.batch.count, 3);
    CU_ASSERT_PTR_NOT_NULL(memmem(fixture_command(&f, 0).data, fixture_command(&f, 0).length,
                                  " phonecalls:{2012-02-29} ", 25));
    ASSERT_TEXT(fixture_command(&f, 2),
                "ZRANGEBYSCORE callboard:phonecalls:days 15401 15400 LIMIT 0 100");
    fixture_render(&f, (struct store_reply[]){reply_integer(700), reply_integer(2), days(NULL, 0)});
    assert_body(&f, "{ \"count\" : 702, \"error\" : false }\n");
    fixture_free(&f);
    /* No day is strictly between two that follow each other. */
    plan(&f, DELETE "from=2012-02-28&to=2012-02-29");
    assert_body(&f, "{ \"count\" : 0, \"error\" : false }\n");
    fixture_free(&f);
    plan(&f, DELETE "from=2012-03-01&to=2012-03-01");
    assert_body(
        &f, "{ \"error\" : true, \"errors\" : { \"from\" : \"debe ser anterior a to\", \"to\" : "
            "\"debe ser posterior a from\" } }\n");
    fixture_free(&f);
}

SUITE("phonecalls", {"records a call", test_new}, {"records it once", test_again},
      {"knows an instant however it is written", test_same_instant},
      {"names what is wrong", test_wrong_fields}, {"bounds the url", test_long_url},
      {"names all that is wrong", test_all_at_once},
      {"refuses unknown numbers", test_unknown_number}, {"or makes a contact", test_made_contact},
      {"takes forms", test_form}, {"rewrites numbers", test_rewrite},
      {"takes nothing from Redis on trust", test_surprises}, {"deletes days", test_delete})
