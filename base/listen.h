/*
 * listen.h - the listening socket, and leaving root behind once it is open.
 */
#ifndef CALLBOARD_LISTEN_H
#define CALLBOARD_LISTEN_H

#include "base/error.h"

/* True when ADDRESS is one that listen_open could open; whether somebody else has it is not looked at. */
bool listen_check(const char *address, struct error *error);

/*
 * Opens ADDRESS, "unix:/path", "/path" or "127.0.0.1:port", for listening; returns the descriptor, non-blocking, or -1 and
 * *error. A unix socket has mode 0660 and, unless GROUP is empty, that group: who may connect may name any user, so nobody
 * else may. For the same reason TCP is open on loopback addresses only. A socket left over from before is replaced; a
 * living one, or a file that is no socket, is not.
 */
int listen_open(const char *address, const char *group, struct error *error);

/* Removes the file of a unix ADDRESS, if it has one. */
void listen_remove(const char *address);

/*
 * When root: becomes USER, and GROUP or, where that is empty, the user's own group, with no way back. Fails when USER is
 * empty or unknown. Not root: does nothing.
 */
bool listen_leave_root(const char *user, const char *group, struct error *error);

#endif
