/*
 * kept.h - what one PBX's feed holds true in Redis: elements, phones and calls, by name.
 * A name is the field of the hash callboard:feed:<server> that says so: kind, domain and id with tabs between them. So a name
 * found in Redis says by itself what it stands for, and what has a control character in it has no name.
 */
#ifndef CALLBOARD_KEPT_H
#define CALLBOARD_KEPT_H

#include "base/buffer.h"
#include "feeds/live_table.h"
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

/* There are two for each call: it is small, and has a text only while it must. */
struct kept {
    struct live_entry entry; /* key: the name */
    struct slice json; /* the latest; none: the model can say it again, or it is to be removed */
    struct kept *next_waiting;
    bool waits; /* is in the list of those to be written */
    bool gone;  /* is to be removed; then json may be empty */
    bool fresh; /* a phone that is new and not only refreshed */
};

/* Writes the name that NAME says into OUT. False: one of its parts cannot be in a name, or there is no memory. */
bool kept_write_name(struct buffer *out, const struct kept_name *name);

/* Reads TEXT, a name. False: it is none. */
bool kept_read_name(struct slice text, struct kept_name *name);

/* What KEPT is called. */
struct kept_name kept_name(const struct kept *kept);

/* The one called TEXT, made when there is none, without json. NULL without memory or when TEXT is no name. */
struct kept *kept_take(struct live_table *table, struct slice text);

/* Gives KEPT a copy of JSON, or none when that is empty. False without memory: it has none then. */
bool kept_set_json(struct kept *kept, struct slice json);

void kept_remove(struct live_table *table, struct kept *kept);

/* Removes all, and gives the table's own memory back. */
void kept_free(struct live_table *table);

#endif
