/*
 * test_credentials.c - tests of htpasswd/credentials.c: groups of routes with htpasswd files of their own.
 */
#include "htpasswd/credentials.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NOW_US INT64_C(1795219200000000)

/* {SHA} of "one" and of "two"; {SSHA} of "one", and bcrypt of it, at the lowest cost. */
#define ONE        "{SHA}/gW83NxJKAEngaXxoqd8u1OY4QY="
#define TWO        "{SHA}rXguzax3D8brmmLkT5CHP7l/sms="
#define ONE_SALTED "{SSHA}HUFsNur0rvbPWwRmUSatOzt1ReBzYWx0"
#define ONE_BCRYPT "$2y$04$H55w3.nq.ZLBCsVjfqgjbOViY/9FhUz/5bPT/xFeMJlu2UWosAPg2"

struct desk {
    char directory[32], common[64], lookups[64];
    struct credentials_settings settings;
    struct credentials_memory *memory;
    struct credentials *credentials;
    uv_loop_t loop;
    enum credential_verdict late; /* what followed VERDICT_LATER */
};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_TRUE(fputs(text, file) >= 0);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

/* All groups have the file COMMON, lookups of the directory LOOKUPS. */
static void open_desk(struct desk *desk, const char *common, const char *lookups)
{
    struct error error;
    *desk = (struct desk){.directory = "/tmp/callboard-unit-XXXXXX"};
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(desk->directory));
    snprintf(desk->common, sizeof desk->common, "%s/common", desk->directory);
    snprintf(desk->lookups, sizeof desk->lookups, "%s/lookups", desk->directory);
    write_file(desk->common, common);
    write_file(desk->lookups, lookups);
    desk->settings = (struct credentials_settings){.tokens = "", .remember_seconds = 60};
    for (int group = 0; group < CREDENTIAL_GROUPS; group++)
        desk->settings.htpasswd[group] = "";
    desk->settings.htpasswd[GROUP_COMMON] = desk->common;
    desk->settings.htpasswd[GROUP_DIRECTORY] = desk->lookups;
    CU_ASSERT_EQUAL_FATAL(uv_loop_init(&desk->loop), 0);
    desk->memory = credentials_memory_create(&error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(desk->memory);
    desk->credentials = credentials_open(&desk->loop, &desk->settings, desk->memory, -1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(desk->credentials);
}

static void close_desk(struct desk *desk)
{
    credentials_close(desk->credentials);
    CU_ASSERT_EQUAL(uv_loop_close(&desk->loop), 0);
    unlink(desk->common);
    unlink(desk->lookups);
    rmdir(desk->directory);
}

static void on_verdict(void *self, enum credential_verdict verdict)
{
    struct desk *desk = self;
    desk->late = verdict;
}

static enum credential_verdict ask(struct desk *desk, enum credential_group group, const char *user,
                                   const char *secret)
{
    const struct credential_question question = {.kind = CREDENTIAL_KIND_HTPASSWD,
                                                 .group = group,
                                                 .user = slice_from(user),
                                                 .secret = slice_from(secret),
                                                 .address = slice_from("127.0.0.1")};
    enum credential_verdict verdict =
        credentials_check(desk->credentials, &question, NOW_US, on_verdict, desk);
    if (verdict != VERDICT_LATER)
        return verdict;
    uv_run(&desk->loop, UV_RUN_DEFAULT);
    return desk->late;
}

static void test_files(void)
{
    struct desk desk;
    open_desk(&desk, "alice:" ONE "\n", "freeswitch:" ONE "\n");
    for (int round = 0; round < 2; round++) { /* worked out, then remembered */
        CU_ASSERT_EQUAL(ask(&desk, GROUP_DIRECTORY, "freeswitch", "one"), VERDICT_GOOD);
        CU_ASSERT_EQUAL(ask(&desk, GROUP_DIRECTORY, "alice", "one"), VERDICT_WRONG);
        CU_ASSERT_EQUAL(ask(&desk, GROUP_COMMON, "freeswitch", "one"), VERDICT_WRONG);
        CU_ASSERT_EQUAL(ask(&desk, GROUP_DIRECTORY_API, "freeswitch", "one"), VERDICT_WRONG);
        CU_ASSERT_EQUAL(ask(&desk, GROUP_COMMON, "alice", "one"), VERDICT_GOOD);
        CU_ASSERT_EQUAL(ask(&desk, GROUP_STATUS, "alice", "one"), VERDICT_GOOD);
        CU_ASSERT_EQUAL(ask(&desk, GROUP_AUTH, "alice", "one"), VERDICT_GOOD);
    }
    close_desk(&desk);
}

/* One name in both files: what is remembered of one is nothing for the other. */
static void test_same_name(const char *common, const char *lookups)
{
    struct desk desk;
    open_desk(&desk, common, lookups);
    for (int round = 0; round < 2; round++) {
        CU_ASSERT_EQUAL(ask(&desk, GROUP_COMMON, "twin", "one"), VERDICT_GOOD);
        CU_ASSERT_EQUAL(ask(&desk, GROUP_DIRECTORY, "twin", "one"), VERDICT_WRONG);
        CU_ASSERT_EQUAL(ask(&desk, GROUP_DIRECTORY, "twin", "two"), VERDICT_GOOD);
        CU_ASSERT_EQUAL(ask(&desk, GROUP_COMMON, "twin", "two"), VERDICT_WRONG);
    }
    close_desk(&desk);
}

static void test_same_names(void)
{
    test_same_name("twin:" ONE "\n", "twin:" TWO "\n");
    test_same_name("twin:" ONE_SALTED "\n", "twin:" TWO "\n");
    test_same_name("twin:" ONE_BCRYPT "\n", "twin:" TWO "\n");
}

/*
 * The very same entry in both files is remembered for each by itself: known in one, he must wait in the other after too
 * many failures, as somebody whom it has never seen.
 */
static void test_same_entry(void)
{
    struct desk desk;
    open_desk(&desk, "twin:" ONE "\n", "twin:" ONE "\n");
    CU_ASSERT_EQUAL(ask(&desk, GROUP_COMMON, "twin", "one"), VERDICT_GOOD);
    for (int try = 0; try < 5; try++)
        CU_ASSERT_EQUAL(ask(&desk, GROUP_DIRECTORY, "twin", "guess"), VERDICT_WRONG);
    CU_ASSERT_EQUAL(ask(&desk, GROUP_DIRECTORY, "twin", "one"), VERDICT_SLOW_DOWN);
    CU_ASSERT_EQUAL(ask(&desk, GROUP_COMMON, "twin", "one"), VERDICT_GOOD);
    close_desk(&desk);
}

static void test_names(void)
{
    enum credential_group group = GROUP_STATUS;
    CU_ASSERT_TRUE(credentials_group_named(slice_from("callboard"), &group));
    CU_ASSERT_EQUAL(group, GROUP_COMMON);
    CU_ASSERT_TRUE(credentials_group_named(slice_from("auth"), &group));
    CU_ASSERT_EQUAL(group, GROUP_AUTH);
    CU_ASSERT_TRUE(credentials_group_named(slice_from("directory"), &group));
    CU_ASSERT_EQUAL(group, GROUP_DIRECTORY);
    CU_ASSERT_FALSE(credentials_group_named(slice_from("direct"), &group));
    CU_ASSERT_FALSE(credentials_group_named(slice_from(""), &group));
    CU_ASSERT_EQUAL(group, GROUP_DIRECTORY);
}

SUITE("credentials", {"looks into the group's file", test_files},
      {"tells users of one name apart", test_same_names},
      {"remembers an entry for its own file", test_same_entry}, {"knows the groups", test_names})
