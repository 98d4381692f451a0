/*
 * test_directory_compare.c - tests of feeds/directory_compare.c, with made-up replies.
 */
#include "suite.h"

#include "exchange.h"
#include "feeds/directory_compare.h"

#define D "pbx.test"
#define E "callboard:elements:" D ":"

static struct arena arenas[3];
static size_t turn;
static struct directory_compare compare;
static struct store_batch batch;

static void begin(bool served)
{
    for (size_t i = 0; i < 3; i++) {
        arena_free(&arenas[i]);
        arena_init(&arenas[i], 4 << 20);
    }
    directory_compare_end(&compare);
    directory_compare_begin(&compare, slice_from(D), served, true, 1000);
}

/* True while there is something to ask. */
static bool ask(void)
{
    turn = (turn + 1) % 3;
    arena_free(&arenas[turn]);
    batch = store_batch_in(&arenas[turn]);
    return directory_compare_ask(&compare, &batch);
}

static void give(const struct store_reply *replies)
{
    directory_compare_take(&compare, &arenas[turn], replies);
}

/* A page of HSCAN: names and values. */
static void give_page(const char *cursor, const struct store_reply *pairs, size_t count)
{
    const struct store_reply elements[] = {
        reply_string(cursor), {.kind = STORE_ARRAY, .elements = pairs, .count = count}};
    give(&(struct store_reply){.kind = STORE_ARRAY, .elements = elements, .count = 2});
}

/* Command number INDEX, its words; of a script: what it is about. */
static struct slice command(size_t index)
{
    struct buffer line = buffer_in(&arenas[turn]);
    const struct store_command *command = batch.first;
    while (command && index--)
        command = command->next;
    if (!command)
        return slice_of(NULL, 0);
    size_t first = slice_starts(command->words[0], "EVAL") ? 5 : 0;
    for (size_t i = first; i < command->count; i++) {
        buffer_add_string(&line, i > first ? " " : "");
        buffer_add(&line, command->words[i]);
    }
    return buffer_slice(&line);
}

#define ASSERT_ASKS(commands)                                                                      \
    CU_ASSERT_TRUE_FATAL(ask());                                                                   \
    CU_ASSERT_EQUAL_FATAL(batch.count, commands)
#define ASSERT_COMMAND(index, text) ASSERT_TEXT(command(index), text)

#define USER(name) "{\"id\":\"" name "\",\"name\":\"" name "\",\"main_extension\":\"" name "\"}"

/* Up to the users. */
static void pass_domain(void)
{
    const struct store_reply one = reply_integer(1);
    ASSERT_ASKS(1);
    ASSERT_COMMAND(0, DIRECTORY_DOMAINS_KEY " domain " D " {\"id\":\"" D "\",\"name\":\"" D
                                            "\"} 1000 domain:" D ":" D);
    give(&one);
}

static void pass_empty(const char *asked)
{
    ASSERT_ASKS(1);
    ASSERT_COMMAND(0, asked);
    give_page("0", NULL, 0);
}

static void test_users(void)
{
    const struct store_reply first[] = {reply_string("1000"), reply_string("{}"),
                                        reply_string("1001"), reply_string("{}"),
                                        reply_string("a\nb"), reply_string("{}")};
    const struct store_reply have[] = {reply_string(USER("1000")), reply_nil()};
    const struct store_reply one = reply_integer(1);
    begin(true);
    pass_domain();
    ASSERT_ASKS(1);
    ASSERT_COMMAND(0, "HSCAN cti_exten@" D " 0 COUNT 100");
    give_page("7", first, 6);
    ASSERT_ASKS(2);
    ASSERT_COMMAND(0, "HGET " E "user 1000");
    ASSERT_COMMAND(1, "HGET " E "user 1001");
    give(have);
    ASSERT_ASKS(1); /* only what differs */
    ASSERT_COMMAND(0, "user 1001 " USER("1001") " 1000");
    give(&one);
    pass_empty("HSCAN cti_exten@" D " 7 COUNT 100");
    CU_ASSERT_EQUAL(compare.changed, 2);
}

/* What a PBX has told of a mailbox stays, and is no difference. */
static void test_mailbox_stays(void)
{
    const struct store_reply first[] = {reply_string("1000"), reply_string("{}"),
                                        reply_string("1001"), reply_string("{}")};
    const struct store_reply have[] = {
        reply_string(
            "{\"id\":\"1000\",\"name\":\"1000\",\"main_extension\":\"1000\",\"mwi\":\"1/0\"}"),
        reply_string("{\"id\":\"1001\",\"mwi\":\"2/0\"}")};
    begin(true);
    pass_domain();
    ASSERT_ASKS(1);
    give_page("0", first, 4);
    ASSERT_ASKS(2);
    give(have);
    ASSERT_ASKS(1);
    ASSERT_COMMAND(0, "user 1001 {\"id\":\"1001\",\"name\":\"1001\",\"main_extension\":\"1001\","
                      "\"mwi\":\"2/0\"} 1000");
}

static void test_stale_users(void)
{
    const struct store_reply page[] = {
        reply_string("1000"), reply_string(USER("1000")),
        reply_string("1001"), reply_string(USER("1001")),
        reply_string("x"),    reply_string("{\"id\":\"x\",\"server\":\"pbx1\"}")};
    const struct store_reply exist[] = {reply_integer(1), reply_integer(0)};
    const struct store_reply one = reply_integer(1);
    begin(true);
    pass_domain();
    pass_empty("HSCAN cti_exten@" D " 0 COUNT 100");
    ASSERT_ASKS(1);
    ASSERT_COMMAND(0, "HSCAN " E "user 0 COUNT 200");
    give_page("0", page, 6);
    ASSERT_ASKS(2);
    ASSERT_COMMAND(0, "HEXISTS cti_exten@" D " 1000");
    give(exist);
    ASSERT_ASKS(1);
    ASSERT_COMMAND(0, "user 1001  1000");
    give(&one);
    ASSERT_ASKS(1);
    ASSERT_COMMAND(0, "HSCAN cti_group@" D " 0 COUNT 5");
}

/* Up to the groups. */
static void pass_users(void)
{
    pass_domain();
    pass_empty("HSCAN cti_exten@" D " 0 COUNT 100");
    pass_empty("HSCAN " E "user 0 COUNT 200");
}

static void test_groups(void)
{
    const struct store_reply page[] = {reply_string("sales"),
                                       reply_string("{\"members\":[\"1001\",\"1000\"]}")};
    const struct store_reply have[] = {reply_nil(), reply_nil(), reply_nil()};
    const struct store_reply done[] = {reply_integer(1), reply_integer(1), reply_integer(1)};
    const struct store_reply members[] = {reply_string("sales:1000"), reply_string("{}"),
                                          reply_string("sales:1001"), reply_string("{}"),
                                          reply_string("sales:1002"), reply_string("{}")};
    begin(true);
    pass_users();
    ASSERT_ASKS(1);
    give_page("0", page, 2);
    ASSERT_ASKS(3);
    ASSERT_COMMAND(0, "HGET " E "group sales");
    ASSERT_COMMAND(1, "HGET " E "group_member sales:1001");
    give(have);
    ASSERT_ASKS(3);
    ASSERT_COMMAND(0, "group sales {\"id\":\"sales\",\"name\":\"sales\",\"type\":0} 1000");
    give(done);
    pass_empty("HSCAN " E "group 0 COUNT 200");
    ASSERT_ASKS(1);
    ASSERT_COMMAND(0, "HSCAN " E "group_member 0 COUNT 200");
    give_page("0", members, 6);
    ASSERT_ASKS(1); /* who is no member any more */
    ASSERT_COMMAND(0, "group_member sales:1002  1000");
    give(done);
    CU_ASSERT_FALSE(ask());
    CU_ASSERT_EQUAL(compare.changed, 5);
    CU_ASSERT_STRING_EQUAL(compare.error.text, "");
}

/* What cannot be read is not taken for empty: nobody's membership ends. */
static void test_groups_unreadable(void)
{
    const struct store_reply wrong = reply_error("WRONGTYPE Operation against a key");
    begin(true);
    pass_users();
    ASSERT_ASKS(1);
    give(&wrong);
    pass_empty("HSCAN " E "group 0 COUNT 200");
    CU_ASSERT_FALSE(ask());
    CU_ASSERT_PTR_NOT_NULL(strstr(compare.error.text, "WRONGTYPE"));
}

static void test_not_served(void)
{
    const struct store_reply page[] = {reply_string("1000"), reply_string(USER("1000"))};
    const struct store_reply one = reply_integer(1);
    begin(false);
    ASSERT_ASKS(1);
    ASSERT_COMMAND(0, "HSCAN " E "user 0 COUNT 200");
    give_page("0", page, 2);
    ASSERT_ASKS(1);
    ASSERT_COMMAND(0, "user 1000  1000");
    give(&one);
    pass_empty("HSCAN " E "group 0 COUNT 200");
    pass_empty("HSCAN " E "group_member 0 COUNT 200");
    ASSERT_ASKS(1);
    ASSERT_COMMAND(0, DIRECTORY_DOMAINS_KEY " domain " D "  1000 domain:" D ":" D);
    give(&one);
    CU_ASSERT_FALSE(ask());
}

/* A domain of which something is left is not forgotten. */
static void test_not_served_unreadable(void)
{
    const struct store_reply wrong = reply_error("WRONGTYPE Operation against a key");
    begin(false);
    ASSERT_ASKS(1);
    give(&wrong);
    pass_empty("HSCAN " E "group 0 COUNT 200");
    pass_empty("HSCAN " E "group_member 0 COUNT 200");
    CU_ASSERT_FALSE(ask());
    CU_ASSERT_NOT_EQUAL(compare.error.text[0], '\0');
}

static void test_write_refused(void)
{
    const struct store_reply page[] = {reply_string("1000"), reply_string("{}")};
    const struct store_reply nil = reply_nil(), oom = reply_error("OOM command not allowed");
    begin(true);
    pass_domain();
    ASSERT_ASKS(1);
    give_page("0", page, 2);
    ASSERT_ASKS(1);
    give(&nil);
    ASSERT_ASKS(1);
    give(&oom);
    CU_ASSERT_PTR_NOT_NULL(strstr(compare.error.text, "OOM"));
    pass_empty("HSCAN " E "user 0 COUNT 200");
}

static void test_skip(void)
{
    begin(true);
    pass_users();
    ASSERT_ASKS(1);
    directory_compare_skip(&compare, "too large");
    pass_empty("HSCAN " E "group 0 COUNT 200");
    CU_ASSERT_FALSE(ask());
    CU_ASSERT_STRING_EQUAL(compare.error.text, D ": too large");
}

SUITE("directory_compare", {"users", test_users}, {"a mailbox stays", test_mailbox_stays},
      {"stale users", test_stale_users}, {"groups", test_groups},
      {"groups unreadable", test_groups_unreadable}, {"not served", test_not_served},
      {"not served, unreadable", test_not_served_unreadable}, {"write refused", test_write_refused},
      {"skip", test_skip})
