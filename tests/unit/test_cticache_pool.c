/*
 * test_cticache_pool.c - tests of handlers/cticache_pool.c.
 */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "handlers/cticache.h"

static struct arena arena;
static struct cticache_settings settings;
static struct error error;
static char path[] = "/tmp/callboard-pools-XXXXXX";

static bool load(const char *text)
{
    const struct config_group groups[] = {{cticache_options, cticache_option_count, &settings}};
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
    arena_free(&arena);
    arena_init(&arena, 1 << 20);
    settings = (struct cticache_settings){0};
    return config_load(path, groups, 1, &arena, &error) &&
           cticache_settings_complete(&settings, &error);
}

static bool load_numbers(const char *numbers)
{
    char text[300];
    snprintf(text, sizeof text, "[cticache.pool.a]\nnumbers = %s\n", numbers);
    return load(text);
}

static void test_ranges(void)
{
    static const struct {
        const char *numbers;
        uint64_t size;
        const char *first, *last;
    } cases[] = {{"5551234560-5551234599", 40, "5551234560", "5551234599"},
                 {"7", 1, "7", "7"},
                 {"001-010", 10, "001", "010"},
                 {"+1550, +1552 - +1554", 4, "+1550", "+1554"},
                 {"1, 01, 001, +1", 4, "1", "+1"},
                 {",1,,2,", 2, "1", "2"},
                 {"000000000000000000-000000000000099999", 100000, "000000000000000000",
                  "000000000000099999"},
                 {"999999999999999999", 1, "999999999999999999", "999999999999999999"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CU_ASSERT_TRUE_FATAL(load_numbers(cases[i].numbers));
        const struct cticache_pool *pool = settings.pools;
        CU_ASSERT_EQUAL(pool->size, cases[i].size);
        ASSERT_TEXT(cticache_pool_number(pool, 0, &arena), cases[i].first);
        ASSERT_TEXT(cticache_pool_number(pool, pool->size - 1, &arena), cases[i].last);
        CU_ASSERT_TRUE(cticache_pool_has(pool, slice_from(cases[i].first)));
        CU_ASSERT_TRUE(cticache_pool_has(pool, slice_from(cases[i].last)));
    }
    CU_ASSERT_TRUE(load_numbers("010-019"));
    static const char *const none[] = {"10", "0010", "+010", "009", "020", "", "+", "01a", "010 "};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        CU_ASSERT_FALSE(cticache_pool_has(settings.pools, slice_from(none[i])));
}

static void test_refused(void)
{
    static const char *const bad[] = {"",
                                      ",",
                                      "a",
                                      "1-",
                                      "-1",
                                      "1-2-3",
                                      "9-10",
                                      "2-1",
                                      "+1-2",
                                      "1-+2",
                                      "1 2",
                                      "++1",
                                      "1,1",
                                      "10-20,15",
                                      "15,10-20",
                                      "10-20,20-30",
                                      "1234567890123456789",
                                      "000000-100000",
                                      "000000-099999,1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bool good = load_numbers(bad[i]);
        if (good)
            printf("\ntaken: %s", bad[i]);
        CU_ASSERT_FALSE(good);
    }
    CU_ASSERT_FALSE(load("[cticache.pool.a b]\nnumbers = 1\n"));
    CU_ASSERT_FALSE(load("[cticache.pool.a:b]\nnumbers = 1\n"));
    CU_ASSERT_FALSE(load("[cticache.pool.a]\nttl = 10\n"));
    CU_ASSERT_FALSE(load("[cticache.pool.a]\nnumbers = 1\nttl = 0\n"));
    CU_ASSERT_FALSE(load("[cticache.pool.a]\nnumbers = 1\nttl = 31536001\n"));
}

static void test_pools(void)
{
    CU_ASSERT_TRUE(
        load("[cticache.pool.b]\nnumbers = 1\n[cticache.pool.a]\nnumbers = 1\nnumbers = 2\n"
             "ttl = 9\n"));
    CU_ASSERT_STRING_EQUAL(settings.default_pool->name, "b"); /* the first */
    CU_ASSERT_STRING_EQUAL(settings.pools->next->name, "a");
    CU_ASSERT_EQUAL(settings.pools->next->size, 2);
    CU_ASSERT_EQUAL(settings.pools->next->ttl, 9);
    CU_ASSERT_EQUAL(settings.ttl, 300);
    CU_ASSERT_TRUE(load("[cticache.pool.b]\nnumbers = 1\n[cticache.pool.default]\nnumbers = 2\n"));
    CU_ASSERT_STRING_EQUAL(settings.default_pool->name, "default");
    CU_ASSERT_TRUE(load(""));
    CU_ASSERT_PTR_NULL(settings.default_pool);
    unlink(path);
    arena_free(&arena);
}

static void make_file(void)
{
    close(mkstemp(path));
}

SUITE("cticache_pool", {"is made a file", make_file}, {"reads ranges", test_ranges},
      {"refuses", test_refused}, {"keeps pools in order", test_pools})
