/*
 * tokens.h - API tokens: whoever has one may call /direct.
 * Their file has lines NAME:{SHA256}…, written by callboard-passwd. A token is random, 160 bits, so that its hash needs
 * neither salt nor slowness.
 */
#ifndef CALLBOARD_TOKENS_H
#define CALLBOARD_TOKENS_H

#include "htpasswd/passwd_file.h"

/*
 * The name of the entry that TOKEN belongs to; the empty slice when there is none. Compares with all entries, each in
 * the same time: nothing of a token can be learned from how long the answer takes.
 */
struct slice tokens_find(const struct passwd_file *file, struct slice token);

#endif
