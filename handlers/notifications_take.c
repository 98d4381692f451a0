/*
 * notifications_take.c - consumers over HTTP: packets of a list under a lease, and news as a stream.
 *
 * A packet that is taken leaves the list <prefix>:<type> and is kept, until it is confirmed, in
 *
 *     callboard:taken:{<list>}            sorted set  id -> when its lease ends, ms since the epoch
 *     callboard:taken:{<list>}:packets    hash        id -> packet
 *     callboard:taken:{<list>}:serial     number      of the next id
 *
 * all in the list's own hash slot, so that one script moves it and nothing is ever in between.
 */
#include "handlers/answer.h"
#include "handlers/notifications.h"

/* Packets in one answer end when so many bytes are reached. */
#define TAKE_BYTES 1048576

/* Ids in one DELETE. */
#define CONFIRM_MAX 1000

/*
 * KEYS: list, leases, packets, serial. ARGV: how many, lease in ms, bytes. The reply: id, packet and whether it was given
 * out before, in turn. First come packets whose lease has ended; ids sort by age.
 */
static const char take_script[] =
    "local time = redis.call('TIME') "
    "local now = time[1] * 1000 + math.floor(time[2] / 1000) "
    "local ends = now + tonumber(ARGV[2]) "
    "local taken, count, bytes = {}, 0, 0 "
    "local function give(id, packet, again) "
    "redis.call('ZADD', KEYS[2], ends, id) "
    "taken[#taken + 1] = id taken[#taken + 1] = packet taken[#taken + 1] = again "
    "count = count + 1 bytes = bytes + #packet "
    "end "
    "local function room() return count < tonumber(ARGV[1]) and bytes < tonumber(ARGV[3]) end "
    "local late = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[1]) "
    "table.sort(late) "
    "for _, id in ipairs(late) do "
    "if not room() then break end "
    "local packet = redis.call('HGET', KEYS[3], id) "
    "if packet then give(id, packet, 1) else redis.call('ZREM', KEYS[2], id) end "
    "end "
    "while room() do "
    "local packet = redis.call('RPOP', KEYS[1]) "
    "if not packet then break end "
    "local id = string.format('%013.0f-%08.0f', now, redis.call('INCR', KEYS[4])) "
    "redis.call('HSET', KEYS[3], id, packet) "
    "give(id, packet, 0) "
    "end "
    "return taken";

struct taking {
    struct slice list;
    int64_t wait_us, lease_ms, max;
    bool waiting; /* rather than asking Redis */
};

static struct slice taken_key(struct exchange *x, struct slice list, const char *part)
{
    struct buffer key = buffer_in(x->arena);
    buffer_add_string(&key, "callboard:taken:{");
    buffer_add(&key, list);
    buffer_add_string(&key, "}");
    buffer_add_string(&key, part);
    return buffer_slice(&key);
}

static bool good_type(struct exchange *x)
{
    if (notifications_good_name(x->captures[0]))
        return true;
    answer_fail(x, 400, NULL, "the type in the path must be " NOTIFICATIONS_NAME_RULE);
    return false;
}

/* ---- news: server-sent events (WHATWG HTML, section 9.2) ---- */

static void add_event(struct buffer *out, struct slice channel, struct slice text)
{
    if (channel.length == 0) {
        buffer_add_string(out, ":\n\n"); /* a comment keeps what stands between from giving up */
        return;
    }
    buffer_add_string(out, "event: ");
    buffer_add(out, channel);
    for (struct slice rest = text.data ? text : slice_from(""); rest.data;) {
        struct slice line = slice_cut(rest, '\n', &rest);
        buffer_add_string(out, "\ndata: ");
        for (size_t i = 0; i < line.length; i++)
            buffer_add_byte(out, line.data[i] == '\r' ? ' ' : line.data[i]);
    }
    buffer_add_string(out, "\n\n");
}

static bool wants_events(const struct exchange *x)
{
    for (struct slice rest = http_parameter(x->request, "HTTP_ACCEPT"); rest.data;) {
        struct slice parameters, range = slice_cut(rest, ',', &rest);
        if (slice_equal_nocase(slice_trim(slice_cut(range, ';', &parameters)),
                               slice_from("text/event-stream")))
            return true;
    }
    return false;
}

static enum handler_next stream_news(struct exchange *x)
{
    x->stream.event = add_event;
    x->stream.channel = notifications_key(x, x->captures[0], x->captures[1]);
    if (x->captures[1].length == 0) {
        struct buffer pattern = buffer_in(x->arena);
        buffer_add(&pattern, x->stream.channel);
        buffer_add_string(&pattern, ":*");
        x->stream.pattern = buffer_slice(&pattern);
    }
    x->response.status = 200;
    x->response.content_type = "text/event-stream; charset=utf-8";
    http_response_header(&x->response, "Cache-Control", slice_from("no-cache"));
    http_response_header(&x->response, "X-Accel-Buffering", slice_from("no"));
    return x->request->method == HTTP_HEAD ? HANDLER_ANSWER : HANDLER_STREAM;
}

enum handler_next notifications_plan_news(struct exchange *x)
{
    if (!good_type(x))
        return HANDLER_ANSWER;
    if (!notifications_good_name(x->captures[1]))
        return answer_fail(x, 400, NULL, "the reference must be " NOTIFICATIONS_NAME_RULE);
    if (!wants_events(x))
        return answer_fail(x, 406, NULL,
                           "this path gives text/event-stream only; say so in Accept");
    return stream_news(x);
}

/* ---- packets under a lease ---- */

static bool read_number(struct exchange *x, const char *name, int64_t least, int64_t most,
                        int64_t *number)
{
    struct slice text;
    uint64_t value;
    enum form_presence presence = form_find(&x->query, name, &text);
    if (presence == FORM_MISSING)
        return true;
    if (presence == FORM_ONCE && slice_number(text, (uint64_t)most, &value) &&
        (int64_t)value >= least) {
        *number = (int64_t)value;
        return true;
    }
    answer_fail_format(x, 400, name, "%s must be a whole number from %lld to %lld, once", name,
                       (long long)least, (long long)most);
    return false;
}

static enum handler_next ask(struct exchange *x, struct taking *taking)
{
    struct store_batch *batch = &x->batch;
    taking->waiting = false;
    STORE_ADD(batch, slice_from("EVAL"), slice_of(take_script, sizeof take_script - 1),
              slice_from("4"), taking->list, taken_key(x, taking->list, ""),
              taken_key(x, taking->list, ":packets"), taken_key(x, taking->list, ":serial"),
              store_number(batch, taking->max), store_number(batch, taking->lease_ms),
              store_number(batch, TAKE_BYTES));
    return HANDLER_ASK;
}

/* Other tools write to this list too, so a packet may be anything: JSON stays JSON, text becomes a JSON string. */
static void add_packet(struct exchange *x, struct buffer *body, struct slice packet)
{
    struct arena scratch;
    struct error error;
    arena_init(&scratch, (size_t)64 << 20);
    json_use_arena(&scratch);
    bool json = json_parse(packet, &error) != NULL;
    json_use_arena(x->arena);
    arena_free(&scratch);
    if (json) {
        buffer_add_string(body, ",\"packet\":");
        buffer_add(body, packet);
    } else if (slice_is_utf8(packet)) {
        buffer_add_string(body, ",\"text\":");
        buffer_add_json(body, packet);
    } else {
        buffer_add_string(body, ",\"percent_encoded\":\"");
        buffer_add_percent(body, packet, "");
        buffer_add_byte(body, '"');
    }
}

static enum handler_next answer_packets(struct exchange *x, const struct store_reply *taken,
                                        size_t count)
{
    struct buffer body = buffer_in(x->arena);
    buffer_add_string(&body, "{\"packets\":[");
    for (size_t i = 0; i + 2 < count; i += 3) {
        buffer_add_string(&body, i ? ",{\"id\":" : "{\"id\":");
        buffer_add_json(&body, taken[i].text);
        if (taken[i + 2].integer)
            buffer_add_string(&body, ",\"again\":true");
        add_packet(x, &body, taken[i + 1].text);
        buffer_add_byte(&body, '}');
    }
    buffer_add_string(&body, "]}");
    answer_json(x, 200, &body);
    http_response_header(&x->response, "Cache-Control", slice_from("no-store"));
    return HANDLER_ANSWER;
}

enum handler_next notifications_plan_take(struct exchange *x)
{
    const struct notifications_settings *settings = x->context->notifications;
    struct taking *taking = arena_calloc(x->arena, 1, sizeof *taking);
    int64_t wait = 0, lease = settings->lease_max < 60 ? settings->lease_max : 60;
    if (!taking || !good_type(x))
        return HANDLER_ANSWER;
    if (wants_events(x))
        return stream_news(x);
    taking->max = 100;
    if (!read_number(x, "wait", 0, settings->wait_max, &wait) ||
        !read_number(x, "max", 1, PACKET_PUSH_MAX, &taking->max) ||
        !read_number(x, "lease", 1, settings->lease_max, &lease))
        return HANDLER_ANSWER;
    if (x->request->method == HTTP_HEAD) /* is to change nothing */
        return answer_packets(x, NULL, 0);
    taking->list = notifications_key(x, x->captures[0], slice_of(NULL, 0));
    taking->wait_us = wait * 1000000;
    taking->lease_ms = lease * 1000;
    x->wait = (struct handler_wait){.name = taking->list,
                                    .until_us = x->request->now_us + taking->wait_us,
                                    .over = taking->wait_us == 0};
    x->notes = taking;
    return ask(x, taking);
}

enum handler_next notifications_render_take(struct exchange *x, const struct store_reply *replies)
{
    struct taking *taking = x->notes;
    if (taking->waiting)
        return ask(x, taking);
    if (replies[0].kind != STORE_ARRAY)
        return answer_surprise(x, &replies[0], "list of packets");
    if (replies[0].count == 0 && !x->wait.over) {
        taking->waiting = true;
        return HANDLER_WAIT;
    }
    return answer_packets(x, replies[0].elements, replies[0].count);
}

/* ---- confirming ---- */

enum handler_next notifications_plan_confirm(struct exchange *x)
{
    struct slice *words = arena_calloc(x->arena, CONFIRM_MAX + 2, sizeof *words);
    struct slice list, rest = x->captures[1];
    size_t count = 2;
    if (!words || !good_type(x))
        return HANDLER_ANSWER;
    while (rest.data) {
        struct slice id = slice_cut(rest, ',', &rest);
        if (count == CONFIRM_MAX + 2)
            return answer_fail(x, 400, NULL, "at most 1000 ids can be confirmed at once");
        if (id.length > 64 || !slice_only(id, "0123456789-"))
            return answer_fail(x, 400, NULL,
                               "the path must end in the id of a packet, or several with commas");
        words[count++] = id;
    }
    list = notifications_key(x, x->captures[0], slice_of(NULL, 0));
    /* The packet goes first: a lease without a packet is harmless, the other way round it is not. */
    words[0] = slice_from("HDEL");
    words[1] = taken_key(x, list, ":packets");
    store_batch_add_words(&x->batch, words, count);
    words[0] = slice_from("ZREM");
    words[1] = taken_key(x, list, "");
    store_batch_add_words(&x->batch, words, count);
    return HANDLER_ASK;
}

enum handler_next notifications_render_confirm(struct exchange *x,
                                               const struct store_reply *replies)
{
    struct buffer body = buffer_in(x->arena);
    if (replies[0].kind != STORE_INTEGER)
        return answer_surprise(x, &replies[0], "packets that were taken");
    if (replies[0].integer == 0)
        return answer_fail(x, 404, NULL,
                           "no packet that was taken has this id; it is confirmed "
                           "already, or it never was");
    buffer_add_string(&body, "{\"confirmed\":");
    buffer_add_number(&body, replies[0].integer);
    buffer_add_byte(&body, '}');
    return answer_json(x, 200, &body);
}
