/*
 * request.h - one FastCGI request, on its connection.
 * For connection.c and intake.c; the application sees its transport_request alone.
 */
#ifndef CALLBOARD_REQUEST_H
#define CALLBOARD_REQUEST_H

#include <uv.h>

#include "fcgi/record.h"
#include "fcgi/transport.h"

struct connection;

enum request_phase {
    REQUEST_PARAMETERS, /* FCGI_PARAMS are coming */
    REQUEST_BODY,       /* FCGI_STDIN is coming */
    REQUEST_HANDED,     /* the application has it */
    REQUEST_STREAMING,  /* the application has it, and has begun to answer */
    REQUEST_WRITING     /* the answer is on its way */
};

struct fcgi_request {
    struct transport_request common; /* first, so that the one is the other */
    struct connection *connection;   /* NULL: it has ended */
    uint16_t id;
    bool keep;    /* FCGI_KEEP_CONN */
    bool aborted; /* FCGI_ABORT_REQUEST came: nobody waits for the answer */
    enum request_phase phase;
    struct buffer parameters;
    struct buffer body;
    size_t body_limit;
    uint64_t since_ms; /* the phase's deadline counts from here */
    uv_write_t write;
    struct fcgi_request *next, *previous;
};

/* A new request ID on CONNECTION, whose parameters are still to come; NULL without memory. */
struct fcgi_request *request_new(struct connection *connection, uint16_t id, int role, bool keep);

/* The request ID of CONNECTION; NULL when there is none. */
struct fcgi_request *request_find(const struct connection *connection, uint16_t id);

/* True while the application has it, and will answer. */
bool request_is_handed(const struct fcgi_request *request);

/* Takes a part of FCGI_PARAMS; of FCGI_STDIN. What is too much becomes a fault. */
void request_add_parameters(struct fcgi_request *request, struct slice part);
void request_add_body(struct fcgi_request *request, struct slice part);

/* The parameters are complete: an AUTHORIZER's request goes to the application now, any other waits for its body. */
void request_parameters_complete(struct fcgi_request *request);

/* Notes what is wrong, STATUS and a static TEXT; the first fault stays. */
void request_fault(struct fcgi_request *request, int status, const char *text);

/* Gives a request that is complete, or as complete as it will be, to the application. May end the connection. */
void request_hand_over(struct fcgi_request *request);

/* FCGI_ABORT_REQUEST came: section 5.4. May end the connection. */
void request_abort(struct fcgi_request *request);

/* Parts a request, which the application still has, from its connection, which ends; or frees it. */
void request_unlink(struct fcgi_request *request);
void request_free(struct fcgi_request *request);

#endif
