/*
 * notifications.c - POST of news and records of calls.
 *
 * A request holds one packet or a batch. First its news is published, then its critical packets are delivered, all in one
 * step, so that they keep their order. Each packet has its own answer.
 */
#include "handlers/notifications.h"

#include "handlers/answer.h"
#include "handlers/delivery.h"

#define CONTENT_NDJSON "application/x-ndjson"

/* ---- what a client sends ---- */

enum posting_form {
    POSTING_ONE,   /* one packet, answered with an object */
    POSTING_ARRAY, /* a JSON array of them, answered with an array */
    POSTING_LINES  /* one a line, answered with a line each */
};

struct posting {
    enum posting_form form;
    struct slice type;
    struct slice channel;
    struct notification *notifications;
    size_t count;
    size_t critical; /* how many go to the list */
    bool publishing; /* Redis has been asked to publish */
    struct delivery delivery;
};

static bool refuse(struct exchange *x, int status, const char *field, const char *text)
{
    answer_fail(x, status, field, text);
    return false;
}

static bool make_room(struct exchange *x, struct posting *posting, size_t count)
{
    if (count == 0)
        return refuse(x, 400, NULL, "the batch is empty");
    if (count > NOTIFICATIONS_BATCH_MAX)
        return refuse(x, 413, NULL, "a batch has at most 1000 packets");
    posting->notifications = arena_calloc(x->arena, count, sizeof *posting->notifications);
    return posting->notifications != NULL;
}

/* Reads the next packet from VALUE, which is NULL when it is no JSON, as ERROR says. */
static void read_one(struct exchange *x, struct posting *posting, const json_t *value,
                     const struct error *error)
{
    struct notification *notification = &posting->notifications[posting->count++];
    struct slice sub_type = json_text(value, "type");
    if (json_is_object(value)) {
        notification_read(x, posting->type, sub_type, json_object_get(value, "payload"),
                          notification);
        return;
    }
    *notification = (struct notification){.status = 400, .receivers = -1, .length = -1};
    notification->error = "a packet must be a JSON object";
    if (!value)
        notification->error = arena_copy(x->arena, slice_from(error->text)).data;
}

static size_t count_lines(struct slice body)
{
    size_t count = 0;
    while (body.data)
        count += slice_trim(slice_cut(body, '\n', &body)).length > 0;
    return count;
}

static struct slice without_return(struct slice line)
{
    if (line.length && line.data[line.length - 1] == '\r')
        line.length--;
    return slice_trim(line);
}

static bool read_lines(struct exchange *x, struct posting *posting)
{
    struct slice rest = x->request->body;
    struct error error;
    posting->form = POSTING_LINES;
    if (!make_room(x, posting, count_lines(rest)))
        return false;
    while (rest.data) {
        struct slice line = without_return(slice_cut(rest, '\n', &rest));
        if (line.length > 0)
            read_one(x, posting, json_parse(line, &error), &error);
    }
    return true;
}

static bool read_json(struct exchange *x, struct posting *posting)
{
    struct error error;
    const json_t *value = json_parse(x->request->body, &error);
    if (!value) {
        answer_fail_format(x, 400, NULL, "the body is not JSON: %s", error.text);
        return false;
    }
    if (!json_is_array(value)) {
        if (make_room(x, posting, 1))
            read_one(x, posting, value, &error);
        return posting->notifications != NULL;
    }
    posting->form = POSTING_ARRAY;
    if (!make_room(x, posting, json_array_size(value)))
        return false;
    size_t i;
    const json_t *each;
    json_array_foreach((json_t *)value, i, each) read_one(x, posting, each, &error);
    return true;
}

static bool read_form(struct exchange *x, struct posting *posting)
{
    struct slice type = {0}, payload = {0};
    struct error error;
    if (form_find(&x->form, "type", &type) == FORM_REPEATED)
        return refuse(x, 400, "type", "type is given more than once");
    if (form_find(&x->form, "payload", &payload) == FORM_REPEATED)
        return refuse(x, 400, "payload", "payload is given more than once");
    const json_t *value = json_parse(payload, &error);
    if (payload.data && !value) {
        answer_fail_format(x, 400, "payload", "payload is not JSON: %s", error.text);
        return false;
    }
    if (!make_room(x, posting, 1))
        return false;
    posting->count = 1;
    notification_read(x, posting->type, type, value, posting->notifications);
    return true;
}

static bool read_body(struct exchange *x, struct posting *posting)
{
    if (http_body_is(x->request, HTTP_FORM))
        return read_form(x, posting);
    if (http_body_is(x->request, CONTENT_NDJSON))
        return read_lines(x, posting);
    return read_json(x, posting);
}

/* ---- answers ---- */

static void add_count(struct buffer *body, const char *name, int64_t count, bool *first)
{
    if (count < 0)
        return;
    buffer_add_byte(body, *first ? '{' : ',');
    buffer_add_json(body, slice_from(name));
    buffer_add_byte(body, ':');
    buffer_add_number(body, count);
    *first = false;
}

/* {"published":2,"queued":7}, or in a batch {"published":2,"status":200} */
static void add_outcome(struct buffer *body, const struct notification *each, bool batch)
{
    bool first = true;
    add_count(body, "published", each->receivers, &first);
    add_count(body, "queued", each->length, &first);
    if (each->spooled) {
        buffer_add_string(body, first ? "{\"spooled\":true" : ",\"spooled\":true");
        first = false;
    }
    if (each->error) {
        buffer_add_string(body, first ? "{\"error\":" : ",\"error\":");
        buffer_add_json(body, slice_from(each->error));
        first = false;
        if (each->field) {
            buffer_add_string(body, ",\"field\":");
            buffer_add_json(body, slice_from(each->field));
        }
    }
    if (batch)
        add_count(body, "status", each->status, &first);
    buffer_add_byte(body, '}');
}

/* The status that all packets share, or else 207: each has its own. */
static int common_status(const struct posting *posting)
{
    for (size_t i = 1; i < posting->count; i++)
        if (posting->notifications[i].status != posting->notifications[0].status)
            return 207;
    return posting->notifications[0].status;
}

static enum handler_next answer_posting(struct exchange *x, const struct posting *posting)
{
    const struct notification *only = posting->notifications;
    int status = common_status(posting);
    struct buffer body = buffer_in(x->arena);
    if (posting->form == POSTING_ONE && only->error && only->receivers < 0) {
        if (status == 503)
            return answer_busy(x, 1, only->error);
        return answer_fail(x, status, only->field, only->error);
    }
    if (posting->form == POSTING_ARRAY)
        buffer_add_byte(&body, '[');
    for (size_t i = 0; i < posting->count; i++) {
        if (i && posting->form == POSTING_ARRAY)
            buffer_add_byte(&body, ',');
        add_outcome(&body, &posting->notifications[i], posting->form != POSTING_ONE);
        if (posting->form == POSTING_LINES)
            buffer_add_byte(&body, '\n');
    }
    if (posting->form == POSTING_ARRAY)
        buffer_add_byte(&body, ']');
    answer_json(x, status, &body);
    if (posting->form == POSTING_LINES)
        x->response.content_type = CONTENT_NDJSON;
    if (status == 503)
        http_response_header(&x->response, "Retry-After", slice_from("1"));
    return HANDLER_ANSWER;
}

/* ---- the steps ---- */

static enum handler_next deliver(struct exchange *x, struct posting *posting)
{
    if (posting->critical == 0)
        return answer_posting(x, posting);
    struct packet *packets = arena_calloc(x->arena, posting->critical, sizeof *packets);
    if (!packets)
        return HANDLER_ANSWER;
    struct slice list = notifications_key(x, posting->type, slice_of(NULL, 0));
    size_t count = 0;
    for (size_t i = 0; i < posting->count; i++)
        if (!posting->notifications[i].error && posting->notifications[i].queue)
            packets[count++] =
                (struct packet){.list = list, .text = posting->notifications[i].text};
    return delivery_begin(x, &posting->delivery, packets, count);
}

enum handler_next notifications_plan_post(struct exchange *x)
{
    struct posting *posting = arena_calloc(x->arena, 1, sizeof *posting);
    if (!posting)
        return HANDLER_ANSWER;
    posting->type = x->captures[0];
    x->notes = posting;
    x->shows_failures = true;
    if (!notifications_good_name(posting->type) ||
        (x->captures[1].length && !notifications_good_name(x->captures[1])))
        return answer_fail(x, 400, NULL,
                           "type and reference in the path must be " NOTIFICATIONS_NAME_RULE);
    if (!read_body(x, posting))
        return HANDLER_ANSWER;
    posting->channel = notifications_key(x, posting->type, x->captures[1]);
    for (size_t i = 0; i < posting->count; i++) {
        const struct notification *each = &posting->notifications[i];
        posting->critical += !each->error && each->queue;
        if (!each->error && each->publish)
            STORE_ADD(&x->batch, slice_from("PUBLISH"), posting->channel, each->text);
    }
    posting->publishing = x->batch.count > 0;
    return posting->publishing ? HANDLER_ASK : deliver(x, posting);
}

static void after_publishing(struct posting *posting, const struct store_reply *replies)
{
    size_t place = 0;
    for (size_t i = 0; i < posting->count; i++) {
        struct notification *each = &posting->notifications[i];
        if (each->error || !each->publish)
            continue;
        const struct store_reply *reply = replies ? &replies[place++] : NULL;
        if (reply && reply->kind == STORE_INTEGER) {
            each->receivers = reply->integer;
            each->status = 200;
        } else if (!each->queue) {
            each->status = 503;
            each->error = "storage is away; news is not kept for later";
        }
    }
}

static void after_delivery(struct posting *posting)
{
    const struct delivery *delivery = &posting->delivery;
    size_t place = 0;
    for (size_t i = 0; i < posting->count; i++) {
        struct notification *each = &posting->notifications[i];
        if (each->error || !each->queue)
            continue;
        switch (delivery->outcome) {
        case DELIVERY_QUEUED:
            each->length = delivery->lengths[place++];
            each->status = 200;
            break;
        case DELIVERY_SPOOLED:
            each->spooled = true;
            each->status = 202;
            break;
        case DELIVERY_FULL:
            each->status = 507;
            each->error = "storage is away and the spool has no room";
            break;
        case DELIVERY_FAILED:
            each->status = 503;
            each->error = "storage is away and the spool cannot be written; try again";
            break;
        case DELIVERY_REFUSED:
            each->status = 500;
            each->error = "the stored data is not what it should be; see the log";
            break;
        }
    }
}

enum handler_next notifications_render_post(struct exchange *x, const struct store_reply *replies)
{
    struct posting *posting = x->notes;
    if (posting->publishing) {
        posting->publishing = false;
        after_publishing(posting, replies);
        return deliver(x, posting);
    }
    enum handler_next next = delivery_go_on(x, &posting->delivery, replies);
    if (next != HANDLER_ANSWER)
        return next;
    if (posting->delivery.outcome == DELIVERY_REFUSED)
        answer_surprise(x, &posting->delivery.refusal, "list of packets");
    if (posting->delivery.outcome == DELIVERY_QUEUED && !posting->delivery.lengths)
        return HANDLER_ANSWER; /* no memory */
    after_delivery(posting);
    return answer_posting(x, posting);
}
