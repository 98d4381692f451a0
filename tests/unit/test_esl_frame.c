/*
 * test_esl_frame.c - tests of feeds/esl_frame.c: captured sessions whole, in pieces and cut, and what is no frame.
 */
#include "suite.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "feeds/esl_event.h"
#include "feeds/esl_frame.h"

/* What a reader told: each frame as "type|reply|body length;" and a sum over all bytes. */
struct told {
    struct arena arena;
    struct buffer text;
    uint64_t sum;
    size_t frames, stop_at, events;
};

static void told_init(struct told *told)
{
    *told = (struct told){0};
    arena_init(&told->arena, (size_t)64 << 20);
    told->text = buffer_in(&told->arena);
}

static bool on_frame(void *self, const struct esl_frame *frame)
{
    struct told *told = self;
    buffer_format(&told->text, "%.*s|%.*s|%zu;", SLICE_ARGUMENTS(frame->type),
                  SLICE_ARGUMENTS(frame->reply), frame->body.length);
    for (size_t i = 0; i < frame->head.length; i++)
        told->sum = (told->sum ^ (unsigned char)frame->head.data[i]) * 0x100000001b3u;
    for (size_t i = 0; i < frame->body.length; i++)
        told->sum = (told->sum ^ (unsigned char)frame->body.data[i]) * 0x100000001b3u;
    return ++told->frames != told->stop_at;
}

/* Feeds BYTES in pieces of PIECE bytes, each from memory of its own. */
static bool feed(struct esl_reader *reader, struct slice bytes, size_t piece, struct told *told,
                 struct error *error)
{
    bool good = true;
    for (size_t at = 0; good && at < bytes.length; at += piece) {
        size_t length = bytes.length - at < piece ? bytes.length - at : piece;
        char *copy = malloc(length);
        memcpy(copy, bytes.data + at, length);
        good = esl_reader_feed(reader, slice_of(copy, length), on_frame, told, error);
        free(copy);
    }
    return good;
}

static const char four[] = "Content-Type: auth/request\n\n"
                           "content-type:  command/reply \nREPLY-TEXT: +OK a: b\n\n"
                           "\n\nContent-Length: 5\nContent-Type: api/response\n\nab\n\nc"
                           "Content-Length: 0\nX\n\n";
static const char four_told[] = "auth/request||0;command/reply|+OK a: b|0;api/response||5;||0;";

static void test_every_split(void)
{
    struct slice bytes = slice_of(four, sizeof four - 1);
    for (size_t first = 0; first <= bytes.length; first++) {
        struct esl_reader reader;
        struct error error;
        struct told told;
        told_init(&told);
        esl_reader_init(&reader, 100);
        CU_ASSERT_TRUE(feed(&reader, slice_of(bytes.data, first), 100000, &told, &error));
        CU_ASSERT_TRUE(feed(&reader, slice_of(bytes.data + first, bytes.length - first), 100000,
                            &told, &error));
        ASSERT_TEXT(buffer_slice(&told.text), four_told);
        esl_reader_free(&reader);
        arena_free(&told.arena);
    }
    for (size_t piece = 1; piece < bytes.length; piece++) {
        struct esl_reader reader;
        struct error error;
        struct told told;
        told_init(&told);
        esl_reader_init(&reader, 100);
        CU_ASSERT_TRUE(feed(&reader, bytes, piece, &told, &error));
        ASSERT_TEXT(buffer_slice(&told.text), four_told);
        esl_reader_free(&reader);
        arena_free(&told.arena);
    }
}

static bool header_on_frame(void *self, const struct esl_frame *frame)
{
    (void)self;
    ASSERT_TEXT(esl_frame_header(frame, "A"), "1");
    ASSERT_TEXT(esl_frame_header(frame, "linger-time"), "-1");
    ASSERT_TEXT(esl_frame_header(frame, "none"), "");
    return true;
}

static void test_headers(void)
{
    struct esl_reader reader;
    struct error error;
    esl_reader_init(&reader, 100);
    CU_ASSERT_TRUE(esl_reader_feed(&reader, slice_from("a: 1\nA: 2\nLinger-Time: -1\n\n"),
                                   header_on_frame, NULL, &error));
    esl_reader_free(&reader);
}

/* Says no, and why, to TEXT; and to all that comes behind it. */
static void refuses(const char *text, const char *why)
{
    struct esl_reader reader;
    struct error error;
    struct told told;
    told_init(&told);
    esl_reader_init(&reader, 1000);
    CU_ASSERT_FALSE(feed(&reader, slice_from(text), 7, &told, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, why));
    CU_ASSERT_FALSE(feed(&reader, slice_from(four), 1000, &told, &error));
    CU_ASSERT(told.frames == 0 && error.text[0] != '\0');
    esl_reader_free(&reader);
    arena_free(&told.arena);
}

static void test_refused(void)
{
    refuses("Content-Length: 1001\n\n", "1001");
    refuses("Content-Length: 99999999999999999999999\n\n", "9999");
    refuses("Content-Length: -1\n\n", "-1");
    refuses("Content-Length: +1\n\n", "+1");
    refuses("Content-Length: 0x10\n\n", "0x10");
    refuses("Content-Length: 1 2\n\n", "1 2");
    refuses("Content-Length:\n\n", "Content-Length");
    refuses("Content-Length\n\n", "Content-Length");
    refuses("Content-Length: 1\nContent-Length: 2\n\n", "two");
}

static void test_long_head(void)
{
    static char head[ESL_HEAD_MAX + 10];
    memset(head, 'a', sizeof head);
    memcpy(head + ESL_HEAD_MAX - 2, "\n\n", 2);
    for (size_t piece = 977; piece < 2 * ESL_HEAD_MAX; piece += ESL_HEAD_MAX) {
        struct esl_reader reader;
        struct error error;
        struct told told;
        told_init(&told);
        esl_reader_init(&reader, 1000);
        CU_ASSERT_TRUE(feed(&reader, slice_of(head, ESL_HEAD_MAX), piece, &told, &error));
        CU_ASSERT_EQUAL(told.frames, 1);
        CU_ASSERT_FALSE(
            feed(&reader, slice_of(head + 1, 1 + ESL_HEAD_MAX - 3), piece, &told, &error) &&
            feed(&reader, slice_from("aaaaaa"), piece, &told, &error));
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "longer"));
        esl_reader_free(&reader);
        arena_free(&told.arena);
    }
}

/* A length that is announced costs nothing before its bytes come. */
static void test_no_memory_in_advance(void)
{
    struct esl_reader reader;
    struct error error;
    struct told told;
    told_init(&told);
    esl_reader_init(&reader, ESL_BODY_MAX);
    CU_ASSERT_TRUE(
        feed(&reader, slice_from("Content-Length: 16777216\n\nabc"), 100, &told, &error));
    CU_ASSERT(reader.capacity <= 4096);
    esl_reader_free(&reader);
    arena_free(&told.arena);
}

/* A list may be longer than an event, but not of any length. */
static void test_long_answers(void)
{
    static const struct {
        const char *type;
        int length;
        bool good;
    } cases[] = {{"api/response", 1600, true},
                 {"api/response", 1601, false},
                 {"text/event-json", 100, true},
                 {"text/event-json", 101, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char head[100];
        struct esl_reader reader;
        struct error error;
        struct told told;
        told_init(&told);
        esl_reader_init(&reader, 100);
        snprintf(head, sizeof head, "Content-Length: %d\nContent-Type: %s\n\n", cases[i].length,
                 cases[i].type);
        CU_ASSERT_EQUAL(feed(&reader, slice_from(head), 100, &told, &error), cases[i].good);
        esl_reader_free(&reader);
        arena_free(&told.arena);
    }
}

static void test_owner_stops(void)
{
    struct esl_reader reader;
    struct error error;
    struct told told;
    told_init(&told);
    told.stop_at = 2;
    esl_reader_init(&reader, 1000);
    CU_ASSERT_FALSE(feed(&reader, slice_from(four), 1000, &told, &error));
    CU_ASSERT_EQUAL(told.frames, 2);
    CU_ASSERT_STRING_EQUAL(error.text, "");
    esl_reader_free(&reader);
    arena_free(&told.arena);
}

/* ---- captured sessions ---- */

static const char *fixtures(void)
{
    static char path[4096];
    const char *source = getenv("srcdir");
    snprintf(path, sizeof path, "%s/tests/fixtures/freeswitch/esl", source ? source : ".");
    return path;
}

static struct slice load(const char *name, struct arena *arena)
{
    char command[8300];
    struct buffer out = buffer_in(arena);
    snprintf(command, sizeof command, "gzip -dcf '%s/%s'", fixtures(), name);
    FILE *file = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    char chunk[4096];
    for (size_t length; (length = fread(chunk, 1, sizeof chunk, file)) > 0;)
        buffer_add(&out, slice_of(chunk, length));
    CU_ASSERT_EQUAL(pclose(file), 0);
    return buffer_slice(&out);
}

static size_t count_of(struct slice bytes, const char *part)
{
    size_t count = 0, length = strlen(part);
    for (const char *at = bytes.data, *end = at + bytes.length;
         (at = memmem(at, (size_t)(end - at), part, length)); at += length)
        count++;
    return count;
}

static bool on_event_frame(void *self, const struct esl_frame *frame)
{
    struct told *told = self;
    if (!slice_is(frame->type, "text/event-json"))
        return true;
    struct arena arena;
    struct esl_event event = {0};
    struct error error = {""};
    arena_init(&arena, (size_t)8 << 20);
    CU_ASSERT_TRUE(esl_event_read(frame->body, &arena, &event, &error));
    CU_ASSERT_STRING_EQUAL(error.text, "");
    CU_ASSERT(esl_event_get(&event, "Event-Name").length > 0);
    told->events++;
    arena_free(&arena);
    return true;
}

static void check_session(const char *name, struct slice bytes)
{
    static const size_t pieces[] = {1, 2, 3, 1000, 4096, 65536};
    struct esl_reader reader;
    struct error error;
    struct told whole, part;
    told_init(&whole);
    esl_reader_init(&reader, ESL_BODY_MAX);
    CU_ASSERT_TRUE(feed(&reader, bytes, bytes.length, &whole, &error));
    CU_ASSERT_EQUAL(reader.length, 0); /* it ends with a frame */
    CU_ASSERT_EQUAL(whole.frames, count_of(bytes, "Content-Type: auth/request\n") +
                                      count_of(bytes, "Content-Type: command/reply\n") +
                                      count_of(bytes, "Content-Type: api/response\n") +
                                      count_of(bytes, "Content-Type: log/data\n") +
                                      count_of(bytes, "Content-Type: text/"));
    esl_reader_free(&reader);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        told_init(&part);
        CU_ASSERT_TRUE(feed(&reader, bytes, pieces[i], &part, &error));
        bool same = part.sum == whole.sum && part.frames == whole.frames;
        if (!same)
            printf("\n%s in pieces of %zu", name, pieces[i]);
        CU_ASSERT_TRUE(same);
        esl_reader_free(&reader);
        arena_free(&part.arena);
    }
    told_init(&part);
    CU_ASSERT_TRUE(esl_reader_feed(&reader, bytes, on_event_frame, &part, &error));
    CU_ASSERT_EQUAL(part.events, count_of(bytes, "Content-Type: text/event-json\n"));
    esl_reader_free(&reader);
    arena_free(&part.arena);
    arena_free(&whole.arena);
}

/* Every place at which a short session can be cut in two. */
static void check_cuts(struct slice bytes)
{
    struct told whole, part;
    struct esl_reader reader;
    struct error error;
    told_init(&whole);
    esl_reader_init(&reader, ESL_BODY_MAX);
    CU_ASSERT_TRUE(feed(&reader, bytes, bytes.length, &whole, &error));
    for (size_t at = 1; at < bytes.length; at++) {
        told_init(&part);
        bool good = feed(&reader, slice_of(bytes.data, at), at, &part, &error) &&
                    feed(&reader, slice_of(bytes.data + at, bytes.length - at), bytes.length, &part,
                         &error);
        if (!good || part.sum != whole.sum)
            printf("\ncut at %zu", at);
        CU_ASSERT_TRUE(good && part.sum == whole.sum);
        esl_reader_free(&reader);
        arena_free(&part.arena);
    }
    arena_free(&whole.arena);
}

static void test_captured(void)
{
    int count = 0;
    DIR *directory = opendir(fixtures());
    CU_ASSERT_PTR_NOT_NULL_FATAL(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (strncmp(entry->d_name, "session-", 8) != 0)
            continue;
        struct arena arena;
        arena_init(&arena, (size_t)64 << 20);
        struct slice bytes = load(entry->d_name, &arena);
        CU_ASSERT_FATAL(bytes.length > 0);
        check_session(entry->d_name, bytes);
        if (bytes.length < 7000)
            check_cuts(bytes);
        arena_free(&arena);
        count++;
    }
    closedir(directory);
    CU_ASSERT(count >= 30);
}

SUITE("esl_frame", {"every split", test_every_split}, {"headers", test_headers},
      {"refused", test_refused}, {"long head", test_long_head},
      {"no memory in advance", test_no_memory_in_advance}, {"owner stops", test_owner_stops},
      {"long answers", test_long_answers}, {"captured sessions", test_captured})
