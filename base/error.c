/*
 * error.c - the one way to fail.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void error_one_line(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

bool error_set(struct error *error, const char *format, ...)
{
    if (!error)
        return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    error_one_line(error->text);
    return false;
}

bool error_prefix(struct error *error, const char *format, ...)
{
    if (!error)
        return false;
    struct error before = *error;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length + 2 >= sizeof error->text)
        return false;
    char *at = error->text + length;
    size_t left = sizeof error->text - (size_t)length - 3, wanted = strlen(before.text);
    size_t fits = wanted < left ? wanted : left;
    memcpy(at, ": ", 2);
    memcpy(at + 2, before.text, fits);
    at[2 + fits] = '\0';
    error_one_line(error->text);
    return false;
}
