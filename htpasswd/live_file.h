/*
 * live_file.h - a file of NAME:HASH lines that is read again when it changes.
 * A file that is broken, half written or gone changes nothing: what was read last goes on being used, and the log
 * says why, once.
 */
#ifndef CALLBOARD_LIVE_FILE_H
#define CALLBOARD_LIVE_FILE_H

#include <sys/types.h>

#include "htpasswd/passwd_file.h"

/* The file is looked at no more often than this: a change counts after so many microseconds. */
#define LIVE_FILE_LOOK_US 100000

/* What tells one state of a file from another. */
struct live_state {
    dev_t device;
    ino_t inode;
    off_t size;
    int64_t modified_ns, changed_ns;
};

struct live_file {
    const char *path;
    struct passwd_file content; /* empty until the file could be read */
    bool loaded;
    bool complained;           /* about what is wrong now */
    struct live_state state;   /* of what `content` was read from */
    struct live_state refused; /* of what was found to be broken */
    int64_t looked_us;
};

/* Follows the file at PATH, which must stay valid; reads nothing yet. */
struct live_file live_file_at(const char *path);

/* Brings live->content up to date. NOW_US, since the epoch, says whether it is time to look. */
void live_file_refresh(struct live_file *live, int64_t now_us);

void live_file_close(struct live_file *live);

#endif
