/*
 * basic.h - basic authentication (RFC 7617).
 */
#ifndef CALLBOARD_BASIC_H
#define CALLBOARD_BASIC_H

#include "base/arena.h"

/*
 * Takes user and password out of the value of an Authorization header; both live in ARENA. False when it is of another
 * scheme or not well-formed: no base64, no ":", a control character.
 */
bool basic_read(struct arena *arena, struct slice header, struct slice *user,
                struct slice *password);

#endif
