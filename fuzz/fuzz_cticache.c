/*
 * fuzz_cticache.c - base/json.c and handlers/cticache.c: POST with a body of any bytes. The first byte chooses: "f" a form.
 */
#include "fuzz/fuzz.h"

#include "base/json.h"
#include "base/log.h"
#include "handlers/cticache.h"
#include "handlers/dispatch.h"

/* What is answered, whatever it is, is JSON. */
static void check_answer(const struct exchange *x)
{
    struct error error;
    struct arena arena;
    FUZZ_PROMISE(x->response.status >= 200 && x->response.status <= 503);
    arena_init(&arena, 64 << 20);
    json_use_arena(&arena);
    FUZZ_PROMISE(json_parse(x->response.body, &error));
    json_use_arena(NULL);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cticache_range range = {'+', 3, 100, 3};
    static struct cticache_pool pool = {"a", &range, 1, 3, 0, NULL};
    static const struct cticache_settings settings = {
        .ani_digits = 4, .ttl = 300, .ttl_max = 1000, .pools = &pool, .default_pool = &pool};
    static const struct handler_context context = {.cticache = &settings, .version = "1"};
    static const struct store_reply turn[1] = {{.kind = STORE_INTEGER, .integer = 1}};
    static const struct store_reply made[5] = {{.kind = STORE_STATUS, .text = SLICE_LITERAL("OK")}};
    bool form = size > 0 && data[0] == 'f';
    const struct http_parameter parameters[] = {
        {SLICE_LITERAL("REQUEST_METHOD"), SLICE_LITERAL("POST")},
        {SLICE_LITERAL("REQUEST_URI"), SLICE_LITERAL("/cticache/DNIS-ANI")},
        {SLICE_LITERAL("REMOTE_USER"), SLICE_LITERAL("x")},
        {SLICE_LITERAL("CONTENT_TYPE"),
         slice_from(form ? "application/x-www-form-urlencoded" : "application/json")}};
    struct arena arena;
    struct exchange x;
    arena_init(&arena, 4 << 20);
    struct http_request request = {.arena = &arena, .parameters = parameters, .parameter_count = 4};
    http_request_interpret(&request);
    size_t skipped = size > 0;
    request.body = slice_of((const char *)data + skipped, size - skipped);
    request.length = request.body.length;
    request.length_given = true;
    if (dispatch_plan(&x, &request, &context) == HANDLER_ASK) {
        FUZZ_PROMISE(dispatch_render(&x, turn) == HANDLER_ASK);
        FUZZ_PROMISE(dispatch_render(&x, made) == HANDLER_ANSWER && x.response.status == 201);
    }
    check_answer(&x);
    arena_free(&arena);
    return 0;
}

FUZZ_SEEDS(SLICE_LITERAL("j{\"value\" : \"12345678\", \"ani\" : \"1234567890\"}"),
           SLICE_LITERAL("j{\"value\":{\"a\":[1,-2.5e3,null,true,\"\\u00eb\\ud83d\\udcde\"]},"
                         "\"ani\":\"+1*#\",\"pool\":\"a\",\"ttl\":60}"),
           SLICE_LITERAL("fani=%2B1&value=a+b%22&ttl=7&pool=a"));
