/*
 * access.c - who may listen to which domain.
 */
#include "events/access.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "htpasswd/live_file.h"
#include "htpasswd/tokens.h"

struct access_control {
    const struct events_settings *settings;
    struct live_file tokens;
    struct credentials_settings users_settings;
    struct credentials *users;      /* NULL: no htpasswd file */
    char *tokens_path, *users_path; /* settings may be read again, these two stay */
};

static bool open_users(struct access_control *control, uv_loop_t *loop, struct error *error)
{
    struct credentials_settings *settings = &control->users_settings;
    if (!*control->users_path)
        return true;
    settings->tokens = settings->pam_service = "";
    settings->remember_seconds = 60;
    for (int group = 0; group < CREDENTIAL_GROUPS; group++) {
        settings->ways[group] = WAY_HTPASSWD;
        settings->htpasswd[group] = "";
    }
    settings->htpasswd[GROUP_COMMON] = control->users_path;
    if (!credentials_files_check(settings, error))
        return false;
    struct credentials_memory *memory = credentials_memory_create(error);
    control->users = memory ? credentials_open(loop, settings, memory, -1) : NULL;
    return control->users || error_set(error, "no memory for credentials");
}

/* A file that is missing or broken at the start is told then; later, what was read stays in use. */
static bool open_tokens(struct access_control *control, struct error *error)
{
    struct passwd_file file;
    control->tokens = live_file_at(control->tokens_path);
    if (!*control->tokens_path)
        return true;
    if (!passwd_file_read(&file, control->tokens_path, false, error))
        return error_prefix(error, "[events] tokens");
    passwd_file_free(&file);
    return true;
}

struct access_control *access_open(uv_loop_t *loop, const struct events_settings *settings,
                                   struct error *error)
{
    struct access_control *control = calloc(1, sizeof *control);
    if (!control) {
        error_set(error, "out of memory");
        return NULL;
    }
    control->settings = settings;
    control->tokens_path = strdup(settings->tokens);
    control->users_path = strdup(settings->htpasswd);
    if (!control->tokens_path || !control->users_path)
        error_set(error, "out of memory");
    else if (open_tokens(control, error) && open_users(control, loop, error))
        return control;
    access_close(control);
    return NULL;
}

void access_settings(struct access_control *control, const struct events_settings *settings)
{
    control->settings = settings;
}

void access_close(struct access_control *control)
{
    live_file_close(&control->tokens);
    credentials_close(control->users);
    free(control->tokens_path);
    free(control->users_path);
    free(control);
}

bool access_domain_is_good(struct slice domain)
{
    return domain.length < ACCESS_NAME_BYTES && slice_is_name(domain, ".-_");
}

/* Takes NAME apart at its last "@". False: it can be nobody's. */
static bool take_apart(struct slice name, struct access *access)
{
    const char *at = name.length ? memrchr(name.data, '@', name.length) : NULL;
    struct slice user = slice_of(name.data, at ? (size_t)(at - name.data) : 0);
    struct slice domain = at ? slice_of(at + 1, name.length - user.length - 1) : name;
    if (!access_domain_is_good(domain) || user.length >= ACCESS_NAME_BYTES ||
        (at && user.length == 0))
        return false;
    *access = (struct access){0};
    memcpy(access->domain, domain.data, domain.length);
    if (at)
        memcpy(access->user, user.data, user.length);
    return true;
}

enum credential_verdict access_check(struct access_control *control, struct slice name,
                                     struct slice secret, struct slice address,
                                     struct access *access, credentials_done *done, void *self)
{
    int64_t now_us = clock_now_us();
    if (!take_apart(name, access))
        return VERDICT_WRONG;
    if (*access->user) {
        if (!control->users)
            return VERDICT_WRONG;
        access->administrator = events_list_has(control->settings->administrators, name);
        access->supervisor =
            access->administrator || events_list_has(control->settings->supervisors, name);
        const struct credential_question question = {.kind = CREDENTIAL_KIND_HTPASSWD,
                                                     .group = GROUP_COMMON,
                                                     .user = name,
                                                     .secret = secret,
                                                     .address = address};
        return credentials_check(control->users, &question, now_us, done, self);
    }
    if (!*control->tokens.path)
        return VERDICT_WRONG;
    live_file_refresh(&control->tokens, now_us);
    return slice_equal(tokens_find(&control->tokens.content, secret), name) ? VERDICT_GOOD
                                                                            : VERDICT_WRONG;
}
