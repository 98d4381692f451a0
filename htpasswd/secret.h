/*
 * secret.h - secrets on their way in and out of callboard-passwd: never by the command line.
 */
#ifndef CALLBOARD_SECRET_H
#define CALLBOARD_SECRET_H

#include <stddef.h>

#include "base/error.h"

/* Room for a random secret with its NUL: 160 bits as 32 letters and digits. */
#define SECRET_RANDOM_BYTES 33

/* Makes a random secret into SECRET, SECRET_RANDOM_BYTES long: lower-case base32 (RFC 4648), good in any URL. */
bool secret_random(char *secret, struct error *error);

/*
 * Asks for a secret into SECRET, SIZE bytes long, NUL-terminated: from a terminal without showing it, and
 * with TWICE a second time to be sure; from anything else its first line.
 */
bool secret_ask(const char *prompt, bool twice, char *secret, size_t size, struct error *error);

#endif
