/*
 * answer.c - the answers that handlers have in common.
 */
#include "handlers/answer.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"

enum handler_next answer_json(struct exchange *x, int status, const struct buffer *body)
{
    x->response.status = status;
    x->response.content_type = CONTENT_JSON;
    x->response.body = buffer_slice(body);
    return HANDLER_ANSWER;
}

enum handler_next answer_fail(struct exchange *x, int status, const char *field, const char *text)
{
    x->response = (struct http_response){0};
    x->route->fail(x, status, field, text);
    return HANDLER_ANSWER;
}

enum handler_next answer_fail_format(struct exchange *x, int status, const char *field,
                                     const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return answer_fail(x, status, field, text);
}

enum handler_next answer_busy(struct exchange *x, int64_t seconds, const char *text)
{
    struct buffer digits = buffer_in(x->arena);
    buffer_add_number(&digits, seconds > 0 ? seconds : 1);
    answer_fail(x, 503, NULL, text);
    http_response_header(&x->response, "Retry-After", buffer_slice(&digits));
    return HANDLER_ANSWER;
}

enum handler_next answer_surprise(struct exchange *x, const struct store_reply *reply,
                                  const char *what)
{
    struct slice said =
        reply->kind == STORE_ERROR ? reply->text : slice_from("an answer of another type");
    log_error("id=%.*s %s: Redis said: %.*s", SLICE_ARGUMENTS(x->request->id), what,
              SLICE_ARGUMENTS(said));
    return answer_fail(x, 500, NULL, "the stored data is not what it should be; see the log");
}

void fail_json(struct exchange *x, int status, const char *field, const char *text)
{
    struct buffer body = buffer_in(x->arena);
    buffer_add_string(&body, "{\"error\":");
    buffer_add_json(&body, slice_from(text));
    if (field) {
        buffer_add_string(&body, ",\"field\":");
        buffer_add_json(&body, slice_from(field));
    }
    buffer_add_byte(&body, '}');
    answer_json(x, status, &body);
}
