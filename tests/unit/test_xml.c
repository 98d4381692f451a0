#include "base/xml.h"

#include <stdlib.h>

#include "suite.h"
#include "tests/freeswitch/lines.h"

static struct arena arena;

static struct slice written(struct slice value)
{
    struct buffer out = buffer_in(&arena);
    xml_element(&out, "param");
    xml_attribute(&out, slice_from("value"), value);
    xml_close(&out);
    return buffer_slice(&out);
}

#define ASSERT_VALUE(value, expected)                                                              \
    ASSERT_TEXT(written(slice_of(value, sizeof(value) - 1)), "<param value=\"" expected "\"/>\n")

static void test_plain(void)
{
    arena_init(&arena, 1 << 20);
    ASSERT_VALUE("", "");
    ASSERT_VALUE("1234", "1234");
    ASSERT_VALUE("a (b) {c} [d] %20;=:/?@!*", "a (b) {c} [d] %20;=:/?@!*");
    ASSERT_VALUE("Zo\xc3\xab \xf0\x9f\x98\x80 \xd7\xa9\xd7\x9c",
                 "Zo\xc3\xab \xf0\x9f\x98\x80 \xd7\xa9\xd7\x9c");
    arena_free(&arena);
}

static void test_markup(void)
{
    arena_init(&arena, 1 << 20);
    ASSERT_VALUE("<a b=\"c\">&amp;'", "&lt;a b=&quot;c&quot;&gt;&amp;amp;&#39;");
    ASSERT_VALUE("]]>", "]]&gt;");
    ASSERT_VALUE("<?xml?>", "&lt;?xml?&gt;");
    ASSERT_VALUE("<!--#exec cmd=\"x\"-->", "&lt;!--#exec cmd=&quot;x&quot;--&gt;");
    ASSERT_VALUE("a\tb\nc\rd", "a&#9;b&#10;c&#13;d");
    arena_free(&arena);
}

static void test_preprocessor(void)
{
    arena_init(&arena, 1 << 20);
    ASSERT_VALUE("x-pre-process", "&#120;-pre-process");
    ASSERT_VALUE("<X-PRE-PROCESS cmd=\"exec\"/>",
                 "&lt;&#88;-PRE-PROCESS cmd=&quot;exec&quot;/&gt;");
    ASSERT_VALUE("xx-y x", "x&#120;-y x");
    ASSERT_VALUE("$${domain}", "&#36;${domain}");
    ASSERT_VALUE("$$${a}", "&#36;&#36;${a}");
    ASSERT_VALUE("${sofia_contact(*/${dialed_user})}", "${sofia_contact(*/${dialed_user})}");
    arena_free(&arena);
}

static void test_what_xml_cannot_carry(void)
{
    arena_init(&arena, 1 << 20);
    ASSERT_VALUE("a\0b\001c\037d", "abcd");
    ASSERT_VALUE("a\xff"
                 "b\xc3",
                 "ab");
    ASSERT_VALUE("a\xed\xa0\x80"
                 "b",
                 "ab"); /* a surrogate */
    ASSERT_VALUE("a\xef\xbf\xbe"
                 "b\xef\xbf\xbf",
                 "ab"); /* U+FFFE, U+FFFF */
    ASSERT_VALUE("a\xef\xbf\xbd", "a\xef\xbf\xbd");
    /* What would only become dangerous by dropping. */
    ASSERT_VALUE("x\001-pre-process", "&#120;-pre-process");
    ASSERT_VALUE("$\001${a}", "&#36;${a}");
    ASSERT_VALUE("x\377\001-pre-process", "&#120;-pre-process");
    arena_free(&arena);
}

static void test_names(void)
{
    CU_ASSERT(xml_name_is_good(slice_from("number-alias")));
    CU_ASSERT(xml_name_is_good(slice_from("_a.b-1")));
    CU_ASSERT(!xml_name_is_good(slice_from("")));
    CU_ASSERT(!xml_name_is_good(slice_from("1a")));
    CU_ASSERT(!xml_name_is_good(slice_from("-a")));
    CU_ASSERT(!xml_name_is_good(slice_from("a b")));
    CU_ASSERT(!xml_name_is_good(slice_from("a=\"b\"")));
    CU_ASSERT(!xml_name_is_good(slice_from("xmlns")));
    CU_ASSERT(!xml_name_is_good(slice_from("X-Pre-Process")));
    CU_ASSERT(!xml_name_is_good(slice_from("a.x-pre-process")));
    CU_ASSERT(!xml_name_is_good(slice_from("n\xc3\xa4")));
}

static void test_texts(void)
{
    arena_init(&arena, 1 << 20);
    CU_ASSERT(xml_text_is_good(slice_from("Zo\xc3\xab\t\n")));
    CU_ASSERT(!xml_text_is_good(slice_from("\001")));
    CU_ASSERT(!xml_text_is_good(slice_of("\0", 1)));
    CU_ASSERT(!xml_text_is_good(slice_from("\xc3")));
    ASSERT_TEXT(xml_text_clean(&arena, slice_from("a\001b")), "ab");
    ASSERT_TEXT(xml_text_clean(&arena, slice_from("\001")), "");
    struct slice same = slice_from("same");
    CU_ASSERT_PTR_EQUAL(xml_text_clean(&arena, same).data, same.data);
    arena_free(&arena);
}

/* Whatever the value is made of: the preprocessor neither drops nor executes nor expands the line. */
static void test_any_value(void)
{
    static const char *const parts[] = {"x",
                                        "X",
                                        "-",
                                        "$",
                                        "{",
                                        "}",
                                        "<",
                                        ">",
                                        "?",
                                        "!--#exec",
                                        "-pre-process",
                                        "-PRE-PROCESS",
                                        "include",
                                        "/include",
                                        "&",
                                        "#120;",
                                        "\n",
                                        "\r",
                                        "\001",
                                        "\377",
                                        "\xc3",
                                        "\xc3\xab",
                                        "\"",
                                        "domain",
                                        " "};
    srand(4);
    for (int round = 0; round < 20000; round++) {
        arena_init(&arena, 1 << 20);
        struct buffer value = buffer_in(&arena);
        for (int i = rand() % 12; i >= 0; i--)
            buffer_add_string(&value, parts[(size_t)rand() % (sizeof parts / sizeof *parts)]);
        struct slice line = written(buffer_slice(&value));
        struct lines_outcome outcome = lines_preprocess(&arena, line);
        if (outcome.lost || outcome.executed || outcome.expanded ||
            !slice_equal(outcome.text, line)) {
            CU_FAIL("the preprocessor has changed a line");
            printf("\n%.*s", SLICE_ARGUMENTS(line));
        }
        arena_free(&arena);
    }
}

SUITE("xml", {"plain values", test_plain}, {"markup", test_markup},
      {"preprocessor", test_preprocessor}, {"what XML cannot carry", test_what_xml_cannot_carry},
      {"names", test_names}, {"texts", test_texts}, {"any value", test_any_value})
