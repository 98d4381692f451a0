/*
 * test_address.c - tests of store/address.c.
 */
#include "suite.h"

#include <stdio.h>

#include "store/address.h"

static const struct {
    const char *text, *shown, *user, *password;
} good[] = {
    {"unix:/run/redis.sock", "unix:/run/redis.sock, database 0", NULL, NULL},
    {"unix:/run/redis.sock?db=3", "unix:/run/redis.sock, database 3", NULL, NULL},
    {"unix:/a?db=", "unix:/a, database 0", NULL, NULL},
    {"redis://localhost", "localhost port 6379, database 0", NULL, NULL},
    {"redis://localhost/", "localhost port 6379, database 0", NULL, NULL},
    {"redis://10.0.0.1:6380/16383", "10.0.0.1 port 6380, database 16383", NULL, NULL},
    {"redis://[::1]", "::1 port 6379, database 0", NULL, NULL},
    {"redis://[::1]:1/2", "::1 port 1, database 2", NULL, NULL},
    {"redis://:secret@host", "host port 6379, database 0", NULL, "secret"},
    {"redis://me:secret@host:65535", "host port 65535, database 0", "me", "secret"},
    {"redis://m%65:s%40%3a%2f@host", "host port 6379, database 0", "me", "s@:/"},
    {"redis://me:a@b@host", "host port 6379, database 0", "me", "a@b"},
    {"redis://me:@host", "host port 6379, database 0", "me", ""},
};

static const char *const bad[] = {
    "",
    "unix:",
    "unix:redis.sock",
    "unix:/a?db=16384",
    "unix:/a?db=-1",
    "unix:/a?db=1x",
    "unix:/a?database=1",
    "unix:/a?",
    "redis://",
    "redis:///0",
    "redis://:6379",
    "redis://host:0",
    "redis://host:65536",
    "redis://host:",
    "redis://host:63x",
    "redis://host/16384",
    "redis://host/a",
    "redis://host/0/1",
    "redis://[::1",
    "redis://[::1]6379",
    "redis://[]",
    "redis://@host",
    "redis://secret@host",
    "redis://me:secret%@host",
    "redis://me:secret%00@host",
    "redis://me:secret@",
    "redis://me:secret@host:secret",
    "redis://me:secret@host/secret",
    "http://me:secret@host",
    "me:secret@host",
    "localhost:6379",
    "sentinel://me:secret@host/master",
    "cluster://me:secret@host",
};

static void assert_maybe(const char *text, const char *wanted)
{
    CU_ASSERT_EQUAL(text == NULL, wanted == NULL);
    if (text && wanted)
        CU_ASSERT_STRING_EQUAL(text, wanted);
}

static void test_good(void)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct store_address address;
        struct error error = {""};
        struct arena arena;
        arena_init(&arena, 65536);
        bool taken = store_address_parse(good[i].text, &arena, &address, &error);
        if (!taken)
            printf("\n%s: %s", good[i].text, error.text);
        CU_ASSERT_TRUE_FATAL(taken);
        ASSERT_TEXT(slice_from(store_address_show(&address, &arena)), good[i].shown);
        assert_maybe(address.user, good[i].user);
        assert_maybe(address.password, good[i].password);
        CU_ASSERT_EQUAL(address.path == NULL, address.host != NULL);
        arena_free(&arena);
    }
}

/* Refused, and with no word of the password. */
static void test_bad(void)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct store_address address;
        struct error error = {""};
        struct arena arena;
        arena_init(&arena, 65536);
        bool taken = store_address_parse(bad[i], &arena, &address, &error);
        if (taken)
            printf("\ntaken: %s", bad[i]);
        CU_ASSERT_FALSE(taken);
        CU_ASSERT_NOT_EQUAL(error.text[0], '\0');
        CU_ASSERT_PTR_NULL(strstr(error.text, "secret"));
        arena_free(&arena);
    }
}

static void test_lengths(void)
{
    char text[400], letters[300];
    struct store_address address;
    struct error error;
    struct arena arena;
    arena_init(&arena, 65536);
    memset(letters, 'a', sizeof letters);
    snprintf(text, sizeof text, "unix:/%.106s", letters);
    CU_ASSERT_TRUE(store_address_parse(text, &arena, &address, &error));
    snprintf(text, sizeof text, "unix:/%.107s", letters);
    CU_ASSERT_FALSE(store_address_parse(text, &arena, &address, &error));
    snprintf(text, sizeof text, "redis://%.255s", letters);
    CU_ASSERT_TRUE(store_address_parse(text, &arena, &address, &error));
    snprintf(text, sizeof text, "redis://%.256s", letters);
    CU_ASSERT_FALSE(store_address_parse(text, &arena, &address, &error));
    arena_free(&arena);
}

static void test_memory(void)
{
    struct store_address address;
    struct error error;
    struct arena arena;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        arena_init(&arena, 0);
        CU_ASSERT_FALSE(store_address_parse(good[i].text, &arena, &address, &error));
        arena_free(&arena);
    }
}

SUITE("address", {"reads the forms there are", test_good}, {"refuses all others", test_bad},
      {"bounds lengths", test_lengths}, {"runs out of memory", test_memory})
