/*
 * test_slice.c - tests of base/slice.c.
 */
#include "suite.h"

static void test_cut(void)
{
    struct slice rest = slice_from("a:b:"), first = slice_cut(rest, ':', &rest);
    ASSERT_TEXT(first, "a");
    ASSERT_TEXT(slice_cut(rest, ':', &rest), "b");
    CU_ASSERT_PTR_NOT_NULL(rest.data);
    ASSERT_TEXT(slice_cut(rest, ':', &rest), "");
    CU_ASSERT_PTR_NULL(rest.data);
}

static void test_number(void)
{
    uint64_t value = 7;
    CU_ASSERT_TRUE(slice_number(slice_from("18446744073709551615"), UINT64_MAX, &value));
    CU_ASSERT_EQUAL(value, UINT64_MAX);
    CU_ASSERT_FALSE(slice_number(slice_from("18446744073709551616"), UINT64_MAX, &value));
    CU_ASSERT_FALSE(slice_number(slice_from("6"), 5, &value));
    CU_ASSERT_FALSE(slice_number(slice_from("51"), 50, &value));
    CU_ASSERT_FALSE(slice_number(slice_from(""), 50, &value));
    CU_ASSERT_FALSE(slice_number(slice_from("+5"), 50, &value));
    CU_ASSERT_FALSE(slice_number(slice_from("5 "), 50, &value));
    CU_ASSERT_EQUAL(value, UINT64_MAX);
}

static void test_utf8(void)
{
    CU_ASSERT_TRUE(slice_is_utf8(slice_from("")));
    CU_ASSERT_TRUE(slice_is_utf8(slice_from("Zo\xc3\xab \xe2\x82\xac \xf0\x9f\x93\x9e")));
    CU_ASSERT_FALSE(slice_is_utf8(slice_from("\xc0\xaf")));         /* overlong "/" */
    CU_ASSERT_FALSE(slice_is_utf8(slice_from("\xed\xa0\x80")));     /* surrogate */
    CU_ASSERT_FALSE(slice_is_utf8(slice_from("\xf4\x90\x80\x80"))); /* past U+10FFFF */
    CU_ASSERT_FALSE(slice_is_utf8(slice_from("\xe2\x82")));         /* cut */
    CU_ASSERT_FALSE(slice_is_utf8(slice_from("\x80")));
}

static void test_equal(void)
{
    CU_ASSERT_TRUE(slice_equal_nocase(slice_from("Content-Type"), slice_from("CONTENT-type")));
    CU_ASSERT_FALSE(slice_equal_nocase(slice_from("a"), slice_from("b")));
    CU_ASSERT_TRUE(slice_equal_secret(slice_from("secret"), slice_from("secret")));
    CU_ASSERT_FALSE(slice_equal_secret(slice_from("secret"), slice_from("secreT")));
    CU_ASSERT_FALSE(slice_equal_secret(slice_from("secret"), slice_from("secretsecret")));
    CU_ASSERT_FALSE(slice_equal_secret(slice_from("secret"), slice_from("")));
    CU_ASSERT_TRUE(slice_equal_secret(slice_from(""), slice_from("")));
}

static void test_only(void)
{
    CU_ASSERT_TRUE(slice_only(slice_from("0123"), "0123456789"));
    CU_ASSERT_FALSE(slice_only(slice_from(""), "0123456789"));
    CU_ASSERT_FALSE(slice_only(slice_of("0\0", 2), "0123456789"));
    ASSERT_TEXT(slice_trim(slice_from(" \t a b\t ")), "a b");
    CU_ASSERT_TRUE(slice_starts(slice_from("unix:/x"), "unix:"));
    CU_ASSERT_FALSE(slice_starts(slice_from("uni"), "unix:"));
}

static void test_control(void)
{
    CU_ASSERT_FALSE(slice_has_control(slice_of(NULL, 0)));
    CU_ASSERT_FALSE(slice_has_control(slice_from(" a~\xc3\xa9\xff")));
    CU_ASSERT_TRUE(slice_has_control(slice_of("a\0", 2)));
    CU_ASSERT_TRUE(slice_has_control(slice_from("\x1f")));
    CU_ASSERT_TRUE(slice_has_control(slice_from("a\nb")));
    CU_ASSERT_TRUE(slice_has_control(slice_from("a\x7f")));
}

SUITE("slice", {"cuts at separators", test_cut}, {"reads numbers", test_number},
      {"knows UTF-8", test_utf8}, {"compares", test_equal}, {"checks characters", test_only},
      {"control characters", test_control})
