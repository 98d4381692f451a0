/*
 * apr1.h - Apache's own kind of MD5 hash, $apr1$salt$…, which libxcrypt does not know.
 */
#ifndef CALLBOARD_APR1_H
#define CALLBOARD_APR1_H

#include "base/slice.h"

/* True when PASSWORD is the one that STORED was made of (Apache's apr_md5_encode). */
bool apr1_check(struct slice stored, struct slice password);

#endif
