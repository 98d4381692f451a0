/*
 * remembered.c - credentials that were found to be good, by their fingerprints, and when.
 */
#include "htpasswd/remembered.h"

#include <sys/mman.h>

/* A fingerprint's place is in one of the sets; there the oldest makes room. */
#define SETS 1024
#define WAYS 8

struct entry {
    struct fingerprint credential;
    int64_t verified_us; /* 0: free */
};

struct remembered {
    struct entry entries[SETS][WAYS];
};

struct remembered *remembered_create(void)
{
    void *memory = mmap(NULL, sizeof(struct remembered), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static struct entry *find(struct remembered *remembered, struct fingerprint credential)
{
    struct entry *set = remembered->entries[credential.words[0] % SETS];
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].verified_us && fingerprint_same(set[i].credential, credential))
            return &set[i];
    return NULL;
}

int64_t remembered_find(struct remembered *remembered, struct fingerprint credential)
{
    const struct entry *entry = find(remembered, credential);
    return entry ? entry->verified_us : 0;
}

void remembered_forget(struct remembered *remembered, struct fingerprint credential)
{
    struct entry *entry = find(remembered, credential);
    if (entry)
        *entry = (struct entry){0};
}

void remembered_put(struct remembered *remembered, struct fingerprint credential, int64_t now_us)
{
    struct entry *set = remembered->entries[credential.words[0] % SETS];
    struct entry *place = find(remembered, credential);
    if (!place) {
        place = set;
        for (size_t i = 1; i < WAYS; i++)
            if (set[i].verified_us < place->verified_us)
                place = &set[i];
    }
    *place = (struct entry){credential, now_us};
}
