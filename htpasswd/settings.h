/*
 * settings.h - what is configured about credentials.
 */
#ifndef CALLBOARD_CREDENTIALS_SETTINGS_H
#define CALLBOARD_CREDENTIALS_SETTINGS_H

#include "base/config.h"
#include "htpasswd/credential.h"

struct credentials_settings {
    const char *tokens;      /* path of the file of API tokens; "" for none */
    const char *pam_service; /* name of a file in /etc/pam.d */
    int64_t
        remember_seconds; /* how long a verified credential counts without being checked again */
    int ways[CREDENTIAL_GROUPS]; /* enum credential_way */
    /* Paths of htpasswd files; "" for that of GROUP_COMMON, and there for none. */
    const char *htpasswd[CREDENTIAL_GROUPS];
};

/* [direct] tokens, [credentials], and `auth` and `htpasswd` of [cticache] and the other groups. */
extern const struct config_option credentials_options[];
extern const size_t credentials_option_count;

/* The way of GROUP, never WAY_COMMON. */
enum credential_way credentials_way(const struct credentials_settings *settings,
                                    enum credential_group group);

/* The path of GROUP's htpasswd file, or "" when there is none. */
const char *credentials_htpasswd(const struct credentials_settings *settings,
                                 enum credential_group group);

/* The group whose section has this NAME ("callboard": all others); false when there is none. */
bool credentials_group_named(struct slice name, enum credential_group *group);

/* True when any group asks PAM. */
bool credentials_use_pam(const struct credentials_settings *settings);

/* Checks what no single option shows; called once after loading. */
bool credentials_settings_check(const struct credentials_settings *settings, struct error *error);

/* False, and *error, when a file that the settings name cannot be read by this process, or is broken. */
bool credentials_files_check(const struct credentials_settings *settings, struct error *error);

#endif
