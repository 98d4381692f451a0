/*
 * auth.c - /auth: the answer for whoever is let in; others got the dispatcher's 401.
 */
#include "handlers/auth.h"

/*
 * An empty 200 lets the request through. The user's name goes along: in a header that nginx's auth_request_set can read,
 * and, for an authorizer, as the variable that the web server sets (FastCGI 1.0, section 6.3).
 */
enum handler_next auth_plan(struct exchange *x)
{
    bool authorizer = x->request->role == HTTP_AUTHORIZER;
    x->response.status = 200;
    http_response_header(&x->response, authorizer ? "Variable-REMOTE_USER" : "X-Remote-User",
                         x->request->remote_user);
    return HANDLER_ANSWER;
}
