/*
 * http.c - a request and a response, in HTTP's words.
 */
#include "fcgi/http.h"

#include <stdio.h>
#include <string.h>

struct slice http_parameter(const struct http_request *request, const char *name)
{
    struct slice wanted = slice_from(name);
    for (size_t i = request->parameter_count; i > 0; i--)
        if (slice_equal(request->parameters[i - 1].name, wanted))
            return request->parameters[i - 1].value;
    return slice_of(NULL, 0);
}

static bool fault(struct http_request *request, int status, const char *text)
{
    if (request->fault == 0) {
        request->fault = status;
        request->fault_text = text;
    }
    return false;
}

static enum http_method method_of(struct slice name)
{
    static const struct {
        const char *name;
        enum http_method method;
    } known[] = {{"GET", HTTP_GET},        {"HEAD", HTTP_HEAD},   {"POST", HTTP_POST},
                 {"PUT", HTTP_PUT},        {"PATCH", HTTP_PATCH}, {"DELETE", HTTP_DELETE},
                 {"OPTIONS", HTTP_OPTIONS}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (slice_is(name, known[i].name))
            return known[i].method;
    return HTTP_UNKNOWN_METHOD;
}

/* True when a segment of PATH is "." or "..": what a web server let in by would not be what we answer. */
static bool has_dot_segment(struct slice path)
{
    for (struct slice rest = path; rest.data;) {
        struct slice segment = slice_cut(rest, '/', &rest);
        if (slice_is(segment, ".") || slice_is(segment, ".."))
            return true;
    }
    return false;
}

/*
 * What stands in front of PATH in the URL that the client knows. That is SCRIPT_NAME, unless the web server has rewritten
 * the URL to get to the program; then it is in REQUEST_URI, where nothing but a plain directory is believed.
 */
static struct slice find_mount(const struct http_request *request, struct slice path)
{
    struct slice query, name = http_parameter(request, "SCRIPT_NAME"), front;
    struct error error;
    if (!percent_decode(request->arena,
                        slice_cut(http_parameter(request, "REQUEST_URI"), '?', &query), &front,
                        &error) ||
        front.length < path.length)
        return name;
    front.length -= path.length;
    if (memcmp(front.data + front.length, path.data, path.length) != 0 ||
        (front.length > 0 && (front.data[0] != '/' || front.data[front.length - 1] == '/')) ||
        slice_starts(front, "//"))
        return name;
    return front;
}

static bool interpret_path(struct http_request *request)
{
    struct slice path = http_parameter(request, "PATH_INFO");
    if (path.length > 0)
        request->mount = find_mount(request, path);
    else
        path = http_parameter(request, "DOCUMENT_URI");
    if (path.length == 0) {
        struct slice query, uri = http_parameter(request, "REQUEST_URI");
        struct error error;
        if (!percent_decode(request->arena, slice_cut(uri, '?', &query), &path, &error))
            return fault(request, 400, "the path is not percent-encoded properly");
    }
    if (path.length == 0 || path.data[0] != '/')
        return fault(request, 400, "the path does not begin with \"/\"");
    if (memchr(path.data, '\0', path.length))
        return fault(request, 400, "the path holds a NUL byte");
    request->path = path;
    if (has_dot_segment(path))
        return fault(request, 400, "the path has a segment \".\" or \"..\"");
    return true;
}

/* Content-Type = type/subtype *( ";" name "=" value ): RFC 9110, section 8.3. */
static void interpret_content_type(struct http_request *request)
{
    struct slice rest, value = http_parameter(request, "CONTENT_TYPE");
    request->media_type = slice_trim(slice_cut(value, ';', &rest));
    while (rest.data) {
        struct slice text, parameter = slice_trim(slice_cut(rest, ';', &rest));
        struct slice name = slice_trim(slice_cut(parameter, '=', &text));
        text = slice_trim(text);
        if (text.length >= 2 && text.data[0] == '"' && text.data[text.length - 1] == '"')
            text = slice_of(text.data + 1, text.length - 2);
        if (slice_equal_nocase(name, slice_from("charset")))
            request->charset = text;
    }
}

static void interpret_content_length(struct http_request *request)
{
    struct slice value = http_parameter(request, "CONTENT_LENGTH");
    request->length_given = value.length > 0;
    if (value.length && !slice_number(value, INT64_MAX, &request->length))
        fault(request, 400, "Content-Length is not a number");
}

static bool good_id(struct slice id)
{
    return id.length <= 64 && slice_is_name(id, "._-");
}

void http_request_interpret(struct http_request *request)
{
    request->id = http_parameter(request, "REQUEST_ID");
    if (!good_id(request->id))
        request->id = http_parameter(request, "HTTP_X_REQUEST_ID");
    if (!good_id(request->id))
        request->id = slice_of(NULL, 0);
    request->method_name = http_parameter(request, "REQUEST_METHOD");
    request->method = method_of(request->method_name);
    request->query = http_parameter(request, "QUERY_STRING");
    request->remote_user = http_parameter(request, "REMOTE_USER");
    request->remote_address = http_parameter(request, "REMOTE_ADDR");
    interpret_content_type(request);
    interpret_content_length(request);
    interpret_path(request);
}

bool http_body_is(const struct http_request *request, const char *type)
{
    return slice_equal_nocase(request->media_type, slice_from(type));
}

/* The quality, in thousandths, that one element of Accept-Language gives; RFC 9110, section 12.4.2. */
static int quality_of(struct slice parameters)
{
    struct slice digits, name = slice_trim(slice_cut(slice_trim(parameters), '=', &digits));
    digits = slice_trim(digits);
    if (!slice_equal_nocase(name, slice_from("q")) || digits.length == 0)
        return 1000;
    if (digits.data[0] != '0')
        return 1000;
    int quality = 0, unit = 100;
    for (size_t i = 2; i < digits.length && i < 5; i++, unit /= 10)
        if (digits.data[i] >= '0' && digits.data[i] <= '9')
            quality += unit * (digits.data[i] - '0');
    return quality;
}

bool http_prefers_language(const struct http_request *request, const char *language)
{
    struct slice rest = http_parameter(request, "HTTP_ACCEPT_LANGUAGE");
    bool preferred = false;
    int best = 0;
    while (rest.data) {
        struct slice parameters, subtags, element = slice_cut(rest, ',', &rest);
        struct slice range = slice_trim(slice_cut(element, ';', &parameters));
        int quality = quality_of(parameters);
        if (range.length == 0 || quality <= best)
            continue;
        best = quality;
        preferred = slice_equal_nocase(slice_cut(range, '-', &subtags), slice_from(language));
    }
    return preferred;
}

void http_response_header(struct http_response *response, const char *name, struct slice value)
{
    if (response->header_count < HTTP_HEADERS_MAX)
        response->headers[response->header_count++] = (struct http_header){name, value};
}

struct slice http_response_find(const struct http_response *response, const char *name)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (strcmp(response->headers[i].name, name) == 0)
            return response->headers[i].value;
    return slice_of(NULL, 0);
}

/* FNV-1a, 64 bits: the body of one URL against its former self, not against an attacker. */
static uint64_t hash_of(struct slice s)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.length; i++)
        hash = (hash ^ (unsigned char)s.data[i]) * 0x100000001b3u;
    return hash;
}

static struct slice opaque_of(struct slice tag)
{
    if (slice_starts(tag, "W/"))
        return slice_of(tag.data + 2, tag.length - 2);
    return tag;
}

/* If-None-Match = "*" / list of entity tags, compared weakly: RFC 9110, section 13.1.2. */
static bool none_match_names(struct slice list, struct slice tag)
{
    if (slice_is(slice_trim(list), "*"))
        return true;
    for (struct slice rest = list; rest.data;)
        if (slice_equal(opaque_of(slice_trim(slice_cut(rest, ',', &rest))), opaque_of(tag)))
            return true;
    return false;
}

struct slice http_entity_tag(struct arena *arena, struct slice content)
{
    char tag[48];
    int length = snprintf(tag, sizeof tag, "\"%zx-%016llx\"", content.length,
                          (unsigned long long)hash_of(content));
    return arena_copy(arena, slice_of(tag, (size_t)length));
}

bool http_tags_include(struct slice list, struct slice tag)
{
    if (slice_is(slice_trim(list), "*"))
        return true;
    for (struct slice rest = list; rest.data;)
        if (slice_equal(slice_trim(slice_cut(rest, ',', &rest)), tag))
            return true;
    return false;
}

void http_response_etag(struct http_response *response, const struct http_request *request)
{
    char tag[48];
    int length = snprintf(tag, sizeof tag, "W/\"%zx-%016llx\"", response->body.length,
                          (unsigned long long)hash_of(response->body));
    struct slice copy = arena_copy(request->arena, slice_of(tag, (size_t)length));
    if (!copy.data)
        return;
    http_response_header(response, "ETag", copy);
    if (response->status == 200 && (request->method & (HTTP_GET | HTTP_HEAD)) &&
        none_match_names(http_parameter(request, "HTTP_IF_NONE_MATCH"), copy)) {
        response->status = 304;
        response->head_only = true;
    }
}

const char *http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } known[] = {{200, "OK"},
                 {201, "Created"},
                 {202, "Accepted"},
                 {204, "No Content"},
                 {207, "Multi-Status"},
                 {304, "Not Modified"},
                 {400, "Bad Request"},
                 {401, "Unauthorized"},
                 {403, "Forbidden"},
                 {404, "Not Found"},
                 {405, "Method Not Allowed"},
                 {408, "Request Timeout"},
                 {409, "Conflict"},
                 {411, "Length Required"},
                 {412, "Precondition Failed"},
                 {413, "Content Too Large"},
                 {415, "Unsupported Media Type"},
                 {428, "Precondition Required"},
                 {429, "Too Many Requests"},
                 {500, "Internal Server Error"},
                 {501, "Not Implemented"},
                 {503, "Service Unavailable"},
                 {507, "Insufficient Storage"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].status == status)
            return known[i].reason;
    return "Unknown";
}

static void write_header(struct buffer *out, const char *name, struct slice value)
{
    if (slice_has_control(value))
        return;
    buffer_add_string(out, name);
    buffer_add_string(out, ": ");
    buffer_add(out, value);
    buffer_add_string(out, "\r\n");
}

void http_response_write_head(struct buffer *out, const struct http_response *response,
                              const struct http_request *request)
{
    buffer_add_string(out, "Status: ");
    buffer_add_number(out, response->status);
    buffer_add_byte(out, ' ');
    buffer_add_string(out, http_reason(response->status));
    buffer_add_string(out, "\r\n");
    if (response->content_type && response->status != 304)
        write_header(out, "Content-Type", slice_from(response->content_type));
    if (response->status != 304 && response->status != 204 && !response->streamed) {
        buffer_add_string(out, "Content-Length: ");
        buffer_add_number(out, (int64_t)response->body.length);
        buffer_add_string(out, "\r\n");
    }
    for (size_t i = 0; i < response->header_count; i++)
        write_header(out, response->headers[i].name, response->headers[i].value);
    write_header(out, "X-Request-Id", request->id);
    buffer_add_string(out, "\r\n");
}
