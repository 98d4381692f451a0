/*
 * kept.c - what one PBX's feed holds true in Redis: elements, phones and calls, by name.
 */
#include "feeds/kept.h"

#include <stdlib.h>

#define PLACES_FIRST 256

/* Bytes of a name: longer ones are nobody's name. */
#define NAME_BYTES 1000

static const char phone_word[] = "phone";
static const char call_word[] = "call";

/* ---- names ---- */

static bool good_part(struct slice part)
{
    for (size_t i = 0; i < part.length; i++)
        if ((unsigned char)part.data[i] < 0x20 || part.data[i] == 0x7f)
            return false;
    return part.length > 0;
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

/* ---- the table ---- */

/* FNV-1a; who fills the table with names of equal hash has as many phones, and is slow only to himself. */
static uint32_t hash_of(struct slice text)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * 16777619u;
    return hash;
}

static struct kept **place_of(const struct kept_table *table, struct slice text, uint32_t hash)
{
    struct kept **place = &table->places[hash & (table->place_count - 1)];
    while (*place && !((*place)->hash == hash && slice_equal((*place)->text, text)))
        place = &(*place)->chain;
    return place;
}

struct kept *kept_find(const struct kept_table *table, struct slice text)
{
    return table->place_count ? *place_of(table, text, hash_of(text)) : NULL;
}

/* Makes room for one more. A table that cannot grow goes on, with longer chains; false when there is none at all. */
static bool make_room(struct kept_table *table)
{
    if (table->count < table->place_count)
        return true;
    size_t wanted = table->place_count ? 2 * table->place_count : PLACES_FIRST;
    struct kept **places = calloc(wanted, sizeof *places);
    if (!places)
        return table->place_count > 0;
    for (size_t i = 0; i < table->place_count; i++) {
        struct kept *next, *kept = table->places[i];
        for (; kept; kept = next) {
            struct kept **place = &places[kept->hash & (wanted - 1)];
            next = kept->chain;
            kept->chain = *place;
            *place = kept;
        }
    }
    free(table->places);
    table->places = places;
    table->place_count = wanted;
    return true;
}

struct kept *kept_take(struct kept_table *table, struct slice text)
{
    uint32_t hash = hash_of(text);
    struct kept *kept = kept_find(table, text);
    if (kept)
        return kept;
    kept = calloc(1, sizeof *kept + text.length);
    if (!kept || !make_room(table)) {
        free(kept);
        return NULL;
    }
    char *copy = (char *)(kept + 1);
    memcpy(copy, text.data, text.length);
    kept->text = slice_of(copy, text.length);
    kept->hash = hash;
    if (!kept_read_name(kept->text, &kept->name)) {
        free(kept);
        return NULL;
    }
    struct kept **place = &table->places[hash & (table->place_count - 1)];
    kept->chain = *place;
    *place = kept;
    table->count++;
    return kept;
}

bool kept_set_json(struct kept *kept, struct slice json)
{
    char *copy = malloc(json.length ? json.length : 1);
    if (copy && json.length)
        memcpy(copy, json.data, json.length);
    free((char *)kept->json.data);
    kept->json = slice_of(copy, copy ? json.length : 0);
    return copy != NULL;
}

static void free_one(struct kept *kept)
{
    free((char *)kept->json.data);
    free(kept);
}

void kept_remove(struct kept_table *table, struct kept *kept)
{
    struct kept **place = place_of(table, kept->text, kept->hash);
    *place = kept->chain;
    table->count--;
    free_one(kept);
}

void kept_each(struct kept_table *table, void (*each)(void *self, struct kept *kept), void *self)
{
    for (size_t i = 0; i < table->place_count; i++)
        for (struct kept *kept = table->places[i]; kept; kept = kept->chain)
            each(self, kept);
}

void kept_free(struct kept_table *table)
{
    for (size_t i = 0; i < table->place_count; i++) {
        struct kept *next, *kept = table->places[i];
        for (; kept; kept = next) {
            next = kept->chain;
            free_one(kept);
        }
    }
    free(table->places);
    *table = (struct kept_table){0};
}
