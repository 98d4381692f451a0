/*
 * live_domains.h - the domains that one PBX serves, as far as is known, and its element `server` in each of them.
 */
#ifndef CALLBOARD_LIVE_DOMAINS_H
#define CALLBOARD_LIVE_DOMAINS_H

#include "feeds/live_table.h"

/* All zero but for these three: no domain is known, nor whether the PBX is heard. */
struct live_domains {
    struct slice server;
    void *self;
    /* The element of DOMAIN is now JSON. */
    void (*tell)(void *self, struct slice domain, struct slice json);

    struct live_table table; /* of struct live_entry */
    bool known, up;
    int64_t since_us;
};

/* The PBX serves DOMAIN. Of more than 1,000 domains the others have no element. */
void live_domains_note(struct live_domains *domains, struct slice domain);

/* The PBX is heard, or not, since SINCE_US. */
void live_domains_server_is(struct live_domains *domains, bool up, int64_t since_us);

void live_domains_free(struct live_domains *domains);

#endif
