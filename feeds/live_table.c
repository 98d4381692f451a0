/*
 * live_table.c - hash tables with chains, which double when they are full.
 */
#include "feeds/live_table.h"

#include <stdlib.h>

uint64_t live_hash(struct slice text)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

static struct live_entry **bucket_of(const struct live_table *table, uint64_t hash)
{
    return &table->buckets[hash & (table->bucket_count - 1)];
}

void *live_table_find(const struct live_table *table, struct slice key)
{
    if (table->count == 0)
        return NULL;
    uint64_t hash = live_hash(key);
    struct live_entry *entry = *bucket_of(table, hash);
    while (entry && (entry->hash != hash || !slice_equal(entry->key, key)))
        entry = entry->next;
    return entry;
}

/* False without memory for more buckets, which does no harm while there are any. */
static bool grow(struct live_table *table)
{
    struct live_table larger = {.bucket_count = table->bucket_count ? table->bucket_count * 2 : 64};
    larger.buckets = calloc(larger.bucket_count, sizeof *larger.buckets);
    if (!larger.buckets)
        return table->bucket_count > 0;
    for (size_t i = 0; i < table->bucket_count; i++)
        for (struct live_entry *entry = table->buckets[i], *next; entry; entry = next) {
            struct live_entry **bucket = bucket_of(&larger, entry->hash);
            next = entry->next;
            entry->next = *bucket;
            *bucket = entry;
        }
    free(table->buckets);
    table->buckets = larger.buckets;
    table->bucket_count = larger.bucket_count;
    table->first = 0;
    return true;
}

void *live_table_add(struct live_table *table, struct slice key, size_t size)
{
    if (table->count >= table->bucket_count && !grow(table))
        return NULL;
    struct live_entry *entry = calloc(1, size + key.length);
    if (!entry)
        return NULL;
    char *copy = (char *)entry + size;
    if (key.length > 0)
        memcpy(copy, key.data, key.length);
    entry->key = slice_of(copy, key.length);
    entry->hash = live_hash(key);
    struct live_entry **bucket = bucket_of(table, entry->hash);
    entry->next = *bucket;
    *bucket = entry;
    table->count++;
    if ((size_t)(bucket - table->buckets) < table->first)
        table->first = (size_t)(bucket - table->buckets);
    return entry;
}

void live_table_remove(struct live_table *table, void *gone)
{
    struct live_entry *entry = gone;
    struct live_entry **place = bucket_of(table, entry->hash);
    while (*place != entry)
        place = &(*place)->next;
    *place = entry->next;
    table->count--;
    free(entry);
    /* So that emptying it from the front, which is what many do, looks at each bucket once. */
    while (table->count > 0 && !table->buckets[table->first])
        table->first++;
}

void *live_table_after(const struct live_table *table, const void *before)
{
    const struct live_entry *entry = before;
    if (entry && entry->next)
        return entry->next;
    size_t i = entry ? (entry->hash & (table->bucket_count - 1)) + 1 : table->first;
    while (i < table->bucket_count && !table->buckets[i])
        i++;
    return i < table->bucket_count ? table->buckets[i] : NULL;
}

void live_table_close(struct live_table *table)
{
    free(table->buckets);
    *table = (struct live_table){0};
}
