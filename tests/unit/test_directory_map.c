/*
 * test_directory_map.c - tests of feeds/directory_map.c.
 */
#include "suite.h"

#include "feeds/directory_map.h"

static struct arena arena;

static void begin(void)
{
    arena_free(&arena);
    arena_init(&arena, 4 << 20);
}

static struct slice user(const char *stored)
{
    begin();
    return directory_map_user(&arena, slice_from("1000"), slice_from(stored));
}

static struct slice group(const char *stored)
{
    begin();
    return directory_map_group(&arena, slice_from("sales"), slice_from(stored));
}

#define NOBODY "{\"id\":\"1000\",\"name\":\"1000\",\"main_extension\":\"1000\"}"

static void test_user(void)
{
    ASSERT_TEXT(user("{}"), NOBODY);
    ASSERT_TEXT(user("{\"param\":{\"vm-mailto\":\"a@b.test\",\"MWI-Account\":\"1000@pbx\"},"
                     "\"variable\":{\"effective_caller_id_name\":\"Zo\xc3\xab\","
                     "\"default_language\":\"fr\",\"main_extension\":2000,\"do_not_disturb\":true,"
                     "\"followme\":\"false\",\"presence\":\"away\",\"role\":\"admin\","
                     "\"toll_allow\":\"local\"}}"),
                "{\"id\":\"1000\",\"name\":\"1000\",\"main_extension\":\"2000\","
                "\"do_not_disturb_status\":true,\"language\":\"fr\",\"presence\":\"away\","
                "\"role\":\"admin\",\"mwi_target\":\"1000@pbx\",\"followme\":false,"
                "\"email\":\"a@b.test\",\"label\":\"Zo\xc3\xab\"}");
    ASSERT_TEXT(user("{\"param\":{\"vm-mailto\":\"a@b.test\"},"
                     "\"variable\":{\"email\":\"c@d.test\"}}"),
                "{\"id\":\"1000\",\"name\":\"1000\",\"main_extension\":\"1000\","
                "\"email\":\"c@d.test\"}");
}

static void test_no_secret(void)
{
    ASSERT_TEXT(user("{\"param\":{\"password\":\"hunter2\",\"a1-hash\":\"0123\","
                     "\"vm-password\":\"1\",\"auth-acl\":\"10.0.0.0/8\"},"
                     "\"variable\":{\"pin\":\"1234\",\"password\":\"x\"},"
                     "\"attribute\":{\"number-alias\":\"2000\"}}"),
                NOBODY);
}

static void test_broken(void)
{
    ASSERT_TEXT(user("{\"param\":"), NOBODY);
    ASSERT_TEXT(user("[]"), NOBODY);
    ASSERT_TEXT(user("{\"variable\":{\"role\":{\"a\":1},\"presence\":[],\"email\":null}}"), NOBODY);
    ASSERT_TEXT(group("{\"variable\":[]}"), "{\"id\":\"sales\",\"name\":\"sales\",\"type\":0}");
}

static void test_without_memory(void)
{
    arena_free(&arena);
    arena_init(&arena, 0);
    CU_ASSERT_EQUAL(directory_map_user(&arena, slice_from("1000"), slice_from("{}")).length, 0);
    CU_ASSERT_TRUE(arena.exhausted);
}

static void test_group(void)
{
    ASSERT_TEXT(group("{\"members\":[\"1000\"],\"variable\":{\"group_type\":\"Hunt\","
                      "\"queue\":\"support@default\",\"label\":\"Sales\",\"flags\":\"x\","
                      "\"check_login_status\":\"yes\"}}"),
                "{\"id\":\"sales\",\"name\":\"sales\",\"type\":1,\"queue\":true,"
                "\"label\":\"Sales\",\"flags\":\"x\",\"check_login_status\":true}");
    ASSERT_TEXT(group("{\"variable\":{\"group_type\":\"ring\",\"queue\":\"no\","
                      "\"effective_caller_id_name\":\"S\"}}"),
                "{\"id\":\"sales\",\"name\":\"sales\",\"type\":0,\"queue\":false,\"label\":\"S\"}");
}

static void test_members(void)
{
    struct directory_member_element *members;
    begin();
    size_t count = directory_map_members(
        &arena, slice_from("sales"),
        slice_from("{\"members\":[\"1000\",1001,\"1000\",\"\",null,\"a\\nb\",\"1002\"]}"),
        &members);
    CU_ASSERT_EQUAL_FATAL(count, 3);
    ASSERT_TEXT(members[0].id, "sales:1000");
    ASSERT_TEXT(members[0].json, "{\"id\":\"sales:1000\",\"group_id\":\"sales\","
                                 "\"user_id\":\"1000\",\"priority\":1}");
    ASSERT_TEXT(members[1].id, "sales:1001");
    ASSERT_TEXT(members[2].json, "{\"id\":\"sales:1002\",\"group_id\":\"sales\","
                                 "\"user_id\":\"1002\",\"priority\":3}");
    CU_ASSERT_EQUAL(directory_map_members(&arena, slice_from("sales"), slice_from("{"), &members),
                    0);
    CU_ASSERT_EQUAL(directory_map_members(&arena, slice_from("sales"), slice_from("{}"), &members),
                    0);
}

static void test_domain(void)
{
    begin();
    ASSERT_TEXT(directory_map_domain(&arena, slice_from("a.test")),
                "{\"id\":\"a.test\",\"name\":\"a.test\"}");
}

SUITE("directory_map", {"user", test_user}, {"no secret", test_no_secret}, {"broken", test_broken},
      {"without memory", test_without_memory}, {"group", test_group}, {"members", test_members},
      {"domain", test_domain})
