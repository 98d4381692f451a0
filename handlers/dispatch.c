/*
 * dispatch.c - what all routes share, done once in front of the table.
 * Each check is a function that returns false after having made the answer.
 */
#include "handlers/dispatch.h"

#include "base/json.h"
#include "base/log.h"
#include "handlers/answer.h"
#include "handlers/dispatch_credential.h"

/* The most memory of one step of a ROUTE_STEPS route: what it asks, and the replies. */
#define STEP_BYTES ((size_t)16 << 20)

/* Seconds after which a client may try again when Redis is away. */
#define RETRY_SECONDS 1

/* The path of the route that answers for an authorizer, whose request has another. */
#define AUTH_PATH "/auth"

/* Stands in for a route where none was found, so that there is always a form for errors. */
static const struct route no_route = {.path = "none", .fail = fail_json};

/* True when PATH is the route's; {…} segments go to CAPTURES (ROUTE_CAPTURES of them). */
static bool path_matches(const char *pattern, struct slice path, struct slice *captures)
{
    size_t count = 0;
    struct slice wanted = slice_from(pattern);
    while (wanted.data && path.data) {
        struct slice segment = slice_cut(path, '/', &path);
        struct slice template = slice_cut(wanted, '/', &wanted);
        if (template.length && template.data[0] == '{') {
            if (segment.length == 0 || count == ROUTE_CAPTURES)
                return false;
            captures[count++] = segment;
        } else if (!slice_equal(segment, template)) {
            return false;
        }
    }
    return !wanted.data && !path.data;
}

/* The path by which REQUEST finds its route. */
static struct slice path_of(const struct http_request *request)
{
    return request->role == HTTP_AUTHORIZER ? slice_from(AUTH_PATH) : request->path;
}

static unsigned methods_of(const struct route *route)
{
    return route->methods | (route->methods & HTTP_GET ? HTTP_HEAD : 0);
}

/*
 * The first route whose path and method match; NULL when none does, and *methods says then which ones the
 * path has (0: there is no such path).
 */
static const struct route *find_route(const struct http_request *request, bool bench,
                                      struct slice *captures, unsigned *methods)
{
    *methods = 0;
    for (size_t i = 0; i < route_count; i++) {
        if ((routes[i].flags & ROUTE_BENCH) && !bench)
            continue;
        if (!path_matches(routes[i].path, path_of(request), captures))
            continue;
        *methods |= methods_of(&routes[i]);
        if (methods_of(&routes[i]) & request->method)
            return &routes[i];
    }
    return NULL;
}

size_t dispatch_body_limit(const struct http_request *request)
{
    struct slice captures[ROUTE_CAPTURES];
    unsigned methods;
    const struct route *route = find_route(request, true, captures, &methods);
    return route ? route->body_limit : 0;
}

static void add_allow(struct exchange *x, unsigned methods)
{
    static const struct {
        enum http_method method;
        const char *name;
    } names[] = {{HTTP_GET, "GET"},        {HTTP_HEAD, "HEAD"},   {HTTP_POST, "POST"},
                 {HTTP_PUT, "PUT"},        {HTTP_PATCH, "PATCH"}, {HTTP_DELETE, "DELETE"},
                 {HTTP_OPTIONS, "OPTIONS"}};
    struct buffer allow = buffer_in(x->arena);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!((methods | HTTP_OPTIONS) & names[i].method))
            continue;
        if (allow.length)
            buffer_add_string(&allow, ", ");
        buffer_add_string(&allow, names[i].name);
    }
    http_response_header(&x->response, "Allow", buffer_slice(&allow));
}

static bool check_route(struct exchange *x)
{
    unsigned methods;
    if (path_of(x->request).length == 0) {
        answer_fail(x, x->request->fault ? x->request->fault : 400, NULL,
                    x->request->fault ? x->request->fault_text : "there is no path");
        return false;
    }
    const struct route *route = find_route(x->request, x->context->bench, x->captures, &methods);
    if (route) {
        x->route = route;
        x->route_index = (size_t)(route - routes);
        return true;
    }
    if (methods == 0) {
        answer_fail(x, 404, NULL, "there is nothing at this path");
    } else if (x->request->method == HTTP_OPTIONS) {
        x->response.status = 204;
        add_allow(x, methods);
    } else {
        answer_fail(x, 405, NULL, "this path does not take this method; see Allow");
        add_allow(x, methods);
    }
    return false;
}

static bool takes_body(const struct exchange *x)
{
    return x->request->method & (HTTP_POST | HTTP_PUT | HTTP_PATCH);
}

static bool check_body(struct exchange *x)
{
    const struct http_request *request = x->request;
    if (request->fault == 413)
        answer_fail_format(x, 413, NULL, "the body is larger than %zu bytes", x->route->body_limit);
    else if (request->fault)
        answer_fail(x, request->fault, NULL, request->fault_text);
    else if (request->length_given && request->length != request->body.length)
        answer_fail(x, 400, NULL, "the body is not as long as Content-Length says");
    else if (takes_body(x) && !request->length_given && request->body.length == 0 &&
             !(x->route->flags & ROUTE_BODY_OPTIONAL))
        answer_fail(x, 411, NULL, "a body with a Content-Length is needed");
    else
        return true;
    return false;
}

static bool check_content_type(struct exchange *x)
{
    static const struct {
        unsigned flag;
        const char *media_type;
    } known[] = {{ROUTE_JSON, "application/json"},
                 {ROUTE_FORM, HTTP_FORM},
                 {ROUTE_CSV, "text/csv"},
                 {ROUTE_NDJSON, "application/x-ndjson"},
                 {ROUTE_MERGE_PATCH, "application/merge-patch+json"}};
    const struct http_request *request = x->request;
    if (!takes_body(x) || (x->route->flags & ROUTE_ANY_BODY) ||
        (request->body.length == 0 && (x->route->flags & ROUTE_BODY_OPTIONAL)))
        return true;
    struct buffer wanted = buffer_in(x->arena);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!(x->route->flags & known[i].flag))
            continue;
        if (http_body_is(request, known[i].media_type)) {
            if (request->charset.length == 0 ||
                slice_equal_nocase(request->charset, slice_from("utf-8")))
                return true;
            answer_fail(x, 415, NULL, "the body must be in UTF-8");
            return false;
        }
        buffer_add_string(&wanted, wanted.length ? " or " : "");
        buffer_add_string(&wanted, known[i].media_type);
    }
    answer_fail_format(x, 415, NULL, "Content-Type must be %.*s",
                       SLICE_ARGUMENTS(buffer_slice(&wanted)));
    return false;
}

static bool read_parameters(struct exchange *x)
{
    struct error error;
    bool is_form =
        takes_body(x) && (x->route->flags & ROUTE_FORM) && http_body_is(x->request, HTTP_FORM);
    if (form_parse(x->arena, x->request->query, &x->query, &error) &&
        (!is_form || form_parse(x->arena, x->request->body, &x->form, &error)))
        return true;
    answer_fail(x, 400, NULL, error.text);
    return false;
}

/* An answer that needs no memory, for when there is none. */
static void answer_exhausted(struct exchange *x)
{
    x->response = (struct http_response){
        .status = 503,
        .content_type = CONTENT_JSON,
        .body = SLICE_LITERAL("{\"error\":\"the request needs more memory than it may have\"}")};
    http_response_header(&x->response, "Retry-After", slice_from("1"));
}

static bool is_exhausted(const struct exchange *x)
{
    return x->arena->exhausted || x->step_arenas[0].exhausted || x->step_arenas[1].exhausted;
}

/* What is done with every answer, wherever it was made. */
static enum handler_next finish(struct exchange *x, enum handler_next next)
{
    json_use_arena(NULL);
    if (is_exhausted(x)) {
        answer_exhausted(x);
        next = HANDLER_ANSWER;
    }
    if (next == HANDLER_ANSWER) {
        arena_free(&x->step_arenas[0]);
        arena_free(&x->step_arenas[1]);
    }
    if (next == HANDLER_ANSWER && x->request->method == HTTP_HEAD)
        x->response.head_only = true;
    return next;
}

static enum handler_next plan(struct exchange *x)
{
    if (x->route->flags & ROUTE_STEPS) {
        x->batch = store_batch_in(&x->step_arenas[0]);
        json_use_arena(x->batch.arena);
    }
    return finish(x, x->route->plan(x));
}

/* What stands between the credential and the plan; a token is among the parameters. */
static enum handler_next admit(struct exchange *x)
{
    const struct http_request *request = x->request;
    if ((x->route->flags & ROUTE_ABOUT) && request->fault != 0 && request->fault != 413)
        return finish(x, answer_fail(x, request->fault, NULL, request->fault_text));
    if (x->route->flags & ROUTE_ABOUT)
        return plan(x);
    if (!check_body(x) || !check_content_type(x) || !read_parameters(x))
        return finish(x, HANDLER_ANSWER);
    if (x->route->credential == CREDENTIAL_TOKEN)
        return finish(x, credential_find_token(x));
    return plan(x);
}

enum handler_next dispatch_plan(struct exchange *x, const struct http_request *request,
                                const struct handler_context *context)
{
    *x = (struct exchange){.request = request,
                           .context = context,
                           .arena = request->arena,
                           .route = &no_route,
                           .route_index = ROUTE_INDEX_NONE,
                           .batch = store_batch_in(request->arena)};
    arena_init(&x->step_arenas[0], STEP_BYTES);
    arena_init(&x->step_arenas[1], STEP_BYTES);
    json_use_arena(x->arena);
    if (!check_route(x))
        return finish(x, HANDLER_ANSWER);
    if (x->route->credential < CREDENTIAL_USER)
        return admit(x);
    enum handler_next next;
    return credential_find_user(x, &next) ? admit(x) : finish(x, next);
}

enum handler_next dispatch_checked(struct exchange *x, enum credential_verdict verdict)
{
    json_use_arena(x->arena);
    if (verdict != VERDICT_GOOD)
        return finish(x, credential_turn_away(x, verdict));
    if (x->route->credential == CREDENTIAL_TOKEN)
        return plan(x);
    credential_take_user(x);
    return admit(x);
}

static bool store_is_away(const struct exchange *x, const struct store_reply *replies)
{
    if (!replies)
        return true;
    for (size_t i = 0; i < x->batch.count && !x->shows_failures; i++) {
        if (store_reply_is_unavailable(&replies[i])) {
            log_warning("id=%.*s Redis refused: %.*s", SLICE_ARGUMENTS(x->request->id),
                        SLICE_ARGUMENTS(replies[i].text));
            return true;
        }
    }
    return false;
}

/* The step reads what the one before has asked from one arena, and asks from the other. */
static enum handler_next render_step(struct exchange *x, const struct store_reply *replies)
{
    struct arena *before = x->batch.arena;
    x->batch =
        store_batch_in(before == &x->step_arenas[0] ? &x->step_arenas[1] : &x->step_arenas[0]);
    json_use_arena(x->batch.arena);
    enum handler_next next = finish(x, x->route->render(x, replies));
    arena_free(before);
    return next;
}

enum handler_next dispatch_render(struct exchange *x, const struct store_reply *replies)
{
    json_use_arena(x->arena);
    if (store_is_away(x, replies)) {
        if (!x->shows_failures && !(x->route->flags & ROUTE_WITHOUT_STORE))
            return finish(x, answer_busy(x, RETRY_SECONDS, "storage is away; try again"));
        replies = NULL;
    }
    if (x->route->flags & ROUTE_STEPS)
        return render_step(x, replies);
    x->batch = store_batch_in(x->arena);
    return finish(x, x->route->render(x, replies));
}

enum handler_next dispatch_resume(struct exchange *x)
{
    json_use_arena(x->arena);
    x->batch = store_batch_in(x->arena);
    return finish(x, x->route->render(x, NULL));
}
