/*
 * dispatch.h - what all routes share, done once in front of the table.
 * Finding the route, method, credential, body size and type, parameters; and behind it HEAD, OPTIONS and what
 * happens when Redis or memory is not there.
 */
#ifndef CALLBOARD_DISPATCH_H
#define CALLBOARD_DISPATCH_H

#include "handlers/handler.h"

/* The table of routes and its length (routes.c). */
extern const struct route routes[];
extern const size_t route_count;

/* The metrics index of requests that no route matched. */
#define ROUTE_INDEX_NONE (METRICS_ROUTES - 1)

/* The most bytes of body that the request whose parameters are known may send. */
size_t dispatch_body_limit(const struct http_request *request);

/*
 * Begins an exchange: *x is filled for REQUEST. Returns HANDLER_ANSWER with x->response ready to send,
 * HANDLER_CHECK with x->question to be put and dispatch_checked to be called, or what else is to be done: see
 * handler.h.
 */
enum handler_next dispatch_plan(struct exchange *x, const struct http_request *request,
                                const struct handler_context *context);

/* Goes on with the verdict on x->question. Returns as dispatch_plan, but for HANDLER_CHECK. */
enum handler_next dispatch_checked(struct exchange *x, enum credential_verdict verdict);

/* Goes on after HANDLER_SPOOL or HANDLER_WAIT. Returns as dispatch_plan. */
enum handler_next dispatch_resume(struct exchange *x);

/*
 * Goes on with REPLIES, one for each command of x->batch; NULL when Redis is away. Replies that are about
 * Redis itself (READONLY, OOM, …) count as away. Returns as dispatch_checked.
 */
enum handler_next dispatch_render(struct exchange *x, const struct store_reply *replies);

#endif
