/*
 * head.c - the head of an HTTP request, as far as the event stream has use for it.
 */
#include "events/head.h"

#define TOKEN_OTHERS "!#$%&'*+-.^_`|~"

static const struct {
    const char *name;
    size_t place;
    bool list; /* may come several times; the last one counts, which the nearest proxy has added */
} known[] = {
    {"host", offsetof(struct head, host), false},
    {"upgrade", offsetof(struct head, upgrade), false},
    {"connection", offsetof(struct head, connection), false},
    {"sec-websocket-key", offsetof(struct head, key), false},
    {"sec-websocket-version", offsetof(struct head, version), false},
    {"authorization", offsetof(struct head, authorization), false},
    {"origin", offsetof(struct head, origin), false},
    {"accept", offsetof(struct head, accept), true},
    {"last-event-id", offsetof(struct head, last_event_id), false},
    {"x-forwarded-for", offsetof(struct head, forwarded_for), true},
    {"sec-websocket-protocol", offsetof(struct head, protocols), true},
};

size_t head_length(struct slice bytes)
{
    const char *end = bytes.length ? memmem(bytes.data, bytes.length, "\r\n\r\n", 4) : NULL;
    return end ? (size_t)(end - bytes.data) + 4 : 0;
}

static bool is_clean(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (((unsigned char)text.data[i] < 0x20 && text.data[i] != '\t') || text.data[i] == 0x7f)
            return false;
    return true;
}

static bool read_request_line(struct slice line, struct head *head, struct error *error)
{
    struct slice rest, target;
    head->method = slice_cut(line, ' ', &rest);
    target = slice_cut(rest, ' ', &rest);
    head->http_1_1 = slice_is(rest, "HTTP/1.1");
    if (!slice_is_name(head->method, "") || target.length == 0 || target.data[0] != '/' ||
        (!head->http_1_1 && !slice_is(rest, "HTTP/1.0")))
        return error_set(error, "this is no request line");
    head->path = slice_cut(target, '?', &head->query);
    return true;
}

static bool read_header(struct slice line, struct head *head, struct error *error)
{
    struct slice value, name = slice_cut(line, ':', &value);
    if (!value.data || !slice_is_name(name, TOKEN_OTHERS))
        return error_set(error, "a header line is malformed");
    value = slice_trim(value);
    if (slice_equal_nocase(name, slice_from("transfer-encoding")) ||
        (slice_equal_nocase(name, slice_from("content-length")) && !slice_is(value, "0")))
        return error_set(error, "a request here has no body");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!slice_equal_nocase(name, slice_from(known[i].name)))
            continue;
        struct slice *place = (struct slice *)((char *)head + known[i].place);
        if (place->data && !known[i].list)
            return error_set(error, "header %s comes twice", known[i].name);
        *place = value;
    }
    return true;
}

bool head_read(struct slice bytes, struct head *head, struct error *error)
{
    struct head read = {0};
    struct slice rest = slice_of(bytes.data, bytes.length - 2); /* without the empty line */
    for (bool first = true; rest.length > 0; first = false) {
        struct slice line = slice_cut(rest, '\n', &rest);
        if (line.length == 0 || line.data[line.length - 1] != '\r')
            return error_set(error, "a line does not end in CR LF");
        line.length--;
        if (!is_clean(line))
            return error_set(error, "there is a control character in the head");
        if (!(first ? read_request_line(line, &read, error) : read_header(line, &read, error)))
            return false;
    }
    *head = read;
    return true;
}

bool head_list_has(struct slice list, const char *word)
{
    while (list.data)
        if (slice_equal_nocase(slice_trim(slice_cut(list, ',', &list)), slice_from(word)))
            return true;
    return false;
}
