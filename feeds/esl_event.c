/*
 * esl_event.c - the flat JSON object that FreeSWITCH makes of an event, read in one pass.
 * A parser of its own, as jansson refuses what is not UTF-8 and cannot say which of two equal names came first.
 */
#include "feeds/esl_event.h"

#include <sys/random.h>

#define HEADERS_MAX   4000
#define HEADERS_FIRST 128 /* room at first: nearly all events have less than 128 headers */
#define REPLACEMENT   "\xef\xbf\xbd"

struct reader {
    struct slice body;
    size_t at;
    struct arena *arena;
    struct esl_event *event;
    size_t room; /* of event->headers */
    struct buffer json;
    struct error *error;
};

/* A string as it stands in the body, between its quotes. */
struct text {
    struct slice raw;
    bool escaped; /* has a backslash: its value is not its bytes */
    bool bad;     /* has what JSON or UTF-8 do not allow: to be mended and written anew */
};

static bool broken(const struct reader *reader, const char *what)
{
    return error_set(reader->error, "event: %s at byte %zu", what, reader->at);
}

static bool no_room(const struct reader *reader)
{
    return error_set(reader->error, "event of %zu bytes: no room", reader->body.length);
}

/* ---- finding a header ---- */

/* Names are chosen by callers too (X- headers of SIP): without a secret seed they could all be made to fall together. */
static uint64_t seed(void)
{
    static uint64_t value;
    if (!value && getrandom(&value, sizeof value, GRND_NONBLOCK) != (ssize_t)sizeof value)
        value = (uint64_t)(uintptr_t)&value;
    value |= 1;
    return value;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

static size_t hash_of(struct slice name)
{
    uint64_t hash = seed() + name.length, word;
    for (; name.length >= sizeof word; name.data += sizeof word, name.length -= sizeof word) {
        memcpy(&word, name.data, sizeof word);
        hash = mix(hash, word);
    }
    word = 0;
    if (name.length > 0)
        memcpy(&word, name.data, name.length);
    return (size_t)mix(mix(hash, word), seed());
}

/* The place of NAME in the index: that of its header, or a free one. */
static uint16_t *place_of(const struct esl_event *event, struct slice name)
{
    size_t slot = hash_of(name) & event->index_mask;
    while (event->index[slot] && !slice_equal(event->headers[event->index[slot] - 1].name, name))
        slot = (slot + 1) & event->index_mask;
    return &event->index[slot];
}

struct slice esl_event_get(const struct esl_event *event, const char *name)
{
    if (!event->index)
        return slice_of(NULL, 0);
    uint16_t place = *place_of(event, slice_from(name));
    return place ? event->headers[place - 1].value : slice_of(NULL, 0);
}

/* Makes room for one header more; the index stays at most half full. */
static bool make_room(struct reader *reader)
{
    struct esl_event *event = reader->event;
    if (event->count == HEADERS_MAX)
        return error_set(reader->error, "event with more than %d headers", HEADERS_MAX);
    if (event->count < reader->room)
        return true;
    size_t room = reader->room ? reader->room * 2 : HEADERS_FIRST;
    struct esl_header *headers = arena_grow(reader->arena, event->headers,
                                            reader->room * sizeof *headers, room * sizeof *headers);
    uint16_t *index = arena_calloc(reader->arena, room * 2, sizeof *index);
    if (!headers || !index)
        return no_room(reader);
    event->headers = headers;
    event->index = index;
    event->index_mask = room * 2 - 1;
    reader->room = room;
    for (size_t i = 0; i < event->count; i++)
        *place_of(event, headers[i].name) = (uint16_t)(i + 1);
    return true;
}

/* ---- strings ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four hexadecimal digits at AT, or -1. */
static int32_t hex_four(struct slice s, size_t at)
{
    int32_t value = 0;
    for (size_t i = at; i < at + 4; i++) {
        int digit = i < s.length ? hex_digit(s.data[i]) : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/*
 * The escape sequence in S at AT, a backslash: its length, and the code point that it stands for; 0 in *code is U+0000 or
 * half of a surrogate pair, which no text can hold. Length 0: there is no such escape.
 */
static size_t escape_at(struct slice s, size_t at, uint32_t *code)
{
    static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    char letter = at + 1 < s.length ? s.data[at + 1] : '\0';
    const char *known = letter ? strchr(letters, letter) : NULL;
    if (known) {
        *code = (unsigned char)values[known - letters];
        return 2;
    }
    int32_t high = letter == 'u' ? hex_four(s, at + 2) : -1;
    if (high < 0)
        return 0;
    *code = high >= 0xd800 && high <= 0xdfff ? 0 : (uint32_t)high;
    if (high < 0xd800 || high > 0xdbff || at + 7 >= s.length || s.data[at + 6] != '\\' ||
        s.data[at + 7] != 'u')
        return 6;
    int32_t low = hex_four(s, at + 8);
    if (low < 0xdc00 || low > 0xdfff)
        return 6;
    *code = 0x10000 + ((uint32_t)(high - 0xd800) << 10 | (uint32_t)(low - 0xdc00));
    return 12;
}

/* Where from AT on the bytes end that stand for themselves, or up to seven before that: eight are looked at in one go. */
static size_t skip_plain(struct slice s, size_t at)
{
    const uint64_t ones = 0x0101010101010101u, tops = ones << 7;
    uint64_t word;
    for (; at + sizeof word <= s.length; at += sizeof word) {
        memcpy(&word, s.data + at, sizeof word);
        uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
        /* A byte's top bit is set by subtracting from what is less: 0x20 from controls, 1 from nothing. */
        if ((word | (word - ones * 0x20) | (quote - ones) | (backslash - ones)) & tops)
            break;
    }
    return at;
}

/* Reads the string whose opening quote is next. */
static bool read_text(struct reader *reader, struct text *text)
{
    struct slice body = reader->body;
    size_t begin = ++reader->at, at = begin;
    *text = (struct text){0};
    for (size_t step; (at = skip_plain(body, at)) < body.length; at += step) {
        unsigned char byte = (unsigned char)body.data[at];
        step = 1;
        if (byte == '"') {
            text->raw = slice_of(body.data + begin, at - begin);
            reader->at = at + 1;
            return true;
        }
        if (byte == '\\') {
            uint32_t code = 0;
            step = escape_at(body, at, &code);
            if (step == 0)
                break;
            text->escaped = true;
            text->bad |= code == 0;
        } else if (byte >= 0x80) {
            step = slice_utf8_sequence(body, at);
            text->bad |= step == 0;
            step += step == 0;
        } else if (byte < 0x20) {
            text->bad = true;
        }
    }
    reader->at = at;
    return broken(reader, at < body.length ? "unknown escape" : "string without end");
}

static char *put_code(char *out, uint32_t code)
{
    if (code < 0x80) {
        *out++ = (char)code;
        return out;
    }
    if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
    } else {
        if (code < 0x10000) {
            *out++ = (char)(0xe0 | code >> 12);
        } else {
            *out++ = (char)(0xf0 | code >> 18);
            *out++ = (char)(0x80 | (code >> 12 & 0x3f));
        }
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
    }
    *out++ = (char)(0x80 | (code & 0x3f));
    return out;
}

/* The value of TEXT, unescaped and mended, in the arena; RAW when it is that already. */
static bool decode(struct reader *reader, const struct text *text, struct slice *value)
{
    struct slice raw = text->raw;
    if (!text->escaped && !text->bad) {
        *value = raw;
        return true;
    }
    /* An escape is longer than what it stands for; a bad byte becomes three. */
    char *start = arena_alloc(reader->arena, raw.length * (text->bad ? 3 : 1) + 1), *out = start;
    if (!start)
        return no_room(reader);
    for (size_t at = 0, step; at < raw.length; at += step) {
        unsigned char byte = (unsigned char)raw.data[at];
        step = 1;
        if (byte == '\\') {
            uint32_t code = 0;
            step = escape_at(raw, at, &code);
            out = put_code(out, code ? code : 0xfffd);
        } else if (byte != 0 && (byte < 0x80 || (step = slice_utf8_sequence(raw, at)) > 0)) {
            memcpy(out, raw.data + at, step);
            out += step;
        } else {
            step = 1;
            memcpy(out, REPLACEMENT, strlen(REPLACEMENT));
            out += strlen(REPLACEMENT);
        }
    }
    *value = slice_of(start, (size_t)(out - start));
    return true;
}

/* ---- members ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static char next(struct reader *reader)
{
    while (reader->at < reader->body.length && is_blank(reader->body.data[reader->at]))
        reader->at++;
    return reader->at < reader->body.length ? reader->body.data[reader->at] : '\0';
}

/*
 * Adds TEXT with its quotes to the event's JSON, as it was written when that is right. *value is its value: in the JSON when
 * it stands there, which stays where it is even when more is added, as an arena gives nothing back.
 */
static bool add_text(struct reader *reader, const struct text *text, struct slice *value)
{
    struct buffer *json = &reader->json;
    if (!decode(reader, text, value))
        return false;
    if (text->bad) {
        buffer_add_json(json, *value);
    } else {
        buffer_add_byte(json, '"');
        buffer_add(json, text->raw);
        if (!json->failed && !text->escaped)
            *value = slice_of(json->data + json->length - text->raw.length, text->raw.length);
        buffer_add_byte(json, '"');
    }
    return !json->failed || no_room(reader);
}

static bool read_array(struct reader *reader, struct slice *value)
{
    struct buffer *json = &reader->json;
    size_t begin = json->length;
    buffer_add_byte(json, '[');
    reader->at++;
    for (bool first = true; next(reader) != ']' || !first; first = false) {
        struct text text;
        struct slice ignored;
        if (!first)
            buffer_add_byte(json, ',');
        if (next(reader) != '"')
            return broken(reader, "no string in an array");
        if (!read_text(reader, &text) || !add_text(reader, &text, &ignored))
            return false;
        if (next(reader) == ']')
            break;
        if (next(reader) != ',')
            return broken(reader, "no comma in an array");
        reader->at++;
    }
    reader->at++;
    buffer_add_byte(json, ']');
    *value = json->failed ? slice_of(NULL, 0) : slice_of(json->data + begin, json->length - begin);
    return !json->failed || no_room(reader);
}

static bool read_value(struct reader *reader, struct esl_header *header)
{
    char c = next(reader);
    header->array = c == '[';
    if (c == '[')
        return read_array(reader, &header->value);
    struct text text;
    if (c != '"')
        return broken(reader, "neither string nor array");
    return read_text(reader, &text) && add_text(reader, &text, &header->value);
}

static bool read_member(struct reader *reader)
{
    struct esl_event *event = reader->event;
    struct buffer *json = &reader->json;
    struct esl_header header = {0};
    struct text name;
    size_t before = json->length;
    if (next(reader) != '"')
        return broken(reader, "no name");
    if (!make_room(reader) || !read_text(reader, &name))
        return false;
    if (event->count > 0)
        buffer_add_byte(json, ',');
    if (!add_text(reader, &name, &header.name))
        return false;
    if (next(reader) != ':')
        return broken(reader, "no colon");
    reader->at++;
    buffer_add_byte(json, ':');
    if (!read_value(reader, &header))
        return false;
    uint16_t *place = place_of(event, header.name);
    if (*place) {
        json->length = before; /* the first one counts */
        return true;
    }
    event->headers[event->count++] = header;
    *place = (uint16_t)event->count;
    return true;
}

static bool read_object(struct reader *reader)
{
    if (next(reader) != '{')
        return broken(reader, "no JSON object");
    reader->at++;
    buffer_add_byte(&reader->json, '{');
    for (bool first = true; next(reader) != '}' || !first; first = false) {
        if (!read_member(reader))
            return false;
        if (next(reader) == '}')
            break;
        if (next(reader) != ',')
            return broken(reader, "no comma");
        reader->at++;
    }
    reader->at++;
    if (next(reader), reader->at < reader->body.length)
        return broken(reader, "something behind the object");
    buffer_add_byte(&reader->json, '}');
    return !reader->json.failed || no_room(reader);
}

bool esl_event_read(struct slice body, struct arena *arena, struct esl_event *event,
                    struct error *error)
{
    struct esl_event read = {0};
    struct reader reader = {
        .body = body, .arena = arena, .event = &read, .json = buffer_in(arena), .error = error};
    /* Room for the whole text at once: it moves only when mending makes it longer. */
    if (!buffer_reserve(&reader.json, body.length + 2))
        return no_room(&reader);
    if (!read_object(&reader))
        return false;
    read.json = buffer_slice(&reader.json);
    *event = read;
    return true;
}
