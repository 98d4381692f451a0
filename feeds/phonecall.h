/*
 * phonecall.h - a finished call as /direct/items/phonecalls/create takes it.
 */
#ifndef CALLBOARD_PHONECALL_H
#define CALLBOARD_PHONECALL_H

#include "base/buffer.h"
#include "base/rewrite.h"
#include "feeds/cdr.h"

struct phonecall {
    struct slice initiated; /* YYYY-MM-DDTHH:MM:SSZ */
    struct slice source, destination;
    struct slice duration; /* seconds; empty: not known */
    struct slice url;      /* of the recording; empty: none */
};

/* What becomes of a call detail record. */
struct phonecall_rules {
    int zone; /* enum cdr_zone */
    struct rewrite rewrite;
    const char *url_prefix; /* in front of the channel's name; "": no url */
};

/* Makes *call of RECORD; all its texts live in ARENA. Fails when calldate is none. */
bool phonecall_from_cdr(const struct phonecall_rules *rules, const struct cdr *record,
                        struct arena *arena, struct phonecall *call, struct error *error);

/* Adds CALL to FORM as further fields of a query or a form. */
void phonecall_add_fields(struct buffer *form, const struct phonecall *call);

#endif
