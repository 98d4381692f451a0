/*
 * spool_reader.h - reads the spool from its oldest packet on, for the one that drains it.
 * May wait for the disk, as spool_files.h.
 */
#ifndef CALLBOARD_SPOOL_READER_H
#define CALLBOARD_SPOOL_READER_H

#include "store/spool_files.h"

/* Packets that are read in one go. */
#define SPOOL_READ_MAX 500

struct spool_reader {
    struct spool_files files; /* of its own: its locks are others than those of who appends */
    int drain;                /* the lock "drain" */
    char name[SPOOL_NAME_LENGTH + 1];
    int file;       /* NAME, or -1 */
    int64_t offset; /* what is before it has been given out */
    bool locked;    /* nobody can append now: the end is near */
    char *buffer;
    size_t capacity;
    struct packet packets[SPOOL_READ_MAX];
    struct slice lines[SPOOL_READ_MAX];
    int64_t places[SPOOL_READ_MAX]; /* offsets of the lines */
    size_t count;
    size_t set_aside; /* lines and files so far */
};

enum spool_reading {
    SPOOL_READ_PACKETS, /* reader->packets */
    SPOOL_READ_END,     /* the spool is empty, and nothing is held any more */
    SPOOL_READ_FAILED   /* *error says why */
};

/*
 * Becomes the one that drains. False, with an empty error->text, when another process is; with a text when the directory cannot be
 * used.
 */
bool spool_reader_open(struct spool_reader *reader, const struct spool_settings *settings,
                       struct error *error);

/*
 * Reads the next packets, which live until the next call. All packets given out before must have been marked. What is no packet
 * is set aside on the way.
 */
enum spool_reading spool_reader_next(struct spool_reader *reader, struct error *error);

/* Marks the packet at INDEX, so that it is not given out again: DONE or DROPPED. */
bool spool_reader_mark(const struct spool_reader *reader, size_t index, enum packet_state state,
                       struct error *error);

/* Keeps the packet at INDEX in aside/ and marks it as dropped. */
bool spool_reader_set_aside(struct spool_reader *reader, size_t index, struct error *error);

/* Leaves it to the next one; what was not marked will be given out again. */
void spool_reader_close(struct spool_reader *reader);

#endif
