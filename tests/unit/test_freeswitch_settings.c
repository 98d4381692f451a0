/*
 * test_freeswitch_settings.c - tests of feeds/freeswitch_settings.c.
 */
#include "feeds/freeswitch_settings.h"

#include <stdlib.h>

#include "suite.h"

static struct arena arena;
static struct freeswitch_settings settings;
static struct error error;

/* Reads the settings as the environment gives them. */
static bool load(void)
{
    const struct config_group groups[] = {{freeswitch_options, freeswitch_option_count, &settings}};
    arena_free(&arena);
    arena_init(&arena, 1 << 16);
    settings = (struct freeswitch_settings){0};
    error.text[0] = '\0';
    return config_load(NULL, groups, 1, &arena, &error) &&
           freeswitch_settings_complete(&settings, &arena, &error);
}

static void test_standard(void)
{
    CU_ASSERT_TRUE_FATAL(load());
    CU_ASSERT_PTR_NULL(settings.servers);
    CU_ASSERT_FALSE(settings.agents_call || settings.agents_status || settings.campaigns_cdr);
    CU_ASSERT_FALSE(settings.commands);
    CU_ASSERT_STRING_EQUAL(settings.call_fields[0], "Caller-Destination-Number");
    CU_ASSERT_STRING_EQUAL(settings.call_fields[4], "Caller-Channel-Answered-Time");
    CU_ASSERT_PTR_NULL(settings.call_fields[5]);
}

/* Each kind of news by itself. */
static void test_notifications(void)
{
    static const char *const names[] = {"CALLBOARD_CONF_FREESWITCH_NOTIFY_AGENTS_CALL",
                                        "CALLBOARD_CONF_FREESWITCH_NOTIFY_AGENTS_STATUS",
                                        "CALLBOARD_CONF_FREESWITCH_NOTIFY_CAMPAIGNS_CDR"};
    for (int i = 0; i < 3; i++) {
        setenv(names[i], "yes", 1);
        CU_ASSERT_TRUE_FATAL(load());
        CU_ASSERT_EQUAL(settings.agents_call, i == 0);
        CU_ASSERT_EQUAL(settings.agents_status, i == 1);
        CU_ASSERT_EQUAL(settings.campaigns_cdr, i == 2);
        unsetenv(names[i]);
    }
}

static void test_fields(void)
{
    setenv("CALLBOARD_CONF_FREESWITCH_CALL_FIELDS", " Caller-ANI,, variable_ref ,", 1);
    CU_ASSERT_TRUE_FATAL(load());
    CU_ASSERT_STRING_EQUAL(settings.call_fields[0], "Caller-ANI");
    CU_ASSERT_STRING_EQUAL(settings.call_fields[1], "variable_ref");
    CU_ASSERT_PTR_NULL(settings.call_fields[2]);
    char many[2 * FREESWITCH_FIELDS_MAX + 3];
    for (size_t i = 0; i < sizeof many - 1; i++)
        many[i] = i % 2 ? ',' : 'a';
    many[sizeof many - 1] = '\0';
    setenv("CALLBOARD_CONF_FREESWITCH_CALL_FIELDS", many, 1);
    CU_ASSERT_FALSE(load());
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "call_fields"));
    unsetenv("CALLBOARD_CONF_FREESWITCH_CALL_FIELDS");
    arena_free(&arena);
}

SUITE("freeswitch settings", {"standard", test_standard}, {"notifications", test_notifications},
      {"fields of a call", test_fields})
