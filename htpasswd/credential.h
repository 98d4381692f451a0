/*
 * credential.h - the question whether somebody is who he says, and its answer.
 * Plain data: the dispatcher makes the question of a request and acts on the verdict; credentials.h finds it.
 */
#ifndef CALLBOARD_CREDENTIAL_H
#define CALLBOARD_CREDENTIAL_H

#include "base/slice.h"

enum credential_kind {
    CREDENTIAL_KIND_TOKEN /* an API token; there is no user */
};

struct credential_question {
    enum credential_kind kind;
    struct slice user;
    struct slice secret;  /* never to be logged */
    struct slice address; /* of the client */
};

enum credential_verdict {
    VERDICT_GOOD,
    VERDICT_WRONG,
    VERDICT_LATER /* it takes a while; the verdict will follow */
};

#endif
