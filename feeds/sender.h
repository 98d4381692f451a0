/*
 * sender.h - sends phone calls to callboard: several at a time, over kept connections.
 * What fails for a reason that may pass is sent again, later and later (0.1 s to 10 s, or as Retry-After says). While
 * callboard is away one call at a time tries whether it is back. Calls are few in memory: as many as are in flight.
 */
#ifndef CALLBOARD_SENDER_H
#define CALLBOARD_SENDER_H

#include <signal.h>

#include "base/config.h"
#include "feeds/phonecall.h"
#include "feeds/verdict.h"

enum sender_method {
    SENDER_POST, /* a form: the token stays out of what proxies log */
    SENDER_GET
};

struct sender_settings {
    const char *url;   /* of callboard: https://host[:port][/mount] */
    const char *token; /* a secret */
    const char *user, *password;
    const char *ca; /* file of certificates to trust; "": the system's */
    bool verify;    /* the server's certificate */
    int method;     /* enum sender_method */
    int64_t in_flight;
    int64_t timeout;      /* seconds for one call */
    int64_t patience;     /* seconds without a call getting through, after which to give up */
    const char *language; /* in which callboard is to give its reasons */
};

/* What sender_run works with; each function is called with SELF. */
struct sender_hooks {
    void *self;
    /* The next call into *call, its texts in ARENA. *end when there is none. False, with *error: there will be none. */
    bool (*supply)(void *self, struct arena *arena, struct phonecall *call, bool *end,
                   struct error *error);
    /* CALL is done with: VERDICT_ACCEPTED, or VERDICT_REJECTED for REASON. */
    void (*done)(void *self, const struct phonecall *call, enum verdict verdict,
                 const struct error *reason);
    /* Callboard is away for REASON; NULL: it is back. Once for each change. */
    void (*away)(void *self, const struct error *reason);
    /* A few times a second, at the least. */
    void (*tick)(void *self);
};

/*
 * Sends all that HOOKS supplies. True when all calls are done with. False, and *error, when no call can get through, when none
 * has for as long as the patience, when supply failed, or when *stop was set meanwhile; what was under way then is waited
 * for (not any more when *stop is 2 or more). All calls that are not done with may be sent again.
 */
bool sender_run(const struct sender_settings *settings, const struct sender_hooks *hooks,
                const volatile sig_atomic_t *stop, struct error *error);

#endif
