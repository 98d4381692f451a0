/*
 * throttle.c - slows down who guesses passwords, without locking anybody out.
 */
#include "htpasswd/throttle.h"

#include <arpa/inet.h>
#include <sys/mman.h>

#define US 1000000.0

/* A count's place is in one of the sets; there the lowest makes room. */
#define SETS 1024
#define WAYS 8

struct count {
    struct fingerprint who;
    double failures;
    int64_t at_us; /* when there were so many; 0: free */
};

struct throttle {
    const struct fingerprint_key *key;
    struct count counts[SETS][WAYS];
};

/* The three counts that a try belongs to. */
struct counts {
    struct count *pair, *address, *user;
};

struct throttle *throttle_create(const struct fingerprint_key *key)
{
    struct throttle *throttle =
        mmap(NULL, sizeof *throttle, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (throttle == MAP_FAILED)
        return NULL;
    throttle->key = key;
    return throttle;
}

/* Whoever has one address of an IPv6 network has them all. */
static struct slice network_of(struct slice address, struct in6_addr *network)
{
    char text[INET6_ADDRSTRLEN];
    if (address.length >= sizeof text || !address.length ||
        !memchr(address.data, ':', address.length))
        return address;
    memcpy(text, address.data, address.length);
    text[address.length] = '\0';
    if (inet_pton(AF_INET6, text, network) != 1 || IN6_IS_ADDR_V4MAPPED(network))
        return address;
    return slice_of((const char *)network, 8);
}

static double failures_at(const struct count *count, double seconds_each, int64_t now_us)
{
    int64_t us = now_us > count->at_us ? now_us - count->at_us : 0;
    double left = count->failures - (double)us / US / seconds_each;
    return left > 0 ? left : 0;
}

/* The count of WHO, brought to now; one that begins at 0 when there is none, in place of the lowest. */
static struct count *find(struct throttle *throttle, struct fingerprint who, double seconds_each,
                          int64_t now_us)
{
    struct count *set = throttle->counts[who.words[0] % SETS];
    struct count *place = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].at_us && fingerprint_same(set[i].who, who)) {
            set[i].failures = failures_at(&set[i], seconds_each, now_us);
            set[i].at_us = now_us;
            return &set[i];
        }
        if (failures_at(&set[i], THROTTLE_PAIR_SECONDS, now_us) <
            failures_at(place, THROTTLE_PAIR_SECONDS, now_us))
            place = &set[i];
    }
    *place = (struct count){.who = who, .at_us = now_us};
    return place;
}

/* Found one after the other: two of them may have one place only in a table full of higher counts. */
static struct counts find_all(struct throttle *throttle, struct slice address, struct slice user,
                              int64_t now_us)
{
    struct in6_addr space;
    struct slice network = network_of(address, &space);
    struct slice pair_of[] = {slice_from("pair"), network, user};
    struct slice address_of[] = {slice_from("address"), network};
    struct slice user_of[] = {slice_from("user"), user};
    return (struct counts){.pair = find(throttle, fingerprint_of(throttle->key, pair_of, 3),
                                        THROTTLE_PAIR_SECONDS, now_us),
                           .address = find(throttle, fingerprint_of(throttle->key, address_of, 2),
                                           THROTTLE_ADDRESS_SECONDS, now_us),
                           .user = find(throttle, fingerprint_of(throttle->key, user_of, 2),
                                        THROTTLE_USER_SECONDS, now_us)};
}

bool throttle_try(struct throttle *throttle, struct slice address, struct slice user,
                  int64_t now_us)
{
    struct counts counts = find_all(throttle, address, user, now_us);
    double tries = counts.user->failures >= THROTTLE_USER ? 1 : THROTTLE_PAIR;
    if (counts.pair->failures > tries - 1 || counts.address->failures > THROTTLE_ADDRESS - 1)
        return false;
    counts.pair->failures++;
    counts.address->failures++;
    counts.user->failures++;
    return true;
}

static void take_back(struct count *count)
{
    count->failures = count->failures > 1 ? count->failures - 1 : 0;
}

void throttle_forgive(struct throttle *throttle, struct slice address, struct slice user,
                      int64_t now_us)
{
    struct counts counts = find_all(throttle, address, user, now_us);
    counts.pair->failures = 0;
    take_back(counts.address);
    take_back(counts.user);
}
