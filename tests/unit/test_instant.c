/*
 * test_instant.c - tests of base/instant.c.
 */
#include "base/instant.h"
#include "suite.h"

/* What TEXT means, written out again; "-" when it means nothing. */
static struct slice read_again(struct arena *arena, const char *text)
{
    struct instant_text instant;
    struct buffer out = buffer_in(arena);
    if (!instant_parse(slice_from(text), &instant))
        return slice_from("-");
    instant_write(&out, instant.local_us - instant.offset_s * INSTANT_SECOND_US, instant.offset_s);
    if (!instant.zoned)
        out.length--; /* the Z that it did not say */
    return buffer_slice(&out);
}

static void test_forms(void)
{
    static const char *const cases[][2] = {
        {"2012-08-23T12:20:33", "2012-08-23T12:20:33"},
        {"2012-08-23T12:20:33Z", "2012-08-23T12:20:33Z"},
        {"2012-08-23t12:20:33z", "2012-08-23T12:20:33Z"},
        {"2012-08-23 12:20:33", "2012-08-23T12:20:33"},
        {"20120823T122033Z", "2012-08-23T12:20:33Z"},
        {"20120823T122033.250-0430", "2012-08-23T12:20:33.25-04:30"},
        {"2012-08-23T12:20:33,000001+02", "2012-08-23T12:20:33.000001+02:00"},
        {"2012-08-23T12:20:33 02:00", "2012-08-23T12:20:33+02:00"}, /* "+" in a URL */
        {"2012-08-23T12:20:33.1234567899", "2012-08-23T12:20:33.123456"},
        {"2012-08-23T12:20", "2012-08-23T12:20:00"},
        {"2012-08-23T12:20.5", "2012-08-23T12:20:30"},
        {"2012-08-23T12", "2012-08-23T12:00:00"},
        {"2012-08-23T12,25", "2012-08-23T12:15:00"},
        {"2012-236T12:20:33", "2012-08-23T12:20:33"},
        {"2012236T122033", "2012-08-23T12:20:33"},
        {"2012-W34-4T12:20:33", "2012-08-23T12:20:33"},
        {"2012W344T122033", "2012-08-23T12:20:33"},
        {"2009-W53-7T00:00", "2010-01-03T00:00:00"},
        {"2012-02-29T24:00", "2012-03-01T00:00:00"},
        {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
        {"2000-02-29T00:00:00", "2000-02-29T00:00:00"},
        {"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z"},
        {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
        {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"}};
    struct arena arena;
    arena_init(&arena, 65536);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ASSERT_TEXT(read_again(&arena, cases[i][0]), cases[i][1]);
    arena_free(&arena);
}

static void test_not_forms(void)
{
    static const char *const cases[] = {"",
                                        "now",
                                        "2012-08-23",
                                        "12:20:33",
                                        "2012-08-23T",
                                        "2012-08-23T1",
                                        "2012-08-23T12:2",
                                        "2012-08-23T12:20:3",
                                        "2012-08-23T12:20:33.",
                                        "2012-08-23T12:20:33.x",
                                        "2012-08-23T12:20:33ZZ",
                                        "2012-08-23T12:20:33+",
                                        "2012-08-23T12:20:33+2",
                                        "2012-08-23T12:20:33+24",
                                        "2012-08-23T12:20:33+02:60",
                                        "2012-08-23T12:20:33+02:0",
                                        "2012-08-23T12:20:33 ",
                                        " 2012-08-23T12:20:33",
                                        "2012-08-23T24:00:01",
                                        "2012-08-23T25:00:00",
                                        "2012-08-23T12:60:00",
                                        "2012-08-23T12:20:60",
                                        "2012-08-23T12:20:61",
                                        "2012-13-01T00:00:00",
                                        "2012-00-01T00:00:00",
                                        "2012-04-31T00:00:00",
                                        "2011-02-29T00:00:00",
                                        "1900-02-29T00:00:00",
                                        "2012-08-00T00:00:00",
                                        "2012-0823T00:00:00",
                                        "201208-23T00:00:00",
                                        "2011-366T00:00:00",
                                        "2012-000T00:00:00",
                                        "2010-W53-1T00:00:00",
                                        "2012-W00-1T00:00:00",
                                        "2012-W34-8T00:00:00",
                                        "2012-W34T00:00:00",
                                        "0000-01-01T00:00:00",
                                        "12-08-23T12:20:33",
                                        "2012-08-23T12:20:33\xc3\xb1",
                                        "2012/08/23 12:20:33",
                                        "1345724433"};
    struct arena arena;
    arena_init(&arena, 65536);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ASSERT_TEXT(read_again(&arena, cases[i]), "-");
    struct instant_text instant;
    CU_ASSERT_FALSE(instant_parse(slice_of("2012-08-23T12:20:33\0", 20), &instant));
    arena_free(&arena);
}

static void test_days(void)
{
    static const struct {
        const char *text;
        int64_t day;
    } cases[] = {{"1970-01-01", 0},    {"1969-12-31", -1},        {"2000-03-01", 11017},
                 {"20120823", 15575},  {"0001-01-01", DAY_FIRST}, {"9999-12-31", DAY_LAST},
                 {"2012-02-29", 15399}};
    static const char *const wrong[] = {"",           "2012-8-23",  "2012-08-23T00:00",
                                        "2012-02-30", "2011-02-29", "2012-08-23 ",
                                        "23-08-2012", "2012-0823"};
    struct arena arena;
    int64_t day, last = INT64_MIN;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CU_ASSERT_TRUE(day_parse(slice_from(cases[i].text), &day));
        CU_ASSERT_EQUAL(day, cases[i].day);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CU_ASSERT_FALSE(day_parse(slice_from(wrong[i]), &day));
    /* Every day is written so that it reads back as itself. */
    for (int64_t each = DAY_FIRST; each <= DAY_LAST; each += 97) {
        struct arena one;
        arena_init(&one, 65536);
        struct buffer out = buffer_in(&one);
        day_write(&out, each);
        CU_ASSERT_TRUE(day_parse(buffer_slice(&out), &last));
        CU_ASSERT_EQUAL(last, each);
        arena_free(&one);
    }
    arena_free(&arena);
}

static void test_clock(void)
{
    struct arena arena;
    int64_t us;
    arena_init(&arena, 65536);
    struct buffer out = buffer_in(&arena);
    clock_write(&out, 90061 * (int64_t)INSTANT_SECOND_US + 50000, '~');
    ASSERT_TEXT(buffer_slice(&out), "25:01:01~05");
    CU_ASSERT_TRUE(clock_parse(buffer_slice(&out), '~', &us));
    CU_ASSERT_EQUAL(us, 90061 * (int64_t)INSTANT_SECOND_US + 50000);
    CU_ASSERT_FALSE(clock_parse(slice_from("12:20:33."), '~', &us));
    CU_ASSERT_FALSE(clock_parse(slice_from("12:20:33~"), '~', &us));
    CU_ASSERT_FALSE(clock_parse(slice_from("12:60:33"), '~', &us));
    CU_ASSERT_FALSE(clock_parse(slice_from("12:20"), '~', &us));
    arena_free(&arena);
}

SUITE("instant", {"reads every form", test_forms}, {"refuses the rest", test_not_forms},
      {"reads and writes days", test_days}, {"reads and writes times of day", test_clock})
