/*
 * spool_files.c - the spool's directory: packets on the disk until Redis is back.
 *
 * Whoever appends holds the lock only while it writes, so the order in the file is the order of the lock; then it syncs, at the
 * same time as others do. Who began a file has synced the directory before anybody else can append to it.
 */
#include "store/spool_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"

/* A file is not appended to beyond this; so that what is done with goes away bit by bit. */
#define SEGMENT_BYTES ((int64_t)8 << 20)

/* What one writev takes; IOV_MAX is at least this on Linux. */
#define PARTS_MAX 1024

#define OPTION(name_, kind_, standard_, minimum_, maximum_)                                        \
    {                                                                                              \
        .section = "spool", .name = #name_, .kind = kind_,                                         \
        .offset = offsetof(struct spool_settings, name_), .standard = standard_,                   \
        .minimum = minimum_, .maximum = maximum_                                                   \
    }

const struct config_option spool_options[] = {
    OPTION(directory, CONFIG_TEXT, "/var/spool/callboard", 0, 0),
    OPTION(size_limit, CONFIG_NUMBER, "1024", 1, 1048576),
    OPTION(age_warning, CONFIG_NUMBER, "300", 1, 31536000),
    OPTION(id_seconds, CONFIG_NUMBER, "600", 1, 604800),
};
const size_t spool_option_count = sizeof spool_options / sizeof *spool_options;

static bool system_error(struct error *error, const char *what)
{
    return error_set(error, "spool: %s: %s", what, strerror(errno));
}

/* ---- opening ---- */

static bool touch(const struct spool_files *files, const char *name)
{
    int file = openat(files->directory, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return false;
    close(file);
    return true;
}

/* Something may have been left by a machine that lost its power. */
static bool hold_what_is_there(struct spool_files *files, struct error *error)
{
    char name[SPOOL_NAME_LENGTH + 1];
    struct error none = {""};
    if (!spool_files_lock(files, error))
        return false;
    bool good = true;
    if (spool_files_next(files, "", name, NULL, &none))
        good = touch(files, "holding") || system_error(error, "cannot write");
    spool_files_unlock(files);
    return good;
}

bool spool_files_open(struct spool_files *files, const struct spool_settings *settings,
                      struct error *error)
{
    *files = (struct spool_files){
        .directory = -1, .lock = -1, .segment = -1, .limit = settings->size_limit * 1048576};
    if (mkdir(settings->directory, 0700) != 0 && errno != EEXIST)
        return error_set(error, "spool: cannot make %s: %s", settings->directory, strerror(errno));
    files->directory = open(settings->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->directory >= 0)
        files->lock =
            openat(files->directory, "append", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (files->lock < 0) {
        error_set(error, "spool: cannot use %s: %s", settings->directory, strerror(errno));
    } else if (hold_what_is_there(files, error)) {
        return true;
    }
    spool_files_close(files);
    return false;
}

void spool_files_close(struct spool_files *files)
{
    int *const descriptors[] = {&files->directory, &files->lock, &files->segment};
    for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++) {
        if (*descriptors[i] >= 0)
            close(*descriptors[i]);
        *descriptors[i] = -1;
    }
}

bool spool_files_hold(const struct spool_files *files)
{
    return files->directory >= 0 && faccessat(files->directory, "holding", F_OK, 0) == 0;
}

bool spool_files_lock(const struct spool_files *files, struct error *error)
{
    while (flock(files->lock, LOCK_EX) != 0)
        if (errno != EINTR)
            return system_error(error, "cannot lock");
    return true;
}

void spool_files_unlock(const struct spool_files *files)
{
    flock(files->lock, LOCK_UN);
}

/* ---- names ---- */

static bool is_segment(const char *name)
{
    return strlen(name) == SPOOL_NAME_LENGTH && strcmp(name + 16, ".spool") == 0 &&
           slice_only(slice_of(name, 16), "0123456789");
}

static bool is_ours(const char *name)
{
    return strcmp(name, "append") == 0 || strcmp(name, "drain") == 0 ||
           strcmp(name, "holding") == 0 || name[0] == '.';
}

/* A directory stream of its own, at its beginning. */
static DIR *list(const struct spool_files *files, struct error *error)
{
    int descriptor = openat(files->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    if (!directory) {
        system_error(error, "cannot list");
        if (descriptor >= 0)
            close(descriptor);
    }
    return directory;
}

static bool is_file(const struct spool_files *files, const char *name)
{
    struct stat status;
    return fstatat(files->directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(status.st_mode);
}

/* Moves a file that has no business here into aside/. */
static void set_file_aside(const struct spool_files *files, const char *name, size_t *aside)
{
    char target[300];
    snprintf(target, sizeof target, "aside/%s", name);
    mkdirat(files->directory, "aside", 0700);
    if (renameat(files->directory, name, files->directory, target) == 0)
        ++*aside;
}

bool spool_files_next(const struct spool_files *files, const char *after,
                      char name[SPOOL_NAME_LENGTH + 1], size_t *aside, struct error *error)
{
    DIR *directory = list(files, error);
    const struct dirent *entry;
    name[0] = '\0';
    if (!directory)
        return false;
    while ((entry = readdir(directory)) != NULL) {
        if (!is_segment(entry->d_name)) {
            if (aside && !is_ours(entry->d_name) && is_file(files, entry->d_name))
                set_file_aside(files, entry->d_name, aside);
        } else if (strcmp(entry->d_name, after) > 0 &&
                   (!name[0] || strcmp(entry->d_name, name) < 0) && is_file(files, entry->d_name)) {
            memcpy(name, entry->d_name, SPOOL_NAME_LENGTH + 1);
        }
    }
    closedir(directory);
    return name[0] != '\0';
}

bool spool_files_measure(const struct spool_files *files, struct spool_measure *measure,
                         struct error *error)
{
    DIR *directory = list(files, error);
    const struct dirent *entry;
    struct stat status;
    *measure = (struct spool_measure){0};
    if (!directory)
        return false;
    while ((entry = readdir(directory)) != NULL) {
        uint64_t begun;
        if (!is_segment(entry->d_name) ||
            fstatat(files->directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        slice_number(slice_of(entry->d_name, 16), INT64_MAX, &begun);
        measure->files++;
        measure->bytes += status.st_size;
        if (!measure->oldest_us || (int64_t)begun < measure->oldest_us)
            measure->oldest_us = (int64_t)begun;
    }
    closedir(directory);
    return true;
}

/* ---- appending; all with the lock ---- */

/* The name of the last file; "" when there is none. */
static bool last_name(const struct spool_files *files, char name[SPOOL_NAME_LENGTH + 1],
                      struct error *error)
{
    DIR *directory = list(files, error);
    const struct dirent *entry;
    name[0] = '\0';
    if (!directory)
        return false;
    while ((entry = readdir(directory)) != NULL)
        if (is_segment(entry->d_name) && strcmp(entry->d_name, name) > 0 &&
            is_file(files, entry->d_name))
            memcpy(name, entry->d_name, SPOOL_NAME_LENGTH + 1);
    closedir(directory);
    return true;
}

static bool can_be_appended_to(const struct spool_files *files, int64_t *size)
{
    struct stat status;
    if (files->segment < 0 || fstat(files->segment, &status) != 0)
        return false;
    *size = status.st_size;
    return status.st_nlink > 0 && status.st_size < SEGMENT_BYTES;
}

/* The next name: the time, but always behind LAST, whatever the clock does. */
static void next_name(const char *last, char name[SPOOL_NAME_LENGTH + 1])
{
    uint64_t number = (uint64_t)clock_now_us(), before;
    if (slice_number(slice_of(last, last[0] ? 16 : 0), INT64_MAX, &before) && before >= number)
        number = before + 1;
    snprintf(name, SPOOL_NAME_LENGTH + 1, "%016llu.spool", (unsigned long long)number);
}

/* Begins a file. What it is called, and that packets wait, is on the disk before anybody relies on it. */
static bool begin_segment(struct spool_files *files, const char *last)
{
    char name[SPOOL_NAME_LENGTH + 1];
    next_name(last, name);
    if (!touch(files, "holding"))
        return false;
    files->segment = openat(files->directory, name,
                            O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return files->segment >= 0 && fsync(files->directory) == 0;
}

/* Has the file to append to open: the one in use, the last one there is, or a new one. */
static bool find_segment(struct spool_files *files, int64_t *size)
{
    char last[SPOOL_NAME_LENGTH + 1];
    struct spool_measure measure;
    struct error ignored;
    if (can_be_appended_to(files, size))
        return true;
    if (files->segment >= 0)
        close(files->segment);
    files->segment = -1;
    if (!last_name(files, last, &ignored))
        return false;
    if (last[0])
        files->segment = openat(files->directory, last, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (!can_be_appended_to(files, size)) {
        if (files->segment >= 0)
            close(files->segment);
        *size = 0;
        if (!begin_segment(files, last))
            return false;
    }
    files->others =
        spool_files_measure(files, &measure, &ignored) ? measure.bytes - *size : files->others;
    return true;
}

/* Somebody was killed while it wrote: what it left is made a line of its own, which will be set aside. */
static bool end_torn_line(const struct spool_files *files, int64_t size)
{
    char last;
    return size == 0 || pread(files->segment, &last, 1, size - 1) != 1 || last == '\n' ||
           write(files->segment, "\n", 1) == 1;
}

static bool write_all(int file, const struct slice *texts, size_t count)
{
    struct iovec parts[PARTS_MAX];
    size_t next = 0, skip = 0; /* bytes of texts[next] that are written */
    while (next < count) {
        int used = 0;
        for (size_t i = next; i < count && used < PARTS_MAX; i++, used++) {
            size_t done = i == next ? skip : 0;
            parts[used] =
                (struct iovec){(char *)(uintptr_t)texts[i].data + done, texts[i].length - done};
        }
        ssize_t written = writev(file, parts, used);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        for (size_t left = (size_t)written + skip; next < count; next++) {
            skip = left;
            if (left < texts[next].length)
                break;
            left -= texts[next].length;
            skip = 0;
        }
    }
    return true;
}

static bool is_full(int number)
{
    return number == ENOSPC || number == EDQUOT || number == EFBIG;
}

static enum spool_outcome failed(struct error *error, const char *what)
{
    int number = errno;
    system_error(error, what);
    return is_full(number) ? SPOOL_FULL : SPOOL_FAILED;
}

static bool over_limit(struct spool_files *files, int64_t size, int64_t more)
{
    struct spool_measure measure;
    struct error ignored;
    if (files->others + size + more <= files->limit)
        return false;
    if (spool_files_measure(files, &measure, &ignored)) /* some may have been drained meanwhile */
        files->others = measure.bytes - size;
    return files->others + size + more > files->limit;
}

/*
 * Writes all or nothing. Room is taken first, where the file system can do that, so that it is not found missing half way; the
 * reader might already have seen the first half then.
 */
static enum spool_outcome write_locked(struct spool_files *files, const struct slice *texts,
                                       size_t count, struct error *error)
{
    int64_t size, length = 0;
    for (size_t i = 0; i < count; i++)
        length += (int64_t)texts[i].length;
    if (!find_segment(files, &size))
        return failed(error, "cannot begin a file");
    if (over_limit(files, size, length)) {
        error_set(error, "spool: it takes the %lld MiB it may take",
                  (long long)(files->limit / 1048576));
        return SPOOL_FULL;
    }
    if (fallocate(files->segment, FALLOC_FL_KEEP_SIZE, size, length + 1) != 0 && is_full(errno))
        return failed(error, "no room");
    if (end_torn_line(files, size) && write_all(files->segment, texts, count))
        return SPOOL_WRITTEN;
    enum spool_outcome outcome = failed(error, "cannot write");
    if (ftruncate(files->segment, size) != 0)
        error_prefix(error, "and what was written cannot be taken back");
    return outcome;
}

enum spool_outcome spool_files_append(struct spool_files *files, const struct slice *texts,
                                      size_t count, bool only_behind, struct error *error)
{
    if (!spool_files_lock(files, error))
        return SPOOL_FAILED;
    if (only_behind && !spool_files_hold(files)) {
        spool_files_unlock(files);
        return SPOOL_EMPTY;
    }
    enum spool_outcome outcome = write_locked(files, texts, count, error);
    spool_files_unlock(files);
    if (outcome == SPOOL_WRITTEN && fdatasync(files->segment) != 0)
        outcome = failed(error, "cannot sync");
    return outcome;
}

/* ---- what is done with ---- */

bool spool_files_remove(const struct spool_files *files, const char *name, struct error *error)
{
    return unlinkat(files->directory, name, 0) == 0 || system_error(error, "cannot remove a file");
}

void spool_files_hold_nothing(const struct spool_files *files)
{
    unlinkat(files->directory, "holding", 0);
}

bool spool_files_set_aside(const struct spool_files *files, const char *name, struct slice bytes,
                           struct error *error)
{
    char path[64];
    snprintf(path, sizeof path, "aside/%s", name);
    mkdirat(files->directory, "aside", 0700);
    int file = openat(files->directory, path,
                      O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return system_error(error, "cannot set aside");
    const struct slice parts[] = {bytes, SLICE_LITERAL("\n")};
    bool good = (write_all(file, parts, 2) && fdatasync(file) == 0) ||
                system_error(error, "cannot set aside");
    close(file);
    return good;
}
