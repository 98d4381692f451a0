/*
 * instant.h - dates and instants as people write them (ISO 8601).
 * An instant is microseconds since 1970-01-01T00:00:00Z; a day is days since 1970-01-01, in the Gregorian
 * calendar throughout. Nothing here knows a time zone: see zone.h.
 */
#ifndef CALLBOARD_INSTANT_H
#define CALLBOARD_INSTANT_H

#include "base/buffer.h"

#define INSTANT_SECOND_US 1000000
#define INSTANT_DAY_US    (86400 * (int64_t)INSTANT_SECOND_US)

/* 0001-01-01 and 9999-12-31: what four digits of year can say. */
#define DAY_FIRST (-719162)
#define DAY_LAST  2932896

/* A date and time of day as it was written. */
struct instant_text {
    int64_t local_us; /* as if it were UTC */
    bool zoned;       /* it said its offset from UTC */
    int64_t offset_s; /* seconds east of Greenwich */
};

/*
 * Reads a date and time of day in any form of ISO 8601: extended (2012-08-23T12:20:33) or basic (20120823T122033);
 * calendar, ordinal (2012-236) or week date (2012-W34-4); with seconds, minutes or hours last, and a fraction of
 * whichever is last, behind "." or ","; "Z", an offset (+02:00, +0200, +02) or neither behind it. 24:00 is the end of
 * the day, :60 a leap second, which counts as the second after it. A blank may stand for the "T", as databases
 * write it, and for the "+" of an offset, which is what a "+" in a URL decodes to. Digits past the microsecond
 * are dropped. False when TEXT is none of these, or is no date that exists.
 */
bool instant_parse(struct slice text, struct instant_text *instant);

/* Reads a date without time of day, 2012-08-23 or 20120823. False when it is anything else, or does not exist. */
bool day_parse(struct slice text, int64_t *day);

/* Adds DAY as 2012-08-23. */
void day_write(struct buffer *out, int64_t day);

/* Adds US, which may be more than a day, as hh:mm:ss, and when there is one MARK and the fraction without zeros behind. */
void clock_write(struct buffer *out, int64_t us, char mark);

/* Reads what clock_write writes. */
bool clock_parse(struct slice text, char mark, int64_t *us);

/* Adds INSTANT as 2012-08-23T12:20:33[.fraction] and its offset: Z, or +hh:mm, to which the rest is local. */
void instant_write(struct buffer *out, int64_t instant_us, int64_t offset_s);

#endif
