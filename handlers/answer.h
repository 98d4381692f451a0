/*
 * answer.h - the answers that handlers have in common.
 */
#ifndef CALLBOARD_ANSWER_H
#define CALLBOARD_ANSWER_H

#include "handlers/handler.h"

#define CONTENT_JSON "application/json; charset=utf-8"

/* Answers STATUS with BODY, compact JSON. Returns HANDLER_ANSWER, to be returned. */
enum handler_next answer_json(struct exchange *x, int status, const struct buffer *body);

/* Answers with the route's own form of an error (see handler_fail). Returns HANDLER_ANSWER. */
enum handler_next answer_fail(struct exchange *x, int status, const char *field, const char *text);

/* As answer_fail, the text made by printf. */
enum handler_next answer_fail_format(struct exchange *x, int status, const char *field,
                                     const char *format, ...) __attribute__((format(printf, 4, 5)));

/* As answer_fail with 503, and Retry-After in whole SECONDS. */
enum handler_next answer_busy(struct exchange *x, int64_t seconds, const char *text);

/*
 * For a reply that no healthy installation gives (a key of the wrong type, say): logs what Redis said and
 * answers 500. WHAT names what was asked for, without secrets.
 */
enum handler_next answer_surprise(struct exchange *x, const struct store_reply *reply,
                                  const char *what);

/* handler_fail of JSON routes: {"error":"ani must be …","field":"ani"}. */
handler_fail fail_json;

#endif
