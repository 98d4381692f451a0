/*
 * exchange.c - made-up requests and replies, to call handlers without any server.
 */
#include "exchange.h"

#include <stdio.h>
#include <stdlib.h>

void fixture_parameter(struct fixture *f, const char *name, const char *value)
{
    size_t i = 0;
    while (i < f->request.parameter_count && !slice_is(f->parameters[i].name, name))
        i++;
    if (i == sizeof f->parameters / sizeof *f->parameters)
        abort();
    if (i == f->request.parameter_count)
        f->request.parameter_count++;
    f->parameters[i] = (struct http_parameter){slice_from(name), slice_from(value)};
}

void fixture_init(struct fixture *f, const char *method, const char *uri)
{
    *f = (struct fixture){0};
    arena_init(&f->arena, (size_t)64 << 20);
    f->request.arena = &f->arena;
    f->request.parameters = f->parameters;
    f->request.now_us = 1795219200000000;
    const char *query = strchr(uri, '?');
    fixture_parameter(f, "REQUEST_METHOD", method);
    fixture_parameter(f, "REQUEST_URI", uri);
    fixture_parameter(f, "QUERY_STRING", query ? query + 1 : "");
    fixture_parameter(f, "REMOTE_USER", "tester");
    fixture_parameter(f, "REQUEST_ID", "test-1");
}

void fixture_body(struct fixture *f, const char *type, struct slice body)
{
    char length[24];
    snprintf(length, sizeof length, "%zu", body.length);
    fixture_parameter(f, "CONTENT_TYPE", type);
    fixture_parameter(f, "CONTENT_LENGTH", arena_copy(&f->arena, slice_from(length)).data);
    f->request.body = body;
}

void fixture_json(struct fixture *f, const char *body)
{
    fixture_body(f, "application/json", slice_from(body));
}

void fixture_form(struct fixture *f, const char *body)
{
    fixture_body(f, "application/x-www-form-urlencoded", slice_from(body));
}

void fixture_plan(struct fixture *f)
{
    http_request_interpret(&f->request);
    f->next = dispatch_plan(&f->x, &f->request, &f->context);
    if (f->next == HANDLER_CHECK)
        f->next = dispatch_checked(&f->x, f->verdict);
}

void fixture_render(struct fixture *f, const struct store_reply *replies)
{
    f->next = dispatch_render(&f->x, replies);
}

struct slice fixture_command(struct fixture *f, size_t index)
{
    struct buffer line = buffer_in(&f->arena);
    const struct store_command *command = f->x.batch.first;
    while (command && index--)
        command = command->next;
    for (size_t i = 0; command && i < command->count; i++) {
        buffer_add_string(&line, i ? " " : "");
        buffer_add(&line, command->words[i]);
    }
    return buffer_slice(&line);
}

void fixture_free(struct fixture *f)
{
    arena_free(&f->x.step_arenas[0]);
    arena_free(&f->x.step_arenas[1]);
    arena_free(&f->arena);
}

struct store_reply reply_nil(void)
{
    return (struct store_reply){.kind = STORE_NIL};
}

struct store_reply reply_ok(void)
{
    return (struct store_reply){.kind = STORE_STATUS, .text = SLICE_LITERAL("OK")};
}

struct store_reply reply_integer(int64_t integer)
{
    return (struct store_reply){.kind = STORE_INTEGER, .integer = integer};
}

struct store_reply reply_string(const char *text)
{
    return (struct store_reply){.kind = STORE_STRING, .text = slice_from(text)};
}

struct store_reply reply_error(const char *text)
{
    return (struct store_reply){.kind = STORE_ERROR, .text = slice_from(text)};
}
