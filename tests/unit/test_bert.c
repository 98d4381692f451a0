/*
 * test_bert.c - tests of events/bert.c.
 */
#include "suite.h"

#include "events/bert.h"

static struct arena arena;

/* The bytes as hexadecimal digits. */
static struct slice shown(const struct buffer *out)
{
    struct buffer hex = buffer_in(&arena);
    for (size_t i = 0; i < out->length; i++)
        buffer_format(&hex, "%02x", (unsigned char)out->data[i]);
    return buffer_slice(&hex);
}

static struct slice integer(int64_t value)
{
    struct buffer out = buffer_in(&arena);
    bert_integer(&out, value);
    return shown(&out);
}

static struct slice latin1(const char *text)
{
    struct buffer out = buffer_in(&arena);
    bert_latin1(&out, slice_from(text));
    return shown(&out);
}

static void test_integers(void)
{
    arena_init(&arena, 1 << 20);
    ASSERT_TEXT(integer(0), "6100");
    ASSERT_TEXT(integer(255), "61ff");
    ASSERT_TEXT(integer(256), "6200000100");
    ASSERT_TEXT(integer(-1), "62ffffffff");
    ASSERT_TEXT(integer(10001000), "6200989a68");
    ASSERT_TEXT(integer(134217727), "6207ffffff");
    ASSERT_TEXT(integer(-134217728), "62f8000000");
    ASSERT_TEXT(integer(134217728), "6e040000000008");
    ASSERT_TEXT(integer(-134217729), "6e040101000008");
    ASSERT_TEXT(integer(INT64_C(1546839040035125)), "6e070035898187d77e05");
    ASSERT_TEXT(integer(INT64_MAX), "6e0800ffffffffffffff7f");
    ASSERT_TEXT(integer(INT64_MIN), "6e08010000000000000080");
    arena_free(&arena);
}

static void test_terms(void)
{
    arena_init(&arena, 1 << 20);
    struct buffer out = buffer_in(&arena);
    bert_begin(&out);
    bert_tuple(&out, 3);
    bert_atom(&out, slice_from("ok"));
    bert_list(&out, 2);
    bert_boolean(&out, true);
    bert_undefined(&out);
    bert_nil(&out);
    bert_list(&out, 0);
    bert_nil(&out);
    bert_string(&out, slice_from(""));
    ASSERT_TEXT(shown(&out),
                "8368036400026f6b6c0000000264000474727565640009756e646566696e65646a6a6b0000");
    arena_free(&arena);
}

/* What a client shows that reads bytes as Latin-1. */
static void test_latin1(void)
{
    arena_init(&arena, 1 << 20);
    ASSERT_TEXT(latin1(""), "6d00000000");
    ASSERT_TEXT(latin1("admin"), "6d0000000561646d696e");
    ASSERT_TEXT(latin1("Zo\xc3\xab"), "6d000000035a6feb");        /* Zoë */
    ASSERT_TEXT(latin1("\xc5\xbdi\xc5\xbe"), "6d000000035a697a"); /* Žiž: Ziz */
    ASSERT_TEXT(latin1("\xe2\x80\x9c"
                       "a\xe2\x80\xa6\xe2\x80\x9d"),
                "6d0000000622612e2e2e22");                             /* “a…” */
    ASSERT_TEXT(latin1("\xe3\x83\xa6\xe3\x83\xbc"), "6d000000023f3f"); /* ユー */
    ASSERT_TEXT(latin1("\xef\xbc\x91\xef\xbc\x90"), "6d000000023130"); /* full-width 10 */
    ASSERT_TEXT(latin1("\xf0\x9f\x98\x80"), "6d000000013f");
    ASSERT_TEXT(latin1("a\xff\xc3"), "6d00000003613f3f");
    arena_free(&arena);
}

static void test_full_arena(void)
{
    char text[4096];
    memset(text, 'a', sizeof text);
    arena_init(&arena, 1024);
    struct buffer out = buffer_in(&arena);
    bert_latin1(&out, slice_of(text, sizeof text));
    CU_ASSERT_TRUE(out.failed);
    arena_free(&arena);
}

SUITE("bert", {"integers", test_integers}, {"terms", test_terms}, {"latin1", test_latin1},
      {"a full arena", test_full_arena})
