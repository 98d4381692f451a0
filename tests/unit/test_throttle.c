/*
 * test_throttle.c - who is slowed down, and who is not. The time is made up.
 */
#include "htpasswd/throttle.h"

#include <stdio.h>

#include "htpasswd/remembered.h"
#include "suite.h"

#define US INT64_C(1000000)

static struct fingerprint_key key;
static struct throttle *throttle;
static int64_t now_us;

static void begin(void)
{
    struct error error;
    CU_ASSERT_FATAL(fingerprint_key_make(&key, &error));
    throttle = throttle_create(&key);
    CU_ASSERT_PTR_NOT_NULL_FATAL(throttle);
    now_us = 1795219200 * US;
}

static bool try(const char *address, const char *user)
{
    return throttle_try(throttle, slice_from(address), slice_from(user), now_us);
}

static void test_pair(void)
{
    begin();
    for (int i = 0; i < THROTTLE_PAIR; i++)
        CU_ASSERT(try("10.0.0.1", "alice"));
    CU_ASSERT(!try("10.0.0.1", "alice"));
    CU_ASSERT(try("10.0.0.2", "alice")); /* the user himself, elsewhere */
    CU_ASSERT(try("10.0.0.1", "bob"));   /* his colleague */
    now_us += THROTTLE_PAIR_SECONDS * US;
    CU_ASSERT(try("10.0.0.1", "alice"));
    CU_ASSERT(!try("10.0.0.1", "alice"));
    throttle_forgive(throttle, slice_from("10.0.0.1"), slice_from("alice"), now_us);
    CU_ASSERT(try("10.0.0.1", "alice"));
}

static void test_address(void)
{
    char user[32];
    int tried = 0;
    begin();
    for (int i = 0; i < 2 * THROTTLE_ADDRESS; i++) {
        snprintf(user, sizeof user, "user%d", i);
        tried += try("10.0.0.1", user);
    }
    CU_ASSERT_EQUAL(tried, THROTTLE_ADDRESS);
    CU_ASSERT(try("10.0.0.2", "user0"));
}

static void test_user(void)
{
    char address[32];
    begin();
    for (int i = 0; i < 1000; i++) { /* a network of guessers */
        snprintf(address, sizeof address, "10.1.%d.%d", i / 250, i % 250);
        CU_ASSERT(try(address, "alice"));
    }
    CU_ASSERT(try("10.0.0.1", "alice")); /* nobody is locked out */
    CU_ASSERT(!try("10.0.0.1", "alice"));
    now_us += THROTTLE_PAIR_SECONDS * US;
    CU_ASSERT(try("10.0.0.1", "alice"));
}

static void test_network(void)
{
    begin();
    for (int i = 0; i < THROTTLE_PAIR; i++)
        CU_ASSERT(try(i % 2 ? "2001:db8::1" : "2001:db8:0:0:ffff::2", "alice"));
    CU_ASSERT(!try("2001:db8::3", "alice"));
    CU_ASSERT(try("2001:db8:0:1::1", "alice"));
    CU_ASSERT(try("not:an:address", "alice"));
    CU_ASSERT(try("", "alice"));
}

static void test_remembered(void)
{
    begin();
    struct remembered *remembered = remembered_create();
    CU_ASSERT_PTR_NOT_NULL_FATAL(remembered);
    const struct slice one[] = {slice_from("a"), slice_from("bc")};
    const struct slice other[] = {slice_from("ab"), slice_from("c")};
    struct fingerprint a = fingerprint_of(&key, one, 2), b = fingerprint_of(&key, other, 2);
    CU_ASSERT(!fingerprint_same(a, b));
    remembered_put(remembered, a, 5);
    CU_ASSERT_EQUAL(remembered_find(remembered, a), 5);
    CU_ASSERT_EQUAL(remembered_find(remembered, b), 0);
    remembered_put(remembered, a, 7);
    CU_ASSERT_EQUAL(remembered_find(remembered, a), 7);
    for (uint64_t i = 0; i < 8; i++) /* as many more in the same place: the oldest makes room */
        remembered_put(remembered, (struct fingerprint){{a.words[0], a.words[1] + 1 + i}}, 8);
    CU_ASSERT_EQUAL(remembered_find(remembered, a), 0);
    remembered_put(remembered, b, 9);
    remembered_forget(remembered, b);
    CU_ASSERT_EQUAL(remembered_find(remembered, b), 0);
}

SUITE("throttle", {"slows down one who guesses", test_pair},
      {"slows down an address", test_address}, {"locks no user out", test_user},
      {"takes a network for one address", test_network}, {"remembers", test_remembered})
