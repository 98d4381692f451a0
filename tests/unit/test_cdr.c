/*
 * test_cdr.c - tests of feeds/cdr.c.
 */
#include "suite.h"

#include "base/zone.h"
#include "feeds/cdr.h"

static struct arena arena;

static struct slice initiated(const char *calldate, enum cdr_zone zone)
{
    struct slice result = {0};
    struct error error;
    if (!cdr_initiated(slice_from(calldate), zone, &arena, &result, &error))
        return slice_from("refused");
    return result;
}

static void test_utc(void)
{
    zone_use("America/Caracas");
    ASSERT_TEXT(initiated("2012-08-23 12:20:33", CDR_ZONE_UTC), "2012-08-23T12:20:33Z");
    ASSERT_TEXT(initiated("2012-08-23T12:20:33", CDR_ZONE_UTC), "2012-08-23T12:20:33Z");
    ASSERT_TEXT(initiated("2012-08-23 12:20:33.5", CDR_ZONE_UTC), "2012-08-23T12:20:33Z");
    ASSERT_TEXT(initiated("2012-08-23 12:20:33-04", CDR_ZONE_UTC), "2012-08-23T16:20:33Z");
    ASSERT_TEXT(initiated("2024-02-29 23:59:59", CDR_ZONE_UTC), "2024-02-29T23:59:59Z");
    arena_free(&arena);
}

static void test_refuse(void)
{
    static const char *const wrong[] = {"",
                                        "0000-00-00 00:00:00",
                                        "2023-02-29 00:00:00",
                                        "2012-08-23 12:60:00",
                                        "2012-08-23 12:20:333",
                                        "2012-8-23 12:20:33",
                                        "23-08-2012 12:20:33",
                                        "2012-08-23 -1:20:33",
                                        "1345724433"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ASSERT_TEXT(initiated(wrong[i], CDR_ZONE_UTC), "refused");
    arena_free(&arena);
}

static void test_local(void)
{
    zone_use("Europe/Berlin");
    ASSERT_TEXT(initiated("2012-08-23 12:20:33", CDR_ZONE_LOCAL), "2012-08-23T10:20:33Z");
    ASSERT_TEXT(initiated("2012-12-23 12:20:33", CDR_ZONE_LOCAL), "2012-12-23T11:20:33Z");
    ASSERT_TEXT(initiated("2012-01-01 00:30:00", CDR_ZONE_LOCAL), "2011-12-31T23:30:00Z");
    arena_free(&arena);
}

static void test_window(void)
{
    const int64_t now = 1345724433; /* 2012-08-23T12:20:33Z */
    zone_use("America/New_York");
    ASSERT_TEXT(slice_from(cdr_window_since(now, 3600, CDR_ZONE_LOCAL, 7).start),
                "2012-08-23 07:20:33");
    ASSERT_TEXT(slice_from(cdr_window_since(now, 3600, CDR_ZONE_UTC, 7).start),
                "2012-08-23 07:20:33");
    zone_use("Asia/Tokyo");
    ASSERT_TEXT(slice_from(cdr_window_since(now, 3600, CDR_ZONE_LOCAL, 7).start),
                "2012-08-23 20:20:33");
    ASSERT_TEXT(slice_from(cdr_window_since(now, 3600, CDR_ZONE_UTC, 7).start),
                "2012-08-23 11:20:33");
    CU_ASSERT_EQUAL(cdr_window_since(now, 3600, CDR_ZONE_UTC, 7).shortest_bytes, 7);
}

int main(void)
{
    arena_init(&arena, 1 << 20);
    const CU_TestInfo tests[] = {{"labels calldate as UTC", test_utc},
                                 {"refuses what is no date", test_refuse},
                                 {"converts local time", test_local},
                                 {"begins early enough in every zone", test_window},
                                 CU_TEST_INFO_NULL};
    return run_suite("cdr", tests);
}
