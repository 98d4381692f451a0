/*
 * test_error.c - tests of base/error.c.
 */
#include "suite.h"

#include "base/error.h"

static void test_set(void)
{
    struct error error;
    CU_ASSERT_FALSE(error_set(&error, "line %d: %s", 7, "bad"));
    CU_ASSERT_STRING_EQUAL(error.text, "line 7: bad");
    CU_ASSERT_FALSE(error_set(NULL, "nobody listens"));
    CU_ASSERT_FALSE(error_prefix(NULL, "nobody listens"));
}

static void test_prefix(void)
{
    struct error error;
    error_set(&error, "bad");
    CU_ASSERT_FALSE(error_prefix(&error, "%s:%d", "file", 7));
    CU_ASSERT_STRING_EQUAL(error.text, "file:7: bad");
}

static void test_one_line(void)
{
    struct error error;
    error_set(&error, "a%sb", "\r\n\t\x7f\x1b");
    CU_ASSERT_STRING_EQUAL(error.text, "a?????b");
    error_prefix(&error, "x\ny");
    CU_ASSERT_STRING_EQUAL(error.text, "x?y: a?????b");
}

static void test_cut(void)
{
    char text[600];
    struct error error;
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    for (size_t length = 500; length < sizeof text; length++) {
        error_set(&error, "%.*s", (int)length, text);
        CU_ASSERT_EQUAL(strlen(error.text), length < 511 ? length : 511);
        error_prefix(&error, "%s", "file");
        CU_ASSERT_EQUAL(strncmp(error.text, "file: aaa", 9), 0);
        CU_ASSERT(strlen(error.text) <= 511);
        error_prefix(&error, "%.*s", (int)length, text);
        CU_ASSERT(strlen(error.text) <= 511);
    }
}

SUITE("error", {"holds a text", test_set}, {"takes context in front", test_prefix},
      {"stays one line", test_one_line}, {"is cut when too long", test_cut})
