/*
 * pam_ask.h - asks PAM one question. Waits for the answer.
 */
#ifndef CALLBOARD_PAM_ASK_H
#define CALLBOARD_PAM_ASK_H

#include "htpasswd/pam_wire.h"

/*
 * Opens SERVICE once and asks nothing: what PAM loads for it is then there for every child of this process, and a service
 * that cannot be opened is in the log before the first login.
 */
void pam_prepare(const char *service);

/* Whether the password is right and the account may be used, says SERVICE; why not goes to the log, without names. */
enum pam_answer_kind pam_ask(const char *service, const struct pam_question *question);

#endif
