/*
 * live_table.h - hash tables: entries found by a text, for the live model and its writer.
 * An entry is a structure whose first member is a struct live_entry; the table allocates it together with its key.
 */
#ifndef CALLBOARD_LIVE_TABLE_H
#define CALLBOARD_LIVE_TABLE_H

#include "base/slice.h"

struct live_entry {
    struct live_entry *next; /* in its bucket */
    uint64_t hash;
    struct slice key; /* the table's own copy */
};

/* All zero: empty. */
struct live_table {
    struct live_entry **buckets;
    size_t bucket_count; /* a power of two, or 0 */
    size_t first;        /* all buckets before this one are empty */
    size_t count;
};

/* A number that hardly two texts share. */
uint64_t live_hash(struct slice text);

/* The entry with KEY; NULL: none. */
void *live_table_find(const struct live_table *table, struct slice key);

/* A new entry of SIZE bytes, cleared but for its struct live_entry; KEY must not be in the table. NULL without memory. */
void *live_table_add(struct live_table *table, struct slice key, size_t size);

/* Takes ENTRY out and frees it. */
void live_table_remove(struct live_table *table, void *entry);

/*
 * The entry after ENTRY, in no particular order; the first one for NULL; NULL at the end. To remove while walking, ask for
 * the next one before; nothing may be added meanwhile.
 */
void *live_table_after(const struct live_table *table, const void *entry);

/* Gives the table's own memory back; all entries must be gone. */
void live_table_close(struct live_table *table);

#endif
