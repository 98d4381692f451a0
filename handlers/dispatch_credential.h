/*
 * dispatch_credential.h - the dispatcher's part that deals with who is calling: makes the question of a request, and the
 * answer for whoever is not let in. Apart from dispatch.c so that each file is one idea.
 */
#ifndef CALLBOARD_DISPATCH_CREDENTIAL_H
#define CALLBOARD_DISPATCH_CREDENTIAL_H

#include "handlers/handler.h"

/*
 * For a route that wants a user. True: there is one, the web server has authenticated him. Else *next is HANDLER_CHECK
 * with x->question to be put, or HANDLER_ANSWER with a 401; or with a 500, when the web server asks nonsense.
 */
bool credential_find_user(struct exchange *x, enum handler_next *next);

/* The user of x->question, who was found to be good, becomes the request's. */
void credential_take_user(struct exchange *x);

/* For a route that wants a token, whose parameters are read: HANDLER_CHECK, or HANDLER_ANSWER with a 403. */
enum handler_next credential_find_token(struct exchange *x);

/* The answer when the verdict on x->question is not good. */
enum handler_next credential_turn_away(struct exchange *x, enum credential_verdict verdict);

#endif
