/*
 * test_config.c - tests of base/config.c.
 */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/config.h"

struct settings {
    const char *name;
    int64_t count;
    bool on;
    int color;
    char numbers[200]; /* "instance=value;" of each call */
};

static bool add_number(void *settings, struct slice instance, struct slice value,
                       struct arena *arena, struct error *error)
{
    char *numbers = ((struct settings *)settings)->numbers;
    size_t at = strlen(numbers);
    (void)arena;
    if (slice_is(value, "bad"))
        return error_set(error, "numbers may not be bad");
    snprintf(numbers + at, sizeof((struct settings *)settings)->numbers - at, "%s=%s;",
             instance.data, value.data);
    return true;
}

static const char *const colors[] = {"red", "green", NULL};

static const struct config_option options[] = {
    {.section = "house",
     .name = "name",
     .kind = CONFIG_TEXT,
     .offset = offsetof(struct settings, name),
     .standard = "callboard"},
    {.section = "house",
     .name = "count",
     .kind = CONFIG_NUMBER,
     .offset = offsetof(struct settings, count),
     .standard = "5",
     .minimum = -3,
     .maximum = 10},
    {.section = "house",
     .name = "on",
     .kind = CONFIG_BOOLEAN,
     .offset = offsetof(struct settings, on),
     .standard = "no"},
    {.section = "house",
     .name = "color",
     .kind = CONFIG_CHOICE,
     .offset = offsetof(struct settings, color),
     .standard = "green",
     .choices = colors},
    {.section = "house.pool.*", .name = "numbers", .kind = CONFIG_OTHER, .set = add_number},
};

static struct arena arena;
static struct settings settings;
static struct error error;
static char path[] = "/tmp/callboard-config-XXXXXX";

static bool load_bytes(const char *text, size_t length)
{
    const struct config_group groups[] = {{options, sizeof options / sizeof *options, &settings}};
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(text, 1, length, file), length);
    fclose(file);
    arena_free(&arena);
    arena_init(&arena, 1 << 20);
    settings = (struct settings){0};
    error.text[0] = '\0';
    return config_load(path, groups, 1, &arena, &error);
}

static bool load(const char *text)
{
    return load_bytes(text, strlen(text));
}

static void test_standards(void)
{
    const struct config_group groups[] = {{options, sizeof options / sizeof *options, &settings}};
    arena_init(&arena, 1 << 20);
    CU_ASSERT_TRUE(config_load(NULL, groups, 1, &arena, &error));
    CU_ASSERT_STRING_EQUAL(settings.name, "callboard");
    CU_ASSERT_EQUAL(settings.count, 5);
    CU_ASSERT_FALSE(settings.on);
    CU_ASSERT_EQUAL(settings.color, 1);
    CU_ASSERT_TRUE(load("# nothing\n\n; either\n"));
    CU_ASSERT_STRING_EQUAL(settings.name, "callboard");
}

static void test_file(void)
{
    CU_ASSERT_TRUE(load("[house]\nname = a b = c\ncount=-3\non = yes\ncolor = red ; a comment\n"
                        "[house.pool.x]\nnumbers = 1\nnumbers = 2\n[house.pool.y]\nnumbers=3"));
    CU_ASSERT_STRING_EQUAL(settings.name, "a b = c");
    CU_ASSERT_EQUAL(settings.count, -3);
    CU_ASSERT_TRUE(settings.on);
    CU_ASSERT_EQUAL(settings.color, 0);
    CU_ASSERT_STRING_EQUAL(settings.numbers, "x=1;x=2;y=3;");
    CU_ASSERT_TRUE(load("\xef\xbb\xbf[house]\r\nname =\r\n"));
    CU_ASSERT_STRING_EQUAL(settings.name, "");
}

/* Every error names the line and what would be right. */
static void test_errors(void)
{
    static const struct {
        const char *text, *error; /* the error without "PATH:" */
    } cases[] = {
        {"[house]\ncount = 11\n", "2: count must be a whole number from -3 to 10, not \"11\""},
        {"[house]\ncount = -4\n", "2: count must be a whole number from -3 to 10, not \"-4\""},
        {"[house]\ncount = 5x\n", "2: count must be a whole number from -3 to 10, not \"5x\""},
        {"[house]\ncount = \n", "2: count must be a whole number from -3 to 10, not \"\""},
        {"[house]\ncount = 99999999999999999999\n",
         "2: count must be a whole number from -3 to 10, not \"99999999999999999999\""},
        {"[house]\n\non = maybe\n", "3: on must be yes or no, not \"maybe\""},
        {"[house]\ncolor = Red\n", "2: color must be one of red, green, not \"Red\""},
        {"[house]\nnam = x\n", "2: unknown key nam in section [house]; the nearest known is name"},
        {"[hous]\nname = x\n", "2: unknown section [hous]; the nearest known is [house]"},
        {"name = x\n", "1: key name stands above the first [section]"},
        {"[house.pool.]\nnumbers = 1\n", NULL},
        {"[house]\nname = x\nname = y\n", "3: name is given twice, first in line 2"},
        {"[house]\nnonsense\n", "2: neither a [section] nor a key = value"},
        {"[house\nname = x\n", "1: neither a [section] nor a key = value"},
        {"[house.pool.x]\nnumbers = 1\nnumbers = bad\n", "3: numbers may not be bad"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char wanted[300];
        bool good = load(cases[i].text);
        if (good)
            printf("\ntaken: %s", cases[i].text);
        CU_ASSERT_FALSE(good);
        if (!cases[i].error)
            continue;
        snprintf(wanted, sizeof wanted, "%s:%s", path, cases[i].error);
        ASSERT_TEXT(slice_from(error.text), wanted);
    }
}

/* What libinih would cut in silence is refused, with the line. */
static void test_lengths(void)
{
    static char text[9000], value[5000];
    memset(value, 'v', sizeof value - 1);
    snprintf(text, sizeof text, "[house]\nname = %.3000s\n", value);
    CU_ASSERT_TRUE(load(text));
    CU_ASSERT_EQUAL(strlen(settings.name), 3000);
    snprintf(text, sizeof text, "[house]\nname = %.3992s\n", value);
    CU_ASSERT_FALSE(load(text));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, ":2: line longer than 3999 bytes"));
    snprintf(text, sizeof text, "[house]\nname = %.3991s\n", value);
    CU_ASSERT_TRUE(load(text));
    CU_ASSERT_EQUAL(strlen(settings.name), 3991);
    snprintf(text, sizeof text, "[house]\nname = %s", value);
    CU_ASSERT_FALSE(load(text));
    for (size_t blanks = 0; blanks < 3; blanks++) {
        snprintf(text, sizeof text, "%.*s[house.pool.%.37s]\nnumbers = 1\n", (int)blanks, "  ",
                 value);
        CU_ASSERT_FALSE(load(text));
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, ":1: section name longer than 47 bytes"));
    }
    snprintf(text, sizeof text, "[house.pool.%.36s]\nnumbers = 1\n", value);
    CU_ASSERT_TRUE(load(text));
    CU_ASSERT_FALSE(load_bytes("[house]\nname = a\0b\n", 19));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, ":2:"));
}

static void test_environment(void)
{
    setenv("CALLBOARD_CONF_HOUSE_COUNT", "7", 1);
    CU_ASSERT_TRUE(load("[house]\ncount = 6\n"));
    CU_ASSERT_EQUAL(settings.count, 7);
    setenv("CALLBOARD_CONF_HOUSE_COUNT", "many", 1);
    CU_ASSERT_FALSE(load(""));
    ASSERT_TEXT(
        slice_from(error.text),
        "environment variable CALLBOARD_CONF_HOUSE_COUNT: count must be a whole number from -3 to "
        "10, not \"many\"");
    unsetenv("CALLBOARD_CONF_HOUSE_COUNT");
}

static void test_unknown_in_environment(void)
{
    const struct config_group groups[] = {{options, sizeof options / sizeof *options, &settings}};
    CU_ASSERT_TRUE(config_check_environment(groups, 1, &error));
    setenv("CALLBOARD_CONF_HOUSE_COUNT", "7", 1);
    CU_ASSERT_TRUE(config_check_environment(groups, 1, &error));
    setenv("CALLBOARD_CONF_HOUSE_CUONT", "secret", 1);
    CU_ASSERT_FALSE(config_check_environment(groups, 1, &error));
    ASSERT_TEXT(slice_from(error.text),
                "unknown environment variable CALLBOARD_CONF_HOUSE_CUONT; the "
                "nearest known is CALLBOARD_CONF_HOUSE_COUNT");
    unsetenv("CALLBOARD_CONF_HOUSE_CUONT");
    unsetenv("CALLBOARD_CONF_HOUSE_COUNT");
}

static bool begins_with_a(const char *value, struct error *why)
{
    return value[0] == 'a' || error_set(why, "it must begin with a, not \"%s\"", value);
}

static void test_text_check(void)
{
    static const struct config_option checked = {.section = "house",
                                                 .name = "name",
                                                 .kind = CONFIG_TEXT,
                                                 .offset = offsetof(struct settings, name),
                                                 .check = begins_with_a};
    const struct config_group groups[] = {{&checked, 1, &settings}};
    load("[house]\n\nname = b\n");
    CU_ASSERT_FALSE(config_load(path, groups, 1, &arena, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, ":3: name: it must begin with a, not \"b\""));
    load("[house]\nname = aa\n");
    CU_ASSERT_TRUE(config_load(path, groups, 1, &arena, &error));
    CU_ASSERT_STRING_EQUAL(settings.name, "aa");
}

static void test_no_file(void)
{
    const struct config_group groups[] = {{options, sizeof options / sizeof *options, &settings}};
    CU_ASSERT_FALSE(config_load("/nonexistent/callboard.conf", groups, 1, &arena, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "cannot read /nonexistent/callboard.conf: "));
    CU_ASSERT_FALSE(config_load("/tmp", groups, 1, &arena, &error));
}

static void test_memory(void)
{
    const struct config_group groups[] = {{options, sizeof options / sizeof *options, &settings}};
    CU_ASSERT_TRUE(load("[house]\nname = x\n"));
    arena_free(&arena);
    arena_init(&arena, 0);
    CU_ASSERT_FALSE(config_load(path, groups, 1, &arena, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "out of memory"));
    arena_free(&arena);
}

static bool read_secret(const char *text, const char **secret)
{
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
    arena_free(&arena);
    arena_init(&arena, 1 << 20);
    return config_read_secret(path, &arena, secret, &error);
}

static void test_secret(void)
{
    static char text[1030];
    const char *secret = NULL;
    CU_ASSERT_TRUE(read_secret("s3cret word \nmore\n", &secret));
    CU_ASSERT_STRING_EQUAL(secret, "s3cret word ");
    CU_ASSERT_TRUE(read_secret("s3cret\r\n", &secret));
    CU_ASSERT_STRING_EQUAL(secret, "s3cret");
    CU_ASSERT_TRUE(read_secret("s3cret", &secret));
    CU_ASSERT_FALSE(read_secret("", &secret));
    CU_ASSERT_FALSE(read_secret("\ns3cret", &secret));
    CU_ASSERT_PTR_NULL(strstr(error.text, "s3cret"));
    memset(text, 's', 1024);
    CU_ASSERT_TRUE(read_secret(text, &secret));
    CU_ASSERT_EQUAL(strlen(secret), 1024);
    memset(text, 's', 1025);
    CU_ASSERT_FALSE(read_secret(text, &secret));
    CU_ASSERT_PTR_NULL(strstr(error.text, "sss"));
    CU_ASSERT_FALSE(config_read_secret("/nonexistent/secret", &arena, &secret, &error));
    CU_ASSERT_FALSE(config_read_secret("/tmp", &arena, &secret, &error));
    arena_free(&arena);
}

static void remove_file(void)
{
    unlink(path);
}

static void make_file(void)
{
    int descriptor = mkstemp(path);
    CU_ASSERT_NOT_EQUAL_FATAL(descriptor, -1);
    close(descriptor);
    atexit(remove_file);
}

SUITE("config", {"is made a file", make_file}, {"has standard values", test_standards},
      {"reads a file", test_file}, {"says what is wrong where", test_errors},
      {"refuses what would be cut", test_lengths}, {"obeys the environment", test_environment},
      {"refuses what it does not know there", test_unknown_in_environment},
      {"says where a text is wrong", test_text_check}, {"needs the file it was told", test_no_file},
      {"runs out of memory", test_memory}, {"reads secrets", test_secret})
