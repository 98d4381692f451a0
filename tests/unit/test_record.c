/*
 * test_record.c - tests of fcgi/record.c: its input in every split, and every length there can be.
 */
#include "suite.h"

#include <stdlib.h>

#include "fcgi/record.h"

/* What a reader said, as text: "(1 7 3" begin of type, id, length, then content, then ")". */
struct told {
    struct arena arena;
    struct buffer text;
    size_t refuse_at; /* the callback with this number says no; 0: none does */
    size_t calls;
};

static bool told_begin(void *self, const struct record_header *header)
{
    struct told *told = self;
    buffer_format(&told->text, "(%d %d %d+%d:", header->type, header->request_id,
                  header->content_length, header->padding_length);
    return ++told->calls != told->refuse_at;
}

static bool told_content(void *self, const struct record_header *header, struct slice part)
{
    struct told *told = self;
    (void)header;
    CU_ASSERT(part.length > 0);
    buffer_add(&told->text, part);
    return ++told->calls != told->refuse_at;
}

static bool told_end(void *self, const struct record_header *header)
{
    struct told *told = self;
    (void)header;
    buffer_add_byte(&told->text, ')');
    return ++told->calls != told->refuse_at;
}

static const struct record_events events = {told_begin, told_content, told_end};

static void told_init(struct told *told)
{
    *told = (struct told){0};
    arena_init(&told->arena, (size_t)64 << 20);
    told->text = buffer_in(&told->arena);
}

/* Feeds BYTES from memory of their own, so that a sanitizer sees one byte too many. */
static bool feed(struct record_reader *reader, struct slice bytes, struct told *told)
{
    char *copy = malloc(bytes.length ? bytes.length : 1);
    memcpy(copy, bytes.length ? bytes.data : "", bytes.length);
    bool good = record_reader_feed(reader, slice_of(copy, bytes.length), &events, told);
    free(copy);
    return good;
}

/* Three records: with content and padding, empty with padding, with content that needs none. */
static const char three[] = "\1\5\1\2\0\3\5\0abc....."
                            "\1\4\0\1\0\0\2\0.."
                            "\1\0\0\0\0\x8\0\0bcdefghi";
static const char three_told[] = "(5 258 3+5:abc)(4 1 0+2:)(0 0 8+0:bcdefghi)";

static void test_whole(void)
{
    struct record_reader reader;
    struct told told;
    told_init(&told);
    record_reader_init(&reader);
    CU_ASSERT_TRUE(feed(&reader, slice_of(three, sizeof three - 1), &told));
    ASSERT_TEXT(buffer_slice(&told.text), three_told);
    arena_free(&told.arena);
}

/* Every way to cut the bytes into three pieces, empty ones too, and byte by byte. */
static void test_every_split(void)
{
    const size_t length = sizeof three - 1;
    for (size_t first = 0; first <= length; first++) {
        for (size_t second = first; second <= length; second++) {
            struct record_reader reader;
            struct told told;
            told_init(&told);
            record_reader_init(&reader);
            CU_ASSERT_TRUE(feed(&reader, slice_of(three, first), &told));
            CU_ASSERT_TRUE(feed(&reader, slice_of(three + first, second - first), &told));
            CU_ASSERT_TRUE(feed(&reader, slice_of(three + second, length - second), &told));
            ASSERT_TEXT(buffer_slice(&told.text), three_told);
            arena_free(&told.arena);
        }
    }
    struct record_reader reader;
    struct told told;
    told_init(&told);
    record_reader_init(&reader);
    for (size_t i = 0; i < length; i++)
        CU_ASSERT_TRUE(feed(&reader, slice_of(three + i, 1), &told));
    ASSERT_TEXT(buffer_slice(&told.text), three_told);
    arena_free(&told.arena);
}

/* However much is missing at the end, what is there has been told and the end has not. */
static void test_every_truncation(void)
{
    for (size_t length = 0; length < sizeof three - 1; length++) {
        struct record_reader reader;
        struct told told;
        told_init(&told);
        record_reader_init(&reader);
        CU_ASSERT_TRUE(feed(&reader, slice_of(three, length), &told));
        CU_ASSERT_EQUAL(strncmp(three_told, told.text.data ? told.text.data : "", told.text.length),
                        0);
        CU_ASSERT(told.text.length < sizeof three_told - 1);
        arena_free(&told.arena);
    }
}

/* Every content length a header can announce, with content that is complete, and one byte short. */
static void test_every_length(void)
{
    static char bytes[FCGI_HEADER_LEN + FCGI_MAX_LENGTH + 255 + 1];
    for (size_t length = 0; length <= FCGI_MAX_LENGTH; length += length < 600 ? 1 : 509) {
        for (size_t padding = 0; padding < 256; padding += 51) {
            const char head[FCGI_HEADER_LEN] = {
                1, FCGI_STDIN, 0, 1, (char)(length >> 8), (char)length, (char)padding, 0};
            struct record_reader reader;
            struct told told;
            told_init(&told);
            record_reader_init(&reader);
            memcpy(bytes, head, sizeof head);
            memset(bytes + sizeof head, 'x', length + padding);
            size_t whole = sizeof head + length;
            CU_ASSERT_TRUE(feed(&reader, slice_of(bytes, whole - 1), &told));
            CU_ASSERT(told.text.length == 0 || told.text.data[told.text.length - 1] != ')');
            CU_ASSERT_TRUE(feed(&reader, slice_of(bytes + whole - 1, 1 + padding), &told));
            CU_ASSERT_EQUAL(told.text.data[told.text.length - 1], ')');
            CU_ASSERT_FALSE(reader.in_record);
            arena_free(&told.arena);
        }
    }
}

static void test_version(void)
{
    for (int version = 0; version < 256; version++) {
        char head[FCGI_HEADER_LEN] = {(char)version, FCGI_BEGIN_REQUEST};
        struct record_reader reader;
        struct told told;
        told_init(&told);
        record_reader_init(&reader);
        CU_ASSERT_EQUAL(feed(&reader, slice_of(head, sizeof head), &told), version == 1);
        CU_ASSERT_EQUAL(told.calls, version == 1 ? 2 : 0);
        arena_free(&told.arena);
    }
}

/* A callback that says no ends the connection at once: nothing more is told. */
static void test_refusal(void)
{
    for (size_t at = 1; at <= 8; at++) {
        struct record_reader reader;
        struct told told;
        told_init(&told);
        told.refuse_at = at;
        record_reader_init(&reader);
        CU_ASSERT_FALSE(feed(&reader, slice_of(three, sizeof three - 1), &told));
        CU_ASSERT_EQUAL(told.calls, at);
        arena_free(&told.arena);
    }
}

/* ---- name-value pairs ---- */

static const struct {
    const char *what;
    struct slice bytes;
    size_t pairs;
    bool torn;
} pair_cases[] = {
    {"nothing", SLICE_LITERAL(""), 0, false},
    {"short", SLICE_LITERAL("\1\2aBC"), 1, false},
    {"empty name and value", SLICE_LITERAL("\0\0"), 1, false},
    {"two", SLICE_LITERAL("\1\0a\0\1b"), 2, false},
    {"long forms of short lengths", SLICE_LITERAL("\x80\0\0\1\x80\0\0\1ab"), 1, false},
    {"only the name's length", SLICE_LITERAL("\1"), 0, true},
    {"cut in the name's long length", SLICE_LITERAL("\x80\0\0"), 0, true},
    {"cut in the value's long length", SLICE_LITERAL("\0\x80\0\0"), 0, true},
    {"name missing", SLICE_LITERAL("\1\0"), 0, true},
    {"value short", SLICE_LITERAL("\1\2ab"), 0, true},
    {"largest name", SLICE_LITERAL("\xff\xff\xff\xff\0a"), 0, true},
    {"largest value",
     SLICE_LITERAL("\0\xff\xff\xff\xff"
                   "a"),
     0, true},
    {"both largest",
     SLICE_LITERAL("\xff\xff\xff\xff\xff\xff\xff\xff"
                   "ab"),
     0, true},
    {"one good, one torn", SLICE_LITERAL("\1\1ab\5\1ab"), 1, true},
};

static void test_pairs(void)
{
    for (size_t i = 0; i < sizeof pair_cases / sizeof *pair_cases; i++) {
        size_t length = pair_cases[i].bytes.length, count = 0;
        char *copy = malloc(length ? length : 1);
        memcpy(copy, pair_cases[i].bytes.data, length);
        struct slice name, value, rest = slice_of(copy, length);
        bool torn = false;
        while (record_next_pair(&rest, &name, &value, &torn))
            count++;
        CU_ASSERT_EQUAL(count, pair_cases[i].pairs);
        CU_ASSERT_EQUAL(torn, pair_cases[i].torn);
        free(copy);
    }
}

static void test_pairs_round_trip(void)
{
    static const size_t lengths[] = {0, 1, 127, 128, 129, 255, 256, 65535, 65536, 100000};
    static char letters[100000];
    const size_t count = sizeof lengths / sizeof *lengths;
    struct arena arena;
    memset(letters, 'n', sizeof letters);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            arena_init(&arena, (size_t)1 << 24);
            struct buffer out = buffer_in(&arena);
            struct slice name, value, rest;
            bool torn;
            record_add_pair(&out, slice_of(letters, lengths[i]), slice_of(letters, lengths[j]));
            rest = buffer_slice(&out);
            CU_ASSERT_TRUE(record_next_pair(&rest, &name, &value, &torn));
            CU_ASSERT_EQUAL(name.length, lengths[i]);
            CU_ASSERT_EQUAL(value.length, lengths[j]);
            CU_ASSERT_EQUAL(rest.length, 0);
            rest = slice_of(out.data, out.length - 1);
            CU_ASSERT_FALSE(record_next_pair(&rest, &name, &value, &torn));
            CU_ASSERT_TRUE(torn);
            arena_free(&arena);
        }
    }
}

/* ---- writing ---- */

static void test_write(void)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct buffer out = buffer_in(&arena);
    record_add(&out, FCGI_STDOUT, 258, slice_from("abc"));
    CU_ASSERT_TRUE(slice_equal(buffer_slice(&out), slice_of("\1\6\1\2\0\3\5\0abc\0\0\0\0\0", 16)));
    out = buffer_in(&arena);
    record_add_end(&out, 1, FCGI_OVERLOADED);
    CU_ASSERT_TRUE(
        slice_equal(buffer_slice(&out), slice_of("\1\3\0\1\0\x8\0\0\0\0\0\0\2\0\0\0", 16)));
    out = buffer_in(&arena);
    record_add_stream(&out, FCGI_STDOUT, 1, slice_of(NULL, 0), true);
    CU_ASSERT_TRUE(slice_equal(buffer_slice(&out), slice_of("\1\6\0\1\0\0\0\0", 8)));
    out = buffer_in(&arena);
    record_add_stream(&out, FCGI_STDOUT, 1, slice_of(NULL, 0), false);
    CU_ASSERT_EQUAL(out.length, 0);
    arena_free(&arena);
}

/* A stream of any length is read back as what went in. */
static void test_stream_round_trip(void)
{
    static const size_t lengths[] = {1, 7, 8, 65527, 65528, 65529, 65535, 65536, 200000};
    static char bytes[200000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)('a' + i % 23);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct record_reader reader;
        struct told told;
        told_init(&told);
        record_reader_init(&reader);
        struct buffer out = buffer_in(&told.arena);
        record_add_stream(&out, FCGI_STDOUT, 1, slice_of(bytes, lengths[i]), true);
        CU_ASSERT_TRUE(feed(&reader, buffer_slice(&out), &told));
        struct slice rest = buffer_slice(&told.text), content;
        size_t total = 0;
        while (rest.data) {
            struct slice record = slice_cut(rest, ')', &rest);
            slice_cut(record, ':', &content);
            CU_ASSERT(content.length == 0 ||
                      memcmp(content.data, bytes + total, content.length) == 0);
            total += content.length;
        }
        CU_ASSERT_EQUAL(total, lengths[i]);
        CU_ASSERT_EQUAL(out.length % 8, 0);
        arena_free(&told.arena);
    }
}

SUITE("record", {"reads records", test_whole}, {"in every split", test_every_split},
      {"cut at every place", test_every_truncation}, {"of every length", test_every_length},
      {"of version 1 only", test_version}, {"stops when told", test_refusal},
      {"reads pairs", test_pairs}, {"reads pairs of every length", test_pairs_round_trip},
      {"writes records", test_write}, {"writes streams", test_stream_round_trip})
