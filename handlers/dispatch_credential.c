/*
 * dispatch_credential.c - the dispatcher's part that deals with who is calling.
 */
#include "handlers/dispatch_credential.h"

#include "base/log.h"
#include "handlers/answer.h"
#include "htpasswd/basic.h"
#include "htpasswd/settings.h"

/* Seconds after which a client may try again when its password cannot be checked now. */
#define RETRY_SECONDS 1

static enum handler_next refuse_user(struct exchange *x)
{
    answer_fail(x, 401, NULL, "this path wants a user name and password");
    http_response_header(&x->response, "WWW-Authenticate",
                         slice_from("Basic realm=\"callboard\", charset=\"UTF-8\""));
    return HANDLER_ANSWER;
}

/*
 * The group whose credentials count: the route's. /auth is asked on behalf of other paths, so there the web server may
 * say which; a header of a client never has this name.
 */
static bool find_group(const struct exchange *x, enum credential_group *group)
{
    *group = (enum credential_group)(x->route->credential - CREDENTIAL_USER);
    struct slice asked = http_parameter(x->request, "CALLBOARD_GROUP");
    return *group != GROUP_AUTH || asked.length == 0 || credentials_group_named(asked, group);
}

/* Where the web server is to authenticate GROUP and asks /auth for that, the answer cannot be left to it again. */
static enum credential_way way_of(const struct exchange *x, enum credential_group group)
{
    const struct credentials_settings *settings = x->context->credentials;
    if (!settings)
        return WAY_WEBSERVER;
    enum credential_way way = credentials_way(settings, group);
    bool is_auth = x->route->credential == CREDENTIAL_USER + GROUP_AUTH;
    return is_auth && way == WAY_WEBSERVER ? credentials_way(settings, GROUP_AUTH) : way;
}

static enum handler_next refuse_group(struct exchange *x)
{
    log_error("id=%.*s CALLBOARD_GROUP, which the web server sets, names no group of routes",
              SLICE_ARGUMENTS(x->request->id));
    return answer_fail(x, 500, NULL, "the web server asks for a group of routes that is none");
}

/*
 * Takes user and password out of the request. Apache's mod_authnz_fcgi hands an authorizer both, taken apart; nothing that
 * a client sends becomes a variable of these names.
 */
static bool read_user(const struct exchange *x, struct slice *user, struct slice *password)
{
    const struct http_request *request = x->request;
    *user = request->remote_user;
    *password = http_parameter(request, "REMOTE_PASSWD");
    if (request->role == HTTP_AUTHORIZER && user->length && password->length)
        return true;
    return basic_read(x->arena, http_parameter(request, "HTTP_AUTHORIZATION"), user, password);
}

/* A site without any check of passwords looks like wrong passwords to its callers. */
static void tell_owner(const struct exchange *x)
{
    if (http_parameter(x->request, "HTTP_AUTHORIZATION").length)
        log_warning(
            "id=%.*s a password came that nobody has checked: auth is webserver, and the web "
            "server names no user; should it be auth = htpasswd?",
            SLICE_ARGUMENTS(x->request->id));
}

/* REMOTE_USER counts only where the web server authenticates: elsewhere it may be what a client claims. */
bool credential_find_user(struct exchange *x, enum handler_next *next)
{
    struct slice user, password;
    enum credential_group group;
    if (!find_group(x, &group)) {
        *next = refuse_group(x);
        return false;
    }
    enum credential_way way = way_of(x, group);
    if (way == WAY_WEBSERVER && x->request->remote_user.length)
        return true;
    if (way == WAY_WEBSERVER)
        tell_owner(x);
    if (way == WAY_WEBSERVER || !read_user(x, &user, &password)) {
        *next = refuse_user(x);
        return false;
    }
    x->question = (struct credential_question){.kind = way == WAY_PAM ? CREDENTIAL_KIND_PAM
                                                                      : CREDENTIAL_KIND_HTPASSWD,
                                               .group = group,
                                               .user = user,
                                               .secret = password,
                                               .address = x->request->remote_address};
    *next = HANDLER_CHECK;
    return false;
}

void credential_take_user(struct exchange *x)
{
    struct http_request *known = arena_alloc(x->arena, sizeof *known);
    if (!known)
        return; /* the arena remembers, and the answer will be a 503 */
    *known = *x->request;
    known->remote_user = x->question.user;
    x->request = known;
}

/* The parameter `token`, to be put to the question; one that is sent twice is none. */
enum handler_next credential_find_token(struct exchange *x)
{
    struct slice token = {0};
    enum form_presence in_url = form_find(&x->query, "token", &token);
    enum form_presence in_body = form_find(&x->form, "token", &token);
    if (in_url == FORM_MISSING && in_body == FORM_MISSING)
        return answer_fail(x, 403, "token", "token is missing");
    if (in_url == FORM_REPEATED || in_body == FORM_REPEATED ||
        (in_url == FORM_ONCE && in_body == FORM_ONCE))
        return answer_fail(x, 403, "token", "token is given more than once");
    x->question = (struct credential_question){
        .kind = CREDENTIAL_KIND_TOKEN, .secret = token, .address = x->request->remote_address};
    return HANDLER_CHECK;
}

static enum handler_next answer_slow_down(struct exchange *x)
{
    struct buffer seconds = buffer_in(x->arena);
    buffer_add_number(&seconds, CREDENTIAL_SLOW_SECONDS);
    answer_fail(x, 429, NULL, "too many wrong passwords; wait before the next try");
    http_response_header(&x->response, "Retry-After", buffer_slice(&seconds));
    return HANDLER_ANSWER;
}

enum handler_next credential_turn_away(struct exchange *x, enum credential_verdict verdict)
{
    if (verdict == VERDICT_SLOW_DOWN)
        return answer_slow_down(x);
    if (verdict == VERDICT_UNAVAILABLE)
        return answer_busy(x, RETRY_SECONDS, "the password cannot be checked now; try again");
    if (x->question.kind == CREDENTIAL_KIND_TOKEN)
        return answer_fail(x, 403, "token", "this token is not known");
    return refuse_user(x);
}
