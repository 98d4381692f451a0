/*
 * credential.h - the question whether somebody is who he says, and its answer.
 * Plain data: the dispatcher makes the question of a request and acts on the verdict; credentials.h finds it.
 */
#ifndef CALLBOARD_CREDENTIAL_H
#define CALLBOARD_CREDENTIAL_H

#include "base/slice.h"

/* Routes that have a setting `auth` of their own. */
enum credential_group {
    GROUP_COMMON, /* [callboard] auth: all others, and those below that say "common" */
    GROUP_CTICACHE,
    GROUP_DIRECTORY,     /* lookups: what FreeSWITCH asks */
    GROUP_DIRECTORY_API, /* changes of the directory */
    GROUP_NOTIFICATIONS,
    GROUP_STATUS,
    GROUP_AUTH, /* /auth, and a web server that asks for authorization alone */
    CREDENTIAL_GROUPS
};

/* Who finds out whether a user's password is right: the values of `auth`. */
enum credential_way {
    WAY_COMMON,    /* as GROUP_COMMON says */
    WAY_WEBSERVER, /* the web server has, and tells the user's name */
    WAY_HTPASSWD,  /* we do, with the htpasswd file */
    WAY_PAM        /* we do, with PAM */
};

enum credential_kind {
    CREDENTIAL_KIND_TOKEN, /* an API token; there is no user */
    CREDENTIAL_KIND_HTPASSWD,
    CREDENTIAL_KIND_PAM
};

struct credential_question {
    enum credential_kind kind;
    enum credential_group group; /* in whose htpasswd file the user is looked for */
    struct slice user;
    struct slice secret;  /* never to be logged */
    struct slice address; /* of the client */
};

enum credential_verdict {
    VERDICT_GOOD,
    VERDICT_WRONG,       /* unknown, wrong, locked: nobody is told which */
    VERDICT_SLOW_DOWN,   /* too many failures: not looked at */
    VERDICT_UNAVAILABLE, /* it cannot be found out now */
    VERDICT_LATER        /* it takes a while; the verdict will follow */
};

/* Seconds after which who was told to slow down may try again. */
#define CREDENTIAL_SLOW_SECONDS 10

#endif
