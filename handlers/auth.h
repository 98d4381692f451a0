/*
 * auth.h - /auth, for web servers that ask whether somebody may come in (nginx: auth_request), and for the AUTHORIZER
 * role of FastCGI. The dispatcher has checked the credential when the plan is called.
 */
#ifndef CALLBOARD_AUTH_H
#define CALLBOARD_AUTH_H

#include "handlers/handler.h"

handler_plan auth_plan;

#endif
