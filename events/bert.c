/*
 * bert.c - terms of Erlang's external format, those of them that clients of the Basix stream read.
 */
#include "events/bert.h"

enum tag {
    TAG_SMALL_INTEGER = 97,
    TAG_INTEGER = 98,
    TAG_ATOM = 100,
    TAG_SMALL_TUPLE = 104,
    TAG_NIL = 106,
    TAG_STRING = 107,
    TAG_LIST = 108,
    TAG_BINARY = 109,
    TAG_SMALL_BIG = 110,
    TAG_VERSION = 131
};

/* Clients read no more of an INTEGER_EXT than old Erlang wrote: 28 bits. */
#define INTEGER_LEAST (-(INT64_C(1) << 27))
#define INTEGER_MOST  ((INT64_C(1) << 27) - 1)

static void add_big_endian(struct buffer *out, uint64_t value, int bytes)
{
    while (bytes-- > 0)
        buffer_add_byte(out, (char)(value >> (8 * bytes)));
}

static void add_tag(struct buffer *out, enum tag tag)
{
    buffer_add_byte(out, (char)tag);
}

void bert_begin(struct buffer *out)
{
    add_tag(out, TAG_VERSION);
}

void bert_tuple(struct buffer *out, size_t count)
{
    add_tag(out, TAG_SMALL_TUPLE);
    add_big_endian(out, count, 1);
}

void bert_list(struct buffer *out, size_t count)
{
    if (count == 0)
        return;
    add_tag(out, TAG_LIST);
    add_big_endian(out, count, 4);
}

void bert_nil(struct buffer *out)
{
    add_tag(out, TAG_NIL);
}

void bert_atom(struct buffer *out, struct slice name)
{
    add_tag(out, TAG_ATOM);
    add_big_endian(out, name.length, 2);
    buffer_add(out, name);
}

void bert_boolean(struct buffer *out, bool value)
{
    bert_atom(out, slice_from(value ? "true" : "false"));
}

void bert_undefined(struct buffer *out)
{
    bert_atom(out, slice_from("undefined"));
}

static void add_big(struct buffer *out, int64_t value)
{
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    int bytes = 0;
    while (bytes < 8 && magnitude >> (8 * bytes))
        bytes++;
    add_tag(out, TAG_SMALL_BIG);
    add_big_endian(out, (uint64_t)bytes, 1);
    add_big_endian(out, value < 0, 1);
    for (; magnitude; magnitude >>= 8)
        buffer_add_byte(out, (char)magnitude);
}

void bert_integer(struct buffer *out, int64_t value)
{
    if (value >= 0 && value <= 255) {
        add_tag(out, TAG_SMALL_INTEGER);
        add_big_endian(out, (uint64_t)value, 1);
    } else if (value >= INTEGER_LEAST && value <= INTEGER_MOST) {
        add_tag(out, TAG_INTEGER);
        add_big_endian(out, (uint64_t)value, 4);
    } else {
        add_big(out, value);
    }
}

void bert_string(struct buffer *out, struct slice text)
{
    add_tag(out, TAG_STRING);
    add_big_endian(out, text.length, 2);
    buffer_add(out, text);
}

void bert_binary(struct buffer *out, struct slice bytes)
{
    add_tag(out, TAG_BINARY);
    add_big_endian(out, bytes.length, 4);
    buffer_add(out, bytes);
}

/* ---- texts ---- */

/* U+0100 to U+017F (Latin Extended-A) without their marks. */
static const char plain_letters[] =
    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLlLl"
    "NnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

/* Signs that a keyboard has too. */
static const struct {
    uint32_t sign;
    const char *plain;
} plain_signs[] = {
    {0x2010, "-"},   {0x2011, "-"},  {0x2012, "-"},   {0x2013, "-"},  {0x2014, "-"},
    {0x2018, "'"},   {0x2019, "'"},  {0x201a, ","},   {0x201c, "\""}, {0x201d, "\""},
    {0x201e, "\""},  {0x2022, "*"},  {0x2026, "..."}, {0x2039, "<"},  {0x203a, ">"},
    {0x20ac, "EUR"}, {0x2122, "TM"}, {0x2212, "-"},   {0x3000, " "},
};

static uint32_t character_at(struct slice text, size_t at, size_t length)
{
    static const unsigned char first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t character = (unsigned char)text.data[at] & first[length];
    for (size_t i = 1; i < length; i++)
        character = character << 6 | ((unsigned char)text.data[at + i] & 0x3f);
    return character;
}

static void add_character(struct buffer *out, uint32_t character)
{
    if (character <= 0xff) {
        buffer_add_byte(out, (char)character);
        return;
    }
    if (character - 0x100 < sizeof plain_letters - 1) {
        buffer_add_byte(out, plain_letters[character - 0x100]);
        return;
    }
    /* Full-width forms of ASCII, as Japanese input methods write numbers. */
    if (character >= 0xff01 && character <= 0xff5e) {
        buffer_add_byte(out, (char)(character - 0xff01 + '!'));
        return;
    }
    for (size_t i = 0; i < sizeof plain_signs / sizeof *plain_signs; i++)
        if (plain_signs[i].sign == character) {
            buffer_add_string(out, plain_signs[i].plain);
            return;
        }
    buffer_add_byte(out, '?');
}

void bert_latin1(struct buffer *out, struct slice text)
{
    bert_binary(out, slice_of(NULL, 0));
    size_t begin = out->length;
    for (size_t at = 0; at < text.length;) {
        size_t length = slice_utf8_sequence(text, at);
        add_character(out, length ? character_at(text, at, length) : '?');
        at += length ? length : 1;
    }
    if (out->failed)
        return;
    size_t written = out->length - begin;
    for (int i = 0; i < 4; i++)
        out->data[begin - 1 - (size_t)i] = (char)(written >> (8 * i));
}
