/*
 * cgi.h - one request as a CGI program (RFC 3875): parameters in the environment, the body on standard input, the
 * answer on standard output.
 */
#ifndef CALLBOARD_CGI_H
#define CALLBOARD_CGI_H

#include "fcgi/transport.h"

/*
 * Reads the request and hands it to APPLICATION, which may answer later; ANSWERED is called with SELF when the answer has
 * been written. Waits at most SECONDS for the body. False and *error when there is no memory to begin with.
 */
bool cgi_serve(const struct transport_application *application, int64_t seconds,
               void (*answered)(void *self), void *self, struct error *error);

#endif
