/*
 * passwd_file.h - a file of NAME:HASH lines: htpasswd files (nginx, Apache) and the file of API tokens.
 * Lines that are empty or begin with "#" are kept as they are. Of several lines of one name the first counts,
 * as for nginx and Apache.
 */
#ifndef CALLBOARD_PASSWD_FILE_H
#define CALLBOARD_PASSWD_FILE_H

#include "base/arena.h"
#include "base/error.h"

/* Bytes of a file; a larger one is refused. */
#define PASSWD_FILE_BYTES (16 << 20)

/* Bytes of a name. */
#define PASSWD_NAME_BYTES 255

struct passwd_line {
    struct slice text; /* the whole line, without its end */
    struct slice name; /* data NULL: a comment, or empty */
    struct slice hash;
};

struct passwd_file {
    struct arena arena;
    struct slice text; /* as it was read */
    struct passwd_line *lines;
    size_t line_count;
    struct passwd_line **by_name; /* the first line of each name, sorted */
    size_t name_count;
};

/*
 * Makes *file of TEXT, which is copied. Fails on a line without ":", a bad name and a NUL byte: such a
 * file is broken, or half of one. To be freed with passwd_file_free.
 */
bool passwd_file_parse(struct passwd_file *file, struct slice text, struct error *error);

/* Reads the file at PATH into *file. With MISSING_IS_EMPTY a file that is not there is an empty one. */
bool passwd_file_read(struct passwd_file *file, const char *path, bool missing_is_empty,
                      struct error *error);

void passwd_file_free(struct passwd_file *file);

/* The hash of NAME, or the empty slice. */
struct slice passwd_file_find(const struct passwd_file *file, struct slice name);

/* True when NAME can stand in such a file: 1 to PASSWD_NAME_BYTES of UTF-8 without ":" and control
 * characters, and without "#" at its beginning. */
bool passwd_name_is_good(struct slice name);

/*
 * Changes the file at PATH: NAME has HASH from now on, and one line. An empty HASH removes the name; *found
 * (may be NULL) says whether it was there. The new file takes the old one's place in one step, with mode 0640 and
 * the same owner and group; other changes wait meanwhile. On failure the old file is as it was.
 */
bool passwd_file_change(const char *path, struct slice name, struct slice hash, bool *found,
                        struct error *error);

#endif
