/*
 * suite.h - a CUnit program in one line: SUITE("slice", {"cuts", test_cut}, …).
 */
#ifndef CALLBOARD_SUITE_H
#define CALLBOARD_SUITE_H

#include <CUnit/Basic.h>

#include "base/slice.h"

/* S is the NUL-terminated string; prints both when not. */
#define ASSERT_TEXT(s, string) assert_text((s), (string), __LINE__, __FILE__)

static inline void assert_text(struct slice s, const char *string, int line, const char *file)
{
    bool same = slice_is(s, string);
    if (!same)
        printf("\n%s:%d: got \"%.*s\", not \"%s\"", file, line, SLICE_ARGUMENTS(s), string);
    CU_assertImplementation(same, (unsigned)line, "text", file, "", CU_FALSE);
}

static inline int run_suite(const char *name, const CU_TestInfo *tests)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 2;
    CU_pSuite suite = CU_add_suite(name, NULL, NULL);
    for (; suite && tests->pName; tests++)
        if (!CU_add_test(suite, tests->pName, tests->pTestFunc))
            return 2;
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_tests_failed() + CU_get_number_of_suites_failed();
    unsigned ran = CU_get_number_of_tests_run();
    CU_cleanup_registry();
    return failed || ran == 0;
}

#define SUITE(name, ...)                                                                           \
    int main(void)                                                                                 \
    {                                                                                              \
        const CU_TestInfo tests[] = {__VA_ARGS__, CU_TEST_INFO_NULL};                              \
        return run_suite(name, tests);                                                             \
    }

#endif
