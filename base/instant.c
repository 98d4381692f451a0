/*
 * instant.c - dates and instants as people write them (ISO 8601).
 */
#include "base/instant.h"

/* ---- the calendar ---- */

/* Days from 1970-01-01 to a date; the months of a year are counted from March, so that the leap day is last. */
static int64_t day_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(int64_t day, int64_t *year, int64_t *month, int64_t *of_month)
{
    day += 719468;
    int64_t era = (day >= 0 ? day : day - 146096) / 146097;
    int64_t of_era = day - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * of_year + 2) / 153;
    *of_month = of_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march + (from_march < 10 ? 3 : -9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

static bool is_leap_year(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

/* Monday 1 to Sunday 7; 1970-01-01 was a Thursday. */
static int64_t weekday_of(int64_t day)
{
    return ((day + 3) % 7 + 7) % 7 + 1;
}

static bool calendar_date(int64_t year, int64_t month, int64_t of_month, int64_t *day)
{
    if (year < 1 || month < 1 || month > 12 || of_month < 1 ||
        of_month > days_in_month(year, month))
        return false;
    *day = day_of(year, month, of_month);
    return true;
}

static bool ordinal_date(int64_t year, int64_t of_year, int64_t *day)
{
    if (year < 1 || of_year < 1 || of_year > 365 + is_leap_year(year))
        return false;
    *day = day_of(year, 1, 1) + of_year - 1;
    return true;
}

/* Week 1 is the one with January 4 in it; a year has week 53 when the year after begins late enough. */
static bool week_date(int64_t year, int64_t week, int64_t weekday, int64_t *day)
{
    int64_t fourth = day_of(year, 1, 4), next_fourth = day_of(year + 1, 1, 4);
    int64_t monday = fourth - weekday_of(fourth) + 1;
    int64_t next_monday = next_fourth - weekday_of(next_fourth) + 1;
    if (year < 1 || week < 1 || weekday < 1 || weekday > 7)
        return false;
    *day = monday + (week - 1) * 7 + weekday - 1;
    return *day < next_monday && *day >= DAY_FIRST && *day <= DAY_LAST;
}

/* ---- reading ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool next_is(struct slice s, char c)
{
    return s.length > 0 && s.data[0] == c;
}

static bool skip(struct slice *s, char c)
{
    if (!next_is(*s, c))
        return false;
    *s = slice_of(s->data + 1, s->length - 1);
    return true;
}

/* Exactly COUNT digits off the front of *s. */
static bool take_digits(struct slice *s, size_t count, int64_t *value)
{
    uint64_t number;
    if (s->length < count || !slice_number(slice_of(s->data, count), UINT32_MAX, &number))
        return false;
    *value = (int64_t)number;
    *s = slice_of(s->data + count, s->length - count);
    return true;
}

static size_t leading_digits(struct slice s)
{
    size_t count = 0;
    while (count < s.length && is_digit(s.data[count]))
        count++;
    return count;
}

static bool take_date(struct slice *s, int64_t *day)
{
    int64_t year, a, b;
    if (!take_digits(s, 4, &year))
        return false;
    bool extended = skip(s, '-');
    if (skip(s, 'W'))
        return take_digits(s, 2, &a) && skip(s, '-') == extended && take_digits(s, 1, &b) &&
               week_date(year, a, b, day);
    if (leading_digits(*s) == 3)
        return take_digits(s, 3, &a) && ordinal_date(year, a, day);
    return take_digits(s, 2, &a) && skip(s, '-') == extended && take_digits(s, 2, &b) &&
           calendar_date(year, a, b, day);
}

/* A fraction of UNIT microseconds, when one follows: "." or "," and at least one digit. */
static bool take_fraction(struct slice *s, int64_t unit, int64_t *us)
{
    *us = 0;
    if (!skip(s, '.') && !skip(s, ','))
        return true;
    size_t count = leading_digits(*s);
    int64_t scale = 1, value = 0;
    for (size_t i = 0; i < count && i < 9; i++, scale *= 10)
        value = value * 10 + (s->data[i] - '0');
    /* An hour is 3.6 thousand million microseconds: with nine digits this stays below 2^63. */
    *us = value * unit / scale;
    *s = slice_of(s->data + count, s->length - count);
    return count > 0;
}

static bool take_time(struct slice *s, int64_t *us)
{
    int64_t hour, minute = 0, second = 0, fraction, unit = 3600;
    if (!take_digits(s, 2, &hour))
        return false;
    bool extended = next_is(*s, ':');
    if (extended || leading_digits(*s) >= 2) {
        unit = 60;
        if ((extended && !skip(s, ':')) || !take_digits(s, 2, &minute))
            return false;
        if (extended ? skip(s, ':') : leading_digits(*s) >= 2) {
            unit = 1;
            if (!take_digits(s, 2, &second))
                return false;
        }
    }
    if (!take_fraction(s, unit * INSTANT_SECOND_US, &fraction))
        return false;
    bool end_of_day = hour == 24 && minute == 0 && second == 0 && fraction == 0;
    bool leap_second = second == 60 && minute == 59;
    *us = ((hour * 60 + minute) * 60 + second) * INSTANT_SECOND_US + fraction;
    return (hour < 24 || end_of_day) && minute < 60 && (second < 60 || leap_second);
}

/* Z, an offset, or nothing; and then the end. */
static bool take_zone(struct slice *s, struct instant_text *instant)
{
    int64_t hours, minutes = 0;
    bool east;
    instant->zoned = s->length > 0;
    instant->offset_s = 0;
    if (s->length == 0)
        return true;
    if (skip(s, 'Z') || skip(s, 'z'))
        return s->length == 0;
    east = skip(s, '+') || skip(s, ' ');
    if ((!east && !skip(s, '-')) || !take_digits(s, 2, &hours))
        return false;
    if (s->length > 0) {
        skip(s, ':');
        if (!take_digits(s, 2, &minutes))
            return false;
    }
    instant->offset_s = (hours * 3600 + minutes * 60) * (east ? 1 : -1);
    return s->length == 0 && hours < 24 && minutes < 60;
}

bool instant_parse(struct slice text, struct instant_text *instant)
{
    int64_t day, us;
    if (!take_date(&text, &day) || (!skip(&text, 'T') && !skip(&text, 't') && !skip(&text, ' ')) ||
        !take_time(&text, &us) || !take_zone(&text, instant))
        return false;
    instant->local_us = day * INSTANT_DAY_US + us;
    return true;
}

bool day_parse(struct slice text, int64_t *day)
{
    int64_t year, month, of_month;
    if (!take_digits(&text, 4, &year))
        return false;
    bool extended = skip(&text, '-');
    return take_digits(&text, 2, &month) && skip(&text, '-') == extended &&
           take_digits(&text, 2, &of_month) && text.length == 0 &&
           calendar_date(year, month, of_month, day);
}

/* ---- writing ---- */

static void write_padded(struct buffer *out, int64_t number, int width)
{
    for (int64_t unit = width == 4 ? 1000 : 10; unit > 1 && number < unit; unit /= 10)
        buffer_add_byte(out, '0');
    buffer_add_number(out, number);
}

void day_write(struct buffer *out, int64_t day)
{
    int64_t year, month, of_month;
    date_of(day, &year, &month, &of_month);
    write_padded(out, year, 4);
    buffer_add_byte(out, '-');
    write_padded(out, month, 2);
    buffer_add_byte(out, '-');
    write_padded(out, of_month, 2);
}

void clock_write(struct buffer *out, int64_t us, char mark)
{
    int64_t seconds = us / INSTANT_SECOND_US, fraction = us % INSTANT_SECOND_US;
    write_padded(out, seconds / 3600, 2);
    buffer_add_byte(out, ':');
    write_padded(out, seconds / 60 % 60, 2);
    buffer_add_byte(out, ':');
    write_padded(out, seconds % 60, 2);
    if (fraction == 0)
        return;
    buffer_add_byte(out, mark);
    for (int64_t unit = INSTANT_SECOND_US / 10; fraction > 0; fraction %= unit, unit /= 10)
        buffer_add_byte(out, (char)('0' + fraction / unit));
}

bool clock_parse(struct slice text, char mark, int64_t *us)
{
    int64_t hours, minutes, seconds;
    if (!take_digits(&text, 2, &hours) || !skip(&text, ':') || !take_digits(&text, 2, &minutes) ||
        !skip(&text, ':') || !take_digits(&text, 2, &seconds) || minutes > 59 || seconds > 59)
        return false;
    *us = ((hours * 60 + minutes) * 60 + seconds) * INSTANT_SECOND_US;
    if (text.length == 0)
        return true;
    if (!skip(&text, mark) || text.length == 0 || leading_digits(text) != text.length)
        return false;
    int64_t unit = INSTANT_SECOND_US / 10;
    for (size_t i = 0; i < text.length; i++, unit /= 10)
        *us += (text.data[i] - '0') * unit;
    return true;
}

void instant_write(struct buffer *out, int64_t instant_us, int64_t offset_s)
{
    int64_t local = instant_us + offset_s * INSTANT_SECOND_US;
    int64_t of_day = (local % INSTANT_DAY_US + INSTANT_DAY_US) % INSTANT_DAY_US;
    int64_t minutes = (offset_s < 0 ? -offset_s : offset_s) / 60;
    day_write(out, (local - of_day) / INSTANT_DAY_US);
    buffer_add_byte(out, 'T');
    clock_write(out, of_day, '.');
    if (offset_s == 0) {
        buffer_add_byte(out, 'Z');
        return;
    }
    buffer_add_byte(out, offset_s < 0 ? '-' : '+');
    write_padded(out, minutes / 60, 2);
    buffer_add_byte(out, ':');
    write_padded(out, minutes % 60, 2);
}
