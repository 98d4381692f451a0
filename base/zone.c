/*
 * zone.c - the installation's time zone.
 */
#include "base/zone.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ZONES "/usr/share/zoneinfo"

bool zone_check(const char *name, struct error *error)
{
    char path[256], magic[4];
    struct slice text = slice_from(name);
    if (slice_is(text, "UTC"))
        return true;
    bool good = text.length < 128 &&
                slice_only(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                 "/_+-") &&
                text.data[0] != '/';
    snprintf(path, sizeof path, ZONES "/%s", good ? name : "");
    int descriptor = good ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    good = descriptor >= 0 && read(descriptor, magic, 4) == 4 && memcmp(magic, "TZif", 4) == 0;
    if (descriptor >= 0)
        close(descriptor);
    if (good)
        return true;
    return error_set(error, "there is no time zone \"%s\" in " ZONES " (package tzdata)", name);
}

void zone_use(const char *name)
{
    setenv("TZ", strcmp(name, "UTC") == 0 ? "UTC0" : name, 1);
    tzset();
}

static int64_t floor_seconds(int64_t us)
{
    return (us >= 0 ? us : us - INSTANT_SECOND_US + 1) / INSTANT_SECOND_US;
}

int64_t zone_offset(int64_t instant_us)
{
    struct tm parts;
    time_t seconds = (time_t)floor_seconds(instant_us);
    return localtime_r(&seconds, &parts) ? parts.tm_gmtoff : 0;
}

int64_t zone_instant(int64_t local_us)
{
    /* No zone is more than a day from Greenwich or sets its clocks twice in two days. */
    int64_t before = zone_offset(local_us - INSTANT_DAY_US) * INSTANT_SECOND_US;
    int64_t after = zone_offset(local_us + INSTANT_DAY_US) * INSTANT_SECOND_US;
    int64_t first = local_us - before, second = local_us - after;
    if (zone_offset(first) * INSTANT_SECOND_US == before)
        return first;
    if (zone_offset(second) * INSTANT_SECOND_US == after)
        return second;
    return first;
}

int64_t zone_day_begin(int64_t day)
{
    return zone_instant(day * INSTANT_DAY_US);
}

int64_t zone_day(int64_t instant_us, int64_t *since_us)
{
    int64_t local = instant_us + zone_offset(instant_us) * INSTANT_SECOND_US;
    int64_t day = (local >= 0 ? local : local - INSTANT_DAY_US + 1) / INSTANT_DAY_US;
    *since_us = instant_us - zone_day_begin(day);
    return day;
}
