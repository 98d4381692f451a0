/*
 * pam_wire.h - what a worker and the PAM helper say to each other, one packet each.
 */
#ifndef CALLBOARD_PAM_WIRE_H
#define CALLBOARD_PAM_WIRE_H

#include <stdint.h>

#include "htpasswd/hash.h"
#include "htpasswd/passwd_file.h"

/* All texts are NUL-terminated. */
struct pam_question {
    uint32_t id;
    char user[PASSWD_NAME_BYTES + 1];
    char password[HASH_PASSWORD_BYTES + 1];
    char address[64]; /* of the client, for PAM_RHOST */
};

enum pam_answer_kind {
    PAM_ANSWER_GOOD,
    PAM_ANSWER_WRONG, /* unknown, wrong, locked, expired: nobody is told which */
    PAM_ANSWER_NONE   /* PAM could not find out */
};

struct pam_answer {
    uint32_t id;
    uint32_t kind;
};

#endif
