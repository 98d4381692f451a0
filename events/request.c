/*
 * request.c - what a request for the event stream asks for.
 */
#include "events/request.h"

#include <arpa/inet.h>

#include "base/buffer.h"
#include "base/form.h"

static bool refuse(struct request *request, int status, const char *why)
{
    request->kind = REQUEST_REFUSED;
    request->status = status;
    request->why = why;
    return false;
}

static void copy(char *out, size_t size, struct slice text)
{
    size_t length = text.length < size ? text.length : size - 1;
    if (length > 0)
        memcpy(out, text.data, length);
    out[length] = '\0';
}

/* TEXT for a log and a list: ASCII that is no control character. */
static void copy_clean(char *out, size_t size, struct slice text)
{
    copy(out, size, text);
    for (; *out; out++)
        if (*out < ' ' || *out > '~' || *out == '"' || *out == '\\')
            *out = '?';
}

static bool is_address(struct slice text)
{
    char address[CLIENT_ADDRESS_BYTES];
    unsigned char bytes[sizeof(struct in6_addr)];
    copy(address, sizeof address, text);
    return inet_pton(AF_INET, address, bytes) == 1 || inet_pton(AF_INET6, address, bytes) == 1;
}

/* The last one is what the web server in front has seen itself; those before it are a client's claim. */
static void read_address(struct slice forwarded, const char *peer, char *address)
{
    struct slice last = {0};
    while (forwarded.data)
        last = slice_trim(slice_cut(forwarded, ',', &forwarded));
    copy(address, CLIENT_ADDRESS_BYTES, is_address(last) ? last : slice_from(peer));
}

/*
 * A page elsewhere must not connect with what the browser remembers of its user: Origin names the page's server, Host
 * ours. Programs send no Origin.
 */
static bool origin_is_good(const struct head *head, const char *origins)
{
    struct slice rest;
    if (!head->origin.length || events_list_has(origins, head->origin))
        return true;
    const char *colon = memmem(head->origin.data, head->origin.length, "://", 3);
    if (!colon)
        return false;
    rest = slice_of(colon + 3, head->origin.length - (size_t)(colon + 3 - head->origin.data));
    return slice_equal_nocase(rest, head->host);
}

/* ---- the query ---- */

static bool flag(const struct form *form, const char *name)
{
    struct slice value = {0};
    form_find(form, name, &value);
    return slice_is(value, "1") || slice_is(value, "true") || slice_is(value, "yes");
}

static bool read_elements(struct slice list, unsigned *elements)
{
    enum element element;
    *elements = 0;
    while (list.data) {
        if (!element_named(slice_trim(slice_cut(list, ',', &list)), &element))
            return false;
        *elements |= 1u << element;
    }
    return true;
}

static bool read_query(struct slice query, const struct head *head, struct arena *arena,
                       struct request *request)
{
    struct form form;
    struct slice value = {0}, since = head->last_event_id;
    struct arrival *arrival = &request->arrival;
    if (!form_parse(arena, query, &form, NULL))
        return refuse(request, 400, "the query cannot be read");
    form_find(&form, "app_name", &value);
    copy_clean(arrival->app_name, sizeof arrival->app_name, value);
    arrival->force = flag(&form, "force");
    request->full_events = flag(&form, "full_events");
    arrival->elements = ELEMENTS_ALL;
    if (arrival->wire == WIRE_BINARY)
        return true;
    if (form_find(&form, "element", &value) != FORM_MISSING &&
        !read_elements(value, &arrival->elements))
        return refuse(request, 400, "element: there is no such kind of element");
    value = slice_of(NULL, 0);
    form_find(&form, "user", &value);
    copy(arrival->user, sizeof arrival->user, value);
    value = slice_of(NULL, 0);
    form_find(&form, "group", &value);
    copy(arrival->group, sizeof arrival->group, value);
    /* A browser that reconnects by itself sends the URL as it was, and Last-Event-ID: that is the newer one. */
    if (!since.length)
        form_find(&form, "since", &since);
    arrival->resumes = since.length > 0 && stream_id_read(since, &arrival->since);
    return true;
}

/* ---- who it is ---- */

/*
 * A page can set no header of a WebSocket but the subprotocols that it offers. So its credential may be one of them, beside
 * "events": "basic." and NAME:SECRET in base64url without padding (RFC 4648, section 5).
 */
static struct slice offered_credential(struct slice offers, struct arena *arena)
{
    static const char mark[] = "basic.", scheme[] = "Basic ";
    while (offers.data) {
        struct slice offer = slice_trim(slice_cut(offers, ',', &offers));
        struct buffer header = buffer_in(arena);
        if (!slice_starts(offer, mark))
            continue;
        buffer_add_string(&header, scheme);
        for (size_t i = sizeof mark - 1; i < offer.length; i++)
            buffer_add_byte(&header, offer.data[i] == '-'   ? '+'
                                     : offer.data[i] == '_' ? '/'
                                                            : offer.data[i]);
        for (size_t length = offer.length - (sizeof mark - 1); length % 4 > 0; length++)
            buffer_add_byte(&header, '=');
        return buffer_slice(&header);
    }
    return slice_of(NULL, 0);
}

/* ---- all of it ---- */

static bool read_upgrade(const struct head *head, struct request *request)
{
    if (!head->http_1_1 || !head_list_has(head->connection, "upgrade"))
        return refuse(request, 400, "this is no WebSocket handshake");
    if (!slice_is(head->version, "13"))
        return refuse(request, 426, "WebSocket version 13 is spoken here");
    if (head->key.length != 24 || !slice_is_name(head->key, "+/="))
        return refuse(request, 400, "Sec-WebSocket-Key is malformed");
    request->key = head->key;
    request->arrival.subprotocol = head_list_has(head->protocols, "events");
    return true;
}

static const struct {
    const char *path;
    enum request_kind kind;
    bool basix;
} paths[] = {
    {"/basix/api/ws_cti", REQUEST_STREAM, true},
    {"/events", REQUEST_STREAM, false},
    {"/events/connections", REQUEST_LIST, false},
};
#define PATHS (sizeof paths / sizeof *paths)

void request_write_paths(struct buffer *out)
{
    for (size_t i = 0; i < PATHS; i++)
        buffer_format(out, "GET %s\n", paths[i].path);
}

static bool read_path(const struct head *head, struct request *request)
{
    bool upgrade = head_list_has(head->upgrade, "websocket");
    size_t i = 0;
    while (i < PATHS && !slice_is(head->path, paths[i].path))
        i++;
    if (i == PATHS)
        return refuse(request, 404, "there is nothing at this path");
    if (!slice_is(head->method, "GET"))
        return refuse(request, 405, "this method is not allowed here");
    request->kind = paths[i].kind;
    request->arrival.wire = paths[i].basix ? WIRE_BINARY : upgrade ? WIRE_TEXT : WIRE_SSE;
    if (request->kind == REQUEST_LIST)
        return true;
    if (paths[i].basix && !upgrade)
        return refuse(request, 426, "this is for WebSocket clients");
    return !upgrade || read_upgrade(head, request);
}

void request_read(const struct head *head, const char *origins, const char *peer,
                  struct arena *arena, struct request *request)
{
    *request = (struct request){.kind = REQUEST_STREAM};
    read_address(head->forwarded_for, peer, request->arrival.address);
    request->authorization = head->authorization.length > 0
                                 ? head->authorization
                                 : offered_credential(head->protocols, arena);
    if (read_path(head, request) && !origin_is_good(head, origins))
        refuse(request, 403, "pages of this origin may not connect");
    else if (request->kind != REQUEST_REFUSED)
        read_query(head->query, head, arena, request);
}

void request_finish(struct request *request, const struct access *access)
{
    request->arrival.access = *access;
    request->arrival.own = *access->user && !(request->full_events && access->administrator);
    if (request->kind == REQUEST_LIST && *access->user && !access->administrator)
        refuse(request, 403, "this is for administrators");
}
