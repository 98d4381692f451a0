/*
 * test_outbox.c - tests of events/outbox.c.
 */
#include "suite.h"

#include "events/outbox.h"

static struct outbox outbox;
static char out[65536];

static struct message *make(const char *text, size_t length, const char *seq, bool news)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct buffer bytes = buffer_in(&arena);
    buffer_add(&bytes, slice_of(text, length));
    struct frame *body = frame_make(&bytes);
    struct message *message =
        message_make(body, outbox.wire == WIRE_BINARY ? FORMAT_BASIX : FORMAT_PLAIN, seq);
    message->news = message->resumable = news;
    frame_release(body);
    arena_free(&arena);
    return message;
}

static void push(const char *text, const char *seq, bool news)
{
    struct message *message = make(text, strlen(text), seq, news);
    CU_ASSERT_TRUE(outbox_push(&outbox, message));
    message_release(message);
}

/* All that comes out, SIZE bytes at a time. */
static struct slice taken(size_t size)
{
    size_t length = 0, more;
    while ((more = outbox_fill(&outbox, out + length, size)) > 0)
        length += more;
    return slice_of(out, length);
}

static void test_frames(void)
{
    outbox = (struct outbox){.wire = WIRE_TEXT};
    push("\"a\":1}", "5-0", true);
    push("\"b\":2}", "6-0", true);
    ASSERT_TEXT(taken(sizeof out),
                "\x81\x13{\"seq\":\"5-0\",\"a\":1}\x81\x13{\"seq\":\"6-0\",\"b\":2}");
    CU_ASSERT_EQUAL(outbox.count, 0);
    CU_ASSERT_EQUAL(outbox.news, 0);
    outbox.wire = WIRE_BINARY;
    push("abc", "7-0", true);
    ASSERT_TEXT(taken(sizeof out), "\x82\x03"
                                   "abc");
    outbox_free(&outbox);
}

static void test_sse(void)
{
    outbox = (struct outbox){.wire = WIRE_SSE};
    push("\"a\":1}", "5-0", true);
    push("\"b\":2}", "0-0", false); /* from which nobody can go on */
    ASSERT_TEXT(taken(sizeof out), "id: 5-0\ndata: {\"seq\":\"5-0\",\"a\":1}\n\n"
                                   "data: {\"seq\":\"0-0\",\"b\":2}\n\n");
    outbox_free(&outbox);
}

/* Puts the frames of one message together again. */
static size_t together(const unsigned char *bytes, size_t length, size_t *frames)
{
    size_t whole = 0, at = 0;
    bool final = false;
    for (*frames = 0; at < length; (*frames)++) {
        size_t payload = bytes[at + 1], head = 2;
        CU_ASSERT_FALSE(final);
        CU_ASSERT_EQUAL(bytes[at] & 0x0f, *frames ? 0 : 2);
        final = bytes[at] & 0x80;
        if (payload == 126) {
            payload = (size_t)bytes[at + 2] << 8 | bytes[at + 3];
            head = 4;
        }
        memmove(out + whole, bytes + at + head, payload);
        whole += payload;
        at += head + payload;
    }
    CU_ASSERT_TRUE(final);
    CU_ASSERT_EQUAL(at, length);
    return whole;
}

/* A long message is the same, however little room there is at a time. */
static void test_pieces(void)
{
    static char text[20000];
    static const size_t rooms[] = {1024, 1500, 8192, 8200, 32768};
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 7 + i / 251);
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        size_t frames;
        outbox = (struct outbox){.wire = WIRE_BINARY};
        struct message *message = make(text, sizeof text, "", true);
        CU_ASSERT_TRUE(outbox_push(&outbox, message));
        message_release(message);
        struct slice wire = taken(rooms[i]);
        CU_ASSERT_EQUAL(together((const unsigned char *)wire.data, wire.length, &frames),
                        sizeof text);
        CU_ASSERT_EQUAL(memcmp(out, text, sizeof text), 0);
        CU_ASSERT_TRUE(frames >= 3);
        outbox_free(&outbox);
    }
    outbox = (struct outbox){.wire = WIRE_SSE};
    struct message *message = make("12345", 5, "1-0", true);
    for (int i = 0; i < 100; i++)
        CU_ASSERT_TRUE(outbox_push(&outbox, message));
    message_release(message);
    CU_ASSERT_EQUAL(taken(1024).length,
                    100 * (strlen("id: 1-0\ndata: {\"seq\":\"1-0\",12345\n\n")));
    outbox_free(&outbox);
}

/* Only what is news counts, and what was missed goes in front of what came meanwhile. */
static void test_order(void)
{
    outbox = (struct outbox){.wire = WIRE_TEXT};
    push("n}", "3-0", true);
    CU_ASSERT_EQUAL(outbox.news, strlen("{\"seq\":\"3-0\",n}"));
    struct message *first[] = {make("a}", 2, "1-0", false), make("b}", 2, "2-0", false)};
    CU_ASSERT_TRUE(outbox_push_first(&outbox, first, 2));
    CU_ASSERT_EQUAL(outbox.news, strlen("{\"seq\":\"3-0\",n}"));
    message_release(first[0]);
    message_release(first[1]);
    for (int i = 0; i < 20; i++)
        push("m}", "4-0", true);
    struct slice all = taken(sizeof out);
    CU_ASSERT_EQUAL(all.length, 23 * (2 + strlen("{\"seq\":\"1-0\",a}")));
    CU_ASSERT_TRUE(slice_starts(
        all, "\x81\x0f{\"seq\":\"1-0\",a}\x81\x0f{\"seq\":\"2-0\",b}\x81\x0f{\"seq\":\"3-0\",n}"));
    outbox_free(&outbox);
}

/* A message of which a part is out has to come to its end. */
static void test_clear(void)
{
    outbox = (struct outbox){.wire = WIRE_SSE};
    push("123456789}", "1-0", true);
    push("b}", "2-0", true);
    CU_ASSERT_EQUAL(outbox_fill(&outbox, out, 10), 10);
    outbox_clear(&outbox);
    CU_ASSERT_EQUAL(outbox.count, 1);
    ASSERT_TEXT(taken(sizeof out), "ta: {\"seq\":\"1-0\",123456789}\n\n");
    push("c}", "3-0", true);
    outbox_clear(&outbox);
    CU_ASSERT_EQUAL(outbox.count, 0);
    CU_ASSERT_EQUAL(outbox.news, 0);
    outbox_free(&outbox);
}

SUITE("outbox", {"frames", test_frames}, {"server-sent events", test_sse}, {"pieces", test_pieces},
      {"order", test_order}, {"what is cleared", test_clear})
