/*
 * pool.h - callboard.fcgi as a pool: a master, and workers that serve FastCGI.
 */
#ifndef CALLBOARD_POOL_H
#define CALLBOARD_POOL_H

#include "configuration.h"

/*
 * Runs the pool until it is told to end; returns the program's exit status. PATH is the file that CONFIGURATION, which is the pool's
 * from now on, came from. Listens on ADDRESS, or serves descriptor 0 when it is INHERITED.
 */
int pool_run(const char *path, struct configuration *configuration, const char *address,
             bool inherited);

#endif
