/*
 * error.h - the one way to fail.
 * A function that can fail for a reason worth telling returns bool (or NULL) and takes a last parameter
 * `struct error *error`: on failure it has changed nothing that the caller can see, and *error holds one
 * line that says what happened, for a person. Callers add context and pass it on; only main programs
 * and the dispatcher decide what to do.
 */
#ifndef CALLBOARD_ERROR_H
#define CALLBOARD_ERROR_H

#include <stdbool.h>

struct error {
    char text[512]; /* NUL-terminated, one line, cut when longer; no secrets */
};

/* Writes the text and returns false, so that `return error_set(error, …)` reads well. ERROR may be
 * NULL. Control characters in what is formatted in are shown as '?': the line stays one line. */
bool error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts formatted text and ": " in front of what is there; returns false. */
bool error_prefix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Shows control characters in TEXT as '?', as these functions do: what strangers wrote stays one line, and commands no
 * terminal. */
void error_one_line(char *text);

#endif
