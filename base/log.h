/*
 * log.h - one line an event, to a file or to standard error.
 * Lines are gathered and written together: log_flush is called once per turn of an event loop, and by
 * itself for warnings and errors. A line never holds a control character, whatever is put into it.
 */
#ifndef CALLBOARD_LOG_H
#define CALLBOARD_LOG_H

#include "base/error.h"

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG
};

/*
 * Sends the log to the file at PATH (made with mode 0640, appended to), or to standard error when PATH is
 * NULL or empty. On failure the log goes on where it went.
 */
bool log_open(const char *path, struct error *error);

/* Opens the same path again, after a rotation. */
bool log_reopen(struct error *error);

/* The descriptor in use, for handing the file to another user (fchown). */
int log_descriptor(void);

/* Lines above LEVEL are left out. Standard: LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);

/* True when a line of LEVEL would be written; spares the work of making it. */
bool log_enabled(enum log_level level);

/* What the process is called in its lines: "master", "worker", … NAME must stay valid. */
void log_set_process(const char *name);

/* Adds a line. FORMAT makes the text behind time, level and process; longer than 2 KB is cut. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Writes what has been gathered. */
void log_flush(void);

#endif
