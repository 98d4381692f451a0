/*
 * directory_scan.h - looking through all extensions of a domain for one attribute, at a bounded cost.
 *
 * Other tools write extensions without keeping cti_alias@<domain>. So an alias that is not there is looked for in the
 * extensions themselves, a page at a time by a script in Redis that returns nothing but names and the attribute's
 * values. What was found is kept as a copy that all workers share, as long as the settings say and the number of
 * extensions has not changed; so unknown users cost one scan in that time, whoever asks for however many.
 */
#ifndef CALLBOARD_DIRECTORY_SCAN_H
#define CALLBOARD_DIRECTORY_SCAN_H

#include "handlers/handler.h"

struct directory_scan {
    struct slice domain;   /* as in the key */
    const char *attribute; /* "number-alias" */
    struct slice cursor;   /* Redis' own */
    uint64_t looked_at;    /* extensions, about */
    struct buffer found;   /* value NUL name NUL … */
};

/* Begins, or goes on: adds the next page's command to the batch. */
void directory_scan_ask(struct exchange *x, struct directory_scan *scan);

/* Takes a page's REPLY. True when there are more pages: ask again. */
bool directory_scan_more(struct exchange *x, struct directory_scan *scan,
                         const struct store_reply *reply);

/* Cuts the next pair off *found; false at the end. */
bool directory_scan_next(struct slice *found, struct slice *value, struct slice *name);

/* Keeps what SCAN has found while the domain has EXTENSIONS of them. */
void directory_scan_keep(struct exchange *x, const struct directory_scan *scan, int64_t extensions);

/* What was kept, when it is still good for a domain that has EXTENSIONS of them. */
bool directory_scan_kept(struct exchange *x, const struct directory_scan *scan, int64_t extensions,
                         struct slice *found);

#endif
