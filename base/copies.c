/*
 * copies.c - what was last known, in memory that all workers share.
 *
 * The room is cut into shards by key. A shard is a ring that entries are written into one behind the other, and an
 * index of small buckets that says where. A position counts all bytes ever written to the ring: an entry is still
 * there as long as the ring has not been written once around since. So nothing is ever freed, and making room costs
 * nothing. An entry put again is written anew only when it has changed or would soon be overwritten.
 */
#include "base/copies.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#define SHARDS       16
#define BUCKET       8    /* places of a bucket */
#define ENTRY_USUAL  1024 /* bytes; makes the index as large as the ring can use */
#define LOCK_TRIES   1000 /* then whoever has it is stopped, and we go on without */
#define LARGEST_PART 6    /* an entry may take one part in so many of a shard */

struct place {
    uint64_t hash; /* 0: free */
    uint64_t position;
};

struct entry {
    uint64_t hash;
    int64_t put_us;
    size_t key_length;
    size_t value_length;
    char text[]; /* key, then value */
};

struct shard {
    pthread_mutex_t lock;
    uint64_t head; /* the position behind the newest entry */
    struct place *places;
    char *ring;
};

struct copies {
    size_t ring_bytes; /* of a shard */
    size_t buckets;    /* of a shard; a power of two */
    struct shard shards[SHARDS];
};

static size_t aligned(size_t size)
{
    return (size + 15) / 16 * 16;
}

static size_t entry_bytes(size_t key_length, size_t value_length)
{
    return aligned(sizeof(struct entry) + key_length + value_length);
}

static bool lock_init(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;
    if (pthread_mutexattr_init(&attributes) != 0)
        return false;
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    bool good = pthread_mutex_init(lock, &attributes) == 0;
    pthread_mutexattr_destroy(&attributes);
    return good;
}

struct copies *copies_create(size_t bytes)
{
    size_t ring_bytes = aligned(bytes / SHARDS), buckets = 1;
    while (buckets * BUCKET * ENTRY_USUAL < ring_bytes)
        buckets *= 2;
    size_t places_bytes = buckets * BUCKET * sizeof(struct place);
    size_t head = aligned(sizeof(struct copies));
    size_t whole = head + SHARDS * (places_bytes + ring_bytes);
    char *memory = mmap(NULL, whole, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    madvise(memory, whole, MADV_DONTDUMP); /* there are passwords in it */
    struct copies *copies = (struct copies *)(void *)memory;
    copies->ring_bytes = ring_bytes;
    copies->buckets = buckets;
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &copies->shards[i];
        char *part = memory + head + i * (places_bytes + ring_bytes);
        shard->places = (struct place *)(void *)part;
        shard->ring = part + places_bytes;
        if (!lock_init(&shard->lock)) {
            munmap(memory, whole);
            return NULL;
        }
    }
    return copies;
}

/* FNV-1a, 64 bits, never 0. Keys come from outside: who makes many of one bucket drives out only his own. */
static uint64_t hash_of(struct slice key)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < key.length; i++)
        hash = (hash ^ (unsigned char)key.data[i]) * 0x100000001b3u;
    hash ^= hash >> 32;
    return hash ? hash : 1;
}

/* A worker that died in here may have left half an entry: its shard begins anew. */
static void forget_all(const struct copies *copies, struct shard *shard)
{
    memset(shard->places, 0, copies->buckets * BUCKET * sizeof *shard->places);
}

static bool lock(const struct copies *copies, struct shard *shard)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        switch (pthread_mutex_trylock(&shard->lock)) {
        case 0: return true;
        case EOWNERDEAD:
            forget_all(copies, shard);
            pthread_mutex_consistent(&shard->lock);
            return true;
        default: sched_yield();
        }
    }
    return false;
}

static struct entry *entry_at(const struct copies *copies, const struct shard *shard,
                              uint64_t position)
{
    return (struct entry *)(void *)(shard->ring + position % copies->ring_bytes);
}

static bool is_there(const struct copies *copies, const struct shard *shard,
                     const struct place *place)
{
    return place->hash != 0 && shard->head - place->position <= copies->ring_bytes;
}

static struct place *bucket_of(const struct copies *copies, const struct shard *shard,
                               uint64_t hash)
{
    return &shard->places[(hash / SHARDS) % copies->buckets * BUCKET];
}

static struct place *find(const struct copies *copies, const struct shard *shard, struct slice key,
                          uint64_t hash)
{
    struct place *place = bucket_of(copies, shard, hash);
    for (size_t i = 0; i < BUCKET; i++, place++) {
        if (place->hash != hash || !is_there(copies, shard, place))
            continue;
        const struct entry *entry = entry_at(copies, shard, place->position);
        if (slice_equal(slice_of(entry->text, entry->key_length), key))
            return place;
    }
    return NULL;
}

/* The place of a bucket that can best be given away. */
static struct place *oldest(const struct copies *copies, const struct shard *shard, uint64_t hash)
{
    struct place *bucket = bucket_of(copies, shard, hash), *worst = bucket;
    for (size_t i = 0; i < BUCKET; i++) {
        if (!is_there(copies, shard, &bucket[i]))
            return &bucket[i];
        if (bucket[i].position < worst->position)
            worst = &bucket[i];
    }
    return worst;
}

static void append(const struct copies *copies, struct shard *shard, struct place *place,
                   const struct entry *head, struct slice key, struct slice value)
{
    size_t bytes = entry_bytes(key.length, value.length);
    size_t left = copies->ring_bytes - shard->head % copies->ring_bytes;
    if (left < bytes) /* an entry is in one piece */
        shard->head += left;
    struct entry *entry = entry_at(copies, shard, shard->head);
    *place = (struct place){head->hash, shard->head};
    shard->head += bytes;
    *entry = *head;
    memcpy(entry->text, key.data, key.length);
    if (value.length)
        memcpy(entry->text + key.length, value.data, value.length);
}

void copies_put(struct copies *copies, struct slice key, struct slice value, int64_t now_us)
{
    uint64_t hash = hash_of(key);
    if (!copies)
        return;
    struct shard *shard = &copies->shards[hash % SHARDS];
    const struct entry head = {hash, now_us, key.length, value.length};
    if (!lock(copies, shard))
        return;
    struct place *place = find(copies, shard, key, hash);
    struct entry *entry = place ? entry_at(copies, shard, place->position) : NULL;
    if (value.length > copies->ring_bytes || key.length > copies->ring_bytes ||
        entry_bytes(key.length, value.length) > copies->ring_bytes / LARGEST_PART) {
        if (place)
            place->hash = 0;
    } else if (entry && shard->head - place->position < copies->ring_bytes / 2 &&
               slice_equal(slice_of(entry->text + key.length, entry->value_length), value)) {
        entry->put_us = now_us;
    } else {
        append(copies, shard, place ? place : oldest(copies, shard, hash), &head, key, value);
    }
    pthread_mutex_unlock(&shard->lock);
}

bool copies_get(struct copies *copies, struct arena *arena, struct slice key, struct slice *value,
                int64_t *put_us)
{
    uint64_t hash = hash_of(key);
    if (!copies)
        return false;
    struct shard *shard = &copies->shards[hash % SHARDS];
    if (!lock(copies, shard))
        return false;
    const struct place *place = find(copies, shard, key, hash);
    if (place) {
        const struct entry *entry = entry_at(copies, shard, place->position);
        *value = arena_copy(arena, slice_of(entry->text + key.length, entry->value_length));
        *put_us = entry->put_us;
    }
    pthread_mutex_unlock(&shard->lock);
    return place && value->data;
}

void copies_forget(struct copies *copies, struct slice key)
{
    uint64_t hash = hash_of(key);
    struct shard *shard = copies ? &copies->shards[hash % SHARDS] : NULL;
    if (!copies || !lock(copies, shard))
        return;
    struct place *place = find(copies, shard, key, hash);
    if (place)
        place->hash = 0;
    pthread_mutex_unlock(&shard->lock);
}
