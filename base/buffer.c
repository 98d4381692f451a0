/*
 * buffer.c - text that grows, in an arena.
 * Doubling growth; the newest allocation of an arena grows in place, so a long text is rarely copied.
 */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>

struct buffer buffer_in(struct arena *arena)
{
    return (struct buffer){.arena = arena};
}

bool buffer_reserve(struct buffer *buffer, size_t more)
{
    if (buffer->failed)
        return false;
    if (more <= buffer->capacity - buffer->length)
        return true;
    size_t needed = buffer->length + more;
    size_t capacity = buffer->capacity ? buffer->capacity : 128;
    while (capacity < needed && capacity <= SIZE_MAX / 2)
        capacity *= 2;
    char *data = needed < more || capacity < needed
                     ? NULL
                     : arena_grow(buffer->arena, buffer->data, buffer->capacity, capacity);
    if (!data) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void buffer_add(struct buffer *buffer, struct slice s)
{
    if (s.length == 0 || !buffer_reserve(buffer, s.length))
        return;
    memcpy(buffer->data + buffer->length, s.data, s.length);
    buffer->length += s.length;
}

void buffer_add_string(struct buffer *buffer, const char *string)
{
    buffer_add(buffer, slice_from(string));
}

void buffer_add_byte(struct buffer *buffer, char byte)
{
    if (buffer_reserve(buffer, 1))
        buffer->data[buffer->length++] = byte;
}

void buffer_add_number(struct buffer *buffer, int64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0)
        buffer_add_byte(buffer, '-');
    buffer_add(buffer, slice_of(digits + at, sizeof digits - at));
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 || !buffer_reserve(buffer, (size_t)length + 1)) {
        buffer->failed = true;
        return;
    }
    va_start(arguments, format);
    vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->length += (size_t)length;
}

void buffer_add_json(struct buffer *buffer, struct slice s)
{
    static const char hex[] = "0123456789abcdef";
    size_t plain = 0; /* start of the run that needs no escape */
    buffer_add_byte(buffer, '"');
    for (size_t i = 0; i < s.length; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buffer_add(buffer, slice_of(s.data + plain, i - plain));
        plain = i + 1;
        switch (c) {
        case '"': buffer_add_string(buffer, "\\\""); break;
        case '\\': buffer_add_string(buffer, "\\\\"); break;
        case '\n': buffer_add_string(buffer, "\\n"); break;
        case '\r': buffer_add_string(buffer, "\\r"); break;
        case '\t': buffer_add_string(buffer, "\\t"); break;
        default:
            buffer_add_string(buffer, "\\u00");
            buffer_add_byte(buffer, hex[c >> 4]);
            buffer_add_byte(buffer, hex[c & 15]);
        }
    }
    buffer_add(buffer, slice_of(s.data + plain, s.length - plain));
    buffer_add_byte(buffer, '"');
}

void buffer_add_mended(struct buffer *buffer, struct slice s)
{
    size_t start = 0;
    for (size_t i = 0; i < s.length;) {
        size_t length = slice_utf8_sequence(s, i);
        if (length == 0) {
            buffer_add(buffer, slice_of(s.data + start, i - start));
            buffer_add_string(buffer, "\xef\xbf\xbd");
            start = i + 1;
        }
        i += length ? length : 1;
    }
    if (start < s.length)
        buffer_add(buffer, slice_of(s.data + start, s.length - start));
}

void buffer_add_percent(struct buffer *buffer, struct slice s, const char *keep)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-._~";
    for (size_t i = 0; i < s.length; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if (c && (strchr(unreserved, c) || strchr(keep, c))) {
            buffer_add_byte(buffer, (char)c);
        } else {
            buffer_add_byte(buffer, '%');
            buffer_add_byte(buffer, hex[c >> 4]);
            buffer_add_byte(buffer, hex[c & 15]);
        }
    }
}
