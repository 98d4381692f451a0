/*
 * passwd_change.c - changing a file of NAME:HASH lines, in one step.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "htpasswd/passwd_file.h"

#define FILE_MODE 0640

/* A change on its way. */
struct change {
    char path[PATH_MAX]; /* of the file itself, not of a link to it */
    char directory[PATH_MAX];
    char fresh[PATH_MAX + 16]; /* the new file, until it has its name */
    int lock;                  /* the directory, which other changes wait for */
    int descriptor;            /* of the new file */
};

static bool find_place(struct change *change, const char *path, struct error *error)
{
    char copy[PATH_MAX];
    if (strlen(path) >= sizeof copy)
        return error_set(error, "%s: %s", path, strerror(ENAMETOOLONG));
    if (!realpath(path, change->path)) {
        if (errno != ENOENT)
            return error_set(error, "%s: %s", path, strerror(errno));
        strcpy(change->path, path);
    }
    strcpy(copy, change->path);
    strcpy(change->directory, dirname(copy));
    snprintf(change->fresh, sizeof change->fresh, "%s.XXXXXX", change->path);
    return true;
}

/* The directory is locked, as the file itself is another one after each change. */
static bool lock(struct change *change, struct error *error)
{
    change->lock = open(change->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (change->lock < 0 || flock(change->lock, LOCK_EX) < 0)
        return error_set(error, "%s: %s", change->directory, strerror(errno));
    return true;
}

static void add_line(struct buffer *text, struct slice name, struct slice hash)
{
    buffer_add(text, name);
    buffer_add_byte(text, ':');
    buffer_add(text, hash);
    buffer_add_byte(text, '\n');
}

/* The file's text with NAME's lines replaced by one, or removed. */
static struct buffer new_text(struct passwd_file *file, struct slice name, struct slice hash,
                              bool *found)
{
    struct buffer text = buffer_in(&file->arena);
    *found = false;
    for (size_t i = 0; i < file->line_count; i++) {
        const struct passwd_line *line = &file->lines[i];
        bool is_it = line->name.data && slice_equal(line->name, name);
        if (is_it && hash.length && !*found)
            add_line(&text, name, hash);
        if (!is_it) {
            buffer_add(&text, line->text);
            buffer_add_byte(&text, '\n');
        }
        *found |= is_it;
    }
    if (!*found && hash.length)
        add_line(&text, name, hash);
    return text;
}

/* Gives the new file the old one's owner and group: without its group the web server could not read it. */
static bool keep_owner(const struct change *change, struct error *error)
{
    struct stat old, fresh;
    if (stat(change->path, &old) < 0)
        return errno == ENOENT || error_set(error, "%s: %s", change->path, strerror(errno));
    if (fstat(change->descriptor, &fresh) < 0)
        return error_set(error, "%s: %s", change->fresh, strerror(errno));
    bool same = old.st_uid == fresh.st_uid && old.st_gid == fresh.st_gid;
    if (!same && fchown(change->descriptor, old.st_uid, old.st_gid) < 0)
        return error_set(error, "%s: its owner and group cannot be kept: %s", change->path,
                         strerror(errno));
    return true;
}

static bool write_all(int descriptor, struct slice text)
{
    while (text.length) {
        ssize_t done = write(descriptor, text.data, text.length);
        if (done < 0 && errno != EINTR)
            return false;
        if (done > 0)
            text = slice_of(text.data + done, text.length - (size_t)done);
    }
    return true;
}

static bool put_in_place(struct change *change, struct slice text, struct error *error)
{
    change->descriptor = mkostemp(change->fresh, O_CLOEXEC);
    if (change->descriptor < 0)
        return error_set(error, "cannot write in %s: %s", change->directory, strerror(errno));
    bool good = keep_owner(change, error);
    if (good &&
        (fchmod(change->descriptor, FILE_MODE) < 0 || !write_all(change->descriptor, text) ||
         fsync(change->descriptor) < 0 || rename(change->fresh, change->path) < 0))
        good = error_set(error, "cannot write %s: %s", change->path, strerror(errno));
    close(change->descriptor);
    if (good)
        fsync(change->lock); /* the file itself is safe; its name is a moment later */
    else
        unlink(change->fresh);
    return good;
}

bool passwd_file_change(const char *path, struct slice name, struct slice hash, bool *found,
                        struct error *error)
{
    struct change change = {.lock = -1};
    struct passwd_file file = {0};
    bool was_there = false;
    bool good = find_place(&change, path, error) && lock(&change, error) &&
                passwd_file_read(&file, change.path, hash.length > 0, error);
    if (good) {
        struct buffer text = new_text(&file, name, hash, &was_there);
        good = text.failed ? error_set(error, "out of memory")
                           : (hash.length == 0 && !was_there) ||
                                 put_in_place(&change, buffer_slice(&text), error);
    }
    passwd_file_free(&file);
    if (change.lock >= 0)
        close(change.lock);
    if (good && found)
        *found = was_there;
    return good;
}
