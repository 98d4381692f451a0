/*
 * form.c - application/x-www-form-urlencoded and percent-encoding.
 */
#include "base/form.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The byte that %XX at AT stands for, or -1 when there is no such escape. */
static int escape_at(struct slice s, size_t at)
{
    if (s.length - at < 3 || s.data[at] != '%')
        return -1;
    int high = hex_value(s.data[at + 1]), low = hex_value(s.data[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* One name or value; without anything to decode it is a part of the input itself. */
static bool decode_component(struct arena *arena, struct slice s, struct slice *decoded)
{
    if (s.length == 0 || (!memchr(s.data, '%', s.length) && !memchr(s.data, '+', s.length))) {
        *decoded = s;
        return true;
    }
    char *out = arena_alloc(arena, s.length);
    if (!out)
        return false;
    size_t length = 0;
    for (size_t i = 0; i < s.length; i++) {
        int byte = escape_at(s, i);
        if (byte >= 0) {
            out[length++] = (char)byte;
            i += 2;
        } else {
            out[length++] = s.data[i] == '+' ? ' ' : s.data[i];
        }
    }
    *decoded = slice_of(out, length);
    return true;
}

static size_t count_fields(struct slice encoded)
{
    size_t count = 1;
    for (size_t i = 0; i < encoded.length; i++)
        count += encoded.data[i] == '&';
    return count;
}

bool form_parse(struct arena *arena, struct slice encoded, struct form *form, struct error *error)
{
    *form = (struct form){0};
    if (encoded.length == 0)
        return true;
    size_t count = count_fields(encoded);
    if (count > FORM_FIELDS_MAX)
        return error_set(error, "more than %d fields", FORM_FIELDS_MAX);
    struct form_field *fields = arena_calloc(arena, count, sizeof *fields);
    if (!fields)
        return error_set(error, "out of memory");
    size_t used = 0;
    for (struct slice rest = encoded; rest.data;) {
        struct slice value, pair = slice_cut(rest, '&', &rest);
        struct slice name = slice_cut(pair, '=', &value);
        if (pair.length == 0)
            continue;
        if (!value.data)
            value = slice_from(""); /* "a" is "a=": given, though empty */
        if (!decode_component(arena, name, &fields[used].name) ||
            !decode_component(arena, value, &fields[used].value))
            return error_set(error, "out of memory");
        used++;
    }
    *form = (struct form){fields, used};
    return true;
}

enum form_presence form_find(const struct form *form, const char *name, struct slice *value)
{
    enum form_presence presence = FORM_MISSING;
    for (size_t i = 0; i < form->count; i++) {
        if (!slice_is(form->fields[i].name, name))
            continue;
        if (presence == FORM_ONCE)
            return FORM_REPEATED;
        presence = FORM_ONCE;
        *value = form->fields[i].value;
    }
    return presence;
}

bool percent_decode(struct arena *arena, struct slice s, struct slice *decoded, struct error *error)
{
    char *out = arena_alloc(arena, s.length);
    if (!out)
        return error_set(error, "out of memory");
    size_t length = 0;
    for (size_t i = 0; i < s.length; i++) {
        int byte = (unsigned char)s.data[i];
        if (byte == '%') {
            byte = escape_at(s, i);
            if (byte <= 0)
                return error_set(error, "\"%%\" must be followed by two hexadecimal digits, "
                                        "not 00");
            i += 2;
        }
        out[length++] = (char)byte;
    }
    *decoded = slice_of(out, length);
    return true;
}
