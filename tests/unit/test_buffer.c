/*
 * test_buffer.c - tests of base/buffer.c.
 */
#include "suite.h"

#include "base/buffer.h"

static struct arena arena;

static struct buffer fresh(size_t limit)
{
    arena_free(&arena);
    arena_init(&arena, limit);
    return buffer_in(&arena);
}

static void test_add(void)
{
    struct buffer text = fresh(1 << 20);
    CU_ASSERT_EQUAL(buffer_slice(&text).length, 0);
    buffer_add_string(&text, "a");
    buffer_add(&text, slice_of(NULL, 0));
    buffer_add_byte(&text, '-');
    buffer_format(&text, "%s=%d", "b", 7);
    ASSERT_TEXT(buffer_slice(&text), "a-b=7");
    for (int i = 0; i < 5000; i++)
        buffer_add_string(&text, "0123456789");
    CU_ASSERT_EQUAL(text.length, 50005);
    CU_ASSERT_EQUAL(memcmp(text.data, "a-b=70123", 9), 0);
    CU_ASSERT_EQUAL(memcmp(text.data + 49995, "0123456789", 10), 0);
    CU_ASSERT_FALSE(text.failed);
    arena_free(&arena);
}

static void test_number(void)
{
    static const struct {
        int64_t number;
        const char *text;
    } cases[] = {{0, "0"},
                 {9, "9"},
                 {-10, "-10"},
                 {1795219200000000, "1795219200000000"},
                 {INT64_MAX, "9223372036854775807"},
                 {INT64_MIN, "-9223372036854775808"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer text = fresh(1 << 20);
        buffer_add_number(&text, cases[i].number);
        ASSERT_TEXT(buffer_slice(&text), cases[i].text);
    }
    arena_free(&arena);
}

/* What did not fit is remembered, and what was there stays. */
static void test_failure(void)
{
    struct buffer text = fresh(10000);
    buffer_add_string(&text, "kept");
    buffer_reserve(&text, 100000);
    CU_ASSERT_TRUE(text.failed);
    CU_ASSERT_TRUE(arena.exhausted);
    buffer_add_string(&text, "not added");
    buffer_format(&text, "%d", 1);
    ASSERT_TEXT(buffer_slice(&text), "kept");
    text = fresh(10000);
    buffer_add_byte(&text, 'x');
    CU_ASSERT_FALSE(buffer_reserve(&text, SIZE_MAX));
    CU_ASSERT_TRUE(text.failed);
    text = fresh(0);
    buffer_add_string(&text, "x");
    buffer_add_json(&text, slice_from("x"));
    CU_ASSERT_TRUE(text.failed);
    CU_ASSERT_EQUAL(buffer_slice(&text).length, 0);
    arena_free(&arena);
}

static void test_json(void)
{
    static const struct {
        struct slice text;
        const char *json;
    } cases[] = {{SLICE_LITERAL(""), "\"\""},
                 {{NULL, 0}, "\"\""},
                 {SLICE_LITERAL("plain"), "\"plain\""},
                 {SLICE_LITERAL("\"\\/"), "\"\\\"\\\\/\""},
                 {SLICE_LITERAL("a\nb\r\tc"), "\"a\\nb\\r\\tc\""},
                 {SLICE_LITERAL("\0\x01\x1f\x7f"), "\"\\u0000\\u0001\\u001f\x7f\""},
                 {SLICE_LITERAL("Zo\xc3\xab"), "\"Zo\xc3\xab\""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer text = fresh(1 << 20);
        buffer_add_json(&text, cases[i].text);
        ASSERT_TEXT(buffer_slice(&text), cases[i].json);
    }
    arena_free(&arena);
}

static void test_percent(void)
{
    struct buffer text = fresh(1 << 20);
    buffer_add_percent(&text, slice_of("aZ09-._~ /+*#%\0\xc3", 16), "+*");
    ASSERT_TEXT(buffer_slice(&text), "aZ09-._~%20%2F+*%23%25%00%C3");
    arena_free(&arena);
}

SUITE("buffer", {"adds text", test_add}, {"adds numbers", test_number},
      {"remembers that something did not fit", test_failure}, {"escapes for JSON", test_json},
      {"percent-encodes", test_percent})
