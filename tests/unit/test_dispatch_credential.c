/*
 * test_dispatch_credential.c - who is calling: which question the dispatcher makes of a request, and what it answers.
 */
#include "exchange.h"
#include "htpasswd/settings.h"
#include "suite.h"

static struct credentials_settings settings;

static void begin(struct fixture *f, const char *method, const char *uri, enum credential_way way)
{
    fixture_init(f, method, uri);
    settings = (struct credentials_settings){.ways = {[GROUP_COMMON] = (int)way}};
    f->context.credentials = &settings;
}

/* alice:se:cret */
#define ALICE "Basic YWxpY2U6c2U6Y3JldA=="

static void test_user(void)
{
    struct fixture f;
    begin(&f, "GET", "/auth", WAY_PAM);
    fixture_parameter(&f, "HTTP_AUTHORIZATION", ALICE);
    fixture_parameter(&f, "REMOTE_ADDR", "10.0.0.1");
    fixture_plan(&f);
    CU_ASSERT_EQUAL(f.x.question.kind, CREDENTIAL_KIND_PAM);
    ASSERT_TEXT(f.x.question.user, "alice");
    ASSERT_TEXT(f.x.question.secret, "se:cret");
    ASSERT_TEXT(f.x.question.address, "10.0.0.1");
    CU_ASSERT_EQUAL(f.x.response.status, 200);
    /* not the REMOTE_USER that came with the request */
    ASSERT_TEXT(http_response_find(&f.x.response, "X-Remote-User"), "alice");
    fixture_free(&f);
}

static void test_bad_headers(void)
{
    static const char *const bad[] = {"",
                                      "Basic",
                                      "Basic !!!!",
                                      "Bearer abc",
                                      "Basic YWxpY2U=",
                                      "Basic OnNlY3JldA==",
                                      "Basic YQpiOmM=",
                                      "basicYWxpY2U6c2VjcmV0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fixture f;
        begin(&f, "GET", "/auth", WAY_HTPASSWD);
        fixture_parameter(&f, "HTTP_AUTHORIZATION", bad[i]);
        fixture_plan(&f);
        CU_ASSERT_EQUAL(f.x.response.status, 401);
        CU_ASSERT(http_response_find(&f.x.response, "WWW-Authenticate").length > 0);
        fixture_free(&f);
    }
}

static void test_verdicts(void)
{
    static const struct {
        enum credential_verdict verdict;
        int status;
        const char *retry;
    } known[] = {
        {VERDICT_WRONG, 401, ""}, {VERDICT_SLOW_DOWN, 429, "10"}, {VERDICT_UNAVAILABLE, 503, "1"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct fixture f;
        begin(&f, "GET", "/auth", WAY_HTPASSWD);
        f.verdict = known[i].verdict;
        fixture_parameter(&f, "HTTP_AUTHORIZATION", ALICE);
        fixture_plan(&f);
        CU_ASSERT_EQUAL(f.x.response.status, known[i].status);
        ASSERT_TEXT(http_response_find(&f.x.response, "Retry-After"), known[i].retry);
        ASSERT_TEXT(http_response_find(&f.x.response, "X-Remote-User"), "");
        fixture_free(&f);
    }
}

static void test_authorizer(void)
{
    struct fixture f;
    begin(&f, "POST", "/any/path", WAY_HTPASSWD);
    f.request.role = HTTP_AUTHORIZER;
    fixture_parameter(&f, "CONTENT_LENGTH", "17"); /* of a body that is not sent */
    fixture_parameter(&f, "REMOTE_USER", "bob");
    fixture_parameter(&f, "REMOTE_PASSWD", "secret");
    fixture_plan(&f);
    ASSERT_TEXT(f.x.question.user, "bob");
    ASSERT_TEXT(f.x.question.secret, "secret");
    CU_ASSERT_EQUAL(f.x.response.status, 200);
    ASSERT_TEXT(http_response_find(&f.x.response, "Variable-REMOTE_USER"), "bob");
    fixture_free(&f);

    begin(&f, "GET", "/auth", WAY_HTPASSWD); /* a responder: the two parameters are nothing */
    fixture_parameter(&f, "REMOTE_PASSWD", "secret");
    fixture_plan(&f);
    CU_ASSERT_EQUAL(f.x.response.status, 401);
    fixture_free(&f);
}

static void test_webserver(void)
{
    struct fixture f;
    begin(&f, "GET", "/metrics", WAY_WEBSERVER);
    fixture_parameter(&f, "REMOTE_USER", "");
    fixture_parameter(&f, "HTTP_AUTHORIZATION", ALICE);
    fixture_plan(&f);
    CU_ASSERT_EQUAL(f.x.response.status, 401);
    fixture_free(&f);
}

/* Asks PATH with CALLBOARD_GROUP (NULL: none) and tells the group that the question is about. */
static enum credential_group group_asked(const char *path, const char *group)
{
    struct fixture f;
    begin(&f, "GET", path, WAY_HTPASSWD);
    f.verdict = VERDICT_WRONG;
    fixture_parameter(&f, "HTTP_AUTHORIZATION", ALICE);
    fixture_parameter(&f, "HTTP_CALLBOARD_GROUP", "status"); /* a client's header */
    if (group)
        fixture_parameter(&f, "CALLBOARD_GROUP", group);
    fixture_plan(&f);
    CU_ASSERT_EQUAL(f.x.response.status, 401);
    CU_ASSERT_EQUAL(f.x.question.kind, CREDENTIAL_KIND_HTPASSWD);
    enum credential_group asked = f.x.question.group;
    fixture_free(&f);
    return asked;
}

static void test_group(void)
{
    CU_ASSERT_EQUAL(group_asked("/auth", NULL), GROUP_AUTH);
    CU_ASSERT_EQUAL(group_asked("/auth", ""), GROUP_AUTH);
    CU_ASSERT_EQUAL(group_asked("/auth", "directory"), GROUP_DIRECTORY);
    CU_ASSERT_EQUAL(group_asked("/auth", "directory_api"), GROUP_DIRECTORY_API);
    CU_ASSERT_EQUAL(group_asked("/auth", "callboard"), GROUP_COMMON);
    CU_ASSERT_EQUAL(group_asked("/directory", "status"), GROUP_DIRECTORY);
    CU_ASSERT_EQUAL(group_asked("/metrics", "directory"), GROUP_STATUS);

    struct fixture f;
    begin(&f, "GET", "/auth", WAY_HTPASSWD);
    fixture_parameter(&f, "HTTP_AUTHORIZATION", ALICE);
    fixture_parameter(&f, "CALLBOARD_GROUP", "Directory");
    fixture_plan(&f);
    CU_ASSERT_EQUAL(f.x.response.status, 500);
    ASSERT_TEXT(http_response_find(&f.x.response, "X-Remote-User"), "");
    fixture_free(&f);
}

/* The web server authenticates the group, by asking: who REMOTE_USER claims to be is nothing then. */
static void test_group_of_webserver(void)
{
    struct fixture f;
    begin(&f, "GET", "/auth", WAY_WEBSERVER);
    settings.ways[GROUP_AUTH] = WAY_PAM;
    fixture_parameter(&f, "CALLBOARD_GROUP", "directory");
    fixture_parameter(&f, "REMOTE_USER", "mallory");
    fixture_plan(&f);
    CU_ASSERT_EQUAL(f.x.response.status, 401);
    fixture_free(&f);

    begin(&f, "GET", "/auth", WAY_WEBSERVER);
    settings.ways[GROUP_AUTH] = WAY_PAM;
    fixture_parameter(&f, "CALLBOARD_GROUP", "directory");
    fixture_parameter(&f, "HTTP_AUTHORIZATION", ALICE);
    fixture_plan(&f);
    CU_ASSERT_EQUAL(f.x.question.kind, CREDENTIAL_KIND_PAM);
    CU_ASSERT_EQUAL(f.x.question.group, GROUP_DIRECTORY);
    fixture_free(&f);
}

SUITE("dispatch_credential", {"asks about a user", test_user},
      {"refuses other headers", test_bad_headers}, {"answers each verdict", test_verdicts},
      {"serves an authorizer", test_authorizer},
      {"asks on behalf of a group of routes", test_group},
      {"asks for a group that the web server authenticates", test_group_of_webserver},
      {"believes the web server alone where it is to", test_webserver})
