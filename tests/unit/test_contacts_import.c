/*
 * test_contacts_import.c - tests of handlers/contacts_import.c and contacts_file.c.
 */
#include "exchange.h"
#include "handlers/phonecalls.h"
#include "suite.h"

static const struct phonecalls_settings settings;

static void plan(struct fixture *f, const char *type, struct slice body)
{
    fixture_init(f, "POST", "/direct/items/contacts/import?token=t");
    f->context.phonecalls = &settings;
    fixture_parameter(f, "HTTP_ACCEPT_LANGUAGE", "en");
    fixture_body(f, type, body);
    fixture_plan(f);
}

static struct store_reply outcome(const char *name)
{
    static struct store_reply elements[8][4];
    static size_t next;
    struct store_reply *reply = elements[next++ % 8];
    reply[0] = reply_string(name);
    reply[1] = reply_string("7");
    reply[2] = reply_string("Ada");
    reply[3] = reply_string("1");
    return (struct store_reply){.kind = STORE_ARRAY, .elements = reply, .count = 4};
}

static void test_csv(void)
{
    struct fixture f;
    plan(&f, "text/csv",
         slice_from("\xef\xbb\xbfPhones,name,note,id\r\n1;2-3,\"Ada, A\",x,7\r\n,Bob,,\r\n\r\n"
                    "4,Eva,,\r\nx,Eva,,\r\n5,\"a\"b,,\r\n5,Eva,,0\r\n5,,,\r\n6,Ivo\r\n"));
    CU_ASSERT_EQUAL(f.next, HANDLER_ASK);
    CU_ASSERT_EQUAL(f.x.batch.count, 3);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(fixture_command(&f, 0).data,
               " import 7 Ada, A {\"name\":\"Ada, A\",\"phones\":[\"1\",\"23\"]}  1 23"));
    fixture_render(
        &f, (struct store_reply[]){outcome("changed"), outcome("conflict"), outcome("added")});
    ASSERT_TEXT(
        f.x.response.body,
        "{ \"error\": false, \"added\": 1, \"changed\": 1, \"unchanged\": 0, \"rejected\": 6, "
        "\"reasons\": [\n"
        "  { \"line\": 3, \"reason\": \"at least one number is required\" },\n"
        "  { \"line\": 6, \"reason\": \"each number must have 1 to 32 digits\" },\n"
        "  { \"line\": 7, \"reason\": \"the line is not proper CSV\" },\n"
        "  { \"line\": 8, \"reason\": \"id must be a whole number from 1 to 4503599627370496\" "
        "},\n"
        "  { \"line\": 9, \"reason\": \"name must have 1 to 200 characters, and no control "
        "characters\" },\n"
        "  { \"line\": 5, \"reason\": \"the number 1 belongs to another contact already: "
        "contact 7 \\\"Ada\\\"; it cannot be given to contact \\\"Eva\\\"\" }\n] }\n");
    fixture_free(&f);
}

static void test_json(void)
{
    struct fixture f;
    plan(&f, "application/json",
         slice_from("[\n{\"id\": 7, \"name\": \"}]\\\"\", \"phones\": [\"1\", \"2\"]},\n"
                    "{\"name\": \"B\", \"phones\": \"3;4\"},\n {\"name\": 5, \"phones\": []},\n"
                    "{\"name\": \"C\", \"phones\": [5]}, {x}\n]\n"));
    CU_ASSERT_EQUAL(f.x.batch.count, 2);
    fixture_render(&f, (struct store_reply[]){outcome("same"), outcome("added")});
    ASSERT_TEXT(
        f.x.response.body,
        "{ \"error\": false, \"added\": 1, \"changed\": 0, \"unchanged\": 1, \"rejected\": 3, "
        "\"reasons\": [\n"
        "  { \"line\": 4, \"reason\": \"name must have 1 to 200 characters, and no control "
        "characters\" },\n"
        "  { \"line\": 5, \"reason\": \"phones must be an array of strings\" },\n"
        "  { \"line\": 5, \"reason\": \"is not proper JSON\" }\n] }\n");
    fixture_free(&f);
    plan(&f, "application/json", slice_from("[]"));
    ASSERT_TEXT(f.x.response.body,
                "{ \"error\": false, \"added\": 0, \"changed\": 0, \"unchanged\": 0, "
                "\"rejected\": 0, \"reasons\": [] }\n");
    fixture_free(&f);
}

static void assert_broken(const char *type, const char *body, const char *start)
{
    struct fixture f;
    plan(&f, type, slice_from(body));
    if (f.next == HANDLER_ASK)
        fixture_render(&f, (struct store_reply[]){outcome("added")});
    CU_ASSERT_EQUAL(f.next, HANDLER_ANSWER);
    struct slice answer = f.x.response.body;
    size_t length = strlen(start);
    ASSERT_TEXT(slice_of(answer.data, answer.length < length ? answer.length : length), start);
    fixture_free(&f);
}

static void test_broken(void)
{
#define FILE_ERROR "{ \"error\": true, \"errors\": { \"file\": \"line "
#define ROW        "{\"name\": \"B\", \"phones\": \"3\"}"
    assert_broken("text/csv", "a,b\n1,2\n", FILE_ERROR "1: the first line must name");
    assert_broken("text/csv", "", FILE_ERROR "1: the first line must name");
    assert_broken("application/json", "{}", FILE_ERROR "1: the body must be a JSON array");
    assert_broken("application/json", "[" ROW "\n", FILE_ERROR "2: a comma or the end");
    assert_broken("application/json", "[" ROW ",]", FILE_ERROR "1: an object must stand here");
    assert_broken("application/json", "[" ROW ",\n\n3]", FILE_ERROR "3: an object must stand here");
    assert_broken("application/json", "[" ROW ",{\"name\":\"",
                  FILE_ERROR "1: an object must stand");
    assert_broken("application/json", "[" ROW "] x", FILE_ERROR "1: there is text behind");
}

/* Many steps need no more memory than one. */
static void test_large(void)
{
    struct fixture f;
    struct arena arena;
    arena_init(&arena, (size_t)64 << 20);
    struct buffer body = buffer_in(&arena);
    buffer_add_string(&body, "name,phones\n");
    for (int i = 0; i < 20000; i++)
        buffer_format(&body, "Contact %d,%d\n", i, 1000000 + i);
    plan(&f, "text/csv", buffer_slice(&body));
    size_t used = f.arena.used, steps = 0, most = 0;
    struct store_reply replies[200];
    for (; f.next == HANDLER_ASK; steps++) {
        CU_ASSERT_EQUAL(f.x.batch.count, 200);
        for (int i = 0; i < 200; i++)
            replies[i] = outcome("added");
        fixture_render(&f, replies);
        size_t both = f.x.step_arenas[0].used + f.x.step_arenas[1].used;
        most = both > most ? both : most;
    }
    CU_ASSERT_EQUAL(steps, 100);
    CU_ASSERT_TRUE(most < (size_t)1 << 20);
    CU_ASSERT_TRUE(f.arena.used - used < 65536);
    CU_ASSERT_EQUAL(f.x.step_arenas[0].used + f.x.step_arenas[1].used, 0);
    CU_ASSERT_TRUE(slice_starts(f.x.response.body, "{ \"error\": false, \"added\": 20000,"));
    fixture_free(&f);
    arena_free(&arena);
}

SUITE("contacts_import", {"reads CSV", test_csv}, {"reads JSON", test_json},
      {"says where a file breaks", test_broken}, {"takes a large file in steps", test_large})
