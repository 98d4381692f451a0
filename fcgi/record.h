/*
 * record.h - FastCGI records, read and written (FastCGI Specification 1.0).
 * The reader is a state machine that takes bytes as they come, in pieces of any size, and calls back with
 * content. It keeps no content itself, allocates nothing, and trusts no length: a record's content is at
 * most 65,535 bytes by its format and what becomes of it is bounded by who receives it.
 */
#ifndef CALLBOARD_RECORD_H
#define CALLBOARD_RECORD_H

#include <fastcgi.h>

#include "base/buffer.h"

struct record_header {
    uint8_t type;
    uint16_t request_id;
    uint16_t content_length;
    uint8_t padding_length;
};

/* What a reader calls; each returns false to end the connection. */
struct record_events {
    /* A record begins. */
    bool (*begin)(void *self, const struct record_header *header);
    /* Some of its content; together all of it. */
    bool (*content)(void *self, const struct record_header *header, struct slice part);
    /* Its content is complete (padding may follow). */
    bool (*end)(void *self, const struct record_header *header);
};

struct record_reader {
    unsigned char head[FCGI_HEADER_LEN];
    size_t head_length;
    struct record_header header;
    size_t content_left;
    size_t padding_left;
    bool in_record;
};

/* Ready for the first byte of a connection. */
void record_reader_init(struct record_reader *reader);

/*
 * Takes BYTES, the next ones of the connection. False when the connection must end: the protocol's version
 * is not 1, or a callback said so; the reader must not be used again then.
 */
bool record_reader_feed(struct record_reader *reader, struct slice bytes,
                        const struct record_events *events, void *self);

/*
 * Takes the next pair of name-value content (section 3.4) off the front of *rest. Returns false at its end, and
 * with *torn set when a length says more than is there. The slices point into *rest.
 */
bool record_next_pair(struct slice *rest, struct slice *name, struct slice *value, bool *torn);

/* Appends a pair in the same form. */
void record_add_pair(struct buffer *out, struct slice name, struct slice value);

/* Appends one record; CONTENT is at most 65,535 bytes. Padded to a multiple of 8 bytes. */
void record_add(struct buffer *out, uint8_t type, uint16_t request_id, struct slice content);

/* Appends CONTENT as a stream: as many records as it needs, then, if CLOSE, the empty one that ends it. */
void record_add_stream(struct buffer *out, uint8_t type, uint16_t request_id, struct slice content,
                       bool close);

/* Appends FCGI_END_REQUEST with PROTOCOL_STATUS (FCGI_REQUEST_COMPLETE, …). */
void record_add_end(struct buffer *out, uint16_t request_id, uint8_t protocol_status);

#endif
