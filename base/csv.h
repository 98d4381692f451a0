/*
 * csv.h - comma-separated values (RFC 4180).
 */
#ifndef CALLBOARD_CSV_H
#define CALLBOARD_CSV_H

#include "base/buffer.h"
#include "base/error.h"

#define CSV_FIELDS_MAX 32

struct csv_record {
    struct slice fields[CSV_FIELDS_MAX];
    size_t count;
    size_t line; /* of the text on which the record begins, from 1 */
};

/* What is still to be read of a text. */
struct csv_reader {
    struct slice rest;
    size_t line; /* on which rest begins, from 1 */
};

/*
 * Reads one record off the front; its fields are parts of the text, or in ARENA where quotes had to be taken out. Lines
 * end in CR LF or LF; empty ones are passed over. *more is false, and the record empty, at the end. False, and
 * *error, when the record is malformed; record->line is set, and the reader stands behind the line.
 */
bool csv_read(struct csv_reader *reader, struct csv_record *record, bool *more, struct arena *arena,
              struct error *error);

/* Adds S as a field, in quotes where it needs them. */
void csv_write(struct buffer *out, struct slice s);

#endif
