/*
 * head.h - the head of an HTTP request (RFC 9112), as far as the event stream has use for it.
 * Read strictly: what two readers could understand in two ways is refused.
 */
#ifndef CALLBOARD_EVENTS_HEAD_H
#define CALLBOARD_EVENTS_HEAD_H

#include "base/arena.h"
#include "base/error.h"

/* Bytes of a head; a longer one is refused. */
#define HEAD_BYTES 16384

struct head {
    struct slice method, path, query; /* as they came */
    bool http_1_1;
    /* Headers, or empty. */
    struct slice host, upgrade, connection, key, version, authorization, origin, accept;
    struct slice last_event_id, forwarded_for, protocols;
};

/* The length of the head at the beginning of BYTES, its empty line included; 0: it is not complete. */
size_t head_length(struct slice bytes);

/* Reads BYTES, a complete head, into *head, whose slices point into it. */
bool head_read(struct slice bytes, struct head *head, struct error *error);

/* True when the comma-separated LIST has WORD in it, whatever the case. */
bool head_list_has(struct slice list, const char *word);

#endif
