/*
 * test_rewrite.c - tests of base/rewrite.c.
 */
#include "suite.h"

#include "base/rewrite.h"

static struct arena arena;
static struct error error;

static struct slice apply(const char *rules[], const char *number)
{
    struct rewrite list = {0};
    for (; *rules; rules++)
        if (!rewrite_add(&list, slice_from(*rules), &arena, &error))
            return slice_from("not a rule");
    return rewrite_apply(&list, slice_from(number), &arena);
}

#define APPLY(number, ...) apply((const char *[]){__VA_ARGS__, NULL}, number)

static void test_apply(void)
{
    ASSERT_TEXT(APPLY("92853348", "drop 9", "add 0212 if 7 digits"), "02122853348");
    ASSERT_TEXT(APPLY("2853348", "drop 9", "add 0212 if 7 digits"), "02122853348");
    ASSERT_TEXT(APPLY("904142853348", "drop 9", "add 0212 if 7 digits"), "04142853348");
    ASSERT_TEXT(APPLY("9", "drop 9", "add 0212 if 7 digits"), "");
    ASSERT_TEXT(APPLY("", "drop 9", "add 0212 if 7 digits"), "");
    ASSERT_TEXT(APPLY("99", "drop 9"), "9");
    ASSERT_TEXT(APPLY("+582122853348", "replace +58 by 0"), "02122853348");
    ASSERT_TEXT(APPLY("+582122853348", "replace 58 by 0"), "+582122853348");
    ASSERT_TEXT(APPLY("92853348", "drop 9 if 9-12 digits"), "92853348");
    ASSERT_TEXT(APPLY("922853348", "drop 9 if 9-12 digits"), "22853348");
    ASSERT_TEXT(APPLY("9228533481234", "drop 9 if 9-12 digits"), "9228533481234");
    ASSERT_TEXT(APPLY("alice12", "add 0212 if 7 digits"), "alice12");
    ASSERT_TEXT(APPLY("1", "none"), "1");
    arena_free(&arena);
}

static void test_refuse(void)
{
    static const char *const wrong[] = {"",
                                        "9",
                                        "drop",
                                        "drop nine",
                                        "drop 9 9",
                                        "drop 9 if 7",
                                        "drop 9 if seven digits",
                                        "drop 9 if 8-7 digits",
                                        "drop 9 if 7- digits",
                                        "drop 9 if 65 digits",
                                        "drop 9 if 7 digits too",
                                        "replace 9 with 8",
                                        "replace 9 by",
                                        "Drop 9"};
    struct rewrite list = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        error.text[0] = '\0';
        CU_ASSERT_FALSE(rewrite_add(&list, slice_from(wrong[i]), &arena, &error));
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "drop PREFIX"));
    }
    CU_ASSERT_PTR_NULL(list.first);
    arena_free(&arena);
}

static void test_given(void)
{
    struct rewrite list = {0};
    CU_ASSERT_FALSE(list.given);
    CU_ASSERT_TRUE(rewrite_add(&list, slice_from(" none "), &arena, &error));
    CU_ASSERT_TRUE(list.given);
    CU_ASSERT_PTR_NULL(list.first);
}

static void test_exhausted(void)
{
    struct rewrite list = {0};
    struct arena small;
    CU_ASSERT_TRUE(rewrite_add(&list, slice_from("add 0212"), &arena, &error));
    arena_init(&small, 0);
    CU_ASSERT_PTR_NULL(rewrite_apply(&list, slice_from("2853348"), &small).data);
    arena_free(&arena);
}

int main(void)
{
    arena_init(&arena, 1 << 20);
    const CU_TestInfo tests[] = {{"applies rules in order", test_apply},
                                 {"refuses what is no rule", test_refuse},
                                 {"knows that none is given", test_given},
                                 {"runs out of memory", test_exhausted},
                                 CU_TEST_INFO_NULL};
    return run_suite("rewrite", tests);
}
