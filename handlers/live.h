/*
 * live.h - who is registered, who is on a call, which channels are up: what a feed keeps in Redis, to be read over HTTP.
 *
 *     /registrations[/{extension}]   the hashes that existing applications read: store/live_names.h
 *     /calls[/{extension}]
 *     /channels                      callboard:elements:<domain>:channel
 *
 * Where there is a hash a domain, `domain` says of which; a list without it goes through the domains of the directory
 * (cti_domain). What others have written and is no JSON object is shown as that, and hides nothing else.
 */
#ifndef CALLBOARD_LIVE_ROUTES_H
#define CALLBOARD_LIVE_ROUTES_H

#include <jansson.h>

#include "handlers/handler.h"

/* A page ends early when it is as long as that. As a route's body limit it gives a page the memory it needs. */
#define LIVE_PAGE_BYTES ((size_t)1 << 20)

/* GET of a page: {"registrations":[{"extension":"1000","registration":{…}},…],"next":…} */
handler_plan live_plan_registrations, live_plan_calls, live_plan_channels;
handler_render live_render_page;

/* GET of one record, as it is stored. */
handler_plan live_plan_registration, live_plan_call;
handler_render live_render_record;

/* ---- shared by the files of these routes ---- */

struct live_kind {
    const char *plural, *singular; /* names in answers */
    const char *id;                /* what the hash's fields are called */
    bool shows_all; /* members are not looked through for secrets: a feed chose them */
    const struct live_names *(*names)(
        const struct live_names_settings *settings); /* NULL: elements */
};

extern const struct live_kind live_registrations, live_calls, live_channels;

/* Where one looks: the hash, and of which domain. */
struct live_place {
    const struct live_kind *kind;
    bool per_domain;     /* there is a hash a domain */
    struct slice domain; /* asked for; empty: none */
};

/* Reads `domain`. False, and the answer is made, when it cannot be right, or nothing is kept at all. */
bool live_place_read(struct exchange *x, const struct live_kind *kind, struct live_place *place);

/* Key of the hash of DOMAIN. */
struct slice live_place_key(struct exchange *x, const struct live_place *place,
                            struct slice domain);

/* Adds STORED, without secrets. False, and nothing is added, when it is no JSON object. */
bool live_add_record(struct buffer *body, const struct live_kind *kind, struct slice stored);

#endif
