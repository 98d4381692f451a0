/*
 * test_contacts.c - tests of handlers/contacts.c, contacts_data.c, contacts_list.c.
 */
#include "exchange.h"
#include "handlers/contacts_data.h"
#include "suite.h"

#define CONTACTS "/direct/items/contacts/"

static const struct phonecalls_settings settings;

static void plan(struct fixture *f, const char *uri)
{
    fixture_init(f, "GET", uri);
    f->context.phonecalls = &settings;
    fixture_parameter(f, "HTTP_ACCEPT_LANGUAGE", "en-US,es;q=0.5");
    fixture_plan(f);
}

static bool ends_with(struct slice text, const char *end)
{
    size_t length = strlen(end);
    bool good =
        text.length >= length && slice_is(slice_of(text.data + text.length - length, length), end);
    if (!good)
        printf("\n\"%.*s\" does not end with \"%s\"", SLICE_ARGUMENTS(text), end);
    return good;
}

static struct store_reply array(const struct store_reply *elements, size_t count)
{
    return (struct store_reply){.kind = STORE_ARRAY, .elements = elements, .count = count};
}

static void test_create(void)
{
    struct fixture f;
    plan(&f, CONTACTS "create?token=t&name=Ada%20%22A%22&phone=0212-285-3348&phone=%2B1&phone=1");
    CU_ASSERT_TRUE(ends_with(fixture_command(&f, 0),
                             " 3 callboard:contacts {callboard:contacts}:phones "
                             "{callboard:contacts}:id new  Ada \"A\" "
                             "{\"name\":\"Ada \\\"A\\\"\",\"phones\":[\"02122853348\",\"1\"]}  "
                             "02122853348 1"));
    struct store_reply added[] = {reply_string("added"), reply_string("12334")};
    fixture_render(&f, (struct store_reply[]){array(added, 2)});
    ASSERT_TEXT(f.x.response.body, "{ \"error\": false, \"contactId\": 12334 }\n");
    fixture_free(&f);
}

static void test_conflict(void)
{
    struct fixture f;
    struct store_reply conflict[] = {reply_string("conflict"), reply_string("7"),
                                     reply_string("Ada"), reply_string("1")};
    plan(&f, CONTACTS "create?token=t&name=Bob&phone=1");
    fixture_render(&f, (struct store_reply[]){array(conflict, 4)});
    ASSERT_TEXT(
        f.x.response.body,
        "{ \"error\": true, \"errors\": { \"phone\": \"the number 1 belongs to another contact "
        "already: contact 7 \\\"Ada\\\"; it cannot be given to contact \\\"Bob\\\"\" } }\n");
    fixture_free(&f);
}

static void assert_refused(const char *uri, const char *field)
{
    struct fixture f;
    char start[100];
    plan(&f, uri);
    snprintf(start, sizeof start, "{ \"error\": true, \"errors\": { \"%s\": ", field);
    CU_ASSERT_EQUAL(f.next, HANDLER_ANSWER);
    CU_ASSERT_EQUAL(f.x.response.status, 200);
    CU_ASSERT_TRUE(slice_starts(f.x.response.body, start));
    fixture_free(&f);
}

static void test_wrong(void)
{
    assert_refused(CONTACTS "create?token=t&phone=1", "name");
    assert_refused(CONTACTS "create?token=t&name=&phone=1", "name");
    assert_refused(CONTACTS "create?token=t&name=a%0ab&phone=1", "name");
    assert_refused(CONTACTS "create?token=t&name=a&name=b&phone=1", "name");
    assert_refused(CONTACTS "create?token=t&name=a", "phone");
    assert_refused(CONTACTS "create?token=t&name=a&phone=x", "phone");
    assert_refused(CONTACTS "create?token=t&name=a&phone=", "phone");
    assert_refused(CONTACTS "create?token=t&name=a&phone=1%ff", "phone");
    assert_refused(CONTACTS "create?token=t&name=a&phone=123456789012345678901234567890123",
                   "phone");
    assert_refused(CONTACTS "update?token=t&name=a", "contactId");
    assert_refused(CONTACTS "update?token=t&contactId=1", "name");
    assert_refused(CONTACTS "update?token=t&contactId=-1&name=a", "contactId");
    assert_refused(CONTACTS "delete?token=t", "contactId");
    assert_refused(CONTACTS "list?token=t&cursor=x", "cursor");
}

static void test_update(void)
{
    struct fixture f;
    struct store_reply stored = reply_string("{\"name\":\"Ada\",\"phones\":[\"1\",\"2\"]}");
    struct store_reply stale[] = {reply_string("stale")};
    struct store_reply changed[] = {reply_string("changed"), reply_string("7")};
    plan(&f, CONTACTS "update?token=t&contactId=7&name=Eva");
    ASSERT_TEXT(fixture_command(&f, 0), "HGET callboard:contacts 7");
    fixture_render(&f, &stored);
    CU_ASSERT_TRUE(ends_with(fixture_command(&f, 0),
                             " over 7 Eva {\"name\":\"Eva\",\"phones\":[\"1\",\"2\"]} "
                             "{\"name\":\"Ada\",\"phones\":[\"1\",\"2\"]} 1 2"));
    /* Somebody changed it meanwhile: it is read anew. */
    fixture_render(&f, (struct store_reply[]){array(stale, 1)});
    ASSERT_TEXT(fixture_command(&f, 0), "HGET callboard:contacts 7");
    stored = reply_string("{\"name\":\"Ada\",\"phones\":[\"3\"]}");
    fixture_render(&f, &stored);
    CU_ASSERT_TRUE(ends_with(fixture_command(&f, 0),
                             " over 7 Eva {\"name\":\"Eva\",\"phones\":"
                             "[\"3\"]} {\"name\":\"Ada\",\"phones\":[\"3\"]} 3"));
    fixture_render(&f, (struct store_reply[]){array(changed, 2)});
    ASSERT_TEXT(f.x.response.body, "{ \"error\": false, \"contactId\": 7 }\n");
    fixture_free(&f);
    plan(&f, CONTACTS "update?token=t&contactId=7&phone=5");
    fixture_render(&f, (struct store_reply[]){reply_nil()});
    CU_ASSERT_TRUE(
        slice_starts(f.x.response.body, "{ \"error\": true, \"errors\": { \"contactId\""));
    fixture_free(&f);
}

static void test_delete(void)
{
    struct fixture f;
    plan(&f, CONTACTS "delete?token=t&contactId=7");
    CU_ASSERT_TRUE(
        ends_with(fixture_command(&f, 0), " 2 callboard:contacts {callboard:contacts}:phones 7"));
    fixture_render(&f, (struct store_reply[]){reply_integer(1)});
    ASSERT_TEXT(f.x.response.body, "{ \"count\" : 1, \"error\" : false }\n");
    fixture_free(&f);
    plan(&f, CONTACTS "delete?token=t&id=7");
    fixture_render(&f, (struct store_reply[]){reply_integer(0)});
    CU_ASSERT_TRUE(
        slice_starts(f.x.response.body, "{ \"error\": true, \"errors\": { \"contactId\""));
    fixture_free(&f);
}

static void test_list(void)
{
    struct fixture f;
    struct store_reply pairs[] = {
        reply_string("7"), reply_string("{\"name\":\"A,b\",\"phones\":[\"1\",\"2\"]}"),
        reply_string("9"), reply_string("{\"name\":\"C\",\"phones\":[\"3\"]}")};
    struct store_reply page[] = {reply_string("96"), array(pairs, 4)};
    plan(&f, CONTACTS "list?token=t&limit=2&format=csv");
    ASSERT_TEXT(fixture_command(&f, 0), "HSCAN callboard:contacts 0 COUNT 2");
    fixture_render(&f, (struct store_reply[]){array(page, 2)});
    ASSERT_TEXT(f.x.response.body, "id,name,phones\r\n7,\"A,b\",1;2\r\n9,C,3\r\n");
    ASSERT_TEXT(http_response_find(&f.x.response, "X-Next-Cursor"), "96");
    fixture_free(&f);
    plan(&f, CONTACTS "list?token=t&phone=02-1");
    ASSERT_TEXT(fixture_command(&f, 0), "HGET {callboard:contacts}:phones 021");
    fixture_render(&f, (struct store_reply[]){reply_string("9")});
    ASSERT_TEXT(fixture_command(&f, 0), "HGET callboard:contacts 9");
    fixture_render(&f, &pairs[3]);
    ASSERT_TEXT(f.x.response.body,
                "{ \"error\": false, \"contacts\": [\n  { \"contactId\": 9, \"name\": "
                "\"C\", \"phones\": [\"3\"] } ], \"next\": null }\n");
    fixture_free(&f);
}

SUITE("contacts", {"creates", test_create}, {"names both of a conflict", test_conflict},
      {"names what is wrong", test_wrong}, {"updates", test_update}, {"deletes", test_delete},
      {"lists", test_list})
