/*
 * slow_check.c - checks that take a while, off the loop: one that is running serves all who ask the same.
 */
#include "htpasswd/slow_check.h"

#include <stdlib.h>

#include "htpasswd/hash.h"
#include "htpasswd/pam_client.h"

/* PAM's modules take longer for some failures than for others: each is told at the next full second. */
#define FAILURE_STEP_MS 1000

struct slow_waiter {
    credentials_done *done;
    void *self;
    struct slow_waiter *next;
};

struct slow_checks {
    uv_loop_t *loop;
    slow_conclude *conclude;
    void *self;
    struct pam_client *pam;    /* NULL: no PAM */
    struct slow_check *checks; /* in the order they are to begin */
    size_t count, running;
};

struct slow_checks *slow_checks_open(uv_loop_t *loop, int pam_door, slow_conclude *conclude,
                                     void *self)
{
    struct slow_checks *checks = calloc(1, sizeof *checks);
    if (!checks)
        return NULL;
    *checks = (struct slow_checks){.loop = loop, .conclude = conclude, .self = self};
    if (pam_door >= 0 && !(checks->pam = pam_client_open(loop, pam_door))) {
        free(checks);
        return NULL;
    }
    return checks;
}

void slow_checks_close(struct slow_checks *checks)
{
    pam_client_close(checks->pam);
    free(checks);
}

/* ---- who waits ---- */

static bool add_waiter(struct slow_check *check, credentials_done *done, void *self)
{
    struct slow_waiter *waiter = malloc(sizeof *waiter);
    if (!waiter)
        return false;
    *waiter = (struct slow_waiter){done, self, check->waiters};
    check->waiters = waiter;
    return true;
}

bool slow_checks_join(struct slow_checks *checks, struct fingerprint fingerprint,
                      credentials_done *done, void *self)
{
    for (struct slow_check *check = checks->checks; check; check = check->next)
        if (fingerprint_same(check->fingerprint, fingerprint))
            return add_waiter(check, done, self);
    return false;
}

/* ---- the end of a check ---- */

static void free_check(struct slow_check *check)
{
    if (check->texts)
        explicit_bzero(check->texts, check->user.length + check->secret.length +
                                         check->address.length + check->stored.length);
    free(check->texts);
    free(check);
}

static void on_delay_closed(uv_handle_t *handle)
{
    free_check(handle->data);
}

static void tell(struct slow_check *check)
{
    struct slow_checks *checks = check->owner;
    struct slow_check **link = &checks->checks;
    while (*link != check)
        link = &(*link)->next;
    *link = check->next;
    checks->count--;
    while (check->waiters) {
        struct slow_waiter *waiter = check->waiters;
        check->waiters = waiter->next;
        waiter->done(waiter->self, check->verdict);
        free(waiter);
    }
    uv_close((uv_handle_t *)&check->delay, on_delay_closed);
}

static void on_delay(uv_timer_t *timer)
{
    tell(timer->data);
}

static void conclude(struct slow_check *check, enum credential_verdict found)
{
    check->verdict = check->standing_in ? VERDICT_WRONG : found;
    check->verdict = check->owner->conclude(check->owner->self, check);
    uint64_t took_ms = uv_now(check->owner->loop) - check->since_ms;
    if (check->kind == CREDENTIAL_KIND_PAM && check->verdict == VERDICT_WRONG)
        uv_timer_start(&check->delay, on_delay, FAILURE_STEP_MS - took_ms % FAILURE_STEP_MS, 0);
    else
        tell(check);
}

/* ---- hashes, in threads ---- */

static void start_queued(struct slow_checks *checks);

static void in_thread(uv_work_t *work)
{
    struct slow_check *check = work->data;
    check->right = hash_check(check->stored, check->secret);
}

static void after_thread(uv_work_t *work, int status)
{
    struct slow_check *check = work->data;
    struct slow_checks *checks = check->owner;
    checks->running--;
    start_queued(checks);
    conclude(check, status != 0    ? VERDICT_UNAVAILABLE
                    : check->right ? VERDICT_GOOD
                                   : VERDICT_WRONG);
}

static void start_queued(struct slow_checks *checks)
{
    struct slow_check *check = checks->checks;
    for (; check && checks->running < CREDENTIALS_AT_ONCE; check = check->next) {
        if (!check->queued)
            continue;
        check->queued = false;
        check->work.data = check;
        checks->running++;
        uv_queue_work(checks->loop, &check->work, in_thread, after_thread);
    }
}

/* ---- PAM, by its helper ---- */

static void on_pam_answer(void *self, enum pam_answer_kind kind)
{
    conclude(self, kind == PAM_ANSWER_GOOD    ? VERDICT_GOOD
                   : kind == PAM_ANSWER_WRONG ? VERDICT_WRONG
                                              : VERDICT_UNAVAILABLE);
}

/* ---- the beginning ---- */

static struct slice keep(char **place, struct slice text)
{
    char *at = *place;
    if (text.length)
        memcpy(at, text.data, text.length);
    *place += text.length;
    return slice_of(at, text.length);
}

static struct slow_check *make(struct slow_checks *checks,
                               const struct credential_question *question, struct slice stored)
{
    struct slow_check *check = calloc(1, sizeof *check);
    if (!check)
        return NULL;
    char *place = malloc(question->user.length + question->secret.length +
                         question->address.length + stored.length + 1);
    if (!place) {
        free(check);
        return NULL;
    }
    check->owner = checks;
    check->kind = question->kind;
    check->group = question->group;
    check->texts = place;
    check->user = keep(&place, question->user);
    check->secret = keep(&place, question->secret);
    check->address = keep(&place, question->address);
    check->stored = keep(&place, stored);
    check->since_ms = uv_now(checks->loop);
    return check;
}

static void line_up(struct slow_checks *checks, struct slow_check *check, bool urgent)
{
    struct slow_check **link = &checks->checks;
    while (!urgent && *link)
        link = &(*link)->next;
    check->next = *link;
    *link = check;
    checks->count++;
    uv_timer_init(checks->loop, &check->delay);
    check->delay.data = check;
}

bool slow_checks_begin(struct slow_checks *checks, const struct credential_question *question,
                       struct slice stored, bool standing_in, struct fingerprint fingerprint,
                       bool urgent, credentials_done *done, void *self)
{
    bool by_pam = question->kind == CREDENTIAL_KIND_PAM;
    if (checks->count >= CREDENTIALS_WAITING || (by_pam && !checks->pam))
        return false;
    struct slow_check *check = make(checks, question, stored);
    if (!check)
        return false;
    check->fingerprint = fingerprint;
    check->standing_in = standing_in;
    if (!add_waiter(check, done, self) ||
        (by_pam && !pam_client_ask(checks->pam, check->user, check->secret, check->address,
                                   on_pam_answer, check))) {
        free(check->waiters);
        free_check(check);
        return false;
    }
    check->queued = !by_pam;
    line_up(checks, check, urgent);
    start_queued(checks);
    return true;
}
