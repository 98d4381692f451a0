/*
 * test_csv.c - tests of base/csv.c.
 */
#include "base/csv.h"
#include "suite.h"

/* All records of TEXT as "line:field|field" and so on, errors as "line!". */
static struct slice read_all(struct arena *arena, const char *text)
{
    struct csv_reader reader = {slice_from(text), 1};
    struct buffer out = buffer_in(arena);
    for (;;) {
        struct csv_record record;
        struct error error;
        bool more, good = csv_read(&reader, &record, &more, arena, &error);
        if (good && !more)
            return buffer_slice(&out);
        buffer_add_number(&out, (int64_t)record.line);
        buffer_add_byte(&out, good ? ':' : '!');
        for (size_t i = 0; good && i < record.count; i++) {
            buffer_add_string(&out, i ? "|" : "");
            buffer_add(&out, record.fields[i]);
        }
        buffer_add_byte(&out, ' ');
    }
}

static void test_read(void)
{
    static const char *const cases[][2] = {{"", ""},
                                           {"\n\r\n", ""},
                                           {"a,b\r\nc,d\r\n", "1:a|b 2:c|d "},
                                           {"a,b\nc", "1:a|b 2:c "},
                                           {"a,,\n,\n", "1:a|| 2:| "},
                                           {"\n\na\n", "3:a "},
                                           {"\"a,\"\"b\"\"\nc\",d\ne", "1:a,\"b\"\nc|d 3:e "},
                                           {"\"\",\"\"\r\nx", "1:| 2:x "},
                                           {"a\"b,c\n", "1:a\"b|c "},
                                           {"\"a\"b,c\nd\n", "1! 2:d "},
                                           {"a\n\"b,c\n", "1:a 2! "}};
    struct arena arena;
    arena_init(&arena, 65536);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ASSERT_TEXT(read_all(&arena, cases[i][0]), cases[i][1]);
    struct buffer wide = buffer_in(&arena);
    for (int i = 0; i < CSV_FIELDS_MAX; i++)
        buffer_add_byte(&wide, ',');
    buffer_add_string(&wide, "\nx\n");
    buffer_add_byte(&wide, '\0');
    ASSERT_TEXT(read_all(&arena, wide.data), "1! 2:x ");
    arena_free(&arena);
}

static void test_write(void)
{
    struct arena arena;
    arena_init(&arena, 65536);
    struct buffer out = buffer_in(&arena);
    csv_write(&out, slice_from("plain text"));
    csv_write(&out, slice_from("a,\"b\"\n"));
    csv_write(&out, slice_from(""));
    ASSERT_TEXT(buffer_slice(&out), "plain text\"a,\"\"b\"\"\n\"");
    arena_free(&arena);
}

SUITE("csv", {"reads records", test_read}, {"writes fields", test_write})
