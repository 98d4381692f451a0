/*
 * test_http.c - tests of fcgi/http.c.
 */
#include "suite.h"

#include <stdio.h>

#include "fcgi/http.h"

static struct arena arena;
static struct http_request request;

/* A request with the parameters NAME, VALUE, …, NULL, interpreted. */
static void interpret(const char *const *names_and_values)
{
    static struct http_parameter parameters[20];
    size_t count = 0;
    arena_free(&arena);
    arena_init(&arena, 1 << 20);
    for (; *names_and_values; names_and_values += 2)
        parameters[count++] = (struct http_parameter){slice_from(names_and_values[0]),
                                                      slice_from(names_and_values[1])};
    request =
        (struct http_request){.arena = &arena, .parameters = parameters, .parameter_count = count};
    http_request_interpret(&request);
}

#define INTERPRET(...) interpret((const char *const[]){__VA_ARGS__, NULL})

static void test_whole(void)
{
    INTERPRET("REQUEST_METHOD", "POST", "REQUEST_URI", "/a%20b/c?x=%31", "QUERY_STRING", "x=%31",
              "CONTENT_TYPE", "application/json; charset=\"UTF-8\"", "CONTENT_LENGTH", "12",
              "REMOTE_USER", "tester", "REMOTE_ADDR", "127.0.0.1", "REQUEST_ID", "Id-1._x");
    CU_ASSERT_EQUAL(request.fault, 0);
    CU_ASSERT_EQUAL(request.method, HTTP_POST);
    ASSERT_TEXT(request.method_name, "POST");
    ASSERT_TEXT(request.path, "/a b/c");
    ASSERT_TEXT(request.mount, "");
    ASSERT_TEXT(request.query, "x=%31");
    ASSERT_TEXT(request.media_type, "application/json");
    ASSERT_TEXT(request.charset, "UTF-8");
    CU_ASSERT_TRUE(request.length_given);
    CU_ASSERT_EQUAL(request.length, 12);
    ASSERT_TEXT(request.remote_user, "tester");
    ASSERT_TEXT(request.remote_address, "127.0.0.1");
    ASSERT_TEXT(request.id, "Id-1._x");
    arena_free(&arena);
}

static void test_methods(void)
{
    static const struct {
        const char *name;
        enum http_method method;
    } cases[] = {{"GET", HTTP_GET},
                 {"HEAD", HTTP_HEAD},
                 {"PUT", HTTP_PUT},
                 {"PATCH", HTTP_PATCH},
                 {"DELETE", HTTP_DELETE},
                 {"OPTIONS", HTTP_OPTIONS},
                 {"get", HTTP_UNKNOWN_METHOD},
                 {"", HTTP_UNKNOWN_METHOD},
                 {"GETX", HTTP_UNKNOWN_METHOD},
                 {"TRACE", HTTP_UNKNOWN_METHOD}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        INTERPRET("REQUEST_METHOD", cases[i].name, "REQUEST_URI", "/");
        CU_ASSERT_EQUAL(request.method, cases[i].method);
    }
    arena_free(&arena);
}

/* Where the path comes from, and what is refused. */
static void test_paths(void)
{
    static const struct {
        const char *name, *value, *path; /* path NULL: 400 */
    } cases[] = {
        {"REQUEST_URI", "/", "/"},
        {"REQUEST_URI", "/a/b/?", "/a/b/"},
        {"REQUEST_URI", "/%2e%2E", NULL},
        {"REQUEST_URI", "/a/../b", NULL},
        {"REQUEST_URI", "/a/..", NULL},
        {"REQUEST_URI", "/./a", NULL},
        {"REQUEST_URI", "/a/%2e%2e%2fb", NULL},
        {"REQUEST_URI", "/...", "/..."},
        {"REQUEST_URI", "/a%2Fb", "/a/b"},
        {"REQUEST_URI", "/a+b", "/a+b"},
        {"REQUEST_URI", "/%", NULL},
        {"REQUEST_URI", "/%0", NULL},
        {"REQUEST_URI", "/%00", NULL},
        {"REQUEST_URI", "/%zz", NULL},
        {"REQUEST_URI", "a", NULL},
        {"REQUEST_URI", "", NULL},
        {"REQUEST_URI", "?a", NULL},
        {"REQUEST_URI", "*", NULL},
        {"REQUEST_URI", "http://host/a", NULL},
        {"DOCUMENT_URI", "/a%20b", "/a%20b"}, /* decoded by the web server already */
        {"DOCUMENT_URI", "/a/../b", NULL},
        {"PATH_INFO", "/a", "/a"},
        {"NOTHING", "/a", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        INTERPRET("REQUEST_METHOD", "GET", cases[i].name, cases[i].value);
        if (request.fault != (cases[i].path ? 0 : 400))
            printf("\n%s %s: %d", cases[i].name, cases[i].value, request.fault);
        CU_ASSERT_EQUAL(request.fault, cases[i].path ? 0 : 400);
        if (cases[i].path)
            ASSERT_TEXT(request.path, cases[i].path);
        else
            CU_ASSERT_PTR_NOT_NULL(request.fault_text);
    }
    INTERPRET("REQUEST_URI", "/x/y", "DOCUMENT_URI", "/y");
    ASSERT_TEXT(request.path, "/y");
    INTERPRET("SCRIPT_NAME", "/cgi-bin/callboard.fcgi", "PATH_INFO", "/status", "REQUEST_URI",
              "/cgi-bin/callboard.fcgi/status");
    ASSERT_TEXT(request.path, "/status");
    ASSERT_TEXT(request.mount, "/cgi-bin/callboard.fcgi");
    static const struct http_parameter nul[] = {
        {SLICE_LITERAL("PATH_INFO"), SLICE_LITERAL("/a\0b")}};
    request = (struct http_request){.arena = &arena, .parameters = nul, .parameter_count = 1};
    http_request_interpret(&request);
    CU_ASSERT_EQUAL(request.fault, 400);
    arena_free(&arena);
}

static void test_mount(void)
{
    static const struct {
        const char *uri, *mount;
    } cases[] = {{"/callboard.cgi/a%20b/c?x", "/callboard.cgi"},
                 {"/a%20b/c?x", ""},
                 {"/tel/a%20b/c", "/tel"},
                 {"/tel/deep/a b/c", "/tel/deep"},
                 {"//a%20b/c", "/x.cgi"},
                 {"//evil.example/a%20b/c", "/x.cgi"},
                 {"http://evil.example/a%20b/c", "/x.cgi"},
                 {"/a%20b/d", "/x.cgi"},
                 {"/%zz/a%20b/c", "/x.cgi"},
                 {"b/c", "/x.cgi"},
                 {"", "/x.cgi"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        INTERPRET("SCRIPT_NAME", "/x.cgi", "PATH_INFO", "/a b/c", "REQUEST_URI", cases[i].uri);
        ASSERT_TEXT(request.path, "/a b/c");
        ASSERT_TEXT(request.mount, cases[i].mount);
    }
    arena_free(&arena);
}

static void test_content(void)
{
    static const struct {
        const char *type, *media_type, *charset;
    } types[] = {{"", "", ""},
                 {" text/plain ", "text/plain", ""},
                 {"a/b;charset=x", "a/b", "x"},
                 {"a/b; q=1 ; CharSet = \"y\" ; z", "a/b", "y"},
                 {"a/b; charset=\"", "a/b", "\""},
                 {"a/b; charset=\"\"", "a/b", ""},
                 {";", "", ""},
                 {"a/b; charset", "a/b", ""}};
    static const struct {
        const char *text;
        uint64_t length;
        bool given, good;
    } lengths[] = {{"", 0, false, true},
                   {"0", 0, true, true},
                   {"9223372036854775807", INT64_MAX, true, true},
                   {"9223372036854775808", 0, true, false},
                   {"-1", 0, true, false},
                   {"+1", 0, true, false},
                   {"1 ", 0, true, false},
                   {"0x10", 0, true, false},
                   {"1,1", 0, true, false}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        INTERPRET("REQUEST_URI", "/", "CONTENT_TYPE", types[i].type);
        ASSERT_TEXT(request.media_type, types[i].media_type);
        ASSERT_TEXT(request.charset, types[i].charset);
    }
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        INTERPRET("REQUEST_URI", "/", "CONTENT_LENGTH", lengths[i].text);
        CU_ASSERT_EQUAL(request.length_given, lengths[i].given);
        CU_ASSERT_EQUAL(request.length, lengths[i].length);
        CU_ASSERT_EQUAL(request.fault, lengths[i].good ? 0 : 400);
    }
    arena_free(&arena);
}

static void test_ids(void)
{
    static const char longest[] =
        "0123456789012345678901234567890123456789012345678901234567890123";
    INTERPRET("REQUEST_URI", "/", "REQUEST_ID", "server", "HTTP_X_REQUEST_ID", "client");
    ASSERT_TEXT(request.id, "server");
    INTERPRET("REQUEST_URI", "/", "HTTP_X_REQUEST_ID", "client");
    ASSERT_TEXT(request.id, "client");
    INTERPRET("REQUEST_URI", "/", "REQUEST_ID", "bad id", "HTTP_X_REQUEST_ID", "client");
    ASSERT_TEXT(request.id, "client");
    INTERPRET("REQUEST_URI", "/", "HTTP_X_REQUEST_ID", longest);
    ASSERT_TEXT(request.id, longest);
    static const char *const bad[] = {
        "",
        "a b",
        "a\nb",
        "a\"b",
        "\xc3\xab",
        "a/b",
        "01234567890123456789012345678901234567890123456789012345678901234"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        INTERPRET("REQUEST_URI", "/", "HTTP_X_REQUEST_ID", bad[i]);
        ASSERT_TEXT(request.id, "");
    }
    arena_free(&arena);
}

static void test_language(void)
{
    static const struct {
        const char *accept;
        bool english;
    } cases[] = {{"en", true},
                 {"EN-us", true},
                 {"es", false},
                 {"", false},
                 {"es,en", false},
                 {"en,es", true},
                 {"es;q=0.5, en;q=0.8", true},
                 {"es;q=0.8, en;q=0.5", false},
                 {"en;q=0", false},
                 {"es;q=0.001,en;q=0.002", true},
                 {"english", false},
                 {"*", false},
                 {"en;q=", true},
                 {",,;q=1,en;q=0.1", true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        INTERPRET("REQUEST_URI", "/", "HTTP_ACCEPT_LANGUAGE", cases[i].accept);
        if (http_prefers_language(&request, "en") != cases[i].english)
            printf("\n%s", cases[i].accept);
        CU_ASSERT_EQUAL(http_prefers_language(&request, "en"), cases[i].english);
    }
    arena_free(&arena);
}

static int status_with(const char *method, int status, const char *none_match)
{
    INTERPRET("REQUEST_METHOD", method, "REQUEST_URI", "/", "HTTP_IF_NONE_MATCH", none_match);
    struct http_response response = {.status = status, .body = SLICE_LITERAL("{\"value\":1}")};
    http_response_etag(&response, &request);
    CU_ASSERT_TRUE(slice_starts(http_response_find(&response, "ETag"), "W/\"b-"));
    CU_ASSERT_EQUAL(response.head_only, response.status == 304);
    return response.status;
}

static void test_etag(void)
{
    char list[200], strong[100];
    INTERPRET("REQUEST_METHOD", "GET", "REQUEST_URI", "/");
    struct http_response response = {.status = 200, .body = SLICE_LITERAL("{\"value\":1}")};
    http_response_etag(&response, &request);
    CU_ASSERT_EQUAL(response.status, 200);
    struct slice tag = http_response_find(&response, "ETag");
    snprintf(list, sizeof list, "\"other\", %.*s ,W/\"x\"", SLICE_ARGUMENTS(tag));
    snprintf(strong, sizeof strong, "%.*s", (int)tag.length - 2, tag.data + 2);
    CU_ASSERT_EQUAL(status_with("GET", 200, list), 304);
    CU_ASSERT_EQUAL(status_with("HEAD", 200, list), 304);
    CU_ASSERT_EQUAL(status_with("GET", 200, strong), 304); /* compared weakly */
    CU_ASSERT_EQUAL(status_with("GET", 200, " * "), 304);
    CU_ASSERT_EQUAL(status_with("GET", 200, ""), 200);
    CU_ASSERT_EQUAL(status_with("GET", 200, "\"other\""), 200);
    CU_ASSERT_EQUAL(status_with("GET", 200, "W/"), 200);
    CU_ASSERT_EQUAL(status_with("PUT", 200, list), 200);
    CU_ASSERT_EQUAL(status_with("GET", 404, "*"), 404);
    arena_free(&arena);
}

static void assert_head(const struct http_response *response, const char *wanted)
{
    struct buffer out = buffer_in(&arena);
    http_response_write_head(&out, response, &request);
    ASSERT_TEXT(buffer_slice(&out), wanted);
}

static void test_head(void)
{
    INTERPRET("REQUEST_URI", "/", "REQUEST_ID", "x1");
    struct http_response response = {
        .status = 201, .content_type = "text/plain", .body = SLICE_LITERAL("abc")};
    http_response_header(&response, "Location", slice_from("/a"));
    assert_head(&response,
                "Status: 201 Created\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"
                "Location: /a\r\nX-Request-Id: x1\r\n\r\n");
    response = (struct http_response){.status = 304, .content_type = "text/plain"};
    assert_head(&response, "Status: 304 Not Modified\r\nX-Request-Id: x1\r\n\r\n");
    response = (struct http_response){.status = 204};
    assert_head(&response, "Status: 204 No Content\r\nX-Request-Id: x1\r\n\r\n");
    response = (struct http_response){.status = 299};
    assert_head(&response, "Status: 299 Unknown\r\nContent-Length: 0\r\nX-Request-Id: x1\r\n\r\n");
    arena_free(&arena);
}

/* No value can begin a header, or a body, of its own. */
static void test_splitting(void)
{
    static const struct slice values[] = {SLICE_LITERAL("/a\r\nSet-Cookie: x=1"),
                                          SLICE_LITERAL("/a\nx"), SLICE_LITERAL("/a\0x"),
                                          SLICE_LITERAL("\x7f")};
    INTERPRET("REQUEST_URI", "/", "REQUEST_ID", "x1");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct http_response response = {.status = 200};
        http_response_header(&response, "Location", values[i]);
        assert_head(&response, "Status: 200 OK\r\nContent-Length: 0\r\nX-Request-Id: x1\r\n\r\n");
    }
    struct http_response response = {.status = 200};
    for (size_t i = 0; i < HTTP_HEADERS_MAX + 5; i++)
        http_response_header(&response, "A", slice_from("b"));
    CU_ASSERT_EQUAL(response.header_count, HTTP_HEADERS_MAX);
    arena_free(&arena);
}

SUITE("http", {"reads parameters", test_whole}, {"knows methods", test_methods},
      {"reads paths", test_paths}, {"finds what stands in front of a path", test_mount},
      {"reads content type and length", test_content}, {"takes ids", test_ids},
      {"prefers languages", test_language}, {"compares tags", test_etag},
      {"writes heads", test_head}, {"keeps headers apart", test_splitting})
