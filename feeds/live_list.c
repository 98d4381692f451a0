/*
 * live_list.c - the rows of FreeSWITCH's lists. The text is gone through twice: whether it is a list, then row by row.
 */
#include "feeds/live_list.h"

/* ---- where things end: each gives the place behind, or 0 when there is no end ---- */

static size_t skip_blank(struct slice s, size_t at)
{
    while (at < s.length && strchr(" \t\r\n", s.data[at]) && s.data[at] != '\0')
        at++;
    return at;
}

static char byte_at(struct slice s, size_t at)
{
    return at < s.length ? s.data[at] : '\0';
}

static size_t skip_string(struct slice s, size_t at)
{
    for (at++; at < s.length; at++) {
        if (s.data[at] == '"')
            return at + 1;
        at += s.data[at] == '\\';
    }
    return 0;
}

/* Of an object or array the brackets are counted only; what is within is looked at when it is read. */
static size_t skip_value(struct slice s, size_t at)
{
    size_t depth = 0;
    while (at < s.length) {
        char byte = s.data[at];
        if (byte == '"') {
            at = skip_string(s, at);
            if (at == 0)
                return 0;
        } else if (depth == 0 && (byte == ',' || byte == '}' || byte == ']')) {
            return at; /* behind a number or a word */
        } else {
            depth += byte == '{' || byte == '[';
            depth -= byte == '}' || byte == ']';
            at++;
            if (depth > 0 || (byte != '}' && byte != ']'))
                continue;
        }
        if (depth == 0)
            return at;
    }
    return 0;
}

/* ---- the list ---- */

/* True when ROWS, an array's text, has objects only; *rows is then what is between its brackets. */
static bool read_rows(struct slice *rows)
{
    size_t at = 1;
    if (byte_at(*rows, 0) != '[' || byte_at(*rows, rows->length - 1) != ']')
        return false;
    *rows = slice_of(rows->data, rows->length - 1);
    at = skip_blank(*rows, at);
    while (at < rows->length) {
        if (byte_at(*rows, at) != '{' || (at = skip_value(*rows, at)) == 0)
            return false;
        at = skip_blank(*rows, at);
        if (at < rows->length && byte_at(*rows, at++) != ',')
            return false;
        at = skip_blank(*rows, at);
    }
    *rows = slice_of(rows->data + 1, rows->length - 1);
    return true;
}

static bool is_number(struct slice text)
{
    uint64_t number;
    return slice_number(slice_trim(text), UINT64_MAX, &number);
}

/* Finds the rows of JSON; empty when there are none. */
static bool find_rows(struct slice json, struct slice *rows)
{
    bool counted = false;
    size_t at = skip_blank(json, 0), end;
    *rows = slice_of(NULL, 0);
    if (byte_at(json, at++) != '{')
        return false;
    do {
        at = skip_blank(json, at);
        end = byte_at(json, at) == '"' ? skip_string(json, at) : 0;
        if (end == 0)
            return false;
        struct slice name = slice_of(json.data + at, end - at);
        at = skip_blank(json, end);
        if (byte_at(json, at++) != ':')
            return false;
        at = skip_blank(json, at);
        end = skip_value(json, at);
        if (end == 0)
            return false;
        struct slice value = slice_of(json.data + at, end - at);
        at = skip_blank(json, end);
        counted |= slice_is(name, "\"row_count\"") && is_number(value);
        if (slice_is(name, "\"rows\"")) {
            *rows = value;
            if (!read_rows(rows))
                return false;
        }
    } while (byte_at(json, at++) == ',');
    return counted && byte_at(json, at - 1) == '}' && skip_blank(json, at) == json.length;
}

static json_t *read_row(struct live *live, struct slice text)
{
    struct buffer mended = buffer_in(&live->scratch);
    struct error unsaid;
    if (!slice_is_utf8(text)) {
        buffer_add_mended(&mended, text);
        text = buffer_slice(&mended);
    }
    return json_parse_lenient(text, &unsaid);
}

bool live_list_read(struct live *live, struct slice json, live_list_row *take, struct error *error)
{
    struct slice rows;
    if (!find_rows(json, &rows))
        return error_set(error, "the answer is no list: it has no row_count, or no rows");
    for (size_t at = skip_blank(rows, 0), end; at < rows.length;
         at = skip_blank(rows, skip_blank(rows, end) + 1)) {
        end = skip_value(rows, at);
        json_t *row = read_row(live, slice_of(rows.data + at, end - at));
        if (row)
            take(live, row);
        live->dropped += !row;
        json_decref(row);
        arena_free(&live->scratch);
    }
    return true;
}
