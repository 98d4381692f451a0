/*
 * feed_status.c - how a feed's PBXs are: what it says in Redis, and what `callboard-freeswitch --status` prints of that.
 */
#include "feeds/feed_status.h"

#include "base/clock.h"
#include "base/instant.h"
#include "base/json.h"

#define FRESH_US ((int64_t)3 * FEED_STATUS_MS * 1000)

static const char *const state_words[] = {
    [FEED_UP] = "up", [FEED_AWAY] = "away", [FEED_STOPPED] = "stopped"};
#define STATES (sizeof state_words / sizeof *state_words)

/* ---- writing ---- */

static void add(struct buffer *out, const char *name, uint64_t value)
{
    buffer_format(out, ",\"%s\":%llu", name, (unsigned long long)value);
}

void feed_status_write(const struct feed_status *status, struct buffer *out)
{
    buffer_format(out, "{\"state\":\"%s\"", state_words[status->state]);
    add(out, "since", (uint64_t)status->since_us);
    add(out, "time", (uint64_t)status->time_us);
    buffer_add_string(out, ",\"address\":");
    buffer_add_json(out, status->address);
    add(out, "port", (uint64_t)status->port);
    add(out, "pid", (uint64_t)status->pid);
    add(out, "channels", status->channels);
    add(out, "registrations", status->registrations);
    add(out, "events", status->events);
    add(out, "bad_events", status->bad_events);
    add(out, "connections", status->connections);
    add(out, "written", status->changes.written);
    add(out, "merged", status->changes.merged);
    add(out, "lost", status->changes.lost);
    add(out, "refused", status->changes.refused);
    buffer_add_byte(out, '}');
}

/* ---- printing ---- */

static int64_t number(const json_t *status, const char *name)
{
    return json_integer_value(json_object_get(status, name));
}

static struct slice instant(struct arena *arena, int64_t us)
{
    struct buffer text = buffer_in(arena);
    instant_write(&text, us - us % INSTANT_SECOND_US, 0);
    return buffer_slice(&text);
}

/* STATES: none. */
static size_t state_of(const json_t *status)
{
    const char *word = json_string_value(json_object_get(status, "state"));
    size_t state = 0;
    while (state < STATES && !(word && strcmp(word, state_words[state]) == 0))
        state++;
    return state;
}

static void print_heard(const struct pbx_server *server, const json_t *status, size_t state,
                        struct arena *arena, FILE *out)
{
    fprintf(out, "%s since %.*s, %lld channels, %lld registrations, %lld events\n",
            state_words[state], SLICE_ARGUMENTS(instant(arena, number(status, "since"))),
            (long long)number(status, "channels"), (long long)number(status, "registrations"),
            (long long)number(status, "events"));
    int64_t lost = number(status, "lost");
    int64_t refused = number(status, "refused");
    if (lost || refused)
        fprintf(out, "%s: %lld changes lost, %lld refused by Redis\n", server->name,
                (long long)lost, (long long)refused);
}

bool feed_status_print_one(const struct pbx_server *server, struct slice text, int64_t now_us,
                           struct arena *arena, FILE *out)
{
    struct error unread; /* what cannot be read is not from a feed that runs */
    json_use_arena(arena);
    const json_t *status = text.length ? json_parse(text, &unread) : NULL;
    size_t state = state_of(status);
    int64_t time_us = number(status, "time");
    bool heard = state < STATES && now_us - time_us <= FRESH_US;
    fprintf(out, "%s (%s port %lld): ", server->name, server->host, (long long)server->port);
    if (heard)
        print_heard(server, status, state, arena, out);
    else if (state < STATES)
        fprintf(out, "not heard: callboard-freeswitch does not run since %.*s\n",
                SLICE_ARGUMENTS(instant(arena, time_us)));
    else
        fprintf(out, "not heard: callboard-freeswitch does not run\n");
    json_use_arena(NULL);
    return heard && state == FEED_UP;
}

/* ---- asking Redis ---- */

/* A question to Redis, on a loop of its own. */
struct asking {
    uv_loop_t loop;
    struct store *store;
    struct metrics_worker counts;
    struct arena arena;
    struct store_reply reply;
    bool answered;
};

static void end(struct asking *asking)
{
    store_on_change(asking->store, NULL, NULL);
    store_close(asking->store);
}

static void on_replies(void *self, const struct store_reply *replies)
{
    struct asking *asking = self;
    if (replies) {
        asking->reply = replies[0];
        asking->answered = true;
    }
    uv_stop(&asking->loop);
}

static void on_change(void *self, bool up)
{
    struct asking *asking = self;
    struct store_batch batch = store_batch_in(&asking->arena);
    STORE_ADD(&batch, slice_from("HGETALL"), slice_from(FEED_STATUS_KEY));
    if (!up || !store_ask(asking->store, &batch, on_replies, asking))
        uv_stop(&asking->loop);
}

static bool ask(struct asking *asking, const struct store_settings *settings, struct error *error)
{
    if (uv_loop_init(&asking->loop) != 0)
        return error_set(error, "no event loop");
    asking->store = store_open(&asking->loop, settings, &asking->counts, error);
    if (!asking->store)
        return false;
    store_on_change(asking->store, on_change, asking);
    uv_run(&asking->loop, UV_RUN_DEFAULT);
    end(asking);
    uv_run(&asking->loop, UV_RUN_DEFAULT);
    uv_loop_close(&asking->loop);
    return (asking->answered && asking->reply.kind == STORE_ARRAY) ||
           error_set(error, "Redis does not answer: what the feed does is not known");
}

static struct slice find(const struct store_reply *reply, const char *name)
{
    for (size_t i = 0; i + 1 < reply->count; i += 2)
        if (slice_is(reply->elements[i].text, name))
            return reply->elements[i + 1].text;
    return slice_of(NULL, 0);
}

bool feed_status_print(const struct freeswitch_settings *settings,
                       const struct store_settings *store, FILE *out, struct error *error)
{
    struct asking asking = {.answered = false};
    bool all_up = true;
    error->text[0] = '\0';
    arena_init(&asking.arena, (size_t)16 << 20);
    if (!ask(&asking, store, error)) {
        arena_free(&asking.arena);
        return false;
    }
    const struct pbx_server *server = settings->servers;
    for (; server; server = server->next)
        all_up &= feed_status_print_one(server, find(&asking.reply, server->name), clock_now_us(),
                                        &asking.arena, out);
    arena_free(&asking.arena);
    return all_up;
}
