/*
 * test_live_names.c - tests of store/live_names.c.
 */
#include "suite.h"

#include <stdlib.h>

#include "store/live_names.h"

static struct arena arena;
static struct live_names_settings settings;
static struct error error;

/* Reads the settings as the environment gives them. */
static bool load(void)
{
    const struct config_group groups[] = {{live_names_options, live_names_option_count, &settings}};
    arena_free(&arena);
    arena_init(&arena, 1 << 16);
    settings = (struct live_names_settings){0};
    error.text[0] = '\0';
    return config_load(NULL, groups, 1, &arena, &error) && live_names_check(&settings, &error);
}

static void test_standard(void)
{
    CU_ASSERT_TRUE_FATAL(load());
    ASSERT_TEXT(live_names_hash(&arena, &settings.registration, slice_from("a.example")),
                "registrations");
    ASSERT_TEXT(live_names_hash(&arena, &settings.call, slice_from("a.example")), "calls");
    CU_ASSERT_STRING_EQUAL(settings.registration.channel, "");
    CU_ASSERT_STRING_EQUAL(settings.registration.list, "");
    CU_ASSERT_STRING_EQUAL(settings.call.channel, "");
    CU_ASSERT_STRING_EQUAL(settings.call.list, "");
}

static void test_per_domain(void)
{
    setenv("CALLBOARD_CONF_FREESWITCH_CALL_PER_DOMAIN", "yes", 1);
    setenv("CALLBOARD_CONF_FREESWITCH_REGISTRATION_HASH", "", 1);
    setenv("CALLBOARD_CONF_FREESWITCH_REGISTRATION_PER_DOMAIN", "yes", 1);
    CU_ASSERT_TRUE_FATAL(load());
    struct slice key = live_names_hash(&arena, &settings.call, slice_from("a.example"));
    ASSERT_TEXT(key, "calls@a.example");
    CU_ASSERT_EQUAL(key.data[key.length], '\0');
    key = live_names_hash(&arena, &settings.registration, slice_from("a.example"));
    CU_ASSERT_EQUAL(key.length, 0);
    unsetenv("CALLBOARD_CONF_FREESWITCH_CALL_PER_DOMAIN");
    unsetenv("CALLBOARD_CONF_FREESWITCH_REGISTRATION_HASH");
    unsetenv("CALLBOARD_CONF_FREESWITCH_REGISTRATION_PER_DOMAIN");
}

static void test_two_under_one_name(void)
{
    setenv("CALLBOARD_CONF_FREESWITCH_CALL_HASH", "registrations", 1);
    CU_ASSERT_FALSE(load());
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "registration_hash and call_hash"));
    setenv("CALLBOARD_CONF_FREESWITCH_CALL_HASH", "calls", 1);
    setenv("CALLBOARD_CONF_FREESWITCH_CALL_LIST", "calls", 1);
    CU_ASSERT_FALSE(load());
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "call_hash and call_list"));
    setenv("CALLBOARD_CONF_FREESWITCH_CALL_LIST", "news", 1);
    setenv("CALLBOARD_CONF_FREESWITCH_REGISTRATION_LIST", "news", 1);
    CU_ASSERT_TRUE(load());
    unsetenv("CALLBOARD_CONF_FREESWITCH_CALL_HASH");
    unsetenv("CALLBOARD_CONF_FREESWITCH_CALL_LIST");
    unsetenv("CALLBOARD_CONF_FREESWITCH_REGISTRATION_LIST");
}

SUITE("live_names", {"standard", test_standard}, {"per domain", test_per_domain},
      {"two under one name", test_two_under_one_name})
