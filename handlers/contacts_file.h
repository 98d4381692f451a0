/*
 * contacts_file.h - a file of contacts, read one at a time.
 * CSV with a header line that names the columns id, name and phones, in any order and among others, numbers separated by
 * ";"; or a JSON array of objects with members of these names, phones an array or such a text. An id may be missing.
 */
#ifndef CALLBOARD_CONTACTS_FILE_H
#define CALLBOARD_CONTACTS_FILE_H

#include "base/csv.h"
#include "handlers/contacts_data.h"

struct contacts_file {
    const struct exchange *x; /* for its settings, and the language of reasons */
    bool json;
    struct csv_reader rest;
    bool begun;                                   /* JSON: an element has been read */
    size_t id_column, name_column, phones_column; /* CSV; CSV_FIELDS_MAX: not there */
};

struct contacts_row {
    size_t line; /* of the file, on which it begins */
    struct contact contact;
    struct slice reason; /* data not NULL: why it cannot be taken */
};

enum contacts_read_outcome {
    CONTACTS_FILE_ROW, /* *row is filled */
    CONTACTS_FILE_END,
    CONTACTS_FILE_BROKEN /* nothing can be read from here on; row->line and row->reason say why */
};

/* Starts to read the request's body. On CONTACTS_FILE_BROKEN *row says why; else CONTACTS_FILE_ROW. */
enum contacts_read_outcome contacts_file_open(struct contacts_file *file, const struct exchange *x,
                                              struct contacts_row *row, struct arena *arena);

/* The next row; what is made for it lives in ARENA, where jansson's memory must be too. */
enum contacts_read_outcome contacts_file_read(struct contacts_file *file, struct contacts_row *row,
                                              struct arena *arena);

#endif
