/*
 * test_phonecall.c - tests of feeds/phonecall.c.
 */
#include "suite.h"

#include "feeds/phonecall.h"

static struct arena arena;
static struct error error;

static const struct cdr record = {.calldate = SLICE_LITERAL("2012-08-23 12:20:33"),
                                  .src = SLICE_LITERAL("+7 222"),
                                  .dst = SLICE_LITERAL("92853348"),
                                  .duration = SLICE_LITERAL("45"),
                                  .channel = SLICE_LITERAL("Local/1@x-0a;1 #%")};

static struct slice fields_of(const struct phonecall_rules *rules, const struct cdr *cdr)
{
    struct phonecall call;
    struct buffer form = buffer_in(&arena);
    if (!phonecall_from_cdr(rules, cdr, &arena, &call, &error))
        return slice_from("refused");
    phonecall_add_fields(&form, &call);
    return buffer_slice(&form);
}

static void test_fields(void)
{
    struct phonecall_rules rules = {.url_prefix = "https://pbx/"};
    rewrite_add(&rules.rewrite, slice_from("drop 9"), &arena, &error);
    rewrite_add(&rules.rewrite, slice_from("add 0212 if 7 digits"), &arena, &error);
    ASSERT_TEXT(fields_of(&rules, &record),
                "&initiated=2012-08-23T12%3A20%3A33Z&source=%2B7%20222&destination=02122853348"
                "&duration=45&url=https%3A%2F%2Fpbx%2FLocal%2F1%40x-0a%3B1%2520%2523%2525");
    arena_free(&arena);
}

static void test_absent(void)
{
    struct phonecall_rules rules = {.url_prefix = ""};
    struct cdr bare = record;
    bare.duration = slice_from("");
    ASSERT_TEXT(fields_of(&rules, &bare), "&initiated=2012-08-23T12%3A20%3A33Z&source=%2B7%20222"
                                          "&destination=92853348");
    rules.url_prefix = "https://pbx/";
    bare.channel = slice_from("");
    ASSERT_TEXT(fields_of(&rules, &bare), "&initiated=2012-08-23T12%3A20%3A33Z&source=%2B7%20222"
                                          "&destination=92853348");
    bare.calldate = slice_from("yesterday");
    ASSERT_TEXT(fields_of(&rules, &bare), "refused");
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "yesterday"));
    arena_free(&arena);
}

static void test_exhausted(void)
{
    struct phonecall_rules rules = {.url_prefix = "https://pbx/"};
    struct phonecall call;
    struct arena small;
    arena_init(&small, 16);
    CU_ASSERT_FALSE(phonecall_from_cdr(&rules, &record, &small, &call, &error));
    arena_free(&small);
}

int main(void)
{
    arena_init(&arena, 1 << 20);
    const CU_TestInfo tests[] = {{"makes the fields of a call", test_fields},
                                 {"leaves out what is not known", test_absent},
                                 {"runs out of memory", test_exhausted},
                                 CU_TEST_INFO_NULL};
    return run_suite("phonecall", tests);
}
