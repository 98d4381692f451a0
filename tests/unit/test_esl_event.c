/*
 * test_esl_event.c - tests of feeds/esl_event.c: captured events, and what nobody should send.
 */
#include "suite.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "feeds/esl_event.h"

static struct arena arena;

static void arena_renew(void)
{
    arena_free(&arena);
    arena_init(&arena, (size_t)64 << 20);
}

/* Reads BODY from memory of its own, so that a sanitizer sees one byte too many. */
static bool read_bytes(struct slice body, struct esl_event *event, struct error *error)
{
    char *copy = malloc(body.length ? body.length : 1);
    memcpy(copy, body.length ? body.data : "", body.length);
    bool good = esl_event_read(slice_of(copy, body.length), &arena, event, error);
    memset(copy, '!', body.length);
    free(copy);
    return good;
}

static struct esl_event read_event(const char *text)
{
    struct esl_event event = {0};
    struct error error = {""};
    arena_renew();
    bool good = read_bytes(slice_from(text), &event, &error);
    if (!good)
        printf("\n%s: %s", text, error.text);
    CU_ASSERT_TRUE(good);
    return event;
}

static void test_names_and_values(void)
{
    struct esl_event event =
        read_event(" {\"A\":\"1\" , \"b c\":\"\",\"L\":[ \"x\", \"y\\\"\" ],\"e\":[]}\n");
    CU_ASSERT_EQUAL(event.count, 4);
    ASSERT_TEXT(esl_event_get(&event, "A"), "1");
    ASSERT_TEXT(esl_event_get(&event, "b c"), "");
    ASSERT_TEXT(esl_event_get(&event, "L"), "[\"x\",\"y\\\"\"]");
    ASSERT_TEXT(esl_event_get(&event, "e"), "[]");
    CU_ASSERT_PTR_NULL(esl_event_get(&event, "a").data);
    CU_ASSERT_TRUE(event.headers[2].array && !event.headers[0].array);
    ASSERT_TEXT(event.json, "{\"A\":\"1\",\"b c\":\"\",\"L\":[\"x\",\"y\\\"\"],\"e\":[]}");

    event = read_event("{}");
    CU_ASSERT_EQUAL(event.count, 0);
    ASSERT_TEXT(event.json, "{}");
    ASSERT_TEXT(esl_event_get(&event, ""), "");
}

static void test_escapes(void)
{
    struct esl_event event =
        read_event("{\"a\\u0041\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\ud83d\\ude00\"}");
    ASSERT_TEXT(esl_event_get(&event, "aA"), "\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    ASSERT_TEXT(event.json,
                "{\"a\\u0041\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\ud83d\\ude00\"}");
}

/* What no text can hold becomes U+FFFD, byte for byte; a control character is kept, and escaped in the JSON. */
static void test_mended(void)
{
    struct esl_event event =
        read_event("{\"a\":\"caf\xe9\",\"\xff\":\"\xf0\x9f\x98\",\"n\":\"\\u0000\","
                   "\"h\":\"\\ud83dx\\ude00\",\"c\":\"\x01\t\"}");
    ASSERT_TEXT(esl_event_get(&event, "a"), "caf\xef\xbf\xbd");
    ASSERT_TEXT(esl_event_get(&event, "\xef\xbf\xbd"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    ASSERT_TEXT(esl_event_get(&event, "n"), "\xef\xbf\xbd");
    ASSERT_TEXT(esl_event_get(&event, "h"), "\xef\xbf\xbdx\xef\xbf\xbd");
    ASSERT_TEXT(esl_event_get(&event, "c"), "\x01\t");
    CU_ASSERT_TRUE(slice_is_utf8(event.json));
    json_t *json = json_parse(event.json, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(json);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json, "c")), "\x01\t");
    json_decref(json);

    static const char nul[] = "{\"a\":\"x\0y\"}";
    CU_ASSERT_TRUE(read_bytes(slice_of(nul, sizeof nul - 1), &event, NULL));
    ASSERT_TEXT(esl_event_get(&event, "a"), "x\xef\xbf\xbdy");
}

/* A user variable may be called like a header of FreeSWITCH's own, escaped or not: it changes nothing. */
static void test_first_counts(void)
{
    struct esl_event event =
        read_event("{\"from-user\":\"1000\",\"x\":\"1\",\"from-user\":\"1001\","
                   "\"from\\u002duser\":[\"1002\xff\"],\"y\":\"2\",\"x\":\"3\"}");
    CU_ASSERT_EQUAL(event.count, 3);
    ASSERT_TEXT(esl_event_get(&event, "from-user"), "1000");
    ASSERT_TEXT(esl_event_get(&event, "y"), "2");
    ASSERT_TEXT(event.json, "{\"from-user\":\"1000\",\"x\":\"1\",\"y\":\"2\"}");
}

static void test_refused(void)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "{",
                                      "[]",
                                      "\"a\"",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":\"1\"",
                                      "{\"a\":\"1\",}",
                                      "{,}",
                                      "{\"a\":\"1\"}x",
                                      "{\"a\":\"1\"}}",
                                      "{\"a\":1}",
                                      "{\"a\":true}",
                                      "{\"a\":null}",
                                      "{\"a\":{}}",
                                      "{\"a\":[}",
                                      "{\"a\":[\"1\"}",
                                      "{\"a\":[\"1\",]}",
                                      "{\"a\":[1]}",
                                      "{\"a\":[[]]}",
                                      "{\"a\":\"",
                                      "{\"a\":\"\\",
                                      "{\"a\":\"\\x\"}",
                                      "{\"a\":\"\\u12\"}",
                                      "{\"a\":\"\\u12g4\"}",
                                      "{a:\"1\"}",
                                      "{\"a\":\"1\" \"b\":\"2\"}",
                                      "{\"a\":\"\\\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct esl_event event = {.count = 77};
        struct error error = {""};
        arena_renew();
        bool good = read_bytes(slice_from(bad[i]), &event, &error);
        if (good)
            printf("\n%s: read", bad[i]);
        CU_ASSERT_FALSE(good);
        CU_ASSERT(error.text[0] != '\0' && event.count == 77);
    }
}

/* An event with COUNT headers h0, h1, … */
static struct slice many(struct buffer *out, int count)
{
    buffer_add_byte(out, '{');
    for (int i = 0; i < count; i++)
        buffer_format(out, "%s\"h%d\":\"%d\"", i ? "," : "", i, i);
    buffer_add_byte(out, '}');
    return buffer_slice(out);
}

static void test_many(void)
{
    struct arena texts;
    struct esl_event event;
    arena_init(&texts, (size_t)8 << 20);
    arena_renew();
    struct buffer out = buffer_in(&texts);
    CU_ASSERT_TRUE_FATAL(read_bytes(many(&out, 4000), &event, NULL));
    CU_ASSERT_EQUAL(event.count, 4000);
    for (int i = 0; i < 4000; i++) {
        char name[16];
        snprintf(name, sizeof name, "h%d", i);
        ASSERT_TEXT(esl_event_get(&event, name), name + 1);
    }
    CU_ASSERT_PTR_NULL(esl_event_get(&event, "h4000").data);
    out.length = 0;
    CU_ASSERT_FALSE(read_bytes(many(&out, 4001), &event, NULL));
    arena_free(&texts);
}

/* However little room there is, it fails and says so. */
static void test_no_room(void)
{
    static const char text[] = "{\"a\":\"caf\xe9\",\"b\":\"\\n\",\"c\":[\"\xe9\xe9\"]}";
    struct esl_event event;
    struct error error = {""};
    for (size_t limit = 0; limit < 200; limit += 8) {
        arena_free(&arena);
        arena_init(&arena, limit);
        CU_ASSERT_FALSE(read_bytes(slice_from(text), &event, &error));
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "no room"));
    }
}

/* ---- captured events ---- */

static const char *fixtures(void)
{
    static char path[4096];
    const char *source = getenv("srcdir");
    snprintf(path, sizeof path, "%s/tests/fixtures/freeswitch/esl", source ? source : ".");
    return path;
}

static struct slice load(const char *name, struct arena *texts)
{
    char path[8192];
    snprintf(path, sizeof path, "%s/%s", fixtures(), name);
    FILE *file = fopen(path, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    struct buffer out = buffer_in(texts);
    for (int c; (c = getc(file)) != EOF;)
        buffer_add_byte(&out, (char)c);
    fclose(file);
    return buffer_slice(&out);
}

/* Each header is what jansson reads; jansson takes the last of two equal names, so those it may read otherwise. */
static void compare(const struct esl_event *event)
{
    struct error error = {""};
    json_t *json = json_parse(event->json, &error);
    CU_ASSERT_STRING_EQUAL(error.text, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(json);
    CU_ASSERT_EQUAL(json_object_size(json), event->count);
    for (size_t i = 0; i < event->count; i++) {
        const struct esl_header *header = &event->headers[i];
        json_t *value = json_object_getn(json, header->name.data, header->name.length);
        CU_ASSERT_PTR_NOT_NULL_FATAL(value);
        CU_ASSERT_EQUAL(json_is_array(value), header->array);
        CU_ASSERT_TRUE(header->array || slice_equal(json_slice(value), header->value));
    }
    json_decref(json);
}

static void test_captured(void)
{
    struct arena texts;
    int count = 0;
    arena_init(&texts, (size_t)64 << 20);
    DIR *directory = opendir(fixtures());
    CU_ASSERT_PTR_NOT_NULL_FATAL(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 5, ".json") != 0 ||
            strncmp(entry->d_name, "api-", 4) == 0)
            continue;
        struct esl_event event = {0};
        struct error error = {""};
        arena_renew();
        bool good = read_bytes(load(entry->d_name, &texts), &event, &error);
        if (!good)
            printf("\n%s: %s", entry->d_name, error.text);
        CU_ASSERT_TRUE_FATAL(good);
        CU_ASSERT(esl_event_get(&event, "Event-Name").length > 0);
        compare(&event);
        count++;
    }
    closedir(directory);
    arena_free(&texts);
    CU_ASSERT(count > 200);
}

static void test_captured_odd_bytes(void)
{
    struct arena texts;
    struct esl_event event = {0};
    arena_init(&texts, (size_t)1 << 20);
    arena_renew();
    CU_ASSERT_TRUE_FATAL(
        read_bytes(load("odd-bytes.00004.CUSTOM_cti_odd.json", &texts), &event, NULL));
    ASSERT_TEXT(esl_event_get(&event, "X-Dup"), "one");
    ASSERT_TEXT(esl_event_get(&event, "X-Arr"), "[\"a\",\"b\",\"c\"]");
    ASSERT_TEXT(esl_event_get(&event, "X-Latin"), "caf\xef\xbf\xbd");
    ASSERT_TEXT(esl_event_get(&event, "X-Pct"), "100%25 a%20b");
    ASSERT_TEXT(esl_event_get(&event, "Event-Name"), "CUSTOM");
    CU_ASSERT(slice_starts(esl_event_get(&event, "X-Ctl"), "a\001b\033c"));
    arena_free(&texts);
}

SUITE("esl_event", {"names and values", test_names_and_values}, {"escapes", test_escapes},
      {"mended", test_mended}, {"the first counts", test_first_counts}, {"refused", test_refused},
      {"many", test_many}, {"no room", test_no_room}, {"captured events", test_captured},
      {"captured odd bytes", test_captured_odd_bytes})
