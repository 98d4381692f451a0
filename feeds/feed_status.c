/*
 * feed_status.c - what `callboard-freeswitch --status` prints.
 */
#include "feeds/feed_status.h"

#include "base/clock.h"
#include "base/instant.h"
#include "base/json.h"

#define FRESH_US ((int64_t)3 * FEED_STATUS_MS * 1000)

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

/* True when SERVER is up. */
static bool print_server(const struct pbx_server *server, const json_t *status, struct arena *arena,
                         FILE *out)
{
    const char *state = json_string_value(json_object_get(status, "state"));
    int64_t time_us = number(status, "time");
    fprintf(out, "%s (%s port %lld): ", server->name, server->host, (long long)server->port);
    if (!state || clock_now_us() - time_us > FRESH_US) {
        fprintf(out, "not heard: callboard-freeswitch does not run");
        if (state)
            fprintf(out, " since %.*s", SLICE_ARGUMENTS(instant(arena, time_us)));
        fputc('\n', out);
        return false;
    }
    fprintf(out, "%s since %.*s, %lld channels, %lld registrations, %lld events\n", state,
            SLICE_ARGUMENTS(instant(arena, number(status, "since"))),
            (long long)number(status, "channels"), (long long)number(status, "registrations"),
            (long long)number(status, "events"));
    int64_t lost = number(status, "lost");
    int64_t refused = number(status, "refused");
    if (lost || refused)
        fprintf(out, "%s: %lld changes lost, %lld refused by Redis\n", server->name,
                (long long)lost, (long long)refused);
    return strcmp(state, "up") == 0;
}

bool feed_status_print(const struct freeswitch_settings *settings,
                       const struct store_settings *store, FILE *out, struct error *error)
{
    struct asking asking = {.answered = false};
    struct error unread;
    bool all_up = true;
    error->text[0] = '\0';
    arena_init(&asking.arena, (size_t)16 << 20);
    if (!ask(&asking, store, error)) {
        arena_free(&asking.arena);
        return false;
    }
    json_use_arena(&asking.arena);
    const struct pbx_server *server = settings->servers;
    for (; server; server = server->next) {
        struct slice text = find(&asking.reply, server->name);
        const json_t *status = text.length ? json_parse(text, &unread) : NULL;
        all_up &= print_server(server, status, &asking.arena, out);
    }
    json_use_arena(NULL);
    arena_free(&asking.arena);
    return all_up;
}
