/*
 * http.h - a request and a response, in HTTP's words.
 * The same for FastCGI and CGI: a web server's parameters (RFC 3875) and a body go in, a status, a few
 * headers and a body come out. Knows nothing of what the requests are about.
 */
#ifndef CALLBOARD_HTTP_H
#define CALLBOARD_HTTP_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/form.h"

/* One bit each, so that a set of methods is a number. */
enum http_method {
    HTTP_GET = 1,
    HTTP_HEAD = 2,
    HTTP_POST = 4,
    HTTP_PUT = 8,
    HTTP_PATCH = 16,
    HTTP_DELETE = 32,
    HTTP_OPTIONS = 64,
    HTTP_UNKNOWN_METHOD = 128
};

/* What the web server wants: an answer for its client, or a yes or no about the credential. */
enum http_role {
    HTTP_RESPONDER,
    HTTP_AUTHORIZER
};

/* One name and value as the web server sent them: REQUEST_METHOD, HTTP_ACCEPT, … */
struct http_parameter {
    struct slice name;
    struct slice value;
};

struct http_request {
    struct arena *arena; /* everything below lives here or is static */
    enum http_role role;
    const struct http_parameter *parameters;
    size_t parameter_count;

    enum http_method method;
    struct slice method_name;
    struct slice
        mount; /* what a URL of ours has in front of its path: "" or "/cgi-bin/callboard.fcgi" */
    struct slice path;       /* decoded once, begins with "/" */
    struct slice query;      /* as sent, without "?" */
    struct slice media_type; /* of the body, "application/json"; empty when none was given */
    struct slice charset;    /* parameter of the media type; empty when none was given */
    bool length_given;       /* CONTENT_LENGTH was there */
    uint64_t length;         /* bytes that it announced */
    struct slice body;
    struct slice remote_user;    /* as the web server authenticated it; empty: nobody */
    struct slice remote_address; /* of the client */
    struct slice id;             /* for logs and X-Request-Id; 1-64 of 0-9 A-Z a-z . _ - */
    int64_t now_us;              /* when the request was complete, since the epoch */
    uint64_t serial;             /* counts the requests of this process */

    /* Not 0: the transport found this wrong, the status to answer with, and why. */
    int fault;
    const char *fault_text;
};

/*
 * The value of a parameter by its name ("HTTP_IF_NONE_MATCH"); the empty slice when it is not there. Of several with one name
 * the last counts: in a web server's configuration that is the one that an administrator wrote behind an included file.
 */
struct slice http_parameter(const struct http_request *request, const char *name);

/*
 * Fills in method, path, query, media type and so on from the parameters. The id is the web server's REQUEST_ID or the
 * client's X-Request-Id; when neither is well-formed it is left empty, for the transport to make one. What is wrong
 * becomes request->fault.
 *
 * The path is PATH_INFO, or DOCUMENT_URI, which web servers decode and normalise before they choose whom to
 * let in, or else REQUEST_URI decoded here, where "." and ".." segments are refused.
 */
void http_request_interpret(struct http_request *request);

/* True when the body is said to be of TYPE ("application/json"), in any case. */
bool http_body_is(const struct http_request *request, const char *type);

#define HTTP_FORM "application/x-www-form-urlencoded"

/* True when Accept-Language prefers LANGUAGE ("en") to every other that is named (RFC 9110, 12.5.4). */
bool http_prefers_language(const struct http_request *request, const char *language);

#define HTTP_HEADERS_MAX 12

struct http_header {
    const char *name;
    struct slice value;
};

struct http_response {
    int status;
    const char *content_type; /* NULL: none */
    struct slice body;        /* in the request's arena, or static */
    bool head_only;           /* HEAD or 304: say the length, leave the body out */
    bool streamed;            /* the body comes bit by bit: no length is said */
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
};

/* Adds a header; VALUE must live as long as the request. More than HTTP_HEADERS_MAX are dropped (the sets are
 * fixed by the code, and a test counts them). */
void http_response_header(struct http_response *response, const char *name, struct slice value);

/* The value of a header that was added, or the empty slice. */
struct slice http_response_find(const struct http_response *response, const char *name);

/*
 * Gives RESPONSE a weak validator of its body (RFC 9110, 8.8.3): W/"<length>-<hash>", and, when the request's
 * If-None-Match names it, turns a 200 into a 304 without a body.
 */
void http_response_etag(struct http_response *response, const struct http_request *request);

/* A strong validator of CONTENT, with its quotation marks, in ARENA: for If-Match (RFC 9110, 13.1.1). */
struct slice http_entity_tag(struct arena *arena, struct slice content);

/* True when LIST, the value of If-Match or If-None-Match, is "*" or has TAG in it, compared strongly. */
bool http_tags_include(struct slice list, struct slice tag);

/* The standard phrase of a status ("Not Found"). */
const char *http_reason(int status);

/*
 * Writes the head as a CGI script does (RFC 3875, section 6): Status, Content-Type, Content-Length, the
 * headers, X-Request-Id, an empty line. A header value with a control character is left out: no value can
 * begin a header of its own.
 */
void http_response_write_head(struct buffer *out, const struct http_response *response,
                              const struct http_request *request);

#endif
