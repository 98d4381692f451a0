/*
 * test_element_script.c - tests of store/element_script.c: the commands. What the script does is tested with a real Redis.
 */
#include "suite.h"

#include "store/element_script.h"

static struct arena arena;
static struct store_batch batch;

static void begin(void)
{
    arena_free(&arena);
    arena_init(&arena, 1 << 20);
    batch = store_batch_in(&arena);
}

static void test_words(void)
{
    begin();
    struct element_script script =
        element_script_in(&batch, slice_from("callboard:feed:pbx1"), 5000);
    element_add_set(&script, slice_from("a.example"), ELEMENT_USER, slice_from("1000"),
                    slice_from("{\"id\":\"1000\"}"));
    const struct slice *word = batch.first->words;
    CU_ASSERT_EQUAL_FATAL(batch.first->count, 11);
    ASSERT_TEXT(word[0], "EVAL");
    ASSERT_TEXT(word[2], "3");
    ASSERT_TEXT(word[3], "callboard:elements:a.example:user");
    ASSERT_TEXT(word[4], "callboard:events:a.example");
    ASSERT_TEXT(word[5], "callboard:feed:pbx1");
    ASSERT_TEXT(word[6], "user");
    ASSERT_TEXT(word[7], "1000");
    ASSERT_TEXT(word[8], "{\"id\":\"1000\"}");
    ASSERT_TEXT(word[9], "5000");
    ASSERT_TEXT(word[10], "user:a.example:1000");
}

static void test_without_owner(void)
{
    begin();
    struct element_script script = element_script_in(&batch, slice_from(""), 10);
    element_add_remove(&script, slice_from("a.example"), ELEMENT_GROUP, slice_from("sales"));
    const struct slice *word = batch.first->words;
    CU_ASSERT_EQUAL_FATAL(batch.first->count, 9);
    ASSERT_TEXT(word[2], "2");
    ASSERT_TEXT(word[5], "group");
    ASSERT_TEXT(word[6], "sales");
    ASSERT_TEXT(word[7], "");
    ASSERT_TEXT(word[8], "10");
}

static void test_text_is_sent_once(void)
{
    begin();
    struct element_script script = element_script_in(&batch, slice_from(""), 10);
    element_add_remove(&script, slice_from("a.example"), ELEMENT_GROUP, slice_from("sales"));
    element_add_remove(&script, slice_from("a.example"), ELEMENT_GROUP, slice_from("support"));
    ASSERT_TEXT(batch.first->words[0], "EVAL");
    ASSERT_TEXT(batch.last->words[0], "EVALSHA");
    CU_ASSERT_TRUE(slice_only(batch.last->words[1], "0123456789abcdef"));
    CU_ASSERT_EQUAL(batch.last->words[1].length, 40);
}

static void test_without_memory(void)
{
    arena_free(&arena);
    arena_init(&arena, 0);
    batch = store_batch_in(&arena);
    struct element_script script = element_script_in(&batch, slice_from("owner"), 10);
    element_add_remove(&script, slice_from("a.example"), ELEMENT_GROUP, slice_from("sales"));
    CU_ASSERT_EQUAL(batch.count, 0);
    CU_ASSERT_TRUE(arena.exhausted);
}

static void owned(const char *field, enum element wanted, const char *domain, const char *id)
{
    enum element element;
    struct slice found_domain, found_id;
    CU_ASSERT_TRUE_FATAL(element_owned_read(slice_from(field), &element, &found_domain, &found_id));
    CU_ASSERT_EQUAL(element, wanted);
    ASSERT_TEXT(found_domain, domain);
    ASSERT_TEXT(found_id, id);
}

static bool is_owned(const char *field)
{
    enum element element;
    struct slice domain, id;
    return element_owned_read(slice_from(field), &element, &domain, &id);
}

static void test_owned(void)
{
    owned("user:a.example:1000", ELEMENT_USER, "a.example", "1000");
    owned("group_member:a.example:sales:1000", ELEMENT_GROUP_MEMBER, "a.example", "sales:1000");
    owned("terminal:[2001:db8::1]:1000", ELEMENT_TERMINAL, "[2001:db8::1]", "1000");
    CU_ASSERT_FALSE(is_owned(""));
    CU_ASSERT_FALSE(is_owned("user"));
    CU_ASSERT_FALSE(is_owned("user:a.example"));
    CU_ASSERT_FALSE(is_owned("person:a.example:1000"));
    CU_ASSERT_FALSE(is_owned("user:[2001:db8::1"));
    CU_ASSERT_FALSE(is_owned("user:[2001:db8::1]"));
    CU_ASSERT_FALSE(is_owned("user:[2001:db8::1]1000"));
}

static void test_keys(void)
{
    struct slice domain;
    begin();
    CU_ASSERT_TRUE(element_stream_read(element_stream(&arena, slice_from("a.example")), &domain));
    CU_ASSERT_TRUE(slice_is(domain, "a.example"));
    CU_ASSERT_FALSE(element_stream_read(slice_from("callboard:elements:a"), &domain));
    CU_ASSERT_FALSE(element_stream_read(slice_from("callboard:event"), &domain));
    CU_ASSERT_TRUE(
        slice_is(element_commands(&arena, slice_from("pbx1")), "callboard:commands:pbx1"));
}

SUITE("element_script", {"words", test_words}, {"without owner", test_without_owner},
      {"text is sent once", test_text_is_sent_once}, {"without memory", test_without_memory},
      {"owned", test_owned}, {"keys", test_keys})
