/*
 * credentials.c - finds out whether a credential is good.
 */
#include "htpasswd/credentials.h"

#include <stdlib.h>

#include "htpasswd/live_file.h"
#include "htpasswd/tokens.h"

#define MEMBER(name) offsetof(struct credentials_settings, name)

const struct config_option credentials_options[] = {
    {.section = "direct",
     .name = "tokens",
     .kind = CONFIG_TEXT,
     .offset = MEMBER(tokens),
     .standard = ""},
};
const size_t credentials_option_count = sizeof credentials_options / sizeof *credentials_options;

struct credentials {
    struct live_file tokens;
};

static bool readable(const char *path, struct error *error)
{
    struct passwd_file file;
    if (!*path)
        return true;
    if (!passwd_file_read(&file, path, false, error))
        return false;
    passwd_file_free(&file);
    return true;
}

bool credentials_settings_check(const struct credentials_settings *settings, struct error *error)
{
    return readable(settings->tokens, error) || error_prefix(error, "[direct] tokens");
}

struct credentials *credentials_open(const struct credentials_settings *settings)
{
    struct credentials *credentials = calloc(1, sizeof *credentials);
    if (credentials)
        credentials->tokens = live_file_at(settings->tokens);
    return credentials;
}

void credentials_close(struct credentials *credentials)
{
    if (!credentials)
        return;
    live_file_close(&credentials->tokens);
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

enum credential_verdict credentials_check(struct credentials *credentials,
                                          const struct credential_question *question,
                                          int64_t now_us)
{
    switch (question->kind) {
    case CREDENTIAL_KIND_TOKEN: return check_token(credentials, question->secret, now_us);
    }
    return VERDICT_WRONG;
}
