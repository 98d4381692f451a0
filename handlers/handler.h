/*
 * handler.h - the contract of every resource: two pure steps.
 *
 *     plan    request           -> Redis commands (a batch), or a response at once
 *     render  request + replies -> a response, or one more batch
 *
 * A step never waits and never touches a socket, a clock, a random source, hiredis or libuv: time and request
 * id come with the request. So a test calls it with made-up requests and replies, and no server runs.
 */
#ifndef CALLBOARD_HANDLER_H
#define CALLBOARD_HANDLER_H

#include "base/metrics.h"
#include "fcgi/http.h"
#include "htpasswd/credential.h"
#include "store/batch.h"
#include "store/packet.h"

struct copies;
struct cdr_settings;
struct credentials_settings;
struct cticache_settings;
struct directory_settings;
struct phonecalls_settings;
struct notifications_settings;
struct live_names_settings;
struct exchange;

/* What a step returns, and so what comes next. */
enum handler_next {
    HANDLER_ANSWER, /* x->response is the answer */
    HANDLER_ASK,    /* x->batch is to be asked, and render called */
    HANDLER_SPOOL,  /* x->spool is to be written to the disk, and render called with NULL */
    HANDLER_WAIT,   /* render is to be called with NULL when something may have come: x->wait */
    HANDLER_STREAM, /* x->response is the head of an answer of what is heard on x->stream */
    HANDLER_CHECK /* the dispatcher's alone: x->question is to be put, and dispatch_checked called */
};

typedef enum handler_next handler_plan(struct exchange *x);

/*
 * REPLIES has one element for each command of the batch, in order. It is NULL when Redis is away and the
 * route has ROUTE_WITHOUT_STORE; other routes never see that, they have been answered with 503.
 */
typedef enum handler_next handler_render(struct exchange *x, const struct store_reply *replies);

/* Answers with an error in the form that the route's clients expect. FIELD is what the client sent wrong, or
 * NULL; TEXT, copied, says what would be right. */
typedef void handler_fail(struct exchange *x, int status, const char *field, const char *text);

/* Who may call a route. */
enum route_credential {
    CREDENTIAL_NONE,  /* anybody */
    CREDENTIAL_TOKEN, /* whoever has an API token: parameter `token` of the URL or of a form body */
    /* a user, found out as `auth` in the section says: of [callboard], [cticache], … */
    CREDENTIAL_USER,
    CREDENTIAL_USER_CTICACHE = CREDENTIAL_USER + GROUP_CTICACHE,
    CREDENTIAL_USER_DIRECTORY = CREDENTIAL_USER + GROUP_DIRECTORY,
    CREDENTIAL_USER_DIRECTORY_API = CREDENTIAL_USER + GROUP_DIRECTORY_API,
    CREDENTIAL_USER_NOTIFICATIONS = CREDENTIAL_USER + GROUP_NOTIFICATIONS,
    CREDENTIAL_USER_STATUS = CREDENTIAL_USER + GROUP_STATUS,
    CREDENTIAL_USER_AUTH = CREDENTIAL_USER + GROUP_AUTH
};

/* Flags of a route. */
enum {
    ROUTE_JSON = 1,           /* takes a body of application/json */
    ROUTE_FORM = 2,           /* takes a body of application/x-www-form-urlencoded */
    ROUTE_WITHOUT_STORE = 4,  /* render is called without replies when Redis is away */
    ROUTE_BENCH = 8,          /* there only when the configuration says so */
    ROUTE_CSV = 16,           /* takes a body of text/csv */
    ROUTE_STEPS = 32,         /* takes many steps: see step_arenas */
    ROUTE_BODY_OPTIONAL = 64, /* POST and PUT may come without a body and a Content-Type */
    ROUTE_NDJSON = 128,       /* takes a body of application/x-ndjson */
    ROUTE_ANY_BODY = 512,     /* takes a body of any type, and reads it by itself */
    ROUTE_ABOUT = 1024,       /* answers about a request: its body and parameters are another's */
    ROUTE_MERGE_PATCH = 2048  /* takes a body of application/merge-patch+json */
};

#define ROUTE_CAPTURES 3

/* One line of the table in routes.c. */
struct route {
    const char *path; /* "/a/{b}/c": {b} stands for one segment, not empty */
    unsigned methods; /* of enum http_method; HTTP_GET includes HTTP_HEAD */
    enum route_credential credential;
    unsigned flags;
    size_t body_limit; /* bytes */
    handler_fail *fail;
    handler_plan *plan;
    handler_render *render; /* NULL when plan always answers */
};

/* What is the same for all requests of a worker. */
struct handler_context {
    const struct credentials_settings *credentials; /* NULL: the web server authenticates */
    const struct cticache_settings *cticache;
    const struct phonecalls_settings *phonecalls;
    const struct directory_settings *directory;
    struct copies *copies; /* what was last known, shared by all workers; NULL: nothing is kept */
    const struct notifications_settings *notifications;
    const struct cdr_settings *cdr;
    const struct live_names_settings *live_names;
    const struct metrics *metrics;
    struct metrics_worker *counts; /* the worker's own */
    int64_t id_seconds;            /* how long Redis remembers a packet's id */
    uint64_t origin; /* random, the worker's own: together with a request's serial it is unique */
    const char *version;
    bool bench; /* ROUTE_BENCH routes are there */
};

/* HANDLER_SPOOL: packets, and what became of them. */
struct handler_spool {
    const struct packet *packets; /* in order */
    size_t count;
    bool only_behind; /* only when the spool holds packets: then these must not overtake them */
    enum spool_outcome outcome;
};

/*
 * HANDLER_WAIT. Of all that wait for one name on a worker the one that has waited longest is called from time to time; when it
 * does not wait again, the next one is called at once. So waiting costs Redis the same whatever their number.
 */
struct handler_wait {
    struct slice name; /* what is waited for */
    int64_t until_us;  /* since the epoch */
    bool over;         /* it is later than that, or the worker ends: do not wait again */
};

/* HANDLER_STREAM: PubSub channels whose messages are sent on. */
struct handler_stream {
    struct slice channel;
    struct slice pattern; /* or empty */
    /* Adds what is sent for a message TEXT, or, when CHANNEL is empty, to keep the connection alive. */
    void (*event)(struct buffer *out, struct slice channel, struct slice text);
};

/* One request on its way through the house. */
struct exchange {
    const struct http_request *request;
    const struct handler_context *context;
    struct arena *arena; /* the request's; everything made for it lives here */
    const struct route *route;
    size_t route_index; /* for metrics */
    struct slice captures[ROUTE_CAPTURES];
    struct form query; /* the URL's parameters */
    struct form form;  /* the body's fields, when it is a form */
    struct credential_question question;
    void *notes; /* the handler's own, from plan to render */
    struct store_batch batch;
    /*
     * Of ROUTE_STEPS. A batch, what is made in batch.arena for it, and its replies are freed when the step that
     * was given the replies is over; so a request of a thousand steps needs no more memory than one of two. What
     * is to last longer goes into `arena`.
     */
    struct arena step_arenas[2];
    bool
        shows_failures; /* set by a step: render is shown that Redis is away, or what it says of itself */
    struct handler_spool spool;
    struct handler_wait wait;
    struct handler_stream stream;
    struct http_response response;
};

#endif
