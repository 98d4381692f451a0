/*
 * kept.c - what one PBX's feed holds true in Redis: elements, phones and calls, by name.
 */
#include "feeds/kept.h"

#include <stdlib.h>

/* Bytes of a name: longer ones are nobody's name. */
#define NAME_BYTES 1000

static const char phone_word[] = "phone";
static const char call_word[] = "call";

/* ---- names ---- */

static bool good_part(struct slice part)
{
    return part.length > 0 && !slice_has_control(part);
}

static const char *kind_word(const struct kept_name *name)
{
    if (name->kind == KEPT_ELEMENT)
        return element_specs[name->element].name;
    return name->kind == KEPT_PHONE ? phone_word : call_word;
}

bool kept_write_name(struct buffer *out, const struct kept_name *name)
{
    bool phone = name->kind == KEPT_PHONE;
    if (!good_part(name->domain) || !good_part(name->id) || (phone && !good_part(name->contact)))
        return false;
    buffer_add_string(out, kind_word(name));
    buffer_add_byte(out, '\t');
    buffer_add(out, name->domain);
    buffer_add_byte(out, '\t');
    buffer_add(out, name->id);
    if (phone) {
        buffer_add_byte(out, '\t');
        buffer_add(out, name->contact);
    }
    return !out->failed && out->length <= NAME_BYTES;
}

bool kept_read_name(struct slice text, struct kept_name *name)
{
    struct slice rest, word = slice_cut(text, '\t', &rest);
    *name = (struct kept_name){.kind = KEPT_ELEMENT};
    if (slice_is(word, phone_word))
        name->kind = KEPT_PHONE;
    else if (slice_is(word, call_word))
        name->kind = KEPT_CALL;
    else if (!element_named(word, &name->element))
        return false;
    name->domain = slice_cut(rest, '\t', &rest);
    name->id = slice_cut(rest, '\t', &rest);
    name->contact = rest;
    return good_part(name->domain) && good_part(name->id) &&
           (name->kind == KEPT_PHONE ? good_part(rest) : !rest.data);
}

struct kept_name kept_name(const struct kept *kept)
{
    struct kept_name name;
    kept_read_name(kept->entry.key, &name); /* kept_take has seen that it is one */
    return name;
}

/* ---- the table ---- */

struct kept *kept_take(struct live_table *table, struct slice text)
{
    struct kept_name name;
    struct kept *kept = live_table_find(table, text);
    if (!kept && kept_read_name(text, &name))
        kept = live_table_add(table, text, sizeof *kept);
    return kept;
}

bool kept_set_json(struct kept *kept, struct slice json)
{
    char *copy = json.length ? malloc(json.length) : NULL;
    if (copy)
        memcpy(copy, json.data, json.length);
    free((char *)kept->json.data);
    kept->json = slice_of(copy, copy ? json.length : 0);
    return copy || json.length == 0;
}

void kept_remove(struct live_table *table, struct kept *kept)
{
    free((char *)kept->json.data);
    live_table_remove(table, kept);
}

void kept_free(struct live_table *table)
{
    struct kept *kept;
    while ((kept = live_table_after(table, NULL)))
        kept_remove(table, kept);
    live_table_close(table);
}
