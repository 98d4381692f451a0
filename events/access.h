/*
 * access.h - who may listen to which domain.
 * By basic auth: a domain and its API token (file of DOMAIN:HASH), which hears everything; or a user of it,
 * user@domain, and his password (htpasswd file), who hears of channels those that are his.
 */
#ifndef CALLBOARD_EVENTS_ACCESS_H
#define CALLBOARD_EVENTS_ACCESS_H

#include "events/settings.h"
#include "htpasswd/credentials.h"

#define ACCESS_NAME_BYTES 256

struct access {
    char domain[ACCESS_NAME_BYTES];
    char user[ACCESS_NAME_BYTES]; /* in front of the "@"; "" with the domain's token */
    bool administrator, supervisor;
};

struct access_control;

/* SETTINGS may change later (access_settings). NULL and *error otherwise: a file cannot be read. */
struct access_control *access_open(uv_loop_t *loop, const struct events_settings *settings,
                                   struct error *error);
void access_settings(struct access_control *control, const struct events_settings *settings);
void access_close(struct access_control *control);

/*
 * Who NAME with SECRET is, into *access, which must live until the verdict. VERDICT_LATER: DONE will be called with it. An
 * access is good for nothing while there is no VERDICT_GOOD.
 */
enum credential_verdict access_check(struct access_control *control, struct slice name,
                                     struct slice secret, struct slice address,
                                     struct access *access, credentials_done *done, void *self);

/* True when DOMAIN can be a domain's name: letters, digits, ".", "-", "_". */
bool access_domain_is_good(struct slice domain);

#endif
