/*
 * pam_helper.h - a process that asks PAM, and does nothing else.
 * Started by the master while it is root, as pam_unix tells only root about other users. It takes questions from workers,
 * asks PAM in a child for each, so many at once, and ends when the last worker has ended. A keeper in front of it starts
 * it again when it dies.
 */
#ifndef CALLBOARD_PAM_HELPER_H
#define CALLBOARD_PAM_HELPER_H

#include "base/error.h"

/* Children asking PAM at once; further questions wait. */
#define PAM_HELPER_AT_ONCE 8

/* Seconds after which a child is killed. */
#define PAM_HELPER_SECONDS 10

/*
 * Starts the keeper for the PAM service of this name, and with it the helper. Returns the descriptor by which pam_client
 * reaches it, inherited by workers and closed by exec; -1 and *error otherwise.
 */
int pam_helper_start(const char *service, struct error *error);

#endif
