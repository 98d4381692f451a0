/*
 * zone.h - the installation's time zone: where "12:20:33" without a zone is, and where a day begins.
 * The C library knows the zones; which one counts is a property of the process, set once when it starts.
 */
#ifndef CALLBOARD_ZONE_H
#define CALLBOARD_ZONE_H

#include "base/error.h"
#include "base/instant.h"

/* True when NAME ("America/Caracas", "UTC") is a zone that this machine knows. */
bool zone_check(const char *name, struct error *error);

/* From now on NAME, which zone_check has found good, is the zone of this process. */
void zone_use(const char *name);

/* Seconds east of Greenwich at an instant. */
int64_t zone_offset(int64_t instant_us);

/*
 * The instant at which clocks show LOCAL_US (microseconds as if it were UTC). A time that clocks show twice, when
 * they are set back, means the first; one that they skip, when they are set forward, is what a clock shows
 * that nobody has set: 02:30 then is 03:30.
 */
int64_t zone_instant(int64_t local_us);

/*
 * The day on which INSTANT_US falls in the zone, and in *since_us how long that day had lasted: on all days but those
 * on which clocks are set that is the time of day.
 */
int64_t zone_day(int64_t instant_us, int64_t *since_us);

/* The instant at which DAY begins. */
int64_t zone_day_begin(int64_t day);

#endif
