/*
 * test_phonecalls_list.c - tests of handlers/phonecalls_list.c and phonecalls_page.c.
 */
#include "base/zone.h"
#include "exchange.h"
#include "handlers/phonecalls.h"
#include "suite.h"

#define LIST  "/direct/items/phonecalls/list?token=t&"
#define FIRST "12:20:33|7222|1"

static const struct phonecalls_settings settings;

static void plan(struct fixture *f, const char *uri)
{
    zone_use("UTC");
    fixture_init(f, "GET", uri);
    f->context.phonecalls = &settings;
    fixture_plan(f);
}

static struct store_reply array(const struct store_reply *elements, size_t count)
{
    return (struct store_reply){.kind = STORE_ARRAY, .elements = elements, .count = count};
}

static const struct store_reply *one_day(struct store_reply *reply)
{
    static struct store_reply day;
    day = reply_string("2012-08-23");
    *reply = array(&day, 1);
    return reply;
}

static bool body_has(const struct fixture *f, const char *text)
{
    struct slice body = f->x.response.body;
    return memmem(body.data, body.length, text, strlen(text)) != NULL;
}

/* The cursor in the answer, into TEXT. */
static void find_cursor(const struct fixture *f, char *text, size_t size)
{
    struct slice body = f->x.response.body;
    const char *mark = "\"next\": \"", *at = memmem(body.data, body.length, mark, strlen(mark));
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    at += strlen(mark);
    const char *end = memchr(at, '"', (size_t)(body.data + body.length - at));
    snprintf(text, size, "%.*s", (int)(end - at), at);
}

static void test_wall(void)
{
    struct fixture f;
    struct store_reply day;
    plan(&f, LIST "contactId=5&limit=2");
    ASSERT_TEXT(fixture_command(&f, 0),
                "ZREVRANGEBYSCORE callboard:phonecalls:days 2932896 -719162 LIMIT 0 80");
    fixture_render(&f, one_day(&day));
    ASSERT_TEXT(fixture_command(&f, 0),
                "ZREVRANGEBYSCORE callboard:phonecalls:wall:{2012-08-23} 5 5 LIMIT 0 3");
    struct store_reply wall[] = {reply_string("13:00:00|a|1"), reply_string("12:20:33~5|7222|1"),
                                 reply_string(FIRST)};
    fixture_render(&f, (struct store_reply[]){array(wall, 3)});
    ASSERT_TEXT(fixture_command(&f, 0),
                "HMGET phonecalls:{2012-08-23} 13:00:00|a|1 12:20:33~5|7222|1");
    struct store_reply values[] = {reply_string("[9,5,60,\"http://a/\"]"), reply_string("[8,5]")};
    fixture_render(&f, (struct store_reply[]){array(values, 2)});
    CU_ASSERT_EQUAL(f.next, HANDLER_ANSWER);
    CU_ASSERT_TRUE(body_has(&f,
                            "{ \"phonecallId\": 9, \"contactId\": 5, \"initiated\": "
                            "\"2012-08-23T13:00:00Z\", \"source\": \"a\", \"destination\": \"1\", "
                            "\"duration\": 60, \"url\": \"http://a/\" }"));
    CU_ASSERT_TRUE(body_has(&f,
                            "{ \"phonecallId\": 8, \"contactId\": 5, \"initiated\": "
                            "\"2012-08-23T12:20:33.5Z\", \"source\": \"7222\", \"destination\": "
                            "\"1\", \"duration\": null, \"url\": null }"));
    /* The next page goes on behind the last call that was shown. */
    char uri[300] = LIST "contactId=5&limit=2&cursor=";
    find_cursor(&f, uri + strlen(uri), sizeof uri - strlen(uri));
    fixture_free(&f);
    plan(&f, uri);
    ASSERT_TEXT(fixture_command(&f, 1),
                "ZREVRANK callboard:phonecalls:wall:{2012-08-23} 12:20:33~5|7222|1");
    struct store_reply both[] = {*one_day(&day), reply_integer(41)};
    fixture_render(&f, both);
    ASSERT_TEXT(fixture_command(&f, 0),
                "ZREVRANGE callboard:phonecalls:wall:{2012-08-23} 42 44 WITHSCORES");
    struct store_reply rest[] = {reply_string(FIRST), reply_string("5"),
                                 reply_string("09:00:00|b|2"), reply_string("4")};
    fixture_render(&f, (struct store_reply[]){array(rest, 4)});
    ASSERT_TEXT(fixture_command(&f, 0), "HMGET phonecalls:{2012-08-23} " FIRST);
    struct store_reply value[] = {reply_string("[7,5]")};
    fixture_render(&f, (struct store_reply[]){array(value, 1)});
    CU_ASSERT_TRUE(body_has(&f, "\"phonecallId\": 7"));
    CU_ASSERT_TRUE(body_has(&f, "\"next\": null"));
    fixture_free(&f);
}

static void test_deleted_meanwhile(void)
{
    struct fixture f;
    struct store_reply day, wall = reply_string(FIRST), gone = reply_nil();
    plan(&f, LIST "contactId=5");
    fixture_render(&f, one_day(&day));
    fixture_render(&f, (struct store_reply[]){array(&wall, 1)});
    fixture_render(&f, (struct store_reply[]){array(&gone, 1)});
    CU_ASSERT_TRUE(body_has(&f, "\"phonecalls\": [ ], \"next\": null"));
    fixture_free(&f);
}

static void test_hours(void)
{
    struct fixture f;
    struct store_reply day, counts[26];
    plan(&f, LIST "from=2012-08-22&to=2012-08-24&limit=2&format=csv");
    ASSERT_TEXT(fixture_command(&f, 0),
                "ZREVRANGEBYSCORE callboard:phonecalls:days 15575 15575 LIMIT 0 20");
    fixture_render(&f, one_day(&day));
    ASSERT_TEXT(fixture_command(&f, 0), "LLEN callboard:phonecalls:hour:{2012-08-23}:25");
    for (int i = 0; i < 26; i++)
        counts[i] = reply_integer(i == 25 - 12 ? 1500 : i == 25 - 9 ? 4 : 0);
    fixture_render(&f, counts);
    /* From the end of the hour; it alone has enough. */
    CU_ASSERT_EQUAL(f.x.batch.count, 2);
    ASSERT_TEXT(fixture_command(&f, 0),
                "LRANGE callboard:phonecalls:hour:{2012-08-23}:12 500 1499");
    ASSERT_TEXT(fixture_command(&f, 1), "LRANGE callboard:phonecalls:hour:{2012-08-23}:12 0 499");
    /* In order of arrival, and one of them twice. */
    struct store_reply late[] = {reply_string("12:00:01|a|1"), reply_string("12:59:59|c|1"),
                                 reply_string("12:00:02|b|1")};
    struct store_reply early[] = {reply_string("12:30:00|a,b|1"), reply_string("12:59:59|c|1"),
                                  reply_string("12:00:03|longer than the ones before|1")};
    fixture_render(&f, (struct store_reply[]){array(late, 3), array(early, 3)});
    ASSERT_TEXT(fixture_command(&f, 0),
                "HMGET phonecalls:{2012-08-23} 12:59:59|c|1 12:30:00|a,b|1");
    struct store_reply values[] = {reply_string("[9,5,60]"), reply_string("[8,5]")};
    fixture_render(&f, (struct store_reply[]){array(values, 2)});
    ASSERT_TEXT(f.x.response.body,
                "phonecallId,contactId,initiated,source,destination,duration,url\r\n"
                "9,5,2012-08-23T12:59:59Z,c,1,60,\r\n"
                "8,5,2012-08-23T12:30:00Z,\"a,b\",1,,\r\n");
    CU_ASSERT_TRUE(http_response_find(&f.x.response, "X-Next-Cursor").length > 0);
    ASSERT_TEXT(slice_from(f.x.response.content_type), "text/csv; charset=utf-8; header=present");
    /* The page behind leaves out what is not older. */
    char uri[300];
    snprintf(uri, sizeof uri, LIST "from=2012-08-22&to=2012-08-24&limit=2&cursor=%.*s",
             SLICE_ARGUMENTS(http_response_find(&f.x.response, "X-Next-Cursor")));
    fixture_free(&f);
    plan(&f, uri);
    fixture_render(&f, one_day(&day));
    for (int i = 0; i < 26; i++)
        counts[i] = reply_integer(i == 25 - 13 ? 5 : i == 25 - 12 ? 3 : 0);
    fixture_render(&f, counts);
    ASSERT_TEXT(fixture_command(&f, 0), "LRANGE callboard:phonecalls:hour:{2012-08-23}:12 0 2");
    struct store_reply again[] = {reply_string("12:59:59|c|1"), reply_string("12:30:00|a,b|1"),
                                  reply_string("12:00:03|d|1")};
    fixture_render(&f, (struct store_reply[]){array(again, 3)});
    ASSERT_TEXT(fixture_command(&f, 0), "HMGET phonecalls:{2012-08-23} 12:00:03|d|1");
    fixture_free(&f);
}

static void assert_refused(const char *uri, const char *field)
{
    struct fixture f;
    char start[100];
    plan(&f, uri);
    snprintf(start, sizeof start, "{ \"error\": true, \"errors\": { \"%s\": ", field);
    CU_ASSERT_EQUAL(f.next, HANDLER_ANSWER);
    CU_ASSERT_TRUE(body_has(&f, start));
    fixture_free(&f);
}

static void test_wrong(void)
{
    assert_refused(LIST, "contactId");
    assert_refused(LIST "contactId=0", "contactId");
    assert_refused(LIST "contactId=x", "contactId");
    assert_refused(LIST "from=2012-08-22", "to");
    assert_refused(LIST "contactId=5&to=2012-08-22", "from");
    assert_refused(LIST "contactId=5&limit=1001", "limit");
    assert_refused(LIST "contactId=5&limit=0", "limit");
    assert_refused(LIST "contactId=5&format=xml", "format");
    assert_refused(LIST "contactId=5&cursor=zz", "cursor");
    assert_refused(LIST "contactId=5&cursor=31", "cursor");
    assert_refused(LIST "contactId=5&cursor=312", "cursor");
    assert_refused(LIST "contactId=5&cursor=3120780a", "cursor");
}

SUITE("phonecalls_list", {"shows a contact's wall", test_wall},
      {"shows no deleted call", test_deleted_meanwhile}, {"sorts the hours of a day", test_hours},
      {"names what is wrong", test_wrong})
