/*
 * redis.c - a made-up Redis on a unix socket in /tmp, on the test's loop. It answers what the test tells it to.
 */
#include "redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_written(uv_write_t *write, int status)
{
    (void)status;
    free(write);
}

void redis_say(struct redis *redis, struct slice text)
{
    uv_write_t *write = malloc(sizeof *write + text.length);
    char *copy = (char *)(write + 1);
    memcpy(copy, text.data, text.length);
    uv_buf_t bytes = uv_buf_init(copy, (unsigned)text.length);
    if (uv_write(write, (uv_stream_t *)redis->client, &bytes, 1, on_written) != 0)
        free(write);
}

/* Takes one command "*N\r\n$L\r\nword\r\n…" off the input and writes it as a line; false when it is not all there. */
static bool take_command(struct redis *redis, char *line, size_t size)
{
    char *at = redis->input, *end = redis->input + redis->input_length;
    size_t used = 0;
    if (redis->input_length == 0 || !memchr(at, '\n', redis->input_length))
        return false;
    long count = strtol(at + 1, &at, 10);
    at += 2;
    for (long i = 0; i < count; i++) {
        if (at >= end || !memchr(at, '\n', (size_t)(end - at)))
            return false;
        long length = strtol(at + 1, &at, 10);
        at += 2;
        if (end - at < length + 2)
            return false;
        used += (size_t)snprintf(line + used, size - used, "%s%.*s", i ? " " : "", (int)length, at);
        at += length + 2;
    }
    snprintf(line + used, size - used, "\n");
    redis->input_length = (size_t)(end - at);
    memmove(redis->input, at, redis->input_length);
    return true;
}

static bool is_hello(const char *line)
{
    return strncmp(line, "AUTH ", 5) == 0 || strncmp(line, "SELECT ", 7) == 0 ||
           strcmp(line, "PING\n") == 0;
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *bytes)
{
    static char line[100000];
    struct redis *redis = stream->data;
    (void)bytes;
    if (length < 0) {
        redis_drop(redis);
        return;
    }
    redis->input_length += (size_t)length;
    while (take_command(redis, line, sizeof line)) {
        if (is_hello(line)) {
            redis->greeting_length +=
                (size_t)snprintf(redis->greeting + redis->greeting_length,
                                 sizeof redis->greeting - redis->greeting_length, "%s", line);
            if (redis->greeting_length >= sizeof redis->greeting)
                redis->greeting_length = 0;
            if (redis->hello)
                redis_say(redis, slice_from(redis->hello));
            continue;
        }
        redis->commands++;
        if (redis->asked_length + strlen(line) < sizeof redis->asked) {
            memcpy(redis->asked + redis->asked_length, line, strlen(line) + 1);
            redis->asked_length += strlen(line);
        }
        const char *answer = redis->answer ? redis->answer(line) : NULL;
        if (answer)
            redis_say(redis, slice_from(answer));
    }
}

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *bytes)
{
    struct redis *redis = handle->data;
    (void)suggested;
    *bytes = uv_buf_init(redis->input + redis->input_length,
                         (unsigned)(sizeof redis->input - redis->input_length));
}

static void on_client_closed(uv_handle_t *handle)
{
    free(handle);
}

static void on_connection(uv_stream_t *listening, int status)
{
    struct redis *redis = listening->data;
    uv_pipe_t *client = malloc(sizeof *client);
    (void)status;
    redis_drop(redis);
    uv_pipe_init(redis->loop, client, 0);
    client->data = redis;
    if (uv_accept(listening, (uv_stream_t *)client) != 0) {
        uv_close((uv_handle_t *)client, on_client_closed);
        return;
    }
    redis->client = client;
    redis->connections++;
    redis->input_length = 0;
    uv_read_start((uv_stream_t *)client, on_buffer, on_read);
}

void redis_start(struct redis *redis, uv_loop_t *loop)
{
    *redis = (struct redis){.loop = loop, .hello = "+PONG\r\n"};
    snprintf(redis->path, sizeof redis->path, "/tmp/callboard-redis-%ld", (long)getpid());
    snprintf(redis->address, sizeof redis->address, "unix:%s", redis->path);
    unlink(redis->path);
    uv_pipe_init(loop, &redis->listening, 0);
    redis->listening.data = redis;
    if (uv_pipe_bind(&redis->listening, redis->path) != 0 ||
        uv_listen((uv_stream_t *)&redis->listening, 100, on_connection) != 0)
        perror("redis_start");
}

void redis_drop(struct redis *redis)
{
    if (redis->client)
        uv_close((uv_handle_t *)redis->client, on_client_closed);
    redis->client = NULL;
}

void redis_stop(struct redis *redis)
{
    redis_drop(redis);
    uv_close((uv_handle_t *)&redis->listening, NULL);
    for (int i = 0; i < 10; i++)
        uv_run(redis->loop, UV_RUN_NOWAIT);
    unlink(redis->path);
}
