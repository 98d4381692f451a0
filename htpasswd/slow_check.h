/*
 * slow_check.h - checks that take a while, off the loop: one that is running serves all who ask the same.
 */
#ifndef CALLBOARD_SLOW_CHECK_H
#define CALLBOARD_SLOW_CHECK_H

#include "htpasswd/credentials.h"
#include "htpasswd/fingerprint.h"

struct slow_check {
    struct slow_checks *owner;
    struct fingerprint fingerprint;
    enum credential_kind kind;
    enum credential_group group;
    struct slice user, secret, address, stored; /* in `texts`; stored empty for PAM */
    char *texts;
    bool standing_in; /* nobody has this name: `stored` is somebody else's, for the time it takes */
    bool queued, right; /* waits for a thread; what the thread found */
    uint64_t since_ms;
    enum credential_verdict verdict;
    struct slow_waiter *waiters;
    struct slow_check *next;
    uv_work_t work;
    uv_timer_t delay;
};

struct slow_checks;

/* VERDICT is what CHECK came to; it lives until the return. */
typedef enum credential_verdict slow_conclude(void *self, const struct slow_check *check);

/* CONCLUDE turns what was found into the verdict that all who wait are told. NULL when there is no memory. */
struct slow_checks *slow_checks_open(uv_loop_t *loop, int pam_door, slow_conclude *conclude,
                                     void *self);

void slow_checks_close(struct slow_checks *checks);

/* Waits for a check of this fingerprint that is on its way; false: there is none. */
bool slow_checks_join(struct slow_checks *checks, struct fingerprint fingerprint,
                      credentials_done *done, void *self);

/*
 * Begins a check; the texts are copied. STORED is the hash (not for PAM), and with STANDING_IN the verdict is wrong
 * whatever it says. An URGENT one goes in front of those that wait. False: there is no room.
 */
bool slow_checks_begin(struct slow_checks *checks, const struct credential_question *question,
                       struct slice stored, bool standing_in, struct fingerprint fingerprint,
                       bool urgent, credentials_done *done, void *self);

#endif
