/*
 * intake.c - what becomes of the records of a connection: requests grow, management records are answered.
 * Section numbers are those of the FastCGI Specification 1.0.
 */
#include "fcgi/intake.h"

#include "fcgi/connection.h"
#include "fcgi/request.h"

/* FCGI_GET_VALUES: section 4.1. */
static bool answer_values(struct connection *connection)
{
    static const struct {
        const char *name, *value;
    } known[] = {{FCGI_MAX_CONNS, "1024"}, {FCGI_MAX_REQS, "65536"}, {FCGI_MPXS_CONNS, "1"}};
    struct arena arena;
    arena_init(&arena, 65536);
    struct buffer pairs = buffer_in(&arena), out = buffer_in(&arena);
    struct slice name, value, rest = slice_of(connection->small, connection->small_length);
    bool torn;
    while (record_next_pair(&rest, &name, &value, &torn))
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (slice_is(name, known[i].name))
                record_add_pair(&pairs, name, slice_from(known[i].value));
    record_add(&out, FCGI_GET_VALUES_RESULT, FCGI_NULL_REQUEST_ID, buffer_slice(&pairs));
    bool sent = !out.failed && connection_send(connection, buffer_slice(&out));
    arena_free(&arena);
    return sent;
}

/* Any other management record: section 4.2. */
static bool answer_unknown_type(struct connection *connection, uint8_t type)
{
    struct arena arena;
    arena_init(&arena, 65536);
    struct buffer out = buffer_in(&arena);
    const char body[sizeof(FCGI_UnknownTypeBody)] = {(char)type};
    record_add(&out, FCGI_UNKNOWN_TYPE, FCGI_NULL_REQUEST_ID, slice_of(body, sizeof body));
    bool sent = !out.failed && connection_send(connection, buffer_slice(&out));
    arena_free(&arena);
    return sent;
}

static bool refuse_request(struct connection *connection, uint16_t id, uint8_t protocol_status)
{
    struct arena arena;
    arena_init(&arena, 65536);
    struct buffer out = buffer_in(&arena);
    record_add_end(&out, id, protocol_status);
    bool sent = !out.failed && connection_send(connection, buffer_slice(&out));
    arena_free(&arena);
    return sent;
}

/* FCGI_BEGIN_REQUEST: section 5.1. False when the peer breaks the protocol. */
static bool begin_request(struct connection *connection, uint16_t id)
{
    const unsigned char *body = (const unsigned char *)connection->small;
    int role = body[0] << 8 | body[1];
    if (connection->small_length != sizeof(FCGI_BeginRequestBody) || request_find(connection, id))
        return false;
    if (role != FCGI_RESPONDER && role != FCGI_AUTHORIZER)
        return refuse_request(connection, id, FCGI_UNKNOWN_ROLE);
    if (connection->request_count == CONNECTION_REQUESTS)
        return refuse_request(connection, id, FCGI_OVERLOADED);
    if (!request_new(connection, id, role, body[2] & FCGI_KEEP_CONN))
        return refuse_request(connection, id, FCGI_OVERLOADED);
    return true;
}

static bool on_record_begin(void *self, const struct record_header *header)
{
    (void)header;
    ((struct connection *)self)->small_length = 0;
    return true;
}

static bool on_record_content(void *self, const struct record_header *header, struct slice part)
{
    struct connection *connection = self;
    struct fcgi_request *request = NULL;
    if (header->type == FCGI_PARAMS || header->type == FCGI_STDIN)
        request = request_find(connection, header->request_id);
    if (request && header->type == FCGI_PARAMS && request->phase == REQUEST_PARAMETERS) {
        request_add_parameters(request, part);
    } else if (request && header->type == FCGI_STDIN && request->phase == REQUEST_BODY) {
        request_add_body(request, part);
    } else if (header->type == FCGI_BEGIN_REQUEST || header->request_id == FCGI_NULL_REQUEST_ID) {
        size_t room = sizeof connection->small - connection->small_length;
        size_t length = part.length < room ? part.length : room;
        memcpy(connection->small + connection->small_length, part.data, length);
        connection->small_length += length;
    }
    return true;
}

/* The record is complete; false ends the connection. Records of requests unknown here are ignored: section 3.3. */
static bool on_record_end(void *self, const struct record_header *header)
{
    struct connection *connection = self;
    struct fcgi_request *request;
    if (header->request_id == FCGI_NULL_REQUEST_ID) {
        if (header->type == FCGI_GET_VALUES)
            return answer_values(connection);
        return header->type != FCGI_BEGIN_REQUEST && answer_unknown_type(connection, header->type);
    }
    if (header->type == FCGI_BEGIN_REQUEST)
        return begin_request(connection, header->request_id);
    request = request_find(connection, header->request_id);
    if (!request)
        return true;
    if (header->type == FCGI_ABORT_REQUEST)
        request_abort(request);
    else if (header->content_length == 0 && header->type == FCGI_PARAMS &&
             request->phase == REQUEST_PARAMETERS)
        request_parameters_complete(request);
    else if (header->content_length == 0 && header->type == FCGI_STDIN &&
             request->phase == REQUEST_BODY)
        request_hand_over(request);
    return !connection->closing;
}

const struct record_events intake_events = {on_record_begin, on_record_content, on_record_end};
