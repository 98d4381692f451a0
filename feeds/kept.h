/*
 * kept.h - what one PBX's feed holds true in Redis: elements, phones and calls, by name, with their latest text.
 * A name is the field of the hash callboard:feed:<server> that says so: kind, domain and id with tabs between them. So a name
 * found in Redis says by itself what it stands for, and what has a control character in it has no name.
 */
#ifndef CALLBOARD_KEPT_H
#define CALLBOARD_KEPT_H

#include "base/buffer.h"
#include "store/element.h"

enum kept_kind {
    KEPT_ELEMENT,
    KEPT_PHONE, /* id: extension and contact, with a tab between them */
    KEPT_CALL   /* id: extension */
};

/* What a name says; slices of it. */
struct kept_name {
    enum kept_kind kind;
    enum element element; /* KEPT_ELEMENT */
    struct slice domain, id;
    struct slice contact; /* KEPT_PHONE */
};

struct kept {
    struct slice text; /* the name */
    struct kept_name name;
    struct slice json; /* the latest */
    bool waits;        /* is in the list of those to be written */
    bool gone;         /* is to be removed; then json may be empty */
    bool fresh;        /* a phone that is new and not only refreshed */
    struct kept *next_waiting;
    struct kept *chain; /* the next one in the same place of the table */
    uint32_t hash;
};

struct kept_table {
    struct kept **places;
    size_t place_count; /* a power of 2; 0: none yet */
    size_t count;
};

/* Writes the name that NAME says into OUT. False: one of its parts cannot be in a name, or there is no memory. */
bool kept_write_name(struct buffer *out, const struct kept_name *name);

/* Reads TEXT, a name. False: it is none. */
bool kept_read_name(struct slice text, struct kept_name *name);

struct kept *kept_find(const struct kept_table *table, struct slice text);

/* The one called TEXT, made when there is none, without json. NULL without memory or when TEXT is no name. */
struct kept *kept_take(struct kept_table *table, struct slice text);

/* Gives KEPT a copy of JSON. False without memory: it has none then. */
bool kept_set_json(struct kept *kept, struct slice json);

void kept_remove(struct kept_table *table, struct kept *kept);

/* Calls EACH for all of them; EACH must not add or remove any. */
void kept_each(struct kept_table *table, void (*each)(void *self, struct kept *kept), void *self);

void kept_free(struct kept_table *table);

#endif
