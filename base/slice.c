/*
 * slice.c - a run of bytes that belongs to somebody else.
 * Plain loops over lengths; nothing here allocates or can fail but by its result.
 */
#include "base/slice.h"

int slice_order(struct slice a, struct slice b)
{
    size_t least = a.length < b.length ? a.length : b.length;
    int difference = least ? memcmp(a.data, b.data, least) : 0;
    return difference ? difference : (a.length > b.length) - (a.length < b.length);
}

int slice_order_pointed(const void *a, const void *b)
{
    return slice_order(*(const struct slice *)a, *(const struct slice *)b);
}

bool slice_starts(struct slice a, const char *prefix)
{
    size_t length = strlen(prefix);
    return a.length >= length && (length == 0 || memcmp(a.data, prefix, length) == 0);
}

static unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

bool slice_equal_nocase(struct slice a, struct slice b)
{
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++)
        if (lower((unsigned char)a.data[i]) != lower((unsigned char)b.data[i]))
            return false;
    return true;
}

bool slice_contains_nocase(struct slice a, const char *part)
{
    struct slice wanted = slice_from(part);
    for (size_t at = 0; at + wanted.length <= a.length; at++)
        if (slice_equal_nocase(slice_of(a.data + at, wanted.length), wanted))
            return true;
    return false;
}

struct slice slice_trim(struct slice a)
{
    while (a.length > 0 && (a.data[0] == ' ' || a.data[0] == '\t')) {
        a.data++;
        a.length--;
    }
    while (a.length > 0 && (a.data[a.length - 1] == ' ' || a.data[a.length - 1] == '\t'))
        a.length--;
    return a;
}

struct slice slice_cut(struct slice a, char separator, struct slice *rest)
{
    const char *at = a.length ? memchr(a.data, separator, a.length) : NULL;
    if (!at) {
        *rest = slice_of(NULL, 0);
        return a;
    }
    size_t before = (size_t)(at - a.data);
    *rest = slice_of(at + 1, a.length - before - 1);
    return slice_of(a.data, before);
}

bool slice_only(struct slice a, const char *allowed)
{
    for (size_t i = 0; i < a.length; i++)
        if (a.data[i] == '\0' || !strchr(allowed, a.data[i]))
            return false;
    return a.length > 0;
}

bool slice_is_name(struct slice a, const char *others)
{
    for (size_t i = 0; i < a.length; i++) {
        unsigned char c = (unsigned char)a.data[i];
        bool plain = (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
        if (!plain && (c == '\0' || !strchr(others, c)))
            return false;
    }
    return a.length > 0;
}

bool slice_has_control(struct slice a)
{
    for (size_t i = 0; i < a.length; i++)
        if ((unsigned char)a.data[i] < 0x20 || a.data[i] == 0x7f)
            return true;
    return false;
}

bool slice_number(struct slice a, uint64_t maximum, uint64_t *value)
{
    uint64_t number = 0;
    if (a.length == 0)
        return false;
    for (size_t i = 0; i < a.length; i++) {
        if (a.data[i] < '0' || a.data[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(a.data[i] - '0');
        if (number > (maximum - digit) / 10 || digit > maximum)
            return false;
        number = number * 10 + digit;
    }
    *value = number;
    return true;
}

size_t slice_utf8_sequence(struct slice a, size_t at)
{
    const unsigned char *p = (const unsigned char *)a.data + at;
    size_t left = a.length - at;
    if (p[0] < 0x80)
        return 1;
    size_t length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < length)
        return 0;
    unsigned char low = 0x80, high = 0xbf;
    switch (p[0]) {
    case 0xe0: low = 0xa0; break;
    case 0xed: high = 0x9f; break;
    case 0xf0: low = 0x90; break;
    case 0xf4: high = 0x8f; break;
    default: break;
    }
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (p[i] < 0x80 || p[i] > 0xbf)
            return 0;
    return length;
}

bool slice_is_utf8(struct slice a)
{
    size_t at = 0;
    while (at < a.length) {
        size_t length = slice_utf8_sequence(a, at);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

bool slice_equal_secret(struct slice a, struct slice b)
{
    volatile unsigned char difference = a.length != b.length;
    for (size_t i = 0; i < a.length && b.length > 0; i++)
        difference |= (unsigned char)(a.data[i] ^ b.data[i % b.length]);
    return difference == 0;
}
