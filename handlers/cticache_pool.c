/*
 * cticache_pool.c - the pools of DNIS numbers and the rest of [cticache] in the configuration.
 */
#include <stdio.h>

#include "handlers/cticache.h"

#define DIGITS_MAX 18 /* fits 64 bits; E.164 has at most 15 */

static struct cticache_settings *settings_of(void *settings)
{
    return settings;
}

/*
 * The pool INSTANCE, made when it is new; pools keep the order of the file. The name becomes part of Redis keys
 * and of metrics, so it is made of plain characters only.
 */
static struct cticache_pool *pool_named(struct cticache_settings *settings, struct slice instance,
                                        struct arena *arena, struct error *error)
{
    if (!slice_is_name(instance, "._-")) {
        error_set(error, "a pool's name is made of 0-9 A-Z a-z . _ -");
        return NULL;
    }
    struct cticache_pool **place = &settings->pools;
    while (*place && !slice_is(instance, (*place)->name))
        place = &(*place)->next;
    if (!*place) {
        *place = arena_calloc(arena, 1, sizeof **place);
        if (*place)
            (*place)->name = instance.data; /* the configuration's arena ends it with a NUL */
        else
            error_set(error, "out of memory");
    }
    return *place;
}

static bool read_number(struct slice text, struct cticache_range *range, uint64_t *number)
{
    range->plus = text.length && text.data[0] == '+' ? '+' : 0;
    if (range->plus)
        text = slice_of(text.data + 1, text.length - 1);
    range->width = (int)text.length;
    return text.length <= DIGITS_MAX && slice_number(text, UINT64_MAX, number);
}

static bool read_range(struct slice text, struct cticache_range *range, struct error *error)
{
    struct cticache_range end;
    uint64_t last;
    struct slice to, from = slice_trim(slice_cut(text, '-', &to));
    if (!read_number(from, range, &range->first))
        return error_set(error,
                         "\"%.*s\" is not a number of 1 to %d digits (a range is FIRST-LAST)",
                         SLICE_ARGUMENTS(from), DIGITS_MAX);
    range->count = 1;
    if (!to.data)
        return true;
    to = slice_trim(to);
    if (!read_number(to, &end, &last) || end.width != range->width || end.plus != range->plus)
        return error_set(error, "the range %.*s must have two numbers of the same length",
                         SLICE_ARGUMENTS(text));
    if (last < range->first)
        return error_set(error, "the range %.*s ends before it begins", SLICE_ARGUMENTS(text));
    range->count = last - range->first + 1;
    return true;
}

static bool overlap(const struct cticache_range *a, const struct cticache_range *b)
{
    return a->plus == b->plus && a->width == b->width && a->first < b->first + b->count &&
           b->first < a->first + a->count;
}

static bool add_range(struct cticache_pool *pool, const struct cticache_range *range,
                      struct slice text, struct arena *arena, struct error *error)
{
    for (size_t i = 0; i < pool->range_count; i++)
        if (overlap(range, &pool->ranges[i]))
            return error_set(error, "%.*s is in the pool already", SLICE_ARGUMENTS(text));
    if (range->count > CTICACHE_POOL_NUMBERS - pool->size)
        return error_set(error, "a pool holds at most %d numbers", CTICACHE_POOL_NUMBERS);
    struct cticache_range *ranges =
        arena_grow(arena, pool->ranges, pool->range_count * sizeof *ranges,
                   (pool->range_count + 1) * sizeof *ranges);
    if (!ranges)
        return error_set(error, "out of memory");
    ranges[pool->range_count++] = *range;
    pool->ranges = ranges;
    pool->size += range->count;
    return true;
}

static bool set_numbers(void *settings, struct slice instance, struct slice value,
                        struct arena *arena, struct error *error)
{
    struct cticache_pool *pool = pool_named(settings_of(settings), instance, arena, error);
    if (!pool)
        return false;
    for (struct slice rest = value; rest.data;) {
        struct slice text = slice_trim(slice_cut(rest, ',', &rest));
        struct cticache_range range;
        if (text.length == 0)
            continue;
        if (!read_range(text, &range, error) || !add_range(pool, &range, text, arena, error))
            return false;
    }
    return true;
}

static bool set_pool_ttl(void *settings, struct slice instance, struct slice value,
                         struct arena *arena, struct error *error)
{
    struct cticache_pool *pool = pool_named(settings_of(settings), instance, arena, error);
    uint64_t seconds;
    if (!pool)
        return false;
    if (!slice_number(value, 31536000, &seconds) || seconds == 0)
        return error_set(error, "ttl must be a whole number of seconds from 1 to 31536000");
    pool->ttl = (int64_t)seconds;
    return true;
}

const struct config_option cticache_options[] = {
    {.section = "cticache",
     .name = "ani_digits",
     .kind = CONFIG_NUMBER,
     .offset = offsetof(struct cticache_settings, ani_digits),
     .standard = "0",
     .maximum = 64},
    {.section = "cticache",
     .name = "ttl",
     .kind = CONFIG_NUMBER,
     .offset = offsetof(struct cticache_settings, ttl),
     .standard = "300",
     .minimum = 1,
     .maximum = 31536000},
    {.section = "cticache",
     .name = "ttl_max",
     .kind = CONFIG_NUMBER,
     .offset = offsetof(struct cticache_settings, ttl_max),
     .standard = "86400",
     .minimum = 1,
     .maximum = 31536000},
    {.section = "cticache.pool.*", .name = "numbers", .kind = CONFIG_OTHER, .set = set_numbers},
    {.section = "cticache.pool.*", .name = "ttl", .kind = CONFIG_OTHER, .set = set_pool_ttl},
};
const size_t cticache_option_count = sizeof cticache_options / sizeof *cticache_options;

bool cticache_settings_complete(struct cticache_settings *settings, struct error *error)
{
    settings->default_pool = settings->pools;
    for (struct cticache_pool *pool = settings->pools; pool; pool = pool->next) {
        if (pool->size == 0)
            return error_set(error, "section [cticache.pool.%s] has no numbers", pool->name);
        if (strcmp(pool->name, "default") == 0)
            settings->default_pool = pool;
    }
    return true;
}

struct slice cticache_pool_number(const struct cticache_pool *pool, uint64_t index,
                                  struct arena *arena)
{
    const struct cticache_range *range = pool->ranges;
    while (index >= range->count) {
        index -= range->count;
        range++;
    }
    char text[DIGITS_MAX + 2];
    int length = snprintf(text, sizeof text, "%s%0*llu", range->plus ? "+" : "", range->width,
                          (unsigned long long)(range->first + index));
    return arena_copy(arena, slice_of(text, (size_t)length));
}

bool cticache_pool_has(const struct cticache_pool *pool, struct slice dnis)
{
    struct cticache_range written;
    uint64_t number;
    if (!read_number(dnis, &written, &number))
        return false;
    for (size_t i = 0; i < pool->range_count; i++) {
        const struct cticache_range *range = &pool->ranges[i];
        if (range->plus == written.plus && range->width == written.width &&
            number >= range->first && number - range->first < range->count)
            return true;
    }
    return false;
}
