/*
 * test_zone.c - tests of base/zone.c: clocks that are set forward and back, at night and at midnight.
 */
#include "base/zone.h"
#include "suite.h"

static int64_t local(const char *text)
{
    struct instant_text instant = {0};
    CU_ASSERT_TRUE(instant_parse(slice_from(text), &instant));
    return instant.local_us;
}

/* The instant at which clocks show TEXT, in UTC. */
static void assert_instant(const char *text, const char *utc)
{
    CU_ASSERT_EQUAL(zone_instant(local(text)), local(utc));
}

/* INSTANT, in UTC, falls on DAY, HOURS after it began. */
static void assert_day(const char *utc, const char *day, const char *since)
{
    struct arena arena;
    int64_t us, found, wanted = 0;
    arena_init(&arena, 65536);
    struct buffer text = buffer_in(&arena);
    found = zone_day(local(utc), &us);
    CU_ASSERT_TRUE(day_parse(slice_from(day), &wanted));
    CU_ASSERT_EQUAL(found, wanted);
    clock_write(&text, us, '~');
    ASSERT_TEXT(buffer_slice(&text), since);
    CU_ASSERT_EQUAL(zone_day_begin(found) + us, local(utc));
    arena_free(&arena);
}

static void test_utc(void)
{
    zone_use("UTC");
    assert_instant("2012-08-23T12:20:33", "2012-08-23T12:20:33");
    assert_day("2012-08-23T23:59:59", "2012-08-23", "23:59:59");
    assert_day("1969-12-31T23:59:59.5", "1969-12-31", "23:59:59~5");
    CU_ASSERT_EQUAL(zone_offset(0), 0);
}

static void test_caracas(void)
{
    zone_use("America/Caracas"); /* -04:30 in 2012 */
    assert_instant("2012-08-23T12:20:33", "2012-08-23T16:50:33");
    assert_day("2012-08-23T04:29:59", "2012-08-22", "23:59:59");
    assert_day("2012-08-23T04:30:00", "2012-08-23", "00:00:00");
}

static void test_berlin(void)
{
    zone_use("Europe/Berlin");
    /* 2026-03-29: 02:00 is 03:00. 02:30 is shown by no clock. */
    assert_instant("2026-03-29T01:59:59", "2026-03-29T00:59:59");
    assert_instant("2026-03-29T02:30:00", "2026-03-29T01:30:00");
    assert_instant("2026-03-29T03:00:00", "2026-03-29T01:00:00");
    assert_day("2026-03-29T21:59:59", "2026-03-29", "22:59:59");
    assert_day("2026-03-29T22:00:00", "2026-03-30", "00:00:00");
    /* 2026-10-25: 03:00 is 02:00. 02:30 is shown twice, and a call each may be made. */
    assert_instant("2026-10-25T02:30:00", "2026-10-25T00:30:00");
    assert_day("2026-10-25T00:30:00", "2026-10-25", "02:30:00");
    assert_day("2026-10-25T01:30:00", "2026-10-25", "03:30:00");
    assert_day("2026-10-25T22:59:59", "2026-10-25", "24:59:59");
    assert_day("2026-10-25T23:00:00", "2026-10-26", "00:00:00");
}

static void test_midnight(void)
{
    zone_use("America/Sao_Paulo");
    /* 2018-11-04 begins at 01:00; on 2018-02-17 clocks show 23:00 to 24:00 twice. */
    assert_instant("2018-11-04T00:30:00", "2018-11-04T03:30:00");
    assert_day("2018-11-04T03:00:00", "2018-11-04", "00:00:00");
    assert_day("2018-02-18T01:30:00", "2018-02-17", "23:30:00");
    assert_day("2018-02-18T02:30:00", "2018-02-17", "24:30:00");
    assert_day("2018-02-18T03:00:00", "2018-02-18", "00:00:00");
}

static void test_names(void)
{
    struct error error;
    CU_ASSERT_TRUE(zone_check("UTC", &error));
    CU_ASSERT_TRUE(zone_check("America/Argentina/Buenos_Aires", &error));
    CU_ASSERT_FALSE(zone_check("America/Nowhere", &error));
    CU_ASSERT_FALSE(zone_check("America", &error)); /* a directory */
    CU_ASSERT_FALSE(zone_check("zone.tab", &error));
    CU_ASSERT_FALSE(zone_check("../../../etc/passwd", &error));
    CU_ASSERT_FALSE(zone_check("/etc/localtime", &error));
    CU_ASSERT_FALSE(zone_check("", &error));
}

SUITE("zone", {"UTC", test_utc}, {"half an hour", test_caracas},
      {"clocks that are set at night", test_berlin},
      {"clocks that are set at midnight", test_midnight}, {"knows the names of zones", test_names})
