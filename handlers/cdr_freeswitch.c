/*
 * cdr_freeswitch.c - reads what FreeSWITCH's mod_json_cdr posts, in each of its encodings.
 *
 * With encode=true the JSON is percent-encoded, but for what was encoded in it already. Decoded, the values then hold quotes and
 * line ends as they are, which are escaped here again: a quote ends a string only where JSON could go on behind it.
 */
#include "base/json.h"
#include "handlers/cdr.h"

/* ---- encodings ---- */

/* The next byte of BASE64's alphabet as a number; -1 for any other. */
static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* RFC 4648, section 4; line ends are left out. False at a byte that has no business there. */
static bool decode_base64(struct slice text, struct buffer *out)
{
    unsigned bits = 0;
    int count = 0;
    for (size_t i = 0; i < text.length && text.data[i] != '='; i++) {
        int digit = base64_digit(text.data[i]);
        if (digit < 0 && text.data[i] != '\n' && text.data[i] != '\r')
            return false;
        if (digit < 0)
            continue;
        bits = bits << 6 | (unsigned)digit;
        if (++count % 4 != 1)
            buffer_add_byte(out, (char)(bits >> (6 - 2 * ((count - 1) % 4))));
    }
    return true;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

/* Each %XX decoded; a stray "%" and "+" are themselves. */
static struct slice decode_percent(struct arena *arena, struct slice text)
{
    struct buffer out = buffer_in(arena);
    buffer_reserve(&out, text.length);
    for (size_t i = 0; i < text.length; i++) {
        int high = text.data[i] == '%' && i + 2 < text.length ? hex_digit(text.data[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.data[i + 2]) : -1;
        buffer_add_byte(&out, low >= 0 ? (char)(high << 4 | low) : text.data[i]);
        i += low >= 0 ? 2 : 0;
    }
    return buffer_slice(&out);
}

/* True when the quote at INDEX can end a string: behind it JSON goes on. */
static bool ends_string(struct slice text, size_t index)
{
    char next = index + 1 < text.length ? text.data[index + 1] : '}';
    char after = index + 2 < text.length ? text.data[index + 2] : '}';
    if (next == ',')
        return strchr("\"{[", after) != NULL;
    return next == ':' || ((next == '}' || next == ']') && strchr(",}]", after));
}

/* Escapes what stands in strings of JSON without having been escaped. */
static struct slice repair_strings(struct arena *arena, struct slice text)
{
    struct buffer out = buffer_in(arena);
    bool quoted = false;
    buffer_reserve(&out, text.length + text.length / 8);
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c == '"' && quoted && !ends_string(text, i)) {
            buffer_add_string(&out, "\\\"");
        } else if (quoted && (unsigned char)c < 0x20) {
            buffer_format(&out, "\\u%04x", c);
        } else if (quoted && c == '\\' && i + 1 < text.length) {
            buffer_add_byte(&out, c);
            buffer_add_byte(&out, text.data[++i]);
        } else {
            quoted ^= c == '"';
            buffer_add_byte(&out, c);
        }
    }
    return buffer_slice(&out);
}

/* What is not UTF-8, which caller names may be, becomes "?": a record with an odd name is better than none. */
static struct slice make_utf8(struct arena *arena, struct slice text)
{
    struct buffer out = buffer_in(arena);
    if (slice_is_utf8(text))
        return text;
    for (size_t i = 0; i < text.length;) {
        size_t length = 1;
        while (length <= 4 && i + length <= text.length &&
               !slice_is_utf8(slice_of(text.data + i, length)))
            length++;
        bool good = length <= 4 && i + length <= text.length;
        if (good)
            buffer_add(&out, slice_of(text.data + i, length));
        else
            buffer_add_byte(&out, '?');
        i += good ? length : 1;
    }
    return buffer_slice(&out);
}

static json_t *read_body(struct arena *arena, struct slice body, struct error *error)
{
    if (slice_starts(slice_trim(body), "{"))
        return json_parse_lenient(make_utf8(arena, body), error);
    if (!slice_starts(body, "cdr=")) {
        error_set(error, "the body must be what mod_json_cdr sends: JSON, or cdr= and it encoded");
        return NULL;
    }
    body = slice_of(body.data + 4, body.length - 4);
    struct slice text = decode_percent(arena, body);
    struct buffer decoded = buffer_in(arena);
    if (slice_starts(text, "{"))
        return json_parse_lenient(make_utf8(arena, repair_strings(arena, text)), error);
    if (!decode_base64(text, &decoded)) {
        error_set(error, "what follows cdr= is neither JSON nor base64");
        return NULL;
    }
    return json_parse_lenient(make_utf8(arena, buffer_slice(&decoded)), error);
}

/* ---- fields ---- */

/* The member NAME as text, decoded (encode-values), and NUL-free UTF-8; empty when there is none. */
static struct slice text_of(struct arena *arena, const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);
    if (!json_is_string(member))
        return slice_of(NULL, 0);
    struct slice text = decode_percent(arena, json_slice(member));
    return slice_is_utf8(text) ? text : json_slice(member);
}

struct variables {
    struct arena *arena;
    const json_t *object;
};

static struct slice variable(const void *self, const char *name)
{
    const struct variables *variables = self;
    return text_of(variables->arena, variables->object, name);
}

bool cdr_read_freeswitch(struct arena *arena, struct slice body, struct cdr_freeswitch *call,
                         struct error *error)
{
    const json_t *root = read_body(arena, body, error);
    struct variables variables = {arena, json_object_get(root, "variables")};
    const json_t *profile =
        json_object_get(json_array_get(json_object_get(root, "callflow"), 0), "caller_profile");
    if (!root)
        return error_prefix(error, "the call's record cannot be read");
    *call =
        (struct cdr_freeswitch){.b_leg = variable(&variables, "originating_leg_uuid").length > 0,
                                .source = text_of(arena, profile, "caller_id_number"),
                                .destination = text_of(arena, profile, "destination_number")};
    if (call_record_read(&call->cdr, variable, &variables))
        return true;
    return error_set(error, "the call's record has no uuid or no start_uepoch among its variables");
}
