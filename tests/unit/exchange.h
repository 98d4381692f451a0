/*
 * exchange.h - made-up requests and replies, to call handlers without any server.
 */
#ifndef CALLBOARD_TEST_EXCHANGE_H
#define CALLBOARD_TEST_EXCHANGE_H

#include "handlers/dispatch.h"

/* One request under test; all its memory is in `arena`, freed by fixture_free. */
struct fixture {
    struct arena arena;
    struct http_request request;
    struct http_parameter parameters[40];
    struct handler_context context;
    struct exchange x;
    enum credential_verdict verdict;
    enum handler_next next; /* what the last step returned */
};

/* A request METHOD URI ("/path?query") by user "tester" at 2026-11-21T00:00:00Z. context is empty: fill in settings. */
void fixture_init(struct fixture *f, const char *method, const char *uri);

/* Adds or replaces a parameter ("HTTP_ACCEPT", "REMOTE_USER"). */
void fixture_parameter(struct fixture *f, const char *name, const char *value);

/* Gives the request a body with its type and length. */
void fixture_body(struct fixture *f, const char *type, struct slice body);
void fixture_json(struct fixture *f, const char *body);
void fixture_form(struct fixture *f, const char *body);

/*
 * Runs the first step, through the dispatcher, with f->verdict (VERDICT_GOOD unless set) on the credential, if the
 * route asks for one to be checked; f->x.question then shows what was asked.
 */
void fixture_plan(struct fixture *f);

/* Runs the next step with one reply a command; NULL: Redis is away. */
void fixture_render(struct fixture *f, const struct store_reply *replies);

/* The batch's command number INDEX as one line, words separated by spaces. */
struct slice fixture_command(struct fixture *f, size_t index);

void fixture_free(struct fixture *f);

/* Replies. */
struct store_reply reply_nil(void);
struct store_reply reply_ok(void);
struct store_reply reply_integer(int64_t integer);
struct store_reply reply_string(const char *text);
struct store_reply reply_error(const char *text);

#endif
