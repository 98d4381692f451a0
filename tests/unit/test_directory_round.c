/*
 * test_directory_round.c - tests of feeds/directory_round.c and feeds/directory_changes.c, with made-up replies.
 */
#include "feeds/directory_round.h"

#include "exchange.h"
#include "feeds/directory_changes.h"
#include "feeds/directory_mailbox.h"
#include "suite.h"

#define D "pbx.test"

static struct arena arenas[3];
static size_t turn;
static struct directory_elements_settings settings;
static struct directory_round round_;
static struct store_batch batch;

static void begin(const char *domains)
{
    for (size_t i = 0; i < 3; i++) {
        arena_free(&arenas[i]);
        arena_init(&arenas[i], 4 << 20);
    }
    settings = (struct directory_elements_settings){.domains = domains, .compare_seconds = 60};
    directory_round_init(&round_, &settings, 1000);
}

static void begin_batch(void)
{
    turn = (turn + 1) % 3;
    arena_free(&arenas[turn]);
    batch = store_batch_in(&arenas[turn]);
}

/* The words of the step's first command; empty: nothing is left to be done. */
static struct slice ask(void)
{
    begin_batch();
    struct buffer line = buffer_in(&arenas[turn]);
    if (!directory_round_ask(&round_, &batch))
        return slice_from("");
    const struct store_command *command = batch.first;
    size_t first = slice_starts(command->words[0], "EVAL") ? 5 : 0;
    for (size_t i = first; i < command->count; i++) {
        buffer_add_string(&line, i > first ? " " : "");
        buffer_add(&line, command->words[i]);
    }
    return buffer_slice(&line);
}

static void give(const struct store_reply *replies)
{
    directory_round_take(&round_, &arenas[turn], replies);
}

static void give_integer(int64_t integer)
{
    const struct store_reply reply = reply_integer(integer);
    give(&reply);
}

static void give_nothing(void)
{
    const struct store_reply page[] = {reply_string("0"), {.kind = STORE_ARRAY}};
    give(&(struct store_reply){.kind = STORE_ARRAY, .elements = page, .count = 2});
}

#define ASSERT_ASKS(command) ASSERT_TEXT(ask(), command)

static void pass(const char *command)
{
    ASSERT_TEXT(ask(), command);
    give_nothing();
}

static void pass_groups(void)
{
    pass("HSCAN cti_group@" D " 0 COUNT 5");
    pass("HSCAN callboard:elements:" D ":group 0 COUNT 200");
    pass("HSCAN callboard:elements:" D ":group_member 0 COUNT 200");
}

static void test_a_group(void)
{
    begin("");
    CU_ASSERT_TRUE(directory_round_add(&round_, slice_from(D), DIRECTORY_GROUPS));
    CU_ASSERT_TRUE(directory_round_add(&round_, slice_from(D), DIRECTORY_GROUPS)); /* as one */
    ASSERT_ASKS("HEXISTS cti_domain " D);
    give_integer(1);
    pass_groups();
    ASSERT_ASKS("");
    directory_round_add(&round_, slice_from(D), DIRECTORY_GROUPS);
    ASSERT_ASKS("HEXISTS cti_domain " D);
    give_integer(0); /* of a domain that is not served */
    ASSERT_ASKS("");
    directory_round_clear(&round_);
}

static void test_a_domain(void)
{
    begin("");
    directory_round_add(&round_, slice_from(D), DIRECTORY_GROUPS);
    directory_round_add(&round_, slice_from(D), DIRECTORY_ALL);
    ASSERT_ASKS("HEXISTS cti_domain " D);
    give_integer(0);
    pass("HSCAN callboard:elements:" D ":user 0 COUNT 200");
    pass("HSCAN callboard:elements:" D ":group 0 COUNT 200");
    pass("HSCAN callboard:elements:" D ":group_member 0 COUNT 200");
    ASSERT_ASKS(DIRECTORY_DOMAINS_KEY " domain " D "  1000 domain:" D ":" D);
    give_integer(1);
    ASSERT_ASKS("");
    directory_round_clear(&round_);
}

static void test_named_domains(void)
{
    begin("pbx.test, b.test");
    directory_round_add(&round_, slice_from("c.test"), DIRECTORY_ALL);
    ASSERT_ASKS("");
    directory_round_add(&round_, slice_from(D), DIRECTORY_GROUPS);
    pass_groups();
    ASSERT_ASKS("");
    directory_round_clear(&round_);
}

/* What is told during a round is looked at behind the domain at hand, and the round goes on. */
static void test_in_a_round(void)
{
    const struct store_reply names[] = {reply_string("a.test"), reply_string(D)};
    const struct store_reply lists[] = {{.kind = STORE_ARRAY, .elements = names, .count = 2},
                                        {.kind = STORE_ARRAY}};
    begin("");
    directory_round_begin(&round_);
    ASSERT_ASKS("HKEYS cti_domain");
    give(lists);
    ASSERT_ASKS(DIRECTORY_DOMAINS_KEY " domain a.test {\"id\":\"a.test\",\"name\":\"a.test\"} 1000 "
                                      "domain:a.test:a.test");
    give_integer(0);
    directory_round_add(&round_, slice_from(D), DIRECTORY_GROUPS);
    pass("HSCAN cti_exten@a.test 0 COUNT 100");
    for (int i = 0; i < 4; i++) {
        CU_ASSERT_TRUE(slice_starts(ask(), "HSCAN "));
        give_nothing();
    }
    ASSERT_ASKS("HEXISTS cti_domain " D);
    give_integer(1);
    pass_groups();
    CU_ASSERT_TRUE(slice_starts(ask(), DIRECTORY_DOMAINS_KEY " domain " D));
    CU_ASSERT_TRUE(round_.whole);
    directory_round_clear(&round_);
    ASSERT_ASKS("");
}

static void test_bounds(void)
{
    char name[20];
    begin("");
    for (int i = 0; i < DIRECTORY_WAITING_MAX; i++) {
        snprintf(name, sizeof name, "d%d", i);
        CU_ASSERT_TRUE(directory_round_add(&round_, slice_from(name), DIRECTORY_GROUPS));
    }
    CU_ASSERT_FALSE(directory_round_add(&round_, slice_from("one.more"), DIRECTORY_ALL));
    CU_ASSERT_TRUE(directory_round_add(&round_, slice_from("d0"), DIRECTORY_ALL));
    directory_round_clear(&round_);
}

/* ---- one extension ---- */

static struct directory_changes changes;

static bool ask_change(size_t commands)
{
    begin_batch();
    return directory_changes_ask(&changes, &batch) && batch.count == commands;
}

/* They live in the batch's arena, as Redis' do. */
static void give_change(const struct store_reply *record, const struct store_reply *shown)
{
    struct store_reply *replies = arena_calloc(&arenas[turn], 3, sizeof *replies);
    replies[0] = reply_integer(1);
    replies[1] = *record;
    replies[2] = *shown;
    directory_changes_take(&changes, replies);
}

static void test_changes(void)
{
    const struct store_reply record = reply_string("{}"), nothing = reply_nil();
    const struct store_reply shown = reply_string("{\"id\":\"1\"}");
    const struct store_reply feeds = reply_string("{\"id\":\"1\",\"server\":\"pbx1\"}");
    const struct store_reply one = reply_integer(1);
    begin("");
    changes = (struct directory_changes){.settings = &settings, .events_kept = 1000};
    for (int i = 0; i < 4; i++)
        CU_ASSERT_TRUE(directory_changes_add(&changes, slice_from(D), slice_from("1"), NULL));
    CU_ASSERT_TRUE(ask_change(3));
    give_change(&record, &nothing);
    CU_ASSERT_TRUE(ask_change(1)); /* set */
    directory_changes_take(&changes, &one);
    CU_ASSERT_TRUE(ask_change(3));
    give_change(&nothing, &shown);
    CU_ASSERT_TRUE(ask_change(1)); /* removed */
    directory_changes_take(&changes, &one);
    CU_ASSERT_TRUE(ask_change(3));
    give_change(&nothing, &feeds);
    CU_ASSERT_TRUE(ask_change(3)); /* of a feed: left alone, and the next one */
    give_change(&nothing, &nothing);
    CU_ASSERT_FALSE(ask_change(0));
    CU_ASSERT_EQUAL(changes.count, 0);
    for (int i = 0; i < DIRECTORY_CHANGES_MAX; i++)
        directory_changes_add(&changes, slice_from(D), slice_from("1"), NULL);
    CU_ASSERT_FALSE(directory_changes_add(&changes, slice_from(D), slice_from("1"), NULL));
    directory_changes_clear(&changes);
    for (size_t i = 0; i < 3; i++)
        arena_free(&arenas[i]);
}

/* What the PBX says of a mailbox is kept by the element itself, until it says something else. */
static void test_mailbox(void)
{
    static const struct {
        const char *counters; /* NULL: it is not about the mailbox */
        const char *shown;
        const char *written;
    } cases[] = {
        {"2/1", "{\"id\":\"1\"}", "\"main_extension\":\"1\",\"mwi\":\"2/1\"}"},
        {NULL, "{\"id\":\"1\",\"mwi\":\"3/0\"}", "\"main_extension\":\"1\",\"mwi\":\"3/0\"}"},
        {"", "{\"id\":\"1\",\"mwi\":\"3/0\"}", "\"main_extension\":\"1\"}"},
        {NULL, "{\"id\":\"1\",\"mwi\":\"<b>\"}", "\"main_extension\":\"1\"}"},
    };
    const struct store_reply record = reply_string("{}"), one = reply_integer(1);
    begin("");
    changes = (struct directory_changes){.settings = &settings, .events_kept = 1000};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct store_reply shown = reply_string(cases[i].shown);
        struct slice counters = slice_from(cases[i].counters);
        CU_ASSERT_TRUE(directory_changes_add(&changes, slice_from(D), slice_from("1"),
                                             cases[i].counters ? &counters : NULL));
        CU_ASSERT_TRUE(ask_change(3));
        give_change(&record, &shown);
        CU_ASSERT_TRUE_FATAL(ask_change(1));
        struct slice json = batch.first->words[7];
        CU_ASSERT_TRUE(slice_contains_nocase(json, cases[i].written));
        directory_changes_take(&changes, &one);
    }
    for (size_t i = 0; i < 3; i++)
        arena_free(&arenas[i]);
}

static bool read_event(const char *text, struct directory_mailbox *mailbox)
{
    struct esl_event event;
    struct error error;
    begin_batch();
    CU_ASSERT_TRUE_FATAL(esl_event_read(slice_from(text), &arenas[turn], &event, &error));
    return directory_mailbox_read(&event, mailbox);
}

#define WAITING "{\"Event-Name\":\"MESSAGE_WAITING\",\"MWI-Messages-Waiting\":"

static void test_mailbox_events(void)
{
    struct directory_mailbox mailbox;
    begin("");
    CU_ASSERT_TRUE(read_event(WAITING "\"yes\",\"MWI-Message-Account\":\"sip:1000@pbx.test\","
                                      "\"MWI-Voice-Message\":\"2/1 (0/0)\"}",
                              &mailbox));
    ASSERT_TEXT(mailbox.user, "1000");
    ASSERT_TEXT(mailbox.domain, "pbx.test");
    ASSERT_TEXT(mailbox.counters, "2/1");
    CU_ASSERT_TRUE(
        read_event(WAITING "\"no\",\"MWI-Message-Account\":\"1000@pbx.test\"}", &mailbox));
    ASSERT_TEXT(mailbox.counters, "");
    CU_ASSERT_FALSE(read_event(WAITING "\"yes\",\"MWI-Message-Account\":\"1000\"}", &mailbox));
    CU_ASSERT_FALSE(read_event(WAITING "\"yes\",\"MWI-Message-Account\":\"1000@pbx.test\","
                                       "\"MWI-Voice-Message\":\"many\"}",
                               &mailbox));
    CU_ASSERT_FALSE(read_event("{\"Event-Name\":\"HEARTBEAT\"}", &mailbox));
    for (size_t i = 0; i < 3; i++)
        arena_free(&arenas[i]);
}

SUITE("directory round", {"a group", test_a_group}, {"a domain", test_a_domain},
      {"domains that are named", test_named_domains}, {"in a round", test_in_a_round},
      {"bounds", test_bounds}, {"extensions", test_changes}, {"mailbox", test_mailbox},
      {"events of mailboxes", test_mailbox_events})
