#include "base/copies.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

static struct arena arena;

static void put(struct copies *copies, const char *key, const char *value, int64_t now)
{
    copies_put(copies, slice_from(key), slice_from(value), now);
}

/* The copy under KEY, or "-". */
static struct slice get(struct copies *copies, const char *key)
{
    struct slice value;
    int64_t put_us;
    arena_free(&arena);
    arena_init(&arena, 1 << 24);
    return copies_get(copies, &arena, slice_from(key), &value, &put_us) ? value : slice_from("-");
}

static void test_put_and_get(void)
{
    struct copies *copies = copies_create(1 << 20);
    struct slice value;
    int64_t put_us;
    ASSERT_TEXT(get(copies, "a"), "-");
    put(copies, "a", "one", 1);
    put(copies, "b", "", 2);
    ASSERT_TEXT(get(copies, "a"), "one");
    ASSERT_TEXT(get(copies, "b"), "");
    put(copies, "a", "two", 3);
    ASSERT_TEXT(get(copies, "a"), "two");
    put(copies, "a", "two", 4);
    CU_ASSERT(copies_get(copies, &arena, slice_from("a"), &value, &put_us));
    CU_ASSERT_EQUAL(put_us, 4);
    copies_forget(copies, slice_from("a"));
    copies_forget(copies, slice_from("a"));
    ASSERT_TEXT(get(copies, "a"), "-");
    ASSERT_TEXT(get(copies, "b"), "");
}

static void test_none(void)
{
    put(NULL, "a", "one", 1);
    copies_forget(NULL, slice_from("a"));
    ASSERT_TEXT(get(NULL, "a"), "-");
}

static void test_bounded(void)
{
    struct copies *copies = copies_create(1 << 20);
    static char text[2001];
    char key[20];
    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "%d", i);
        put(copies, key, text, i);
        put(copies, "often", "here", i); /* stays, though it never changes */
        CU_ASSERT(slice_is(get(copies, key), text));
    }
    ASSERT_TEXT(get(copies, "0"), "-");
    ASSERT_TEXT(get(copies, "often"), "here");
    int kept = 0;
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "%d", i);
        kept += slice_is(get(copies, key), text);
    }
    CU_ASSERT(kept > 250 && kept < 525);
}

static void test_too_large(void)
{
    struct copies *copies = copies_create(1 << 20);
    static char large[200000];
    put(copies, "a", "small", 1);
    copies_put(copies, slice_from("a"), slice_of(large, sizeof large), 2);
    ASSERT_TEXT(get(copies, "a"), "-");
}

static void test_shared(void)
{
    struct copies *copies = copies_create(1 << 20);
    put(copies, "a", "parent", 1);
    pid_t child = fork();
    if (child == 0) {
        bool good = slice_is(get(copies, "a"), "parent");
        put(copies, "a", "child", 2);
        arena_free(&arena);
        _exit(!good);
    }
    int status = -1;
    waitpid(child, &status, 0);
    CU_ASSERT_EQUAL(status, 0);
    ASSERT_TEXT(get(copies, "a"), "child");
}

/* Writers of the same keys, one of them killed in the middle: what is read is always something whole. */
static void test_killed_writer(void)
{
    struct copies *copies = copies_create(1 << 20);
    static char ones[3001], twos[2001];
    memset(ones, '1', sizeof ones - 1);
    memset(twos, '2', sizeof twos - 1);
    for (int round = 0; round < 20; round++) {
        pid_t child = fork();
        if (child == 0)
            for (int i = 0;; i++)
                put(copies, "a", i % 2 ? ones : twos, i);
        for (int i = 0; i < 200; i++) {
            struct slice value = get(copies, "a");
            if (!slice_is(value, ones) && !slice_is(value, twos) && !slice_is(value, "-") &&
                !slice_is(value, "after"))
                CU_FAIL("half a copy");
        }
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        put(copies, "a", "after", 0);
        ASSERT_TEXT(get(copies, "a"), "after");
    }
}

/* A worker that is stopped with the lock in its hands makes nobody wait. */
static void test_stopped_writer(void)
{
    struct copies *copies = copies_create(1 << 20);
    static char ones[3001], twos[2001];
    memset(ones, '1', sizeof ones - 1);
    memset(twos, '2', sizeof twos - 1);
    pid_t child = fork();
    if (child == 0)
        for (int i = 0;; i++)
            put(copies, "a", i % 2 ? ones : twos, i);
    for (int i = 0; i < 100; i++) {
        kill(child, SIGSTOP);
        put(copies, "a", "mine", 1);
        get(copies, "a");
        kill(child, SIGCONT);
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    put(copies, "a", "after", 0);
    ASSERT_TEXT(get(copies, "a"), "after");
    arena_free(&arena);
}

SUITE("copies", {"put and get", test_put_and_get}, {"none", test_none}, {"bounded", test_bounded},
      {"too large", test_too_large}, {"shared", test_shared},
      {"a writer is killed", test_killed_writer}, {"a writer is stopped", test_stopped_writer})
