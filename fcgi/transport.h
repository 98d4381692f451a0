/*
 * transport.h - what stands between a web server and the application, whatever protocol they speak.
 */
#ifndef CALLBOARD_TRANSPORT_H
#define CALLBOARD_TRANSPORT_H

#include "fcgi/http.h"

/* Bytes of parameters (headers, URL and the rest) that a request may have; more is answered with 413. */
#define TRANSPORT_PARAMETER_BYTES 65536

/* Bytes of a streamed answer that may wait for a slow client; then it is dropped. */
#define TRANSPORT_UNREAD_BYTES 262144

/*
 * A request that has been handed to the application, until it is answered. Its memory, and all that lives in its
 * arena, is the transport's and ends some time after the answer.
 */
struct transport_request {
    struct http_request http;
    struct arena arena;
    void (*answer)(struct transport_request *request, const struct http_response *response);

    /* False: its client has left, and the answer will be dropped. It is to be answered all the same. */
    bool (*wanted)(const struct transport_request *request);

    /*
     * An answer that goes on for as long as both sides like, instead of `answer`: `begin` with the head, `send` with whatever
     * comes, copied, and `end`, which has to be called in any case. False: the client has left, or it does not read what it
     * is sent (TRANSPORT_UNREAD_BYTES are waiting for it); only `end` makes sense then.
     */
    bool (*begin)(struct transport_request *request, const struct http_response *head);
    bool (*send)(struct transport_request *request, struct slice bytes);
    void (*end)(struct transport_request *request);
};

struct transport_application {
    void *self;
    /* The most bytes of body that this request, whose parameters are known, may send. */
    size_t (*body_limit)(void *self, const struct http_request *head);
    /* Takes a complete request (http.fault may be set) and calls request->answer once, now or later. */
    void (*handle)(void *self, struct transport_request *request);
};

/*
 * Bounds the request's arena for a body of LIMIT bytes: room for the parameters and the body, as sent and as
 * parsed. Compact JSON of a few bytes an element grows to some sixteen times its length as a tree.
 */
static inline void transport_bound_arena(struct arena *arena, size_t limit)
{
    arena->limit = ((size_t)4 << 20) + 16 * limit;
}

#endif
