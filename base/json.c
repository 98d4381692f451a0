/*
 * json.c - jansson, with its memory in a request's arena.
 */
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>

static struct arena *in_use; /* where jansson's memory comes from; NULL: from malloc */

static void *take(size_t size)
{
    return in_use ? arena_alloc(in_use, size) : malloc(size);
}

static void give(void *data)
{
    if (!in_use)
        free(data);
}

struct arena *json_use_arena(struct arena *arena)
{
    static bool hooked;
    if (!hooked) {
        /* The seed is made once and must not change under objects; do it before any is made. */
        json_object_seed(0);
        json_set_alloc_funcs(take, give);
        hooked = true;
    }
    struct arena *before = in_use;
    in_use = arena;
    return before;
}

/* jansson recurses up to 2,048 levels by itself; a scan first is cheaper than a tree that deep. */
static bool too_deep(struct slice text)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > JSON_DEPTH_MAX)
                return true;
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return false;
}

static json_t *parse(struct slice text, size_t flags, struct error *error)
{
    json_error_t why;
    if (too_deep(text)) {
        error_set(error, "nested deeper than %d levels", JSON_DEPTH_MAX);
        return NULL;
    }
    /* jansson skips a NUL behind a number. */
    if (text.length > 0 && memchr(text.data, '\0', text.length)) {
        error_set(error, "it holds a NUL byte");
        return NULL;
    }
    json_t *value = json_loadb(text.data ? text.data : "", text.length,
                               JSON_DECODE_ANY | JSON_ALLOW_NUL | flags, &why);
    if (!value)
        error_set(error, "%s (line %d, column %d)", why.text, why.line, why.column);
    return value;
}

json_t *json_parse(struct slice text, struct error *error)
{
    return parse(text, JSON_REJECT_DUPLICATES, error);
}

json_t *json_parse_lenient(struct slice text, struct error *error)
{
    return parse(text, 0, error);
}

static int add_chunk(const char *data, size_t length, void *buffer)
{
    buffer_add(buffer, slice_of(data, length));
    return ((struct buffer *)buffer)->failed ? -1 : 0;
}

/* The smallest number of digits, 15 to 17, with which every real in VALUE reads back the same. */
static size_t digits_needed(const json_t *value)
{
    size_t digits = 15, each;
    if (json_is_real(value)) {
        double wanted = json_real_value(value);
        char text[40];
        for (; digits < 17; digits++) {
            snprintf(text, sizeof text, "%.*g", (int)digits, wanted);
            if (strtod(text, NULL) == wanted)
                break;
        }
        return digits;
    }
    json_t *member;
    if (json_is_array(value)) {
        size_t i;
        json_array_foreach((json_t *)value, i, member)
        {
            each = digits_needed(member);
            digits = each > digits ? each : digits;
        }
    } else if (json_is_object(value)) {
        const char *key;
        json_object_foreach((json_t *)value, key, member)
        {
            each = digits_needed(member);
            digits = each > digits ? each : digits;
        }
    }
    return digits;
}

void json_write(struct buffer *buffer, const json_t *value)
{
    size_t flags = JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits_needed(value));
    if (json_dump_callback(value, add_chunk, buffer, flags) != 0)
        buffer->failed = true;
}

struct slice json_slice(const json_t *string)
{
    return slice_of(json_string_value(string), json_string_length(string));
}

struct slice json_text(const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);
    return json_is_string(member) ? json_slice(member) : slice_of(NULL, 0);
}
