/*
 * test_form.c - tests of base/form.c.
 */
#include "suite.h"

#include <stdio.h>

#include "base/form.h"

static struct arena arena;

static bool parse(const char *text, struct form *form)
{
    struct error error;
    arena_free(&arena);
    arena_init(&arena, 1 << 20);
    return form_parse(&arena, slice_from(text), form, &error);
}

/* A form as "name=value;name=value", for comparing. */
static void assert_form(const char *encoded, const char *wanted)
{
    char text[200] = "";
    struct form form;
    CU_ASSERT_TRUE_FATAL(parse(encoded, &form));
    for (size_t i = 0; i < form.count; i++) {
        CU_ASSERT_PTR_NOT_NULL(form.fields[i].name.data);
        CU_ASSERT_PTR_NOT_NULL(form.fields[i].value.data);
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s[%.*s|%.*s]", i ? " " : "",
                 SLICE_ARGUMENTS(form.fields[i].name), SLICE_ARGUMENTS(form.fields[i].value));
    }
    ASSERT_TEXT(slice_from(text), wanted);
}

static void test_parse(void)
{
    assert_form("", "");
    assert_form("&&&", "");
    assert_form("a=1&b=2", "[a|1] [b|2]");
    assert_form("a=1&&b=2&", "[a|1] [b|2]");
    assert_form("a", "[a|]");
    assert_form("a=", "[a|]");
    assert_form("=", "[|]");
    assert_form("=b", "[|b]");
    assert_form("a=b=c", "[a|b=c]");
    assert_form("a=1+2%2B3&%61=x", "[a|1 2+3] [a|x]");
    assert_form("a=%", "[a|%]");
    assert_form("a=%4&b=%zz&c=%%41", "[a|%4] [b|%zz] [c|%A]");
    assert_form("a=%c3%AB", "[a|\xc3\xab]");
    assert_form("a;b=1", "[a;b|1]");
    arena_free(&arena);
}

static void test_nul(void)
{
    struct form form;
    CU_ASSERT_TRUE(parse("a=x%00y", &form));
    CU_ASSERT_TRUE(slice_equal(form.fields[0].value, slice_of("x\0y", 3)));
    arena_free(&arena);
}

static void test_find(void)
{
    struct slice value = slice_from("untouched");
    struct form form;
    CU_ASSERT_TRUE(parse("a=1&b=2&a=3&c", &form));
    CU_ASSERT_EQUAL(form_find(&form, "d", &value), FORM_MISSING);
    ASSERT_TEXT(value, "untouched");
    CU_ASSERT_EQUAL(form_find(&form, "b", &value), FORM_ONCE);
    ASSERT_TEXT(value, "2");
    CU_ASSERT_EQUAL(form_find(&form, "a", &value), FORM_REPEATED);
    ASSERT_TEXT(value, "1");
    CU_ASSERT_EQUAL(form_find(&form, "c", &value), FORM_ONCE);
    ASSERT_TEXT(value, "");
    CU_ASSERT_PTR_NOT_NULL(value.data); /* given, though empty */
    arena_free(&arena);
}

static void test_limits(void)
{
    static char text[2 * FORM_FIELDS_MAX + 2];
    struct error error = {""};
    struct form form;
    for (size_t i = 0; i < FORM_FIELDS_MAX; i++)
        memcpy(text + 2 * i, "a&", 2);
    text[2 * FORM_FIELDS_MAX - 1] = '\0';
    CU_ASSERT_TRUE(parse(text, &form));
    CU_ASSERT_EQUAL(form.count, FORM_FIELDS_MAX);
    memcpy(text + 2 * FORM_FIELDS_MAX - 1, "&b", 3);
    CU_ASSERT_FALSE(form_parse(&arena, slice_from(text), &form, &error));
    CU_ASSERT_STRING_EQUAL(error.text, "more than 1000 fields");
    arena_free(&arena);
    arena_init(&arena, 0);
    CU_ASSERT_FALSE(form_parse(&arena, slice_from("a=b"), &form, &error));
    CU_ASSERT_TRUE(arena.exhausted);
    arena_free(&arena);
}

static void test_percent(void)
{
    static const struct {
        const char *text, *decoded; /* decoded NULL: refused */
    } cases[] = {{"", ""},         {"/a/b", "/a/b"}, {"/a%2Fb%2fc", "/a/b/c"},
                 {"a+b", "a+b"},   {"%41%7e", "A~"}, {"%", NULL},
                 {"%4", NULL},     {"a%4", NULL},    {"%zz", NULL},
                 {"%00", NULL},    {"a%2", NULL},    {"%%41", NULL},
                 {"%2525", "%25"}, {"%FF", "\xff"}};
    struct error error;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice decoded = slice_of(NULL, 0);
        bool good = percent_decode(&arena, slice_from(cases[i].text), &decoded, &error);
        CU_ASSERT_EQUAL(good, cases[i].decoded != NULL);
        ASSERT_TEXT(decoded, good ? cases[i].decoded : "");
    }
    arena_free(&arena);
}

SUITE("form", {"reads fields", test_parse}, {"keeps a NUL", test_nul}, {"finds", test_find},
      {"has limits", test_limits}, {"decodes paths strictly", test_percent})
