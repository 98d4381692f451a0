/*
 * settings.h - [redis] of the configuration, as store.c reads it.
 */
#ifndef CALLBOARD_STORE_SETTINGS_H
#define CALLBOARD_STORE_SETTINGS_H

#include "store/address.h"
#include "store/store.h"

/* Where Redis is, with the password of the password file; the texts live in ARENA. Errors never hold the password. */
bool store_settings_address(const struct store_settings *settings, struct arena *arena,
                            struct store_address *address, struct error *error);

#endif
