/*
 * verdict.h - what came of sending one call, and so what to do with it.
 */
#ifndef CALLBOARD_VERDICT_H
#define CALLBOARD_VERDICT_H

#include <curl/curl.h>

#include "base/arena.h"
#include "base/error.h"

enum verdict {
    VERDICT_ACCEPTED, /* 200 with "error": false: it is in callboard, now or since an earlier time */
    VERDICT_REJECTED, /* the call is wrong, and will be next time: not sent again */
    VERDICT_LATER,    /* this call did not get through; it may later */
    VERDICT_AWAY,     /* callboard is away or overloaded: no call gets through; it may later */
    VERDICT_HOPELESS  /* no call will ever get through: wrong address, token, certificate */
};

/*
 * Judges a transfer: RESULT and DETAIL (may be "") are curl's, STATUS and BODY the answer's. For all but
 * VERDICT_ACCEPTED *reason says why. ARENA holds what is needed to read BODY.
 */
enum verdict verdict_of(CURLcode result, const char *detail, long status, struct slice body,
                        struct arena *arena, struct error *reason);

#endif
