/*
 * test_ami_message.c - tests of messages of Asterisk's manager interface.
 */
#include "feeds/ami_message.h"

#include <stdlib.h>

#include "suite.h"

static char told[8192];
static struct ami_reader reader;

static bool note(void *self, struct slice text)
{
    (void)self;
    CU_ASSERT_FATAL(strlen(told) + text.length + 2 < sizeof told);
    strncat(told, text.data, text.length);
    strcat(told, "|");
    return !slice_is(text, "Event: Stop");
}

static bool note_none(void *self, struct slice text)
{
    (void)self;
    (void)text;
    return true;
}

static void start(bool greeted)
{
    told[0] = '\0';
    memset(&reader, 0, sizeof reader);
    reader.greeted = greeted;
}

static bool feed(const char *text)
{
    return ami_reader_feed(&reader, slice_from(text), note, NULL);
}

static const char session[] =
    "Asterisk Call Manager/9.0.0\r\nResponse: Success\r\nActionID: 1\r\n\r\n"
    "Event: A\r\nB: c\r\n\r\n\r\n\r\nEvent: D\r\n\r\nEvent: half\r\n";
static const char expected[] = "Asterisk Call Manager/9.0.0|Response: Success\r\nActionID: 1|"
                               "Event: A\r\nB: c|Event: D|";

static void test_every_split(void)
{
    for (size_t at = 0; at <= sizeof session - 1; at++) {
        start(false);
        CU_ASSERT_TRUE(ami_reader_feed(&reader, slice_of(session, at), note, NULL));
        CU_ASSERT_TRUE(feed(session + at));
        CU_ASSERT_STRING_EQUAL(told, expected);
    }
    start(false);
    for (size_t at = 0; at < sizeof session - 1; at++)
        CU_ASSERT_TRUE(ami_reader_feed(&reader, slice_of(session + at, 1), note, NULL));
    CU_ASSERT_STRING_EQUAL(told, expected);
}

static void test_stop(void)
{
    start(true);
    CU_ASSERT_FALSE(feed("Event: A\r\n\r\nEvent: Stop\r\n\r\nEvent: B\r\n\r\n"));
    CU_ASSERT_STRING_EQUAL(told, "Event: A|Event: Stop|");
}

/* What is too long is passed over, whatever the pieces, and what comes behind is told. */
static void test_too_long(void)
{
    static char text[AMI_MESSAGE_MAX * 2 + 100];
    memset(text, 'x', sizeof text);
    for (size_t length = AMI_MESSAGE_MAX - 6; length <= AMI_MESSAGE_MAX + 6; length++) {
        start(true);
        for (size_t at = 0; at < length; at += 4099)
            ami_reader_feed(&reader, slice_of(text, length - at < 4099 ? length - at : 4099),
                            note_none, NULL);
        ami_reader_feed(&reader, slice_from("\r\n\r\n"), note_none, NULL);
        CU_ASSERT_TRUE(feed("Event: A\r\n\r\n"));
        CU_ASSERT_STRING_EQUAL(told, "Event: A|");
        CU_ASSERT_EQUAL(reader.passed, length + 4 > AMI_MESSAGE_MAX);
    }
}

static void check(const char *text, const char *name, const char *wanted)
{
    struct ami_message message;
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    CU_ASSERT_TRUE_FATAL(ami_message_read(slice_from(text), &arena, &message));
    struct slice value = ami_message_get(&message, name);
    CU_ASSERT_EQUAL(value.data != NULL, wanted != NULL);
    CU_ASSERT_TRUE(slice_is(value, wanted));
    arena_free(&arena);
}

static void test_headers(void)
{
    check("Event: A\r\nUniqueid: 1.2", "Event", "A");
    check("Event: A\r\nUniqueid: 1.2", "UNIQUEID", "1.2");
    check("Event: A\r\nUniqueid: 1.2", "Unique", NULL);
    check("Event: A\r\nAccountCode: ", "AccountCode", "");
    check("Event: A\r\nChanVariable: a=b: c", "ChanVariable", "a=b: c");
    /* The first counts: what variables add comes behind. */
    check("Uniqueid: 1.2\r\nUniqueid: 3.4", "Uniqueid", "1.2");
    /* Only CR LF ends a line. */
    check("Name: a\nUniqueid: 3.4\r\nUniqueid: 1.2", "Uniqueid", "1.2");
    check("Name: a\rUniqueid: 3.4\r\r\nUniqueid: 1.2", "Uniqueid", "1.2");
    check("no colon\r\n\r\nA: b\r", "A", "b\r");
    check("A: J\xf6rg", "A", "J\xef\xbf\xbdrg");
    check("", "A", NULL);
    check(":", "", "");
}

static void test_many_headers(void)
{
    static char text[AMI_HEADERS_MAX * 6 + 100];
    char *at = text;
    for (int i = 0; i < AMI_HEADERS_MAX; i++)
        at += sprintf(at, "A: b\r\n");
    strcpy(at, "Last: c");
    check(text, "A", "b");
    check(text, "Last", NULL);
}

static void test_no_room(void)
{
    struct ami_message message;
    struct arena arena;
    arena_init(&arena, 100);
    CU_ASSERT_FALSE(ami_message_read(slice_from("Event: A"), &arena, &message));
    arena_free(&arena);
}

static void test_judge(void)
{
    struct slice reason;
    CU_ASSERT_TRUE(ami_judge(slice_from("Response: Success\r\nMessage: done"), &reason));
    CU_ASSERT_FALSE(ami_judge(slice_from("response:Error\r\nMessage:  No such channel "), &reason));
    CU_ASSERT_TRUE(slice_is(reason, "No such channel"));
    CU_ASSERT_FALSE(ami_judge(slice_from("Response: Error"), &reason));
    CU_ASSERT_EQUAL(reason.length, 0);
    /* Only CR LF ends a line, and what came first counts. */
    CU_ASSERT_FALSE(ami_judge(slice_from("Message: x\nResponse: Success"), &reason));
    CU_ASSERT_FALSE(ami_judge(slice_from("Response: Error\r\nResponse: Success"), &reason));
}

SUITE("ami message", {"split anywhere", test_every_split}, {"no more wanted", test_stop},
      {"too long", test_too_long}, {"headers", test_headers}, {"many headers", test_many_headers},
      {"no room", test_no_room}, {"what an answer means", test_judge})
