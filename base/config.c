/*
 * config.c - the configuration file: sections and keys (INI), checked against tables.
 * libinih reads the lines; this file knows the tables.
 */
#include "base/config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* libinih cuts longer lines and section names in silence; they are refused before it sees them. */
#define LINE_BYTES    4000
#define SECTION_BYTES 48

#define ENVIRONMENT_PREFIX "CALLBOARD_CONF_"
#define ENVIRONMENT_BYTES  128

struct reading {
    FILE *file;
    char *text; /* of the line, from getline */
    size_t text_size;
    const char *path;
    int line;
    const struct config_group *groups;
    size_t count;
    int **given; /* per group and option: the line that gave it, 0 for none */
    struct arena *arena;
    struct error *error;
    bool failed;
};

/* True when SECTION is the option's; what stands for the "*" goes to *instance. */
static bool section_matches(const char *pattern, const char *section, struct slice *instance)
{
    size_t length = strlen(pattern);
    *instance = slice_of(NULL, 0);
    if (length == 0 || pattern[length - 1] != '*')
        return strcmp(pattern, section) == 0;
    if (strncmp(pattern, section, length - 1) != 0 || section[length - 1] == '\0')
        return false;
    *instance = slice_from(section + length - 1);
    return true;
}

static bool set_number(const struct config_option *option, char *target, const char *value,
                       struct error *error)
{
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (end == value || *end || errno || number < option->minimum || number > option->maximum)
        return error_set(error, "%s must be a whole number from %lld to %lld, not \"%s\"",
                         option->name, (long long)option->minimum, (long long)option->maximum,
                         value);
    *(int64_t *)(void *)target = number;
    return true;
}

static bool set_boolean(const struct config_option *option, char *target, const char *value,
                        struct error *error)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(value, words[i]) == 0) {
            *(bool *)(void *)target = i % 2;
            return true;
        }
    }
    return error_set(error, "%s must be yes or no, not \"%s\"", option->name, value);
}

static bool set_choice(const struct config_option *option, char *target, const char *value,
                       struct error *error)
{
    char known[200] = "";
    for (int i = 0; option->choices[i]; i++) {
        if (strcmp(value, option->choices[i]) == 0) {
            *(int *)(void *)target = i;
            return true;
        }
        size_t at = strlen(known);
        snprintf(known + at, sizeof known - at, "%s%s", i ? ", " : "", option->choices[i]);
    }
    return error_set(error, "%s must be one of %s, not \"%s\"", option->name, known, value);
}

static bool set_value(const struct config_option *option, void *settings, struct slice instance,
                      const char *value, struct arena *arena, struct error *error)
{
    char *target = (char *)settings + option->offset;
    struct slice copy = arena_copy(arena, slice_from(value));
    struct slice name = arena_copy(arena, instance);
    if (!copy.data || !name.data)
        return error_set(error, "out of memory");
    switch (option->kind) {
    case CONFIG_TEXT:
        *(const char **)(void *)target = copy.data;
        return !option->check || option->check(copy.data, error) ||
               error_prefix(error, "%s", option->name);
    case CONFIG_NUMBER: return set_number(option, target, value, error);
    case CONFIG_BOOLEAN: return set_boolean(option, target, value, error);
    case CONFIG_CHOICE: return set_choice(option, target, value, error);
    case CONFIG_OTHER: return option->set(settings, name, copy, arena, error);
    }
    return error_set(error, "%s has no kind", option->name);
}

/* How many single-letter changes lead from A to B; names are short, so the plain table does. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[ENVIRONMENT_BYTES];
    size_t width = strlen(b);
    if (width >= sizeof row / sizeof *row)
        return SIZE_MAX;
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < width; j++) {
            size_t change = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            size_t shorter = (row[j] < diagonal ? row[j] : diagonal) + 1;
            row[j + 1] = change < shorter ? change : shorter;
        }
    }
    return row[width];
}

static bool unknown(const struct reading *reading, const char *section, const char *name)
{
    const struct config_option *nearest = NULL;
    size_t least = SIZE_MAX;
    bool section_known = false;
    struct slice instance;
    for (size_t g = 0; g < reading->count; g++)
        for (size_t i = 0; i < reading->groups[g].count; i++)
            section_known |=
                section_matches(reading->groups[g].options[i].section, section, &instance);
    for (size_t g = 0; g < reading->count; g++) {
        for (size_t i = 0; i < reading->groups[g].count; i++) {
            const struct config_option *option = &reading->groups[g].options[i];
            bool here = section_matches(option->section, section, &instance);
            if (section_known && !here)
                continue;
            size_t distance = edit_distance(name, option->name);
            if (!section_known)
                distance += 2 * edit_distance(section, option->section);
            if (distance < least) {
                least = distance;
                nearest = option;
            }
        }
    }
    if (!nearest)
        return error_set(reading->error, "unknown key %s in section [%s]", name, section);
    if (!section_known && !*section)
        return error_set(reading->error, "key %s stands above the first [section]", name);
    if (!section_known)
        return error_set(reading->error, "unknown section [%s]; the nearest known is [%s]", section,
                         nearest->section);
    return error_set(reading->error, "unknown key %s in section [%s]; the nearest known is %s",
                     name, section, nearest->name);
}

static bool take_pair(struct reading *reading, const char *section, const char *name,
                      const char *value)
{
    for (size_t g = 0; g < reading->count; g++) {
        const struct config_group *group = &reading->groups[g];
        for (size_t i = 0; i < group->count; i++) {
            const struct config_option *option = &group->options[i];
            struct slice instance;
            if (strcmp(option->name, name) != 0 ||
                !section_matches(option->section, section, &instance))
                continue;
            int *line = &reading->given[g][i];
            if (*line && option->kind != CONFIG_OTHER)
                return error_set(reading->error, "%s is given twice, first in line %d", name,
                                 *line);
            *line = reading->line;
            return set_value(option, group->settings, instance, value, reading->arena,
                             reading->error);
        }
    }
    return unknown(reading, section, name);
}

/* libinih's handler: 1 to go on, 0 for an error. Only the first error is kept. */
static int on_pair(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    if (reading->failed)
        return 0;
    if (take_pair(reading, section, name, value ? value : ""))
        return 1;
    error_prefix(reading->error, "%s:%d", reading->path, reading->line);
    reading->failed = true;
    return 0;
}

/* libinih's reader, as fgets; counts lines and refuses what libinih would cut. */
static char *read_line(char *buffer, int size, void *user)
{
    struct reading *reading = user;
    ssize_t length =
        reading->failed ? -1 : getline(&reading->text, &reading->text_size, reading->file);
    if (length < 0)
        return NULL;
    reading->line++;
    const char *first = reading->text + strspn(reading->text, " \t");
    if (length >= LINE_BYTES || length >= size)
        error_set(reading->error, "%s:%d: line longer than %d bytes", reading->path, reading->line,
                  LINE_BYTES - 1);
    else if (memchr(reading->text, '\0', (size_t)length))
        error_set(reading->error, "%s:%d: the line holds a NUL byte", reading->path, reading->line);
    else if (first[0] == '[' && strcspn(first, "]") > SECTION_BYTES)
        error_set(reading->error, "%s:%d: section name longer than %d bytes", reading->path,
                  reading->line, SECTION_BYTES - 1);
    else
        return memcpy(buffer, reading->text, (size_t)length + 1);
    reading->failed = true;
    return NULL;
}

static bool read_file(struct reading *reading)
{
    reading->file = fopen(reading->path, "re");
    if (!reading->file)
        return error_set(reading->error, "cannot read %s: %s", reading->path, strerror(errno));
    ini_max_line = LINE_BYTES + 2;
    ini_stop_on_first_error = true;
    int result = ini_parse_stream(read_line, reading, on_pair, reading);
    bool unread = ferror(reading->file); /* a directory, say, can be opened */
    fclose(reading->file);
    free(reading->text);
    if (reading->failed)
        return false;
    if (unread)
        return error_set(reading->error, "cannot read %s", reading->path);
    if (result != 0)
        return error_set(reading->error, "%s:%d: neither a [section] nor a key = value",
                         reading->path, result);
    return true;
}

/* CALLBOARD_CONF_REDIS_PASSWORD_FILE for password_file in [redis]; [callboard] itself gives no word. */
static void environment_name(char *name, size_t size, const struct config_option *option)
{
    bool main = strcmp(option->section, "callboard") == 0;
    snprintf(name, size, ENVIRONMENT_PREFIX "%s%s%s", main ? "" : option->section, main ? "" : "_",
             option->name);
    for (; *name; name++)
        *name = *name == '.' ? '_' : (char)toupper((unsigned char)*name);
}

static bool read_environment(struct reading *reading)
{
    for (size_t g = 0; g < reading->count; g++) {
        const struct config_group *group = &reading->groups[g];
        for (size_t i = 0; i < group->count; i++) {
            const struct config_option *option = &group->options[i];
            char name[ENVIRONMENT_BYTES];
            if (strchr(option->section, '*'))
                continue;
            environment_name(name, sizeof name, option);
            const char *value = getenv(name);
            if (value && !set_value(option, group->settings, slice_of(NULL, 0), value,
                                    reading->arena, reading->error))
                return error_prefix(reading->error, "environment variable %s", name);
        }
    }
    return true;
}

/* True when NAME is an option's variable; else *nearest is the one that comes nearest to it. */
static bool environment_knows(const struct config_group *groups, size_t count, const char *name,
                              const struct config_option **nearest)
{
    size_t least = SIZE_MAX;
    for (size_t g = 0; g < count; g++) {
        for (size_t i = 0; i < groups[g].count; i++) {
            const struct config_option *option = &groups[g].options[i];
            char known[ENVIRONMENT_BYTES];
            if (strchr(option->section, '*'))
                continue;
            environment_name(known, sizeof known, option);
            if (strcmp(name, known) == 0)
                return true;
            size_t distance = edit_distance(name, known);
            if (distance <= least) {
                least = distance;
                *nearest = option;
            }
        }
    }
    return false;
}

bool config_check_environment(const struct config_group *groups, size_t count, struct error *error)
{
    for (char **variable = environ; *variable; variable++) {
        const struct config_option *option = NULL;
        char name[ENVIRONMENT_BYTES], nearest[ENVIRONMENT_BYTES] = "";
        if (strncmp(*variable, ENVIRONMENT_PREFIX, strlen(ENVIRONMENT_PREFIX)) != 0)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)strcspn(*variable, "="), *variable);
        if (environment_knows(groups, count, name, &option))
            continue;
        if (option)
            environment_name(nearest, sizeof nearest, option);
        return error_set(error, "unknown environment variable %s; the nearest known is %s", name,
                         nearest);
    }
    return true;
}

static bool set_standards(struct reading *reading)
{
    for (size_t g = 0; g < reading->count; g++) {
        const struct config_group *group = &reading->groups[g];
        for (size_t i = 0; i < group->count; i++) {
            const struct config_option *option = &group->options[i];
            if (option->standard && !strchr(option->section, '*') &&
                !set_value(option, group->settings, slice_of(NULL, 0), option->standard,
                           reading->arena, reading->error))
                return error_prefix(reading->error, "standard value");
        }
    }
    return true;
}

bool config_load(const char *path, const struct config_group *groups, size_t count,
                 struct arena *arena, struct error *error)
{
    struct reading reading = {
        .path = path, .groups = groups, .count = count, .arena = arena, .error = error};
    reading.given = arena_calloc(arena, count, sizeof *reading.given);
    if (!reading.given)
        return error_set(error, "out of memory");
    for (size_t g = 0; g < count; g++) {
        reading.given[g] = arena_calloc(arena, groups[g].count, sizeof **reading.given);
        if (!reading.given[g])
            return error_set(error, "out of memory");
    }
    return set_standards(&reading) && (!path || read_file(&reading)) && read_environment(&reading);
}

bool config_read_secret(const char *path, struct arena *arena, const char **secret,
                        struct error *error)
{
    char line[1026];
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return error_set(error, "cannot read %s: %s", path, strerror(errno));
    ssize_t length = read(descriptor, line, sizeof line - 1);
    close(descriptor);
    if (length < 0)
        return error_set(error, "cannot read %s: %s", path, strerror(errno));
    line[length] = '\0';
    size_t end = strcspn(line, "\r\n");
    if (end == 0 || end > 1024)
        return error_set(error, "%s: the first line must be the secret, 1 to 1024 bytes", path);
    struct slice copy = arena_copy(arena, slice_of(line, end));
    explicit_bzero(line, sizeof line);
    if (!copy.data)
        return error_set(error, "out of memory");
    *secret = copy.data;
    return true;
}

bool config_check_private(const char *path, struct error *error)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return error_set(error, "cannot read %s: %s", path, strerror(errno));
    if (status.st_mode & S_IRWXO)
        return error_set(error, "%s holds a secret and is open to everybody; chmod o= %s mends it",
                         path, path);
    return true;
}
