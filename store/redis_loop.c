/*
 * redis_loop.c - hiredis on a libuv loop, writing once a turn.
 * The hooks are those of hiredis/async.h: addRead, delRead, addWrite, delWrite, cleanup.
 */
#include "store/redis_loop.h"

#include <stdlib.h>

struct redis_loop {
    redisAsyncContext *redis; /* NULL once hiredis has let go */
    uv_poll_t socket;
    uv_prepare_t turn_end;
    int watched;    /* events of the socket that are asked for */
    bool pending;   /* something is to be written at the end of the turn */
    bool flushing;  /* it is being written now: what is left over waits for the socket */
    int open_count; /* handles not closed yet */
};

static void on_socket(uv_poll_t *socket, int status, int events)
{
    struct redis_loop *self = socket->data;
    /* An error of the socket is found, and told to everybody, by reading it. */
    if (self->redis && (status < 0 || (events & UV_READABLE)))
        redisAsyncHandleRead(self->redis);
    if (self->redis && (events & UV_WRITABLE))
        redisAsyncHandleWrite(self->redis);
}

static void watch(struct redis_loop *self, int events)
{
    if (events == self->watched)
        return;
    self->watched = events;
    if (events)
        uv_poll_start(&self->socket, events, on_socket);
    else
        uv_poll_stop(&self->socket);
}

static void on_turn_end(uv_prepare_t *turn_end)
{
    struct redis_loop *self = turn_end->data;
    if (!self->pending || !self->redis)
        return;
    self->pending = false;
    self->flushing = true;
    redisAsyncHandleWrite(self->redis);
    self->flushing = false;
}

static void add_read(void *data)
{
    struct redis_loop *self = data;
    watch(self, self->watched | UV_READABLE);
}

static void delete_read(void *data)
{
    struct redis_loop *self = data;
    watch(self, self->watched & ~UV_READABLE);
}

static void add_write(void *data)
{
    struct redis_loop *self = data;
    /* Before it is connected the socket tells by being writable that it is. */
    if (self->flushing || !(self->redis->c.flags & REDIS_CONNECTED))
        watch(self, self->watched | UV_WRITABLE);
    else
        self->pending = true;
}

static void delete_write(void *data)
{
    struct redis_loop *self = data;
    self->pending = false;
    watch(self, self->watched & ~UV_WRITABLE);
}

static void on_closed(uv_handle_t *handle)
{
    struct redis_loop *self = handle->data;
    if (--self->open_count == 0)
        free(self);
}

static void clean_up(void *data)
{
    struct redis_loop *self = data;
    self->redis = NULL;
    uv_close((uv_handle_t *)&self->socket, on_closed);
    uv_close((uv_handle_t *)&self->turn_end, on_closed);
}

bool redis_loop_attach(redisAsyncContext *redis, uv_loop_t *loop, struct error *error)
{
    struct redis_loop *self = calloc(1, sizeof *self);
    if (!self)
        return error_set(error, "out of memory");
    int status = uv_poll_init(loop, &self->socket, redis->c.fd);
    if (status != 0) {
        free(self);
        return error_set(error, "%s", uv_strerror(status));
    }
    uv_prepare_init(loop, &self->turn_end);
    uv_prepare_start(&self->turn_end, on_turn_end);
    uv_unref((uv_handle_t *)&self->turn_end);
    self->redis = redis;
    self->open_count = 2;
    self->socket.data = self->turn_end.data = self;
    redis->ev.data = self;
    redis->ev.addRead = add_read;
    redis->ev.delRead = delete_read;
    redis->ev.addWrite = add_write;
    redis->ev.delWrite = delete_write;
    redis->ev.cleanup = clean_up;
    return true;
}
