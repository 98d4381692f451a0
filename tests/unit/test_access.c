/*
 * test_access.c - tests of events/access.c.
 */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "events/access.h"

/* {SHA256} of the token "one", and {SHA} of the passwords "one" and "two". */
#define TOKENS "a.example:{SHA256}dpLDrTVAu4A8Ags67mbNiIcSMjTqDG5xQ8Ct1z/0Me0=\n"
#define USERS                                                                                      \
    "ada@a.example:{SHA}/gW83NxJKAEngaXxoqd8u1OY4QY=\n"                                            \
    "boss@a.example:{SHA}rXguzax3D8brmmLkT5CHP7l/sms=\n"

static struct events_settings settings;
static struct access_control *control;
static struct access who;
static uv_loop_t loop;
static char tokens[64], users[64];

static void write_file(char *path, const char *text)
{
    strcpy(path, "/tmp/callboard-unit-XXXXXX");
    int descriptor = mkstemp(path);
    CU_ASSERT_EQUAL_FATAL(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    close(descriptor);
}

static void begin(void)
{
    struct error error;
    write_file(tokens, TOKENS);
    write_file(users, USERS);
    settings = (struct events_settings){.tokens = tokens,
                                        .htpasswd = users,
                                        .administrators = "boss@a.example",
                                        .supervisors = "a.example, ada@a.example"};
    CU_ASSERT_EQUAL_FATAL(uv_loop_init(&loop), 0);
    control = access_open(&loop, &settings, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(control);
}

static void end(void)
{
    access_close(control);
    uv_run(&loop, UV_RUN_DEFAULT);
    CU_ASSERT_EQUAL(uv_loop_close(&loop), 0);
    unlink(tokens);
    unlink(users);
}

static void on_verdict(void *self, enum credential_verdict verdict)
{
    *(enum credential_verdict *)self = verdict;
}

static enum credential_verdict ask(const char *name, const char *secret)
{
    enum credential_verdict late = VERDICT_LATER;
    enum credential_verdict verdict =
        access_check(control, slice_from(name), slice_from(secret), slice_from("192.0.2.1"), &who,
                     on_verdict, &late);
    while (verdict == VERDICT_LATER && late == VERDICT_LATER)
        uv_run(&loop, UV_RUN_ONCE);
    return verdict == VERDICT_LATER ? late : verdict;
}

static void test_tokens(void)
{
    begin();
    CU_ASSERT_EQUAL(ask("a.example", "one"), VERDICT_GOOD);
    CU_ASSERT_STRING_EQUAL(who.domain, "a.example");
    CU_ASSERT_STRING_EQUAL(who.user, "");
    CU_ASSERT_FALSE(who.administrator);
    CU_ASSERT_EQUAL(ask("a.example", "two"), VERDICT_WRONG);
    CU_ASSERT_EQUAL(ask("b.example", "one"), VERDICT_WRONG); /* another domain's */
    CU_ASSERT_EQUAL(ask("ada@a.example", "the token"), VERDICT_WRONG);
    end();
}

static void test_users(void)
{
    begin();
    CU_ASSERT_EQUAL(ask("ada@a.example", "one"), VERDICT_GOOD);
    CU_ASSERT_STRING_EQUAL(who.user, "ada");
    CU_ASSERT_STRING_EQUAL(who.domain, "a.example");
    CU_ASSERT_FALSE(who.administrator);
    CU_ASSERT_TRUE(who.supervisor);
    CU_ASSERT_EQUAL(ask("boss@a.example", "two"), VERDICT_GOOD);
    CU_ASSERT_TRUE(who.administrator && who.supervisor);
    CU_ASSERT_EQUAL(ask("boss@a.example", "one"), VERDICT_WRONG);
    CU_ASSERT_EQUAL(ask("ada@b.example", "one"), VERDICT_WRONG);
    end();
}

static void test_names(void)
{
    static const char *const names[] = {
        "", "@", "@a.example", "ada@", "ada@a example", "a/example", "ada@a.example@"};
    begin();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CU_ASSERT_EQUAL(ask(names[i], "one"), VERDICT_WRONG);
    CU_ASSERT_TRUE(access_domain_is_good(slice_from("pbx-1.example_x")));
    CU_ASSERT_FALSE(access_domain_is_good(slice_from("a:b")));
    CU_ASSERT_FALSE(access_domain_is_good(slice_of(NULL, 0)));
    end();
}

/* Roles are those of the settings of now. */
static void test_reload(void)
{
    struct events_settings later;
    begin();
    later = settings;
    later.administrators = "";
    access_settings(control, &later);
    CU_ASSERT_EQUAL(ask("boss@a.example", "two"), VERDICT_GOOD);
    CU_ASSERT_FALSE(who.administrator);
    end();
}

static void test_missing(void)
{
    struct error error;
    struct events_settings none = {
        .tokens = "/nowhere/tokens", .htpasswd = "", .administrators = "", .supervisors = ""};
    CU_ASSERT_EQUAL_FATAL(uv_loop_init(&loop), 0);
    CU_ASSERT_PTR_NULL(access_open(&loop, &none, &error));
    CU_ASSERT_TRUE(slice_starts(slice_from(error.text), "[events] tokens"));
    none.tokens = "";
    control = access_open(&loop, &none, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(control);
    CU_ASSERT_EQUAL(ask("a.example", "one"), VERDICT_WRONG);
    CU_ASSERT_EQUAL(ask("ada@a.example", "one"), VERDICT_WRONG);
    access_close(control);
    CU_ASSERT_EQUAL(uv_loop_close(&loop), 0);
}

SUITE("access", {"tokens", test_tokens}, {"users", test_users}, {"names", test_names},
      {"settings change", test_reload}, {"no files", test_missing})
