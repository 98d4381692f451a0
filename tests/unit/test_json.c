/*
 * test_json.c - tests of base/json.c.
 */
#include "suite.h"

#include <math.h>
#include <stdio.h>

#include "base/json.h"

static struct arena arena;

/* TEXT read and written again must be WANTED; NULL: it must be refused. */
static void assert_json(struct slice text, const char *wanted)
{
    struct error error = {""};
    arena_init(&arena, 1 << 20);
    json_use_arena(&arena);
    const json_t *value = json_parse(text, &error);
    if (!wanted) {
        if (value)
            printf("\ntaken: %.*s", SLICE_ARGUMENTS(text));
        CU_ASSERT_PTR_NULL(value);
        CU_ASSERT_NOT_EQUAL(error.text[0], '\0');
    } else {
        if (!value)
            printf("\nrefused: %.*s: %s", SLICE_ARGUMENTS(text), error.text);
        CU_ASSERT_PTR_NOT_NULL_FATAL(value);
        struct buffer out = buffer_in(&arena);
        json_write(&out, value);
        ASSERT_TEXT(buffer_slice(&out), wanted);
    }
    json_use_arena(NULL);
    arena_free(&arena);
}

static void test_valid(void)
{
    static const struct {
        const char *text, *written;
    } cases[] = {
        {"null", "null"},
        {" true ", "true"},
        {"\"a\"", "\"a\""},
        {"\"\"", "\"\""},
        {"0", "0"},
        {"-0", "0"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"0.1", "0.1"},
        {"1.5e3", "1500.0"},
        {"1e400", NULL},
        {"3.141592653589793", "3.141592653589793"},
        {"[1, 2 ,[ ]]", "[1,2,[]]"},
        {"{\"z\":1,\"a\":{\"b\":[]}}", "{\"z\":1,\"a\":{\"b\":[]}}"},
        {"\"\\u00eb\\ud83d\\udcde\\n\\u0000\"", "\"\xc3\xab\xf0\x9f\x93\x9e\\n\\u0000\""},
        {"{\"\":0}", "{\"\":0}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_json(slice_from(cases[i].text), cases[i].written);
}

static void test_invalid(void)
{
    static const char *const cases[] = {"",
                                        " ",
                                        "nul",
                                        "True",
                                        "01",
                                        "+1",
                                        ".5",
                                        "1.",
                                        "NaN",
                                        "Infinity",
                                        "'a'",
                                        "\"a",
                                        "\"\t\"",
                                        "\"\\x41\"",
                                        "\"\\ud800\"",
                                        "\"\\udc00\\ud800\"",
                                        "\"\xc0\xaf\"",
                                        "\"\xed\xa0\x80\"",
                                        "\"\xff\"",
                                        "[1,]",
                                        "[1 2]",
                                        "[1",
                                        "]",
                                        "{\"a\":1,}",
                                        "{\"a\"}",
                                        "{a:1}",
                                        "{\"a\":1,\"a\":2}",
                                        "{\"a\\u0000\":1}",
                                        "{} {}",
                                        "1 2",
                                        "/**/1",
                                        "9223372036854775808",
                                        "\xef\xbb\xbf{}"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_json(slice_from(cases[i]), NULL);
    assert_json(slice_of("1\0", 2), NULL);
    assert_json(slice_of(NULL, 0), NULL);
}

/* COUNT times "[", then as many "]". */
static struct slice nested(char *text, int count)
{
    memset(text, '[', (size_t)count);
    memset(text + count, ']', (size_t)count);
    return slice_of(text, 2 * (size_t)count);
}

static void test_depth(void)
{
    static char text[200000];
    struct slice deepest = nested(text, JSON_DEPTH_MAX);
    char wanted[2 * JSON_DEPTH_MAX + 1] = "";
    memcpy(wanted, deepest.data, deepest.length);
    assert_json(deepest, wanted);
    assert_json(nested(text, JSON_DEPTH_MAX + 1), NULL);
    assert_json(nested(text, 100000), NULL);
    memset(text, '{', sizeof text);
    assert_json(slice_of(text, sizeof text), NULL);
    /* Brackets in a text are no levels, whatever is escaped. */
    assert_json(slice_from("\"\\\\\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
                           "[[[[[[[[[[[[[[[[\""),
                "\"\\\\\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
                "[[[[[[[[[\"");
}

static void test_numbers_read_back(void)
{
    static const double cases[] = {0.1,  1.0 / 3,  5e-324,   1.7976931348623157e308, 123456789.123,
                                   -0.0, 2.5e-308, 1e15 / 7, 9007199254740993.0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error;
        arena_init(&arena, 1 << 20);
        json_use_arena(&arena);
        struct buffer out = buffer_in(&arena);
        json_write(&out, json_real(cases[i]));
        const json_t *back = json_parse(buffer_slice(&out), &error);
        CU_ASSERT_TRUE_FATAL(json_is_real(back));
        CU_ASSERT_EQUAL(json_real_value(back), cases[i]);
        CU_ASSERT_EQUAL(signbit(json_real_value(back)), signbit(cases[i]));
        json_use_arena(NULL);
        arena_free(&arena);
    }
}

/* With any bound on its memory a document is read whole, or is refused; never anything else. */
static void test_memory(void)
{
    static const char text[] = "{\"a\":[1,2.5,\"text\",{\"b\":null}],\"c\":\"0123456789\"}";
    struct error error;
    size_t refused = 0;
    for (size_t limit = 0; limit < 40000; limit += 100) {
        arena_init(&arena, limit);
        json_use_arena(&arena);
        const json_t *value = json_parse(slice_from(text), &error);
        struct buffer out = buffer_in(&arena);
        if (value)
            json_write(&out, value);
        json_use_arena(NULL);
        if (arena.exhausted)
            refused++;
        else
            ASSERT_TEXT(buffer_slice(&out), text);
        arena_free(&arena);
    }
    CU_ASSERT(refused > 0 && refused < 400);
}

/* Outside of an arena jansson works as ever: a leak checker sees that everything is given back. */
static void test_without_arena(void)
{
    struct error error;
    json_use_arena(NULL);
    json_t *value = json_parse(slice_from("{\"a\":[1,2,3]}"), &error);
    CU_ASSERT_PTR_NOT_NULL(value);
    json_decref(value);
}

static void test_slice(void)
{
    json_t *string = json_stringn("a\0b", 3);
    CU_ASSERT_TRUE(slice_equal(json_slice(string), slice_of("a\0b", 3)));
    json_decref(string);
}

static void test_text(void)
{
    struct error error;
    json_t *object = json_parse(slice_from("{\"a\":\"b\",\"n\":1,\"e\":\"\"}"), &error);
    CU_ASSERT_TRUE(slice_is(json_text(object, "a"), "b"));
    CU_ASSERT_EQUAL(json_text(object, "e").length, 0);
    CU_ASSERT_PTR_NULL(json_text(object, "n").data);
    CU_ASSERT_PTR_NULL(json_text(object, "x").data);
    CU_ASSERT_PTR_NULL(json_text(NULL, "a").data);
    json_decref(object);
}

SUITE("json", {"reads and writes", test_valid}, {"refuses what is not JSON", test_invalid},
      {"refuses what is nested too deep", test_depth},
      {"writes reals to read back", test_numbers_read_back},
      {"runs out of memory in good order", test_memory},
      {"works without an arena", test_without_arena}, {"lends strings", test_slice},
      {"texts of members", test_text})
