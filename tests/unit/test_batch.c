/*
 * test_batch.c - tests of store/batch.c.
 */
#include "suite.h"

#include "exchange.h"

static void test_add(void)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct store_batch batch = store_batch_in(&arena);
    CU_ASSERT_EQUAL(batch.count, 0);
    CU_ASSERT_PTR_NULL(batch.first);
    STORE_ADD(&batch, slice_from("PING"));
    STORE_ADD(&batch, slice_from("SET"), slice_of("k\0", 2), store_number(&batch, -42));
    STORE_ADD(&batch, slice_from("GET"), slice_of(NULL, 0));
    CU_ASSERT_EQUAL(batch.count, 3);
    const struct store_command *command = batch.first;
    CU_ASSERT_EQUAL(command->count, 1);
    ASSERT_TEXT(command->words[0], "PING");
    command = command->next;
    CU_ASSERT_EQUAL(command->count, 3);
    CU_ASSERT_TRUE(slice_equal(command->words[1], slice_of("k\0", 2)));
    ASSERT_TEXT(command->words[2], "-42");
    command = command->next;
    CU_ASSERT_PTR_EQUAL(command, batch.last);
    CU_ASSERT_PTR_NULL(command->next);
    arena_free(&arena);
}

static void test_memory(void)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct store_batch batch = store_batch_in(&arena);
    STORE_ADD(&batch, slice_from("SET"), store_number(&batch, 1), slice_from("x"));
    CU_ASSERT_EQUAL(batch.count, 0);
    CU_ASSERT_TRUE(arena.exhausted);
    arena_free(&arena);
}

static void test_replies(void)
{
    struct store_reply reply = reply_ok();
    CU_ASSERT_TRUE(store_reply_is_status(&reply, "OK"));
    CU_ASSERT_FALSE(store_reply_is_status(&reply, "QUEUED"));
    CU_ASSERT_FALSE(store_reply_is_unavailable(&reply));
    reply = reply_string("OK");
    CU_ASSERT_FALSE(store_reply_is_status(&reply, "OK"));
    reply = reply_error("WRONGTYPE Operation against a key");
    CU_ASSERT_TRUE(store_reply_is_error(&reply, "WRONGTYPE"));
    CU_ASSERT_FALSE(store_reply_is_error(&reply, "WRONG"));
    CU_ASSERT_FALSE(store_reply_is_unavailable(&reply));
    reply = reply_string("LOADING is only a value");
    CU_ASSERT_FALSE(store_reply_is_unavailable(&reply));
    static const char *const away[] = {
        "LOADING Redis is loading the dataset in memory",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "READONLY You can't write against a read only replica.",
        "MISCONF Redis is configured to save RDB snapshots",
        "MASTERDOWN Link with MASTER is down",
        "NOAUTH Authentication required.",
        "NOPERM this user has no permissions",
        "CLUSTERDOWN The cluster is down",
        "NOREPLICAS Not enough good replicas to write.",
        "TRYAGAIN Multiple keys request during rehashing of slot",
        "BUSY Redis is busy running a script.",
        "WRONGPASS invalid username-password pair",
    };
    for (size_t i = 0; i < sizeof away / sizeof *away; i++) {
        reply = reply_error(away[i]);
        CU_ASSERT_TRUE(store_reply_is_unavailable(&reply));
    }
    reply = reply_error("ERR LOADING");
    CU_ASSERT_FALSE(store_reply_is_unavailable(&reply));
    reply = reply_error("");
    CU_ASSERT_FALSE(store_reply_is_unavailable(&reply));
}

SUITE("batch", {"keeps commands in order", test_add}, {"runs out of memory", test_memory},
      {"tells replies apart", test_replies})
