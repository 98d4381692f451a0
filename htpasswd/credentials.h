/*
 * credentials.h - finds out whether a credential is good, without ever holding up the loop.
 * What is quick is checked at once; bcrypt and its like in libuv's threads; PAM by its helper. A verified credential is
 * remembered for a short time under a keyed hash; one whose entry changed is not the same any more. Belongs to one
 * process and its loop.
 */
#ifndef CALLBOARD_CREDENTIALS_H
#define CALLBOARD_CREDENTIALS_H

#include <uv.h>

#include "htpasswd/memory.h"
#include "htpasswd/settings.h"

/* Slow checks at once, of libuv's four threads; the others stay free for name resolution. */
#define CREDENTIALS_AT_ONCE 2

/* Slow checks that wait or run; a further one is VERDICT_UNAVAILABLE. */
#define CREDENTIALS_WAITING 256

struct credentials;

typedef void credentials_done(void *self, enum credential_verdict verdict);

/* PAM_DOOR is what pam_helper_start returned, or -1 for no PAM. SETTINGS and MEMORY must stay. NULL without memory. */
struct credentials *credentials_open(uv_loop_t *loop, const struct credentials_settings *settings,
                                     struct credentials_memory *memory, int pam_door);

/* Frees it when the loop has run to its end. No verdict may be outstanding. */
void credentials_close(struct credentials *credentials);

/*
 * The verdict on QUESTION at NOW_US since the epoch. After VERDICT_LATER, and only then, DONE is called with the
 * verdict, once; the question's texts are not used after the return.
 */
enum credential_verdict credentials_check(struct credentials *credentials,
                                          const struct credential_question *question,
                                          int64_t now_us, credentials_done *done, void *self);

#endif
