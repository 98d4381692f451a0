/*
 * cdr.h - Asterisk's call detail records, from wherever Asterisk keeps them.
 * A source hands out rows one by one and holds few of them at a time, however many there are.
 */
#ifndef CALLBOARD_CDR_H
#define CALLBOARD_CDR_H

#include "base/arena.h"
#include "base/error.h"

/* What of a record is of interest, as Asterisk wrote it. */
struct cdr {
    struct slice calldate; /* YYYY-MM-DD HH:MM:SS, perhaps with a fraction: when the call began */
    struct slice src, dst;
    struct slice duration; /* seconds; empty where there is none */
    struct slice channel;
};

enum cdr_next {
    CDR_ROW,
    CDR_BROKEN, /* a record that cannot be read; *error says where and why; there may be more */
    CDR_END,
    CDR_FAILED /* the source is gone; *error says why */
};

struct cdr_source {
    int64_t total; /* how many records there are to come, broken ones included */
    /* The next record into *row, whose texts stay until the next call. */
    enum cdr_next (*next)(struct cdr_source *source, struct cdr *row, struct error *error);
    void (*close)(struct cdr_source *source);
};

/* Which records are wanted. */
struct cdr_window {
    char start[20];         /* calldate from here on, YYYY-MM-DD HH:MM:SS */
    int64_t shortest_bytes; /* and dst of at least this length */
};

/* In which zone Asterisk wrote calldate. */
enum cdr_zone {
    CDR_ZONE_UTC,  /* or nobody cares: calldate is labelled "Z" as it stands */
    CDR_ZONE_LOCAL /* that of this process (base/zone.h): calldate is converted */
};

/*
 * The window that begins SECONDS before NOW (seconds since the epoch). With CDR_ZONE_UTC it begins at the earlier
 * of the two readings, as calldate may be local time all the same: better some calls twice than one never.
 */
struct cdr_window cdr_window_since(int64_t now, int64_t seconds, enum cdr_zone zone,
                                   int64_t shortest_bytes);

/* CALLDATE as YYYY-MM-DDTHH:MM:SSZ, in ARENA. Fails on what is no date. */
bool cdr_initiated(struct slice calldate, enum cdr_zone zone, struct arena *arena,
                   struct slice *initiated, struct error *error);

/* A table that an ODBC driver reaches: MariaDB, MySQL, PostgreSQL, SQLite. */
struct cdr_odbc_settings {
    const char *dsn; /* name of a data source; or, with a "=" in it, a connection string */
    const char *user, *password; /* "": whatever the data source says */
    const char *table;
    int64_t page_rows; /* how many rows are read, and held, at a time */
};

/*
 * Opens the table for the calls of WINDOW. NULL and *error otherwise. Reads page by page, each a short query, so that
 * no cursor and no lock of the table outlives it, however long sending takes. To be ended with its close.
 */
struct cdr_source *cdr_odbc_open(const struct cdr_odbc_settings *settings,
                                 const struct cdr_window *window, struct error *error);

/* The same for the file at PATH, as Asterisk's cdr_csv writes it (Master.csv). A last line without its end is left
 * for the next run: Asterisk is just writing it. */
struct cdr_source *cdr_csv_open(const char *path, const struct cdr_window *window,
                                struct error *error);

#endif
