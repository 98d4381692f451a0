/*
 * live_pipe.c - commands on their way to Redis.
 */
#include "feeds/live_pipe.h"

#include <stdlib.h>

#include "base/log.h"

/* Commands in one batch, and those that Redis has not answered yet before there is no room. */
#define BATCH_MAX     256
#define IN_FLIGHT_MAX 1024

#define BATCH_BYTES_MAX ((size_t)64 << 20)

/* After Redis has refused a command for a reason that passes. */
#define AGAIN_MS 1000

/* Commands of one turn of the loop, in their own arena. */
struct sent {
    struct live_pipe *pipe;
    struct arena arena;
    struct store_batch batch;
};

struct live_pipe {
    struct slice name;
    const struct live_pipe_hooks *hooks;
    struct store *store;
    struct metrics_worker store_counts;
    uv_check_t turn_end;
    uv_timer_t again;
    int handles;            /* not closed yet */
    struct sent *gathering; /* NULL: nothing has been added since the last batch */
    size_t in_flight;       /* commands sent and not answered */
    bool closed;
    struct live_pipe_counts counts;
    struct error reported; /* the refusal that the log knows of */
};

static void free_sent(struct sent *sent)
{
    arena_free(&sent->arena);
    free(sent);
}

/* ---- what goes wrong ---- */

static void on_again(uv_timer_t *again)
{
    struct live_pipe *pipe = again->data;
    if (store_is_up(pipe->store))
        pipe->hooks->again(pipe->hooks->self);
}

/* After MS milliseconds, unless that is to happen sooner. */
static void again_after(struct live_pipe *pipe, uint64_t ms)
{
    if (!pipe->closed && !uv_is_active((uv_handle_t *)&pipe->again))
        uv_timer_start(&pipe->again, on_again, ms, 0);
}

void live_pipe_take_error(struct live_pipe *pipe, const struct store_reply *reply)
{
    struct error text;
    error_set(&text, "%.*s", SLICE_ARGUMENTS(reply->text));
    pipe->counts.refused++;
    if (strcmp(text.text, pipe->reported.text) != 0)
        log_error("%.*s: Redis refuses a change: %s", SLICE_ARGUMENTS(pipe->name), text.text);
    pipe->reported = text;
    /* Other errors are about one key, which stays as it is. */
    if (store_reply_is_error(reply, "NOSCRIPT"))
        again_after(pipe, 0);
    else if (store_reply_is_unavailable(reply))
        again_after(pipe, AGAIN_MS);
}

/* ---- sending ---- */

static void on_done(void *self, const struct store_reply *replies)
{
    struct sent *sent = self;
    struct live_pipe *pipe = sent->pipe;
    pipe->in_flight -= sent->batch.count;
    for (size_t i = 0; replies && i < sent->batch.count; i++) {
        if (replies[i].kind == STORE_ERROR)
            live_pipe_take_error(pipe, &replies[i]);
        else
            pipe->counts.written++;
    }
    free_sent(sent);
    if (replies && !pipe->closed)
        pipe->hooks->room(pipe->hooks->self);
}

void live_pipe_flush(struct live_pipe *pipe)
{
    struct sent *sent = pipe->gathering;
    pipe->gathering = NULL;
    if (!sent)
        return;
    pipe->in_flight += sent->batch.count;
    if (sent->batch.count > 0 && !sent->arena.exhausted &&
        store_ask(pipe->store, &sent->batch, on_done, sent))
        return;
    /* Redis is away, or memory is. */
    pipe->in_flight -= sent->batch.count;
    if (store_is_up(pipe->store))
        again_after(pipe, AGAIN_MS);
    free_sent(sent);
}

bool live_pipe_ask(struct live_pipe *pipe, const struct store_batch *batch, store_done *done,
                   void *self)
{
    live_pipe_flush(pipe);
    return batch->count > 0 && !batch->arena->exhausted &&
           store_ask(pipe->store, batch, done, self);
}

struct store_batch *live_pipe_next(struct live_pipe *pipe)
{
    if (pipe->gathering && pipe->gathering->batch.count >= BATCH_MAX)
        live_pipe_flush(pipe);
    if (!pipe->gathering) {
        struct sent *sent = calloc(1, sizeof *sent);
        if (!sent) {
            again_after(pipe, AGAIN_MS);
            return NULL;
        }
        sent->pipe = pipe;
        arena_init(&sent->arena, BATCH_BYTES_MAX);
        sent->batch = store_batch_in(&sent->arena);
        pipe->gathering = sent;
    }
    return &pipe->gathering->batch;
}

bool live_pipe_has_room(const struct live_pipe *pipe)
{
    size_t gathered = pipe->gathering ? pipe->gathering->batch.count : 0;
    return pipe->in_flight + gathered < IN_FLIGHT_MAX;
}

bool live_pipe_is_idle(const struct live_pipe *pipe)
{
    return pipe->in_flight == 0 && !pipe->gathering;
}

const struct live_pipe_counts *live_pipe_counts(const struct live_pipe *pipe)
{
    return &pipe->counts;
}

/* ---- beginning and end ---- */

static void on_store_change(void *self, bool up)
{
    struct live_pipe *pipe = self;
    pipe->reported.text[0] = '\0';
    if (pipe->gathering)
        free_sent(pipe->gathering);
    pipe->gathering = NULL;
    pipe->hooks->changed(pipe->hooks->self, up);
}

static void on_turn_end(uv_check_t *turn_end)
{
    live_pipe_flush(turn_end->data);
}

struct live_pipe *live_pipe_open(uv_loop_t *loop, struct slice name,
                                 const struct store_settings *store,
                                 const struct live_pipe_hooks *hooks, struct error *error)
{
    struct live_pipe *pipe = calloc(1, sizeof *pipe);
    if (!pipe) {
        error_set(error, "out of memory");
        return NULL;
    }
    pipe->name = name;
    pipe->hooks = hooks;
    pipe->store = store_open(loop, store, &pipe->store_counts, error);
    if (!pipe->store) {
        free(pipe);
        return NULL;
    }
    uv_check_init(loop, &pipe->turn_end);
    uv_check_start(&pipe->turn_end, on_turn_end);
    uv_timer_init(loop, &pipe->again);
    pipe->turn_end.data = pipe->again.data = pipe;
    pipe->handles = 2;
    store_on_change(pipe->store, on_store_change, pipe);
    return pipe;
}

static void on_closed(uv_handle_t *handle)
{
    struct live_pipe *pipe = handle->data;
    if (--pipe->handles == 0)
        free(pipe);
}

void live_pipe_close(struct live_pipe *pipe)
{
    pipe->closed = true;
    store_on_change(pipe->store, NULL, NULL);
    store_close(pipe->store); /* tells all that wait */
    if (pipe->gathering)
        free_sent(pipe->gathering);
    uv_close((uv_handle_t *)&pipe->turn_end, on_closed);
    uv_close((uv_handle_t *)&pipe->again, on_closed);
}
