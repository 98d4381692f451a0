/*
 * registrar.h - how FreeSWITCH judges a REGISTER by the answer of its directory, as an oracle: switch_xml.c finds and
 * merges the user, sofia_reg.c compares. tests/unit/test_freeswitch.c holds it against what a real one did.
 */
#ifndef CALLBOARD_TEST_REGISTRAR_H
#define CALLBOARD_TEST_REGISTRAR_H

#include "base/buffer.h"

struct registrar_attempt {
    const char *domain, *user, *password;
    const char *address;    /* the phone's, IPv4 */
    const char *user_agent; /* begins with this; filters here are plain beginnings, "^text" */
    unsigned registrations; /* that the user has already */
};

enum registrar_cache {
    REGISTRAR_NOT_CACHED,
    REGISTRAR_CACHED_FOR_MS,
    REGISTRAR_CACHED_FOR_EVER
};

struct registrar_verdict {
    bool well_formed; /* the document, when the preprocessor was through with it */
    bool found;       /* the user */
    bool accepted;    /* the REGISTER */
    enum registrar_cache cache;
    unsigned lost, executed, expanded; /* by the preprocessor; see lines.h */
};

struct registrar_verdict registrar_judge(struct arena *arena, struct slice document,
                                         const struct registrar_attempt *attempt);

/* The param or variable NAME that the document's user ends up with, merged; the empty slice when there is none. */
struct slice registrar_value(struct arena *arena, struct slice document,
                             const struct registrar_attempt *attempt, const char *element,
                             const char *name);

#endif
