/*
 * test_asterisk_settings.c - tests of feeds/asterisk_settings.c.
 */
#include "suite.h"

#include "feeds/asterisk_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CALLBOARD "[callboard]\nurl = https://callboard.example.com\n"

static char config[] = "/tmp/callboard-settings-XXXXXX", secret[] = "/tmp/callboard-secret-XXXXXX";
static struct error error;

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
    chmod(path, mode);
}

/* Loads TEXT, in which %s stands for the file of a secret; says whether it is good. */
static bool load(struct asterisk_settings *settings, const char *text, mode_t mode)
{
    char filled[2048];
    snprintf(filled, sizeof filled, text, secret, secret);
    write_file(config, filled, mode);
    error.text[0] = '\0';
    return asterisk_settings_load(settings, config, &error);
}

static bool good(const char *text, mode_t mode)
{
    struct asterisk_settings settings;
    bool loaded = load(&settings, text, mode);
    asterisk_settings_free(&settings);
    return loaded;
}

static bool refused(const char *text, const char *reason)
{
    if (!good(text, 0600) && strstr(error.text, reason))
        return true;
    printf("\nnot refused for \"%s\" but: %s", reason, error.text);
    return false;
}

static void test_standard(void)
{
    struct asterisk_settings settings;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    write_file(secret, "the-token\n", 0640);
    CU_ASSERT_TRUE_FATAL(load(&settings, CALLBOARD "token_file = %s\n", 0644));
    ASSERT_TEXT(slice_from(settings.sender.token), "the-token");
    ASSERT_TEXT(slice_from(settings.odbc.table), "cdr");
    ASSERT_TEXT(rewrite_apply(&settings.rules.rewrite, slice_from("92853348"), &arena),
                "02122853348");
    CU_ASSERT_EQUAL(settings.hours, 4);
    CU_ASSERT_EQUAL(settings.days, 360);
    CU_ASSERT_EQUAL(settings.shortest, 7);
    CU_ASSERT_EQUAL(settings.rules.zone, CDR_ZONE_UTC);
    CU_ASSERT_TRUE(settings.sender.verify);
    CU_ASSERT_EQUAL(settings.sender.method, SENDER_POST);
    asterisk_settings_free(&settings);
    arena_free(&arena);
}

static void test_rewrite(void)
{
    struct asterisk_settings settings;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    CU_ASSERT_TRUE_FATAL(load(
        &settings,
        "[asterisk]\nrewrite = replace 00 by +\nrewrite = drop 9\n" CALLBOARD "token = t\n", 0600));
    ASSERT_TEXT(rewrite_apply(&settings.rules.rewrite, slice_from("0058"), &arena), "+58");
    ASSERT_TEXT(rewrite_apply(&settings.rules.rewrite, slice_from("2853348"), &arena), "2853348");
    asterisk_settings_free(&settings);
    CU_ASSERT_TRUE_FATAL(
        load(&settings, "[asterisk]\nrewrite = none\n" CALLBOARD "token = t\n", 0600));
    ASSERT_TEXT(rewrite_apply(&settings.rules.rewrite, slice_from("92853348"), &arena), "92853348");
    asterisk_settings_free(&settings);
    arena_free(&arena);
}

static void test_secrets(void)
{
    write_file(secret, "the-secret\n", 0600);
    CU_ASSERT_TRUE(good(CALLBOARD "token = t\n", 0640));
    CU_ASSERT_FALSE(good(CALLBOARD "token = t\n", 0644));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "chmod o="));
    CU_ASSERT_FALSE(good("[asterisk]\npassword = p\n" CALLBOARD "token_file = %s\n", 0644));
    CU_ASSERT_FALSE(good("[asterisk]\ndsn = Driver=x;Pwd=p\n" CALLBOARD "token_file = %s\n", 0644));
    CU_ASSERT_TRUE(good("[asterisk]\npassword_file = %s\n" CALLBOARD "token_file = %s\n", 0644));
    chmod(secret, 0604);
    CU_ASSERT_FALSE(good(CALLBOARD "token_file = %s\n", 0644));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, secret));
    CU_ASSERT_PTR_NULL(strstr(error.text, "the-secret"));
    setenv("CALLBOARD_CONF_TOKEN", "from-outside", 1);
    CU_ASSERT_TRUE(good(CALLBOARD, 0644));
    unsetenv("CALLBOARD_CONF_TOKEN");
}

static void test_refuse(void)
{
    CU_ASSERT_TRUE(refused("[callboard]\ntoken = t\n", "url in [callboard] is missing"));
    CU_ASSERT_TRUE(refused("[callboard]\nurl = ftp://x\ntoken = t\n", "must begin with https://"));
    CU_ASSERT_TRUE(refused(CALLBOARD, "token_file in [callboard] is missing"));
    CU_ASSERT_TRUE(refused(CALLBOARD "token_file = /nowhere/token\n", "/nowhere/token"));
    CU_ASSERT_TRUE(
        refused("[asterisk]\nurl_prefix = rec/\n" CALLBOARD "token = t\n", "url_prefix"));
    CU_ASSERT_TRUE(refused("[asterisk]\nrewrite = 9\n" CALLBOARD "token = t\n", "drop PREFIX"));
    CU_ASSERT_TRUE(refused("[asterisk]\ncalldate_zone = Nowhere/Land\n" CALLBOARD "token = t\n",
                           "Nowhere/Land"));
    CU_ASSERT_TRUE(refused("[asterisk]\nsource = mysql\n" CALLBOARD "token = t\n", "odbc, csv"));
    CU_ASSERT_TRUE(refused("[asterisk]\nhours = 0\n" CALLBOARD "token = t\n", "hours"));
}

int main(void)
{
    int one = mkstemp(config), other = mkstemp(secret);
    if (one < 0 || other < 0)
        return 2;
    close(one);
    close(other);
    const CU_TestInfo tests[] = {{"standard values are the first replicator's", test_standard},
                                 {"rules given replace the standard ones", test_rewrite},
                                 {"secrets stand in private files only", test_secrets},
                                 {"says what is wrong", test_refuse},
                                 CU_TEST_INFO_NULL};
    int status = run_suite("asterisk_settings", tests);
    unlink(config);
    unlink(secret);
    return status;
}
