/*
 * cticache.h - the call-data cache: data left for a call that is about to be transferred.
 * A system that will transfer a caller POSTs the caller's data with the caller's number (ANI) and gets a DNIS
 * from a pool of numbers that ring at the other system; that one picks the data up by DNIS and ANI.
 */
#ifndef CALLBOARD_CTICACHE_H
#define CALLBOARD_CTICACHE_H

#include "base/config.h"
#include "handlers/handler.h"

/* The most bytes of a value, as compact JSON. */
#define CTICACHE_VALUE_BYTES 65536

/* The most numbers of one pool. */
#define CTICACHE_POOL_NUMBERS 100000

/* Consecutive numbers of one length: "+15551230" and width 4 for "+15551230000-+15551230999". */
struct cticache_range {
    char plus; /* '+', or 0 */
    int width; /* digits */
    uint64_t first;
    uint64_t count;
};

struct cticache_pool {
    const char *name;
    struct cticache_range *ranges;
    size_t range_count;
    uint64_t size; /* numbers in all ranges */
    int64_t ttl;   /* seconds; 0: the common one */
    struct cticache_pool *next;
};

struct cticache_settings {
    int64_t
        ani_digits;  /* entries match on the last so many digits of the ANI; 0: exactly as given */
    int64_t ttl;     /* seconds that an entry lives, unless pool or request say otherwise */
    int64_t ttl_max; /* most seconds that a request may ask for */
    struct cticache_pool *pools;        /* in the order of the file */
    struct cticache_pool *default_pool; /* the one named so, or the first one; NULL: no pool */
};

/* [cticache] and [cticache.pool.NAME]. */
extern const struct config_option cticache_options[];
extern const size_t cticache_option_count;

/* Checks what no single option shows, and fills in default_pool; called once after loading. */
bool cticache_settings_complete(struct cticache_settings *settings, struct error *error);

/* The number of POOL at INDEX (0 to size - 1), in ARENA. */
struct slice cticache_pool_number(const struct cticache_pool *pool, uint64_t index,
                                  struct arena *arena);

/* True when DNIS is one of the pool's numbers, written as the pool gives them out. */
bool cticache_pool_has(const struct cticache_pool *pool, struct slice dnis);

/* The Redis key of the sorted set of POOL's live entries, "<dnis>:<ani>" scored by expiry in ms. */
struct slice cticache_live_key(const struct cticache_pool *pool, struct arena *arena);

/* POST /cticache/DNIS-ANI */
handler_plan cticache_plan_create;
handler_render cticache_render_create;

/* GET, PUT and DELETE /cticache/DNIS-ANI/{key}, where key is <dnis>:<ani> */
handler_plan cticache_plan_read;
handler_plan cticache_plan_replace;
handler_plan cticache_plan_take;
handler_render cticache_render_value;

#endif
