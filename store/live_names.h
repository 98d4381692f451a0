/*
 * live_names.h - the names in Redis of the live state that existing applications read: who is registered, who is on a
 * call. Settled by the configuration, as gui.registration and gui.call were; shared by who writes it and who shows it.
 *
 *     registrations            hash extension -> the event of its registration, JSON
 *     registrations@<domain>   the same, a hash a domain, when registration_per_domain is on
 *     calls, calls@<domain>    hash extension -> {"username", "current", "notify", "<uuid>": {…}, "activity": […]}
 */
#ifndef CALLBOARD_LIVE_NAMES_H
#define CALLBOARD_LIVE_NAMES_H

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"

/* Of registrations, or of calls. */
struct live_names {
    const char *hash;    /* "": not kept */
    const char *channel; /* PubSub, to which the same JSON is published; "": off */
    const char *list;    /* onto which it is pushed; "": off */
    bool per_domain;     /* the hash's name ends in @<domain> */
};

struct live_names_settings {
    struct live_names registration, call;
};

/* [freeswitch] registration_hash, registration_channel, registration_list, registration_per_domain; call_hash, … */
extern const struct config_option live_names_options[];
extern const size_t live_names_option_count;

/* Fails when two things would be written under one name. */
bool live_names_check(const struct live_names_settings *settings, struct error *error);

/* The key of the hash for DOMAIN, NUL-terminated, in ARENA; empty without memory, or when none is kept. */
struct slice live_names_hash(struct arena *arena, const struct live_names *names,
                             struct slice domain);

#endif
