/*
 * test_pbx_server.c - tests of the sections of PBXs in callboard.conf.
 */
#include "feeds/pbx_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "suite.h"

static struct arena arena;
static struct pbx_server *servers;
static struct error error;

/* Reads TEXT, as a file, into `servers`. */
static bool load(const char *text)
{
    char path[] = "/tmp/callboard-test-XXXXXX";
    const struct config_group groups[] = {{pbx_server_options, pbx_server_option_count, &servers}};
    int file = mkstemp(path);
    CU_ASSERT_TRUE_FATAL(file >= 0);
    CU_ASSERT_EQUAL_FATAL(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    arena_free(&arena);
    arena_init(&arena, (size_t)1 << 20);
    servers = NULL;
    error.text[0] = '\0';
    bool good = config_load(path, groups, 1, &arena, &error) && pbx_servers_check(servers, &error);
    unlink(path);
    CU_ASSERT_EQUAL(good, error.text[0] == '\0');
    return good;
}

static void test_both_kinds(void)
{
    CU_ASSERT_TRUE_FATAL(
        load("[freeswitch.server.one]\npassword_file = /a\n"
             "[asterisk.server.two]\nhost = 192.0.2.1\nuser = me\npassword_file = /b\n"
             "domain = d.test\ntrunks = gw-*, x\n"
             "[freeswitch.server.three]\nport = 18021\npassword_file = /c\n"));
    const struct pbx_server *two = servers->next;
    CU_ASSERT_EQUAL(servers->kind, PBX_FREESWITCH);
    CU_ASSERT_STRING_EQUAL(servers->name, "one");
    CU_ASSERT_STRING_EQUAL(servers->host, "127.0.0.1");
    CU_ASSERT_EQUAL(servers->port, 8021);
    CU_ASSERT_STRING_EQUAL(servers->domain, "");
    CU_ASSERT_EQUAL(two->kind, PBX_ASTERISK);
    CU_ASSERT_STRING_EQUAL(two->host, "192.0.2.1");
    CU_ASSERT_EQUAL(two->port, 5038);
    CU_ASSERT_STRING_EQUAL(two->user, "me");
    CU_ASSERT_STRING_EQUAL(two->domain, "d.test");
    CU_ASSERT_STRING_EQUAL(two->trunks, "gw-*, x");
    CU_ASSERT_EQUAL(two->next->port, 18021);
    CU_ASSERT_PTR_NULL(two->next->next);
}

static void refused(const char *text, const char *why)
{
    CU_ASSERT_FALSE(load(text));
    if (!strstr(error.text, why))
        printf("\n%s: %s", why, error.text);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, why));
}

#define ASTERISK "[asterisk.server.a]\n"

static void test_refused(void)
{
    refused("[freeswitch.server.a]\nhost = x\n", "needs a password_file");
    refused(ASTERISK "user = u\ndomain = d\n", "needs a password_file");
    refused(ASTERISK "password_file = /a\ndomain = d\n", "needs a user");
    refused(ASTERISK "password_file = /a\nuser = u\n", "needs the domain");
    refused(ASTERISK "host =\n", "host must not be empty");
    refused(ASTERISK "port = 0\n", "port must be a whole number");
    refused(ASTERISK "port = 65536\n", "port must be a whole number");
    refused("[asterisk.server.a b]\nhost = x\n", "a server's name is made of");
    refused("[freeswitch.server.a]\npassword_file = /a\n" ASTERISK "user = u\n",
            "a FreeSWITCH and an Asterisk are both called \"a\"");
    arena_free(&arena);
}

SUITE("pbx server", {"both kinds", test_both_kinds}, {"refused", test_refused})
