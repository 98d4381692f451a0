/*
 * script.h - what Redis calls a Lua script, for EVALSHA: the SHA-1 of its text, in hexadecimal.
 */
#ifndef CALLBOARD_SCRIPT_H
#define CALLBOARD_SCRIPT_H

#include "base/slice.h"

#define SCRIPT_NAME_LENGTH 40

/* Writes the name of the script TEXT into NAME, without a NUL. */
void script_name(struct slice text, char name[SCRIPT_NAME_LENGTH]);

#endif
