/*
 * credentials.h - finds out whether a credential is good.
 * Belongs to one process and its loop.
 */
#ifndef CALLBOARD_CREDENTIALS_H
#define CALLBOARD_CREDENTIALS_H

#include "base/config.h"
#include "htpasswd/credential.h"

struct credentials;

struct credentials_settings {
    const char *tokens; /* path of the file of API tokens; "" for none */
};

/* [direct] tokens */
extern const struct config_option credentials_options[];
extern const size_t credentials_option_count;

/* False, and *error, when a file that the settings name cannot be read by this process, or is broken. */
bool credentials_settings_check(const struct credentials_settings *settings, struct error *error);

/* SETTINGS must stay. NULL when there is no memory. */
struct credentials *credentials_open(const struct credentials_settings *settings);

void credentials_close(struct credentials *credentials);

/* The verdict on QUESTION at NOW_US since the epoch. */
enum credential_verdict credentials_check(struct credentials *credentials,
                                          const struct credential_question *question,
                                          int64_t now_us);

#endif
