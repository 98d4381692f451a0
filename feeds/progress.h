/*
 * progress.h - what people see of a replication: how far it is, lap times, what was rejected and why.
 * On a terminal one line that changes, otherwise a line for each 1000 calls. What went wrong goes to standard error, so that
 * cron can be told to mail that alone.
 */
#ifndef CALLBOARD_PROGRESS_H
#define CALLBOARD_PROGRESS_H

#include "feeds/phonecall.h"

#define PROGRESS_REASONS 20

/* Why calls were rejected: each reason once. */
struct progress_reason {
    struct error text;
    struct error example; /* the first call that was rejected for it */
    int64_t count;
};

struct progress {
    bool terminal, verbose;
    bool drawn; /* there is a line on the terminal that will be overwritten */
    int64_t total, accepted, rejected;
    int64_t start_us, lap_us, lap_duration_us, drawn_us;
    struct progress_reason reasons[PROGRESS_REASONS]; /* further ones are only counted */
    size_t reason_count;
};

/* Begins to count TOTAL calls; says so. VERBOSE: a line for each call too. */
void progress_start(struct progress *progress, int64_t total, bool verbose);

/* CALL is in callboard. */
void progress_accepted(struct progress *progress, const struct phonecall *call);

/* A call was rejected for REASON; CALL says which, NULL where the reason does. */
void progress_rejected(struct progress *progress, const struct phonecall *call,
                       const struct error *reason);

/* Prints a line to standard error. */
void progress_warn(struct progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Brings the terminal's line up to date, when it is time to. */
void progress_tick(struct progress *progress);

/* Says what came of it all, and what was rejected. */
void progress_end(struct progress *progress);

#endif
