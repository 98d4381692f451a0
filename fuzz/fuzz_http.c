/*
 * fuzz_http.c - fcgi/http.c: a request from any parameters. The input is "NAME=value" lines.
 */
#include "fuzz/fuzz.h"

#include "fcgi/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_parameter parameters[32];
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct http_request request = {.arena = &arena, .parameters = parameters};
    struct slice rest = slice_of(size ? (const char *)data : NULL, size);
    while (rest.data && request.parameter_count < 32) {
        struct slice value, line = slice_cut(rest, '\n', &rest);
        struct slice name = slice_cut(line, '=', &value);
        parameters[request.parameter_count++] = (struct http_parameter){name, value};
    }
    http_request_interpret(&request);
    http_prefers_language(&request, "en");
    FUZZ_PROMISE(request.fault == 0 || request.fault_text);
    FUZZ_PROMISE(request.fault != 0 || (request.path.length > 0 && request.path.data[0] == '/'));
    FUZZ_PROMISE(request.path.length == 0 || !memchr(request.path.data, '\0', request.path.length));
    FUZZ_PROMISE(request.id.length <= 64);
    struct http_response response = {.status = 200, .body = SLICE_LITERAL("x")};
    http_response_header(&response, "Location", request.path);
    http_response_etag(&response, &request);
    struct buffer head = buffer_in(&arena);
    http_response_write_head(&head, &response, &request);
    struct slice text = buffer_slice(&head);
    size_t lines = 0; /* no value makes a line of its own */
    for (size_t i = 0; i < text.length; i++)
        lines += text.data[i] == '\n';
    FUZZ_PROMISE(lines <= 6);
    arena_free(&arena);
    return 0;
}

FUZZ_SEEDS(
    SLICE_LITERAL("REQUEST_METHOD=POST\nREQUEST_URI=/cticache/DNIS-ANI/%2B1:2?a=%20b\n"
                  "QUERY_STRING=a=%20b\nCONTENT_TYPE=application/json; charset=\"utf-8\"\n"
                  "CONTENT_LENGTH=12\nREMOTE_USER=x\nREQUEST_ID=a-1\n"
                  "HTTP_IF_NONE_MATCH=W/\"1\", \"2\", *\nHTTP_ACCEPT_LANGUAGE=es;q=0.5,en-GB"),
    SLICE_LITERAL("PATH_INFO=/a/b\nSCRIPT_NAME=/cgi-bin/x\nHTTP_X_REQUEST_ID=y"),
    SLICE_LITERAL("DOCUMENT_URI=/a/../b\nHTTP_IF_NONE_MATCH=*"));
