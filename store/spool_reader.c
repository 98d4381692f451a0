/*
 * spool_reader.c - reads the spool from its oldest packet on.
 *
 * A file that is read to its end may still be appended to. So the end is only believed with the lock of those who append; then the
 * file goes. With the last file goes what says that packets are held, and the lock is given back only after that: whoever
 * waited for it finds that there is nothing left to stay behind.
 */
#include "store/spool_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fault.h"

#define BUFFER_BYTES ((size_t)512 << 10)

static bool take_lock(struct spool_reader *reader, struct error *error)
{
    reader->drain =
        openat(reader->files.directory, "drain", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (reader->drain < 0)
        return error_set(error, "spool: cannot open the lock: %s", strerror(errno));
    if (flock(reader->drain, LOCK_EX | LOCK_NB) == 0)
        return true;
    return errno != EWOULDBLOCK && error_set(error, "spool: cannot lock: %s", strerror(errno));
}

bool spool_reader_open(struct spool_reader *reader, const struct spool_settings *settings,
                       struct error *error)
{
    error->text[0] = '\0';
    *reader = (struct spool_reader){.drain = -1, .file = -1};
    if (!spool_files_open(&reader->files, settings, error))
        return false;
    reader->capacity = BUFFER_BYTES;
    reader->buffer = malloc(reader->capacity);
    if (!reader->buffer)
        error_set(error, "out of memory");
    else if (take_lock(reader, error))
        return true;
    spool_reader_close(reader);
    return false;
}

void spool_reader_close(struct spool_reader *reader)
{
    if (reader->locked)
        spool_files_unlock(&reader->files);
    if (reader->file >= 0)
        close(reader->file);
    if (reader->drain >= 0)
        close(reader->drain);
    spool_files_close(&reader->files);
    free(reader->buffer);
    *reader = (struct spool_reader){
        .drain = -1, .file = -1, .files = {.directory = -1, .lock = -1, .segment = -1}};
}

static bool lock(struct spool_reader *reader, struct error *error)
{
    return reader->locked = spool_files_lock(&reader->files, error);
}

/* Opens the oldest file. False: there is none, or *error is set. */
static bool open_oldest(struct spool_reader *reader, struct error *error)
{
    if (!spool_files_next(&reader->files, "", reader->name, &reader->set_aside, error))
        return false;
    reader->offset = 0;
    reader->file = openat(reader->files.directory, reader->name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    return reader->file >= 0 ||
           error_set(error, "spool: cannot open %s: %s", reader->name, strerror(errno));
}

static bool set_aside(struct spool_reader *reader, struct slice bytes, struct error *error)
{
    reader->set_aside++;
    return spool_files_set_aside(&reader->files, reader->name, bytes, error);
}

/* Goes through the whole lines of BYTES, which stand at reader->offset, until so many packets are found. */
static bool read_lines(struct spool_reader *reader, struct slice bytes, struct error *error)
{
    const char *end;
    while (reader->count < SPOOL_READ_MAX && bytes.length > 0 &&
           (end = memchr(bytes.data, '\n', bytes.length)) != NULL) {
        struct slice line = slice_of(bytes.data, (size_t)(end - bytes.data));
        struct packet *packet = &reader->packets[reader->count];
        enum packet_state state;
        if (!packet_read_line(line, packet, &state)) {
            if (line.length > 0 && !set_aside(reader, line, error))
                return false;
        } else if (state == PACKET_WAITING) {
            reader->lines[reader->count] = line;
            reader->places[reader->count++] = reader->offset;
        }
        reader->offset += (int64_t)line.length + 1;
        bytes = slice_of(end + 1, bytes.length - line.length - 1);
    }
    return true;
}

/* A line that fits no buffer is no packet: it is set aside in pieces, or room is made for it. */
static bool make_room(struct spool_reader *reader, struct error *error)
{
    if (reader->capacity > PACKET_LINE_MAX) {
        reader->offset += (int64_t)reader->capacity;
        return set_aside(reader, slice_of(reader->buffer, reader->capacity), error);
    }
    char *larger = realloc(reader->buffer, PACKET_LINE_MAX + 1);
    if (!larger)
        return error_set(error, "out of memory");
    reader->buffer = larger;
    reader->capacity = PACKET_LINE_MAX + 1;
    return true;
}

/* The file is read to its end, but for TAIL, a line that was never finished. With the lock. */
static bool end_file(struct spool_reader *reader, struct slice tail, struct error *error)
{
    char name[SPOOL_NAME_LENGTH + 1];
    struct error none = {""};
    if (tail.length > 0 && !set_aside(reader, tail, error))
        return false;
    close(reader->file);
    reader->file = -1;
    FAULT("drain-remove");
    if (!spool_files_remove(&reader->files, reader->name, error))
        return false;
    FAULT("drain-removed");
    if (spool_files_next(&reader->files, "", name, NULL, &none)) {
        spool_files_unlock(&reader->files);
        reader->locked = false;
    }
    return true;
}

/* One look at the file. False: *error is set. */
static bool read_some(struct spool_reader *reader, struct error *error)
{
    int64_t before = reader->offset;
    ssize_t length = pread(reader->file, reader->buffer, reader->capacity, before);
    if (length < 0)
        return error_set(error, "spool: cannot read %s: %s", reader->name, strerror(errno));
    struct slice bytes = slice_of(reader->buffer, (size_t)length);
    if (!read_lines(reader, bytes, error))
        return false;
    if (reader->count > 0 || reader->offset > before)
        return true;
    if (bytes.length == reader->capacity)
        return make_room(reader, error);
    return reader->locked ? end_file(reader, bytes, error) : lock(reader, error);
}

enum spool_reading spool_reader_next(struct spool_reader *reader, struct error *error)
{
    error->text[0] = '\0';
    reader->count = 0;
    while (reader->count == 0) {
        if (reader->file >= 0) {
            if (!read_some(reader, error))
                return SPOOL_READ_FAILED;
        } else if (!open_oldest(reader, error)) {
            if (error->text[0])
                return SPOOL_READ_FAILED;
            if (reader->locked)
                break;
            if (!lock(reader, error))
                return SPOOL_READ_FAILED;
        }
    }
    if (reader->count > 0)
        return SPOOL_READ_PACKETS;
    spool_files_hold_nothing(&reader->files);
    spool_files_unlock(&reader->files);
    reader->locked = false;
    return SPOOL_READ_END;
}

bool spool_reader_mark(const struct spool_reader *reader, size_t index, enum packet_state state,
                       struct error *error)
{
    FAULT("drain-mark");
    if (pwrite(reader->file, packet_state_words[state], PACKET_STATE_LENGTH,
               reader->places[index]) == PACKET_STATE_LENGTH)
        return true;
    return error_set(error, "spool: cannot write %s: %s", reader->name, strerror(errno));
}

bool spool_reader_set_aside(struct spool_reader *reader, size_t index, struct error *error)
{
    return set_aside(reader, reader->lines[index], error) &&
           spool_reader_mark(reader, index, PACKET_DROPPED, error);
}
