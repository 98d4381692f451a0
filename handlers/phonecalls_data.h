/*
 * phonecalls_data.h - how a phone call is written in Redis; see phonecalls.h for what is where.
 */
#ifndef CALLBOARD_PHONECALLS_DATA_H
#define CALLBOARD_PHONECALLS_DATA_H

#include "base/arena.h"

#define PHONECALLS_DAYS "callboard:phonecalls:days"
#define PHONECALLS_ID   "callboard:phonecalls:id"

/* A day on which clocks are set back has up to 26 hours. */
#define PHONECALLS_HOURS 26

/* Ids stay where a double, which is what JavaScript reads them into, holds every integer. */
#define PHONECALLS_ID_MAX ((int64_t)1 << 53)

struct phonecall {
    int64_t day;      /* in the installation's time zone, since 1970-01-01 */
    int64_t since_us; /* since that day began */
    struct slice source, destination;
    int64_t id, contact;
    int64_t duration; /* seconds, -1: not known */
    struct slice url; /* data NULL: none */
};

/* Keys of a day. */
struct slice phonecalls_day_key(struct arena *arena, int64_t day);
struct slice phonecalls_wall_key(struct arena *arena, int64_t day);
struct slice phonecalls_hour_key(struct arena *arena, int64_t day, int hour);

/* The field of the day's hash that is CALL's, and back: false when FIELD is none. */
struct slice phonecalls_field(struct arena *arena, const struct phonecall *call);
bool phonecalls_read_field(struct arena *arena, struct slice field, struct phonecall *call);

/* The rest of CALL as the field's value, and back (jansson's arena must be set): false when VALUE is none. */
struct slice phonecalls_value(struct arena *arena, const struct phonecall *call);
bool phonecalls_read_value(struct slice value, struct phonecall *call);

#endif
