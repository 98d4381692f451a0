/*
 * cdr.c - the times of Asterisk's call detail records.
 */
#include "feeds/cdr.h"

#include "base/instant.h"
#include "base/zone.h"

#include <time.h>

bool cdr_initiated(struct slice calldate, enum cdr_zone zone, struct arena *arena,
                   struct slice *initiated, struct error *error)
{
    struct instant_text text;
    struct buffer out = buffer_in(arena);
    if (!instant_parse(calldate, &text))
        return error_set(error, "calldate is not a date and time: \"%.*s\"",
                         SLICE_ARGUMENTS(calldate));
    int64_t instant_us = text.local_us;
    if (text.zoned)
        instant_us -= text.offset_s * INSTANT_SECOND_US;
    else if (zone == CDR_ZONE_LOCAL)
        instant_us = zone_instant(text.local_us);
    int64_t fraction_us = instant_us % INSTANT_SECOND_US;
    instant_us -= fraction_us < 0 ? fraction_us + INSTANT_SECOND_US : fraction_us;
    instant_write(&out, instant_us, 0);
    *initiated = buffer_slice(&out);
    return !out.failed || error_set(error, "out of memory");
}

/* What clocks OFFSET seconds east of Greenwich show at START, as Asterisk writes it. */
static void write_start(struct cdr_window *window, int64_t start, int64_t offset)
{
    struct tm parts;
    time_t shown = (time_t)(start + offset);
    gmtime_r(&shown, &parts);
    strftime(window->start, sizeof window->start, "%Y-%m-%d %H:%M:%S", &parts);
}

struct cdr_window cdr_window_since(int64_t now, int64_t seconds, enum cdr_zone zone,
                                   int64_t shortest_bytes)
{
    struct cdr_window window = {.shortest_bytes = shortest_bytes};
    int64_t start = now - seconds;
    int64_t offset = zone_offset(start * INSTANT_SECOND_US);
    if (zone == CDR_ZONE_UTC && offset > 0)
        offset = 0;
    write_start(&window, start, offset);
    return window;
}
