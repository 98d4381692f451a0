/*
 * settings.c - what is configured about credentials.
 */
#include "htpasswd/settings.h"

#include "htpasswd/passwd_file.h"

#define MEMBER(name) offsetof(struct credentials_settings, name)

static const char *const ways[] = {"common", "webserver", "htpasswd", "pam", NULL};

/* In the order of enum credential_group. */
static const char *const sections[CREDENTIAL_GROUPS] = {
    "callboard", "cticache", "directory", "directory_api", "notifications", "status", "auth"};

#define AUTH(in, group, usual)                                                                     \
    {                                                                                              \
        .section = (in), .name = "auth", .kind = CONFIG_CHOICE, .offset = MEMBER(ways[group]),     \
        .standard = (usual), .choices = ways                                                       \
    }

#define HTPASSWD(in, group)                                                                        \
    {                                                                                              \
        .section = (in), .name = "htpasswd", .kind = CONFIG_TEXT,                                  \
        .offset = MEMBER(htpasswd[group]), .standard = ""                                          \
    }

const struct config_option credentials_options[] = {
    {.section = "direct",
     .name = "tokens",
     .kind = CONFIG_TEXT,
     .offset = MEMBER(tokens),
     .standard = ""},
    {.section = "credentials",
     .name = "pam_service",
     .kind = CONFIG_TEXT,
     .offset = MEMBER(pam_service),
     .standard = "callboard"},
    {.section = "credentials",
     .name = "remember_seconds",
     .kind = CONFIG_NUMBER,
     .offset = MEMBER(remember_seconds),
     .standard = "60",
     .minimum = 0,
     .maximum = 3600},
    AUTH("callboard", GROUP_COMMON, "webserver"),
    AUTH("cticache", GROUP_CTICACHE, "common"),
    AUTH("directory", GROUP_DIRECTORY, "common"),
    AUTH("directory_api", GROUP_DIRECTORY_API, "common"),
    AUTH("notifications", GROUP_NOTIFICATIONS, "common"),
    AUTH("status", GROUP_STATUS, "common"),
    AUTH("auth", GROUP_AUTH, "htpasswd"),
    HTPASSWD("credentials", GROUP_COMMON),
    HTPASSWD("cticache", GROUP_CTICACHE),
    HTPASSWD("directory", GROUP_DIRECTORY),
    HTPASSWD("directory_api", GROUP_DIRECTORY_API),
    HTPASSWD("notifications", GROUP_NOTIFICATIONS),
    HTPASSWD("status", GROUP_STATUS),
    HTPASSWD("auth", GROUP_AUTH),
};
const size_t credentials_option_count = sizeof credentials_options / sizeof *credentials_options;

enum credential_way credentials_way(const struct credentials_settings *settings,
                                    enum credential_group group)
{
    int way = settings->ways[group];
    return (enum credential_way)(way == WAY_COMMON ? settings->ways[GROUP_COMMON] : way);
}

const char *credentials_htpasswd(const struct credentials_settings *settings,
                                 enum credential_group group)
{
    const char *own = settings->htpasswd[group];
    return *own ? own : settings->htpasswd[GROUP_COMMON];
}

bool credentials_group_named(struct slice name, enum credential_group *group)
{
    for (int i = 0; i < CREDENTIAL_GROUPS; i++) {
        if (slice_equal(name, slice_from(sections[i]))) {
            *group = (enum credential_group)i;
            return true;
        }
    }
    return false;
}

bool credentials_use_pam(const struct credentials_settings *settings)
{
    for (int group = 0; group < CREDENTIAL_GROUPS; group++)
        if (credentials_way(settings, (enum credential_group)group) == WAY_PAM)
            return true;
    return false;
}

bool credentials_settings_check(const struct credentials_settings *settings, struct error *error)
{
    if (settings->ways[GROUP_COMMON] == WAY_COMMON)
        return error_set(error, "auth in [callboard] must be webserver, htpasswd or pam");
    for (int group = 0; group < GROUP_AUTH; group++)
        if (credentials_way(settings, (enum credential_group)group) == WAY_HTPASSWD &&
            !*credentials_htpasswd(settings, (enum credential_group)group))
            return error_set(error,
                             "auth is htpasswd: set htpasswd in [credentials] or [%s] to its file",
                             sections[group]);
    if (!*settings->pam_service || strchr(settings->pam_service, '/'))
        return error_set(error, "pam_service must be the name of a file in /etc/pam.d");
    return true;
}

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

bool credentials_files_check(const struct credentials_settings *settings, struct error *error)
{
    if (!readable(settings->tokens, error))
        return error_prefix(error, "[direct] tokens");
    for (int group = 0; group < CREDENTIAL_GROUPS; group++)
        if (!readable(settings->htpasswd[group], error))
            return error_prefix(error, "[%s] htpasswd",
                                group == GROUP_COMMON ? "credentials" : sections[group]);
    return true;
}
