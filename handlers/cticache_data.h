/*
 * cticache_data.h - the call-data cache's names, its keys in Redis, and what POST and PUT read from a body.
 *
 *   cticache:<dnis>:<ani>              string  the value as JSON; Redis expires it
 *   callboard:cticache:rotation:<pool> integer whose turn it is
 *   callboard:cticache:live:<pool>     zset    "<dnis>:<ani>" scored by expiry in ms, for /status
 */
#ifndef CALLBOARD_CTICACHE_DATA_H
#define CALLBOARD_CTICACHE_DATA_H

#include "handlers/cticache.h"

/* What cticache_good_name asks of an ANI or a DNIS, in words. */
#define CTICACHE_NAME_RULE "1 to 64 characters of 0-9 A-Z a-z + * # . _ -"

bool cticache_good_name(struct slice name);

/*
 * The form of ANI under which its entry is kept: its last N digits when `ani_digits = N`, since carriers add
 * and drop +1, 00 and 0; but an ANI with letters is a name, and stays as it is.
 */
struct slice cticache_stored_ani(struct exchange *x, struct slice ani);

struct slice cticache_entry_key(struct exchange *x, struct slice dnis, struct slice stored_ani);
struct slice cticache_rotation_key(struct exchange *x, const struct cticache_pool *pool);

/* How the sorted set of live entries names one. */
struct slice cticache_live_member(struct exchange *x, struct slice dnis, struct slice stored_ani);

/* What the body of POST and PUT says; a missing member has data NULL, or -1. */
struct cticache_body {
    struct slice value; /* compact JSON, at most CTICACHE_VALUE_BYTES; never missing */
    struct slice ani;
    struct slice pool;
    int64_t ttl; /* seconds, within bounds */
};

/* Reads the request's body, JSON or form. False: X has the answer that says which field is wrong and why. */
bool cticache_read_body(struct exchange *x, struct cticache_body *body);

#endif
