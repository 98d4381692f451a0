/*
 * inherited.h - a listening socket that somebody else opened: spawn-fcgi, mod_fcgid, systemd.
 */
#ifndef CALLBOARD_INHERITED_H
#define CALLBOARD_INHERITED_H

#include <stdbool.h>

/* True when standard input is a listening socket that somebody opened for us (FastCGI Specification 1.0, section 2.2). */
bool listen_inherited(void);

#endif
