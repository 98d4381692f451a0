/*
 * spool_files.h - the spool's directory: packets on the disk until Redis is back.
 *
 *     NNNNNNNNNNNNNNNN.spool   packets, a line each (packet.h), in the order in which they came; several files
 *                              follow each other by name, which is when they were begun, in µs
 *     holding                  is there while packets wait: newer ones must not overtake them
 *     append, drain            locks (flock): of whoever appends, and of the one that drains
 *     aside/                   what was found in a file and is no packet
 *
 * Any number of processes, of any number of pools, may append; one at a time drains. Everything here may wait for the
 * disk: it is for threads of their own and for tools. Not to be used by two threads at once.
 */
#ifndef CALLBOARD_SPOOL_FILES_H
#define CALLBOARD_SPOOL_FILES_H

#include "base/config.h"
#include "store/packet.h"

struct spool_settings {
    const char *directory; /* "": no spool */
    int64_t size_limit;    /* MiB that the spool may take */
    int64_t age_warning;   /* seconds that a packet may wait before the log says so */
    int64_t id_seconds;    /* how long Redis remembers a packet's id */
};

/* [spool] */
extern const struct config_option spool_options[];
extern const size_t spool_option_count;

struct spool_files {
    int directory;
    int lock;       /* "append" */
    int segment;    /* the file appended to; -1: none yet */
    int64_t limit;  /* bytes */
    int64_t others; /* bytes of the other files when this one was begun or taken over */
};

/* Length of the names of files with packets. */
#define SPOOL_NAME_LENGTH 22

/*
 * Opens the directory of SETTINGS, which is made (mode 0700) when only its last part is missing. Says so too when it cannot
 * be written.
 */
bool spool_files_open(struct spool_files *files, const struct spool_settings *settings,
                      struct error *error);

void spool_files_close(struct spool_files *files);

/* True while packets wait. Costs one look at the directory and waits for nothing. */
bool spool_files_hold(const struct spool_files *files);

/*
 * Appends COUNT texts, each some whole lines, and syncs them to the disk. With ONLY_BEHIND they are written only when packets
 * wait. *error is set for SPOOL_FULL and SPOOL_FAILED.
 */
enum spool_outcome spool_files_append(struct spool_files *files, const struct slice *texts,
                                      size_t count, bool only_behind, struct error *error);

/* What the spool takes. */
struct spool_measure {
    int64_t files, bytes;
    int64_t oldest_us; /* when the oldest file was begun; 0: there is none */
};

bool spool_files_measure(const struct spool_files *files, struct spool_measure *measure,
                         struct error *error);

/* ---- for the reader and for tools ---- */

/*
 * The name of the first file of packets behind AFTER ("" for the first of all). False: there is none, or *error is set. Files
 * with other names are set aside when ASIDE is not NULL, and counted there.
 */
bool spool_files_next(const struct spool_files *files, const char *after,
                      char name[SPOOL_NAME_LENGTH + 1], size_t *aside, struct error *error);

/* Waits for the lock of those who append; and gives it back. */
bool spool_files_lock(const struct spool_files *files, struct error *error);
void spool_files_unlock(const struct spool_files *files);

/* Removes the file NAME. When it was the last one nothing is held any more; with the lock only. */
bool spool_files_remove(const struct spool_files *files, const char *name, struct error *error);
void spool_files_hold_nothing(const struct spool_files *files);

/* Keeps BYTES, found in the file NAME, in aside/NAME. */
bool spool_files_set_aside(const struct spool_files *files, const char *name, struct slice bytes,
                           struct error *error);

#endif
