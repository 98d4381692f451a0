/*
 * feed.h - what callboard-freeswitch does while it runs: PBXs that are listened to, and what else Redis is kept true with.
 */
#ifndef CALLBOARD_FEED_H
#define CALLBOARD_FEED_H

#include <stdbool.h>

struct configuration;

/*
 * Keeps Redis true to what the PBXs of CONFIGURATION do until a signal ends it; leaves root behind. On HUP the file at
 * PATH is read again: a bad one is refused, and said so in the log; for a good one it ends, too, and *next is what to go
 * on with, the caller's to free. Else *next is NULL.
 * False when something could not be set up; the reason is in the log.
 */
bool feed_run(const char *path, const struct configuration *configuration,
              struct configuration **next);

#endif
