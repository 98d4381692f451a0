/*
 * credentials.c - finds out whether a credential is good, without ever holding up the loop.
 */
#include "htpasswd/credentials.h"

#include <stdlib.h>

#include "base/clock.h"
#include "htpasswd/hash.h"
#include "htpasswd/live_file.h"
#include "htpasswd/slow_check.h"
#include "htpasswd/tokens.h"

#define US 1000000

/*
 * A credential that was good not longer ago than this is checked at once, whatever others have tried meanwhile: who is
 * being guessed, or sits behind the guesser's address, goes on working.
 */
#define KNOWN_US ((int64_t)24 * 3600 * US)

struct credentials {
    const struct credentials_settings *settings;
    struct live_file tokens;
    struct live_file htpasswd[CREDENTIAL_GROUPS]; /* see file_of */
    struct credentials_memory *memory;
    struct slow_checks *slow;
};

static enum credential_verdict conclude(void *self, const struct slow_check *check);

struct credentials *credentials_open(uv_loop_t *loop, const struct credentials_settings *settings,
                                     struct credentials_memory *memory, int pam_door)
{
    struct credentials *credentials = calloc(1, sizeof *credentials);
    if (!credentials)
        return NULL;
    credentials->settings = settings;
    credentials->memory = memory;
    credentials->tokens = live_file_at(settings->tokens);
    for (int group = 0; group < CREDENTIAL_GROUPS; group++)
        credentials->htpasswd[group] =
            live_file_at(credentials_htpasswd(settings, (enum credential_group)group));
    credentials->slow = slow_checks_open(loop, pam_door, conclude, credentials);
    if (credentials->slow)
        return credentials;
    credentials_close(credentials);
    return NULL;
}

void credentials_close(struct credentials *credentials)
{
    if (!credentials)
        return;
    if (credentials->slow)
        slow_checks_close(credentials->slow);
    live_file_close(&credentials->tokens);
    for (int group = 0; group < CREDENTIAL_GROUPS; group++)
        live_file_close(&credentials->htpasswd[group]);
    free(credentials);
}

static enum credential_verdict check_token(struct credentials *credentials, struct slice token,
                                           int64_t now_us)
{
    if (!*credentials->tokens.path)
        return VERDICT_WRONG;
    live_file_refresh(&credentials->tokens, now_us);
    return tokens_find(&credentials->tokens.content, token).length ? VERDICT_GOOD : VERDICT_WRONG;
}

/* ---- passwords of users ---- */

/* The htpasswd file of GROUP, whose path may be "". Groups that name the same path share one. */
static struct live_file *file_of(struct credentials *credentials, enum credential_group group)
{
    struct live_file *file = credentials->htpasswd;
    while (strcmp(file->path, credentials->htpasswd[group].path) != 0)
        file++;
    return file;
}

/*
 * What is remembered of a credential. It is another one as soon as the user's entry changes, and in another file, so that
 * nobody who is good in one is ever taken for good in another.
 */
static struct fingerprint fingerprint_for(const struct credentials *credentials,
                                          const struct credential_question *question,
                                          const char *path, struct slice stored)
{
    const struct slice parts[] = {
        slice_from(question->kind == CREDENTIAL_KIND_PAM ? "pam" : "htpasswd"), slice_from(path),
        question->user, question->secret, stored};
    return fingerprint_of(&credentials->memory->key, parts, sizeof parts / sizeof *parts);
}

/* For a name that is nobody's: always the same somebody's hash, so that the answer takes as long as for others. */
static struct slice stand_in(const struct credentials *credentials, const struct passwd_file *file,
                             struct slice user)
{
    if (file->name_count == 0)
        return slice_of(NULL, 0);
    const struct slice parts[] = {slice_from("stand-in"), user};
    struct fingerprint fingerprint = fingerprint_of(&credentials->memory->key, parts, 2);
    return file->by_name[fingerprint.words[0] % file->name_count]->hash;
}

/* What a check that has ended means for the next ones. */
static enum credential_verdict learn(struct credentials *credentials,
                                     const struct credential_question *question,
                                     struct fingerprint fingerprint, enum credential_verdict found)
{
    struct credentials_memory *memory = credentials->memory;
    int64_t now_us = clock_now_us();
    credentials_memory_lock(memory);
    if (found == VERDICT_GOOD) {
        remembered_put(memory->remembered, fingerprint, now_us);
        throttle_forgive(memory->throttle, question->address, question->user, now_us);
    } else if (found == VERDICT_WRONG) {
        remembered_forget(memory->remembered, fingerprint);
    }
    credentials_memory_unlock(memory);
    return found;
}

/* A slow check has ended. The entry may have changed meanwhile: then it was another one that was right. */
static enum credential_verdict conclude(void *self, const struct slow_check *check)
{
    struct credentials *credentials = self;
    const struct credential_question question = {
        .kind = check->kind, .group = check->group, .user = check->user, .address = check->address};
    enum credential_verdict found = check->verdict;
    if (found == VERDICT_GOOD && check->kind == CREDENTIAL_KIND_HTPASSWD) {
        struct live_file *file = file_of(credentials, check->group);
        live_file_refresh(file, clock_now_us());
        if (!slice_equal(passwd_file_find(&file->content, check->user), check->stored))
            found = VERDICT_WRONG;
    }
    return learn(credentials, &question, check->fingerprint, found);
}

/* How long ago the credential was found to be good; KNOWN_US when it was not, or so long ago. */
static int64_t age_of(const struct credentials *credentials, struct fingerprint fingerprint,
                      int64_t now_us)
{
    credentials_memory_lock(credentials->memory);
    int64_t verified_us = remembered_find(credentials->memory->remembered, fingerprint);
    credentials_memory_unlock(credentials->memory);
    if (verified_us && now_us < verified_us - US)
        return KNOWN_US - 1; /* the clock was set back */
    return verified_us && now_us - verified_us < KNOWN_US ? now_us - verified_us : KNOWN_US;
}

static bool may_try(const struct credentials *credentials,
                    const struct credential_question *question, int64_t now_us)
{
    credentials_memory_lock(credentials->memory);
    bool may =
        throttle_try(credentials->memory->throttle, question->address, question->user, now_us);
    credentials_memory_unlock(credentials->memory);
    return may;
}

static enum credential_verdict check_user(struct credentials *credentials,
                                          const struct credential_question *question,
                                          int64_t now_us, credentials_done *done, void *self)
{
    struct slice stored = {0}, hash = {0};
    const char *path = "";
    if (question->kind == CREDENTIAL_KIND_HTPASSWD) {
        struct live_file *file = file_of(credentials, question->group);
        live_file_refresh(file, now_us);
        path = file->path;
        stored = passwd_file_find(&file->content, question->user);
        hash = stored.length ? stored : stand_in(credentials, &file->content, question->user);
    }
    struct fingerprint fingerprint = fingerprint_for(credentials, question, path, stored);
    int64_t age_us = age_of(credentials, fingerprint, now_us);
    if (age_us < credentials->settings->remember_seconds * US)
        return VERDICT_GOOD;
    if (slow_checks_join(credentials->slow, fingerprint, done, self))
        return VERDICT_LATER;
    bool known = age_us < KNOWN_US;
    if (!known && !may_try(credentials, question, now_us))
        return VERDICT_SLOW_DOWN;
    if (question->kind == CREDENTIAL_KIND_PAM || hash_is_slow(hash))
        return slow_checks_begin(credentials->slow, question, hash,
                                 question->kind == CREDENTIAL_KIND_HTPASSWD && !stored.length,
                                 fingerprint, known, done, self)
                   ? VERDICT_LATER
                   : VERDICT_UNAVAILABLE;
    bool right = hash_check(hash, question->secret) && stored.length > 0;
    return learn(credentials, question, fingerprint, right ? VERDICT_GOOD : VERDICT_WRONG);
}

enum credential_verdict credentials_check(struct credentials *credentials,
                                          const struct credential_question *question,
                                          int64_t now_us, credentials_done *done, void *self)
{
    switch (question->kind) {
    case CREDENTIAL_KIND_TOKEN: return check_token(credentials, question->secret, now_us);
    case CREDENTIAL_KIND_HTPASSWD:
        if (!*credentials->htpasswd[question->group].path)
            return VERDICT_UNAVAILABLE;
        return check_user(credentials, question, now_us, done, self);
    case CREDENTIAL_KIND_PAM: return check_user(credentials, question, now_us, done, self);
    }
    return VERDICT_WRONG;
}
