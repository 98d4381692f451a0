/*
 * passwd_file.c - reading a file of NAME:HASH lines. passwd_change.c writes it.
 */
#include "htpasswd/passwd_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bool passwd_name_is_good(struct slice name)
{
    if (name.length == 0 || name.length > PASSWD_NAME_BYTES || name.data[0] == '#' ||
        !slice_is_utf8(name))
        return false;
    for (size_t i = 0; i < name.length; i++)
        if ((unsigned char)name.data[i] < ' ' || name.data[i] == 127 || name.data[i] == ':')
            return false;
    return true;
}

static bool is_comment(struct slice text)
{
    text = slice_trim(text);
    return text.length == 0 || text.data[0] == '#';
}

/* The line's text is never told: it may hold a hash, or a password that somebody put there. */
static bool parse_line(struct passwd_line *line, size_t number, struct error *error)
{
    struct slice hash, comment;
    if (line->text.length && line->text.data[line->text.length - 1] == '\r')
        line->text.length--;
    if (is_comment(line->text))
        return true;
    struct slice name = slice_cut(line->text, ':', &hash);
    if (!hash.data)
        return error_set(error, "line %zu is not NAME:HASH", number);
    if (!passwd_name_is_good(name))
        return error_set(error, "line %zu has a name that cannot be one", number);
    line->name = name;
    /* nginx and Apache take what stands behind a further ":" for a comment. */
    line->hash = slice_trim(slice_cut(hash, ':', &comment));
    return true;
}

static int compare_names(struct slice a, struct slice b)
{
    int order = memcmp(a.data, b.data, a.length < b.length ? a.length : b.length);
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

static int compare_lines(const void *a, const void *b)
{
    const struct passwd_line *one = *(struct passwd_line *const *)a;
    const struct passwd_line *other = *(struct passwd_line *const *)b;
    int order = compare_names(one->name, other->name);
    return order ? order : (one > other) - (one < other);
}

static void index_names(struct passwd_file *file)
{
    size_t count = 0;
    for (size_t i = 0; i < file->line_count; i++)
        if (file->lines[i].name.data)
            file->by_name[count++] = &file->lines[i];
    qsort(file->by_name, count, sizeof(struct passwd_line *), compare_lines);
    for (size_t i = 0; i < count; i++) {
        size_t kept = file->name_count;
        if (kept && slice_equal(file->by_name[kept - 1]->name, file->by_name[i]->name))
            continue;
        file->by_name[file->name_count++] = file->by_name[i];
    }
}

static bool parse(struct passwd_file *file, struct error *error)
{
    struct slice rest = file->text;
    size_t count = 1;
    for (size_t i = 0; i < rest.length; i++) {
        if (rest.data[i] == '\0')
            return error_set(error, "the file holds a NUL byte");
        count += rest.data[i] == '\n';
    }
    file->lines = arena_calloc(&file->arena, count, sizeof *file->lines);
    file->by_name = arena_calloc(&file->arena, count, sizeof(struct passwd_line *));
    if (!file->lines || !file->by_name)
        return error_set(error, "out of memory");
    while (rest.length) {
        struct passwd_line *line = &file->lines[file->line_count++];
        line->text = slice_cut(rest, '\n', &rest);
        if (!parse_line(line, file->line_count, error))
            return false;
    }
    index_names(file);
    return true;
}

bool passwd_file_parse(struct passwd_file *file, struct slice text, struct error *error)
{
    *file = (struct passwd_file){0};
    arena_init(&file->arena, (size_t)128 * PASSWD_FILE_BYTES);
    file->text = arena_copy(&file->arena, text);
    if (!file->text.data)
        error_set(error, "out of memory");
    else if (parse(file, error))
        return true;
    passwd_file_free(file);
    return false;
}

static bool read_text(int descriptor, char **text, size_t *length, struct error *error)
{
    struct stat status;
    if (fstat(descriptor, &status) < 0)
        return error_set(error, "%s", strerror(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(error, "it is not a file");
    if (status.st_size > PASSWD_FILE_BYTES)
        return error_set(error, "it is larger than %d bytes", PASSWD_FILE_BYTES);
    size_t size = (size_t)status.st_size;
    *text = malloc(size + 1);
    if (!*text)
        return error_set(error, "out of memory");
    while (*length < size) {
        ssize_t got = read(descriptor, *text + *length, size - *length);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return error_set(error, "%s", strerror(errno));
        if (got > 0)
            *length += (size_t)got;
    }
    return true;
}

bool passwd_file_read(struct passwd_file *file, const char *path, bool missing_is_empty,
                      struct error *error)
{
    char *text = NULL;
    size_t length = 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0 && errno == ENOENT && missing_is_empty)
        return passwd_file_parse(file, slice_of("", 0), error);
    if (descriptor < 0)
        return error_set(error, "cannot read %s: %s", path, strerror(errno));
    bool good = read_text(descriptor, &text, &length, error) &&
                passwd_file_parse(file, slice_of(text, length), error);
    close(descriptor);
    free(text);
    return good || error_prefix(error, "%s", path);
}

void passwd_file_free(struct passwd_file *file)
{
    arena_free(&file->arena);
    *file = (struct passwd_file){0};
}

struct slice passwd_file_find(const struct passwd_file *file, struct slice name)
{
    size_t low = 0, high = file->name_count;
    while (name.length && low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_names(name, file->by_name[middle]->name);
        if (order == 0)
            return file->by_name[middle]->hash;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return slice_of(NULL, 0);
}
