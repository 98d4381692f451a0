/*
 * xml.c - XML that FreeSWITCH reads as it was meant.
 */
#include "base/xml.h"

#define NAME_BYTES 128

void xml_element(struct buffer *out, const char *element)
{
    buffer_add_byte(out, '<');
    buffer_add_string(out, element);
}

void xml_open(struct buffer *out)
{
    buffer_add(out, slice_of(">\n", 2));
}

void xml_close(struct buffer *out)
{
    buffer_add(out, slice_of("/>\n", 3));
}

void xml_end(struct buffer *out, const char *element)
{
    buffer_add(out, slice_of("</", 2));
    buffer_add_string(out, element);
    buffer_add(out, slice_of(">\n", 2));
}

/* What has to be looked at: all else stands for itself, whatever its neighbours are. */
static bool is_plain(unsigned char c)
{
    static const bool special[128] = {['&'] = true,  ['<'] = true, ['>'] = true, ['"'] = true,
                                      ['\''] = true, ['$'] = true, ['x'] = true, ['X'] = true};
    return c >= 0x20 && c < 0x80 && !special[c];
}

/* The length of the character of TEXT at AT, or 0 when XML cannot carry the byte there. */
static size_t character_at(struct slice text, size_t at)
{
    const unsigned char *p = (const unsigned char *)text.data + at;
    if (*p < 0x80)
        return *p >= 0x20 || *p == '\t' || *p == '\n' || *p == '\r';
    size_t length = slice_utf8_sequence(text, at);
    /* U+FFFE and U+FFFF */
    if (length == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe)
        return 0;
    return length;
}

/* How the ASCII character C is written when NEXT stands behind it; NULL: as it is. */
static const char *entity_of(char c, char next)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    case '\t': return "&#9;";
    case '\n': return "&#10;";
    case '\r': return "&#13;";
    case '$': return next == '$' ? "&#36;" : NULL;
    case 'x': return next == '-' ? "&#120;" : NULL;
    case 'X': return next == '-' ? "&#88;" : NULL;
    default: return NULL;
    }
}

static void add_value(struct buffer *out, struct slice value)
{
    size_t pending = 0; /* start of the run that is not yet written */
    size_t at = 0;
    while (at < value.length) {
        if (is_plain((unsigned char)value.data[at])) {
            at++;
            continue;
        }
        size_t length = character_at(value, at);
        /*
         * What would stand behind it if it is the last byte is our own quotation mark; if a byte behind it is
         * dropped, the neighbour is another one than here. So an x or $ in front of such a byte is encoded too.
         */
        char next = at + 1 < value.length ? value.data[at + 1] : '"';
        if (at + 1 < value.length && character_at(value, at + 1) == 0)
            next = value.data[at] == '$' ? '$' : '-';
        const char *entity = length == 1 ? entity_of(value.data[at], next) : NULL;
        if (length > 0 && !entity) {
            at += length;
            continue;
        }
        buffer_add(out, slice_of(value.data + pending, at - pending));
        if (entity)
            buffer_add_string(out, entity);
        at++;
        pending = at;
    }
    buffer_add(out, slice_of(value.data + pending, value.length - pending));
}

void xml_attribute(struct buffer *out, struct slice name, struct slice value)
{
    buffer_add_byte(out, ' ');
    buffer_add(out, name);
    buffer_add(out, slice_of("=\"", 2));
    add_value(out, value);
    buffer_add_byte(out, '"');
}

bool xml_name_is_good(struct slice name)
{
    if (name.length > NAME_BYTES || !slice_only(name, "0123456789_.-"
                                                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                      "abcdefghijklmnopqrstuvwxyz"))
        return false;
    if (strchr("0123456789.-", name.data[0]))
        return false;
    if (name.length >= 3 && slice_equal_nocase(slice_of(name.data, 3), slice_from("xml")))
        return false;
    return !slice_contains_nocase(name, "x-pre-process");
}

bool xml_text_is_good(struct slice text)
{
    for (size_t at = 0; at < text.length;) {
        size_t length = character_at(text, at);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

struct slice xml_text_clean(struct arena *arena, struct slice text)
{
    if (xml_text_is_good(text))
        return text;
    struct buffer clean = buffer_in(arena);
    for (size_t at = 0; at < text.length;) {
        size_t length = character_at(text, at);
        buffer_add(&clean, slice_of(text.data + at, length));
        at += length ? length : 1;
    }
    return buffer_slice(&clean);
}
