/*
 * pam_client.h - a worker's side of the PAM helper, on its loop.
 */
#ifndef CALLBOARD_PAM_CLIENT_H
#define CALLBOARD_PAM_CLIENT_H

#include <uv.h>

#include "htpasswd/pam_wire.h"

/* Questions of one worker that wait for their answers; a further one is refused. */
#define PAM_CLIENT_QUESTIONS 64

typedef void pam_client_done(void *self, enum pam_answer_kind kind);

struct pam_client;

/* DOOR is what pam_helper_start returned; it stays the caller's. NULL when there is no memory. */
struct pam_client *pam_client_open(uv_loop_t *loop, int door);

/*
 * Asks; DONE is called later, once. False: too many questions are waiting, or a text does not fit. When the helper dies
 * meanwhile, the next one is asked again, once; PAM_ANSWER_NONE when that fails too or nothing comes.
 */
bool pam_client_ask(struct pam_client *client, struct slice user, struct slice password,
                    struct slice address, pam_client_done *done, void *self);

/* Frees the client when the loop has run once more. No question may be waiting. */
void pam_client_close(struct pam_client *client);

#endif
