/*
 * log.c - one line an event, to a file or to standard error.
 * State of the process, as there is one log: the one place in base/ that has any.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static struct {
    int descriptor;
    char path[1024];
    const char *process;
    enum log_level level;
    char gathered[32768];
    size_t length;
    time_t second; /* the one that `stamp` shows */
    char stamp[32];
} state = {.descriptor = STDERR_FILENO, .process = "callboard", .level = LOG_LEVEL_INFO};

/* Writes what has been gathered, and goes on with DESCRIPTOR. */
static void go_over_to(int descriptor)
{
    log_flush();
    if (state.path[0])
        close(state.descriptor);
    state.descriptor = descriptor;
}

bool log_open(const char *path, struct error *error)
{
    if (!path || !*path) {
        go_over_to(STDERR_FILENO);
        state.path[0] = '\0';
        return true;
    }
    if (strlen(path) >= sizeof state.path)
        return error_set(error, "log file name longer than %zu bytes", sizeof state.path - 1);
    int descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (descriptor < 0)
        return error_set(error, "cannot open log file %s: %s", path, strerror(errno));
    go_over_to(descriptor);
    memmove(state.path, path, strlen(path) + 1);
    return true;
}

bool log_reopen(struct error *error)
{
    return state.path[0] ? log_open(state.path, error) : true;
}

int log_descriptor(void)
{
    return state.descriptor;
}

void log_set_level(enum log_level level)
{
    state.level = level;
}

bool log_enabled(enum log_level level)
{
    return level <= state.level;
}

void log_set_process(const char *name)
{
    state.process = name;
}

static const char *stamp(long *milliseconds)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec != state.second) {
        struct tm parts;
        gmtime_r(&now.tv_sec, &parts);
        strftime(state.stamp, sizeof state.stamp, "%Y-%m-%dT%H:%M:%S", &parts);
        state.second = now.tv_sec;
    }
    *milliseconds = now.tv_nsec / 1000000;
    return state.stamp;
}

void log_line(enum log_level level, const char *format, ...)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    if (!log_enabled(level))
        return;
    if (sizeof state.gathered - state.length < LINE_MAX_BYTES)
        log_flush();
    char *line = state.gathered + state.length;
    long milliseconds;
    const char *time = stamp(&milliseconds);
    int head = snprintf(line, LINE_MAX_BYTES, "%s.%03ldZ %s %s[%ld] ", time, milliseconds,
                        names[level], state.process, (long)getpid());
    if (head < 0 || head >= LINE_MAX_BYTES - 1)
        return;
    va_list arguments;
    va_start(arguments, format);
    int text = vsnprintf(line + head, (size_t)(LINE_MAX_BYTES - head), format, arguments);
    va_end(arguments);
    if (text < 0)
        return;
    size_t length = (size_t)head + (size_t)text;
    if (length > LINE_MAX_BYTES - 2)
        length = LINE_MAX_BYTES - 2;
    for (size_t i = (size_t)head; i < length; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    line[length] = '\n';
    state.length += length + 1;
    if (level <= LOG_LEVEL_WARNING)
        log_flush();
}

void log_flush(void)
{
    size_t at = 0;
    while (at < state.length) {
        ssize_t written = write(state.descriptor, state.gathered + at, state.length - at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            break; /* a full disk must not stop calls; there is nowhere left to say so */
        at += (size_t)written;
    }
    state.length = 0;
}
