/*
 * cdr_csv.c - call detail records from the file that Asterisk's cdr_csv writes, Master.csv.
 * A record is a line: accountcode, src, dst, dcontext, clid, channel, dstchannel, lastapp, lastdata, start, answer,
 * end, duration, billsec, disposition, amaflags and, as configured, more. Texts stand in quotes, with quotes doubled.
 * A quote that a crash of Asterisk left open spoils its own line only, as no text goes on in the next line.
 */
#include "base/csv.h"
#include "feeds/cdr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Asterisk makes lines of some hundred bytes, at most of a few thousand. */
#define LINE_BYTES 16384

enum field {
    FIELD_SRC = 1,
    FIELD_DST = 2,
    FIELD_CHANNEL = 5,
    FIELD_START = 9,
    FIELD_DURATION = 12,
    FIELD_COUNT = 16 /* what every version writes */
};

struct csv {
    struct cdr_source source;
    FILE *file;
    const char *path;
    struct cdr_window window;
    size_t line;
    struct arena arena; /* of the fields in which quotes were doubled */
    char text[LINE_BYTES];
};

/* Reads the fields of the line in csv->text, LENGTH bytes with its end. */
static bool read_fields(struct csv *csv, size_t length, struct cdr *row, struct error *error)
{
    struct csv_record record;
    struct csv_reader reader = {slice_of(csv->text, length), csv->line};
    bool more;
    arena_free(&csv->arena);
    if (!csv_read(&reader, &record, &more, &csv->arena, error))
        return error_prefix(error, "%s:%zu", csv->path, csv->line);
    if (record.count < FIELD_COUNT)
        return error_set(error, "%s:%zu: %zu fields, where Asterisk writes %d or more", csv->path,
                         csv->line, record.count, FIELD_COUNT);
    *row = (struct cdr){.calldate = record.fields[FIELD_START],
                        .src = record.fields[FIELD_SRC],
                        .dst = record.fields[FIELD_DST],
                        .duration = record.fields[FIELD_DURATION],
                        .channel = record.fields[FIELD_CHANNEL]};
    return true;
}

/* Reads up to the end of a line that did not fit. */
static void skip_line(FILE *file)
{
    int byte;
    do
        byte = getc_unlocked(file);
    while (byte != '\n' && byte != EOF);
}

/* The next line that is a record, wanted or not. */
static enum cdr_next read_record(struct csv *csv, struct cdr *row, struct error *error)
{
    if (!fgets(csv->text, sizeof csv->text, csv->file)) {
        if (!ferror(csv->file))
            return CDR_END;
        error_set(error, "cannot read %s: %s", csv->path, strerror(errno));
        return CDR_FAILED;
    }
    csv->line++;
    size_t length = strlen(csv->text);
    if (length > 0 && csv->text[length - 1] == '\n')
        return read_fields(csv, length, row, error) ? CDR_ROW : CDR_BROKEN;
    if (feof(csv->file))
        return CDR_END;
    error_set(error, "%s:%zu: longer than %d bytes, or a zero byte in it", csv->path, csv->line,
              LINE_BYTES - 1);
    skip_line(csv->file);
    return CDR_BROKEN;
}

/* True when the record is in the window. What is not even a date is, so that it is reported. */
static bool wanted(const struct csv *csv, const struct cdr *row)
{
    size_t length = sizeof csv->window.start - 1;
    if (row->dst.length < (size_t)csv->window.shortest_bytes)
        return false;
    return row->calldate.length < length ||
           memcmp(row->calldate.data, csv->window.start, length) >= 0;
}

static enum cdr_next csv_next(struct cdr_source *source, struct cdr *row, struct error *error)
{
    struct csv *csv = (struct csv *)source;
    for (;;) {
        enum cdr_next next = read_record(csv, row, error);
        if (next != CDR_ROW || wanted(csv, row))
            return next;
    }
}

static void csv_close(struct cdr_source *source)
{
    struct csv *csv = (struct csv *)source;
    fclose(csv->file);
    arena_free(&csv->arena);
    free(csv);
}

/* Reads the file once to know how many calls there will be. */
static bool count_records(struct csv *csv, struct error *error)
{
    for (;;) {
        struct cdr row;
        switch (csv_next(&csv->source, &row, error)) {
        case CDR_FAILED: return false;
        case CDR_END:
            rewind(csv->file);
            csv->line = 0;
            return true;
        default: csv->source.total++;
        }
    }
}

struct cdr_source *cdr_csv_open(const char *path, const struct cdr_window *window,
                                struct error *error)
{
    struct csv *csv = calloc(1, sizeof *csv);
    if (!csv) {
        error_set(error, "out of memory");
        return NULL;
    }
    csv->source = (struct cdr_source){.next = csv_next, .close = csv_close};
    csv->path = path;
    csv->window = *window;
    arena_init(&csv->arena, 4 * LINE_BYTES);
    csv->file = fopen(path, "re");
    if (!csv->file) {
        error_set(error, "cannot read %s: %s", path, strerror(errno));
        free(csv);
        return NULL;
    }
    if (count_records(csv, error))
        return &csv->source;
    csv_close(&csv->source);
    return NULL;
}
