/*
 * test_kept.c - tests of feeds/kept.c, and of what live_script.c makes of it.
 */
#include "suite.h"

#include <stdio.h>

#include "feeds/live_script.h"

static struct arena arena;

static void begin(void)
{
    arena_free(&arena);
    arena_init(&arena, (size_t)1 << 20);
}

static struct slice name_of(enum kept_kind kind, enum element element, const char *domain,
                            struct slice id, const char *contact)
{
    struct buffer text = buffer_in(&arena);
    const struct kept_name name = {.kind = kind,
                                   .element = element,
                                   .domain = slice_from(domain),
                                   .id = id,
                                   .contact = slice_from(contact)};
    return kept_write_name(&text, &name) ? buffer_slice(&text) : slice_of(NULL, 0);
}

static void test_names(void)
{
    struct kept_name name;
    begin();
    struct slice text =
        name_of(KEPT_ELEMENT, ELEMENT_GROUP_MEMBER, "a.test", slice_from("sales:10 00"), "");
    ASSERT_TEXT(text, "group_member\ta.test\tsales:10 00");
    CU_ASSERT_TRUE_FATAL(kept_read_name(text, &name));
    CU_ASSERT_EQUAL(name.kind, KEPT_ELEMENT);
    CU_ASSERT_EQUAL(name.element, ELEMENT_GROUP_MEMBER);
    ASSERT_TEXT(name.domain, "a.test");
    ASSERT_TEXT(name.id, "sales:10 00");
    text = name_of(KEPT_PHONE, ELEMENT_CHANNEL, "[::1]:5060", slice_from("1000"), "x@y");
    ASSERT_TEXT(text, "phone\t[::1]:5060\t1000\tx@y");
    CU_ASSERT_TRUE_FATAL(kept_read_name(text, &name));
    ASSERT_TEXT(name.domain, "[::1]:5060");
    ASSERT_TEXT(name.contact, "x@y");
}

static void test_no_names(void)
{
    struct kept_name name;
    char longest[2000];
    static const char *const texts[] = {
        "",           "channel",         "channel\t",       "channel\ta",    "channel\ta\t",
        "\ta\tb",     "call\ta\tb\tc",   "phone\ta\tb",     "phone\ta\tb\t", "channel\t\tb",
        "nothing\ta", "channel\ta\tb\t", "phone\ta\tb\tc\n"};
    begin();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CU_ASSERT_FALSE(kept_read_name(slice_from(texts[i]), &name));
    memset(longest, 'a', sizeof longest);
    CU_ASSERT_PTR_NULL(
        name_of(KEPT_CALL, ELEMENT_CHANNEL, "a", slice_of(longest, sizeof longest), "").data);
    CU_ASSERT_PTR_NULL(name_of(KEPT_CALL, ELEMENT_CHANNEL, "a", slice_of("b\0c", 3), "").data);
    CU_ASSERT_PTR_NULL(name_of(KEPT_CALL, ELEMENT_CHANNEL, "a\tb", slice_from("c"), "").data);
    CU_ASSERT_PTR_NULL(name_of(KEPT_CALL, ELEMENT_CHANNEL, "", slice_from("c"), "").data);
}

static void test_table(void)
{
    struct live_table table = {0};
    struct kept *kept = NULL;
    char text[40];
    size_t count = 0;
    CU_ASSERT_PTR_NULL(live_table_find(&table, slice_from("call\ta\t1")));
    for (int i = 0; i < 3000; i++) {
        snprintf(text, sizeof text, "call\ta.test\t%d", i);
        kept = kept_take(&table, slice_from(text));
        CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
        CU_ASSERT_TRUE(kept_set_json(kept, slice_from(text)));
        CU_ASSERT_PTR_EQUAL(kept_take(&table, slice_from(text)), kept);
    }
    for (int i = 0; i < 3000; i += 2) {
        snprintf(text, sizeof text, "call\ta.test\t%d", i);
        kept_remove(&table, live_table_find(&table, slice_from(text)));
    }
    for (int i = 0; i < 3000; i++) {
        snprintf(text, sizeof text, "call\ta.test\t%d", i);
        kept = live_table_find(&table, slice_from(text));
        CU_ASSERT_EQUAL(kept != NULL, i % 2 == 1);
        if (kept)
            ASSERT_TEXT(kept->json, text);
    }
    kept = NULL;
    while ((kept = live_table_after(&table, kept)))
        count++;
    CU_ASSERT_EQUAL(count, 1500);
    CU_ASSERT_PTR_NULL(kept_take(&table, slice_from("no name")));
    kept_free(&table);
    CU_ASSERT_EQUAL(table.count, 0);
}

/* Emptied from the front, which is done by many, while others come. */
static void test_emptied(void)
{
    struct live_table table = {0};
    char text[40];
    int added = 0, removed = 0;
    while (added < 3000 || live_table_after(&table, NULL)) {
        if (added >= 3000 || added % 3 == 2) {
            kept_remove(&table, live_table_after(&table, NULL));
            removed++;
        }
        if (added < 5000) {
            snprintf(text, sizeof text, "call\ta.test\t%d", added++);
            CU_ASSERT_PTR_NOT_NULL_FATAL(kept_take(&table, slice_from(text)));
        }
    }
    CU_ASSERT_EQUAL(removed, 5000);
    CU_ASSERT_EQUAL(table.count, 0);
    kept_free(&table);
}

static void test_text(void)
{
    struct live_table table = {0};
    struct kept *kept = kept_take(&table, slice_from("phone\ta.test\t1000\tid"));
    struct kept_name name = kept_name(kept);
    CU_ASSERT_EQUAL(name.kind, KEPT_PHONE);
    ASSERT_TEXT(name.contact, "id");
    CU_ASSERT_PTR_NULL(kept->json.data);
    CU_ASSERT_TRUE(kept_set_json(kept, slice_from("{}")));
    ASSERT_TEXT(kept->json, "{}");
    CU_ASSERT_TRUE(kept_set_json(kept, slice_of(NULL, 0)));
    CU_ASSERT_PTR_NULL(kept->json.data);
    kept_free(&table);
}

/* ---- the commands ---- */

static const struct live_names_settings names = {
    .registration = {.hash = "registrations", .channel = "news", .list = "", .per_domain = true},
    .call = {.hash = "calls", .channel = "", .list = "all"}};

/* The words of the command for what is called TEXT, but for the script's; blanks between them. */
static struct slice command(const char *text, const char *json, bool gone)
{
    struct live_scripts scripts;
    struct live_table table = {0};
    struct store_batch batch = store_batch_in(&arena);
    struct buffer words = buffer_in(&arena);
    struct kept *kept = kept_take(&table, slice_from(text));
    kept->gone = gone;
    live_scripts_prepare(&scripts, &names, 500, slice_from("pbx1"));
    live_scripts_add(&scripts, &batch, kept, slice_from(json));
    kept_free(&table);
    ASSERT_TEXT(batch.first->words[0], "EVALSHA");
    CU_ASSERT_EQUAL(batch.first->words[1].length, 40);
    for (size_t i = 2; i < batch.first->count; i++) {
        buffer_add_byte(&words, ' ');
        buffer_add(&words, batch.first->words[i]);
    }
    return buffer_slice(&words);
}

static void test_commands(void)
{
    begin();
    ASSERT_TEXT(command("channel\ta.test\tu", "{}", false),
                " 4 callboard:elements:a.test:channel callboard:events:a.test callboard:feed:pbx1 "
                "callboard:feed:behind:a.test:channel:u channel u {} 500 channel\ta.test\tu "
                "\"server\":\"pbx1\" pbx1");
    ASSERT_TEXT(command("phone\ta.test\t1000\tid", "{}", false),
                " 3 registrations@a.test callboard:feed:pbx1 "
                "callboard:feed:phones:registrations@a.test:1000 1000 {} phone\ta.test\t1000\tid "
                "news  pbx1\ta.test\tid 0");
    ASSERT_TEXT(command("call\ta.test\t1000", "{\"activity\":[]}", false),
                " 2 calls callboard:feed:pbx1 1000 {\"activity\":[]} call\ta.test\t1000  all 0");
    ASSERT_TEXT(command("call\ta.test\t1000", "{\"a\":\"\\\"activity\\\":[]\"}", false),
                " 2 calls callboard:feed:pbx1 1000 {\"a\":\"\\\"activity\\\":[]\"} "
                "call\ta.test\t1000  all 1");
    arena_free(&arena);
}

static void test_records(void)
{
    CU_ASSERT_TRUE(live_call_is_over(
        slice_from("{\"username\":\"1000\",\"current\":\"u\",\"notify\":\"hangup\",\"u\":{}}")));
    CU_ASSERT_FALSE(
        live_call_is_over(slice_from("{\"username\":\"1000\",\"notify\":\"answer\",\"u\":{\"a\":"
                                     "\"\\\"notify\\\":\\\"hangup\\\"\"}}")));
    CU_ASSERT_FALSE(live_call_is_over(slice_of(NULL, 0)));
}

SUITE("kept", {"names", test_names}, {"what is no name", test_no_names}, {"table", test_table},
      {"emptied", test_emptied}, {"text", test_text}, {"records", test_records},
      {"commands", test_commands})
