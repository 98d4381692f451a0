/*
 * call_record.h - the record of a finished call leg, as a packet of `campaigns`: {"type":"cdr","payload":{…}}.
 */
#ifndef CALLBOARD_CALL_RECORD_H
#define CALLBOARD_CALL_RECORD_H

#include "base/buffer.h"

/* The fields of the payload; an empty slice is written as "", a negative number as null. */
struct call_record {
    struct slice extension, call_ref, contact_ref;
    int64_t dialed_us; /* since the epoch */
    struct slice end_reason;
    int64_t end_code;  /* of SIP */
    int64_t call_time; /* seconds */
    struct slice call_dir, recording_url, ref;
};

/* The value of FreeSWITCH's channel variable NAME, or empty; SELF is whatever holds them. */
typedef struct slice call_record_variable(const void *self, const char *name);

/*
 * Reads what FreeSWITCH's variables at the end of a call say. False when they are not of a call: no uuid or no start_uepoch.
 * The texts are those that VARIABLE gave.
 */
bool call_record_read(struct call_record *record, call_record_variable *variable, const void *self);

/* Adds the packet. */
void call_record_write(struct buffer *out, const struct call_record *record);

#endif
