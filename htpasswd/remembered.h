/*
 * remembered.h - credentials that were found to be good, by their fingerprints, and when.
 * Of a fixed size: the one verified longest ago makes room.
 */
#ifndef CALLBOARD_REMEMBERED_H
#define CALLBOARD_REMEMBERED_H

#include "htpasswd/fingerprint.h"

struct remembered;

/* In memory kept across fork, which lives with the program. NULL when there is none. */
struct remembered *remembered_create(void);

/* When the credential was verified, as given to remembered_put; 0: it is not remembered. */
int64_t remembered_find(struct remembered *remembered, struct fingerprint credential);

void remembered_forget(struct remembered *remembered, struct fingerprint credential);

void remembered_put(struct remembered *remembered, struct fingerprint credential, int64_t now_us);

#endif
