/*
 * redis.h - a made-up Redis on a unix socket in /tmp, on the test's loop. It answers what the test tells it to.
 */
#ifndef CALLBOARD_TEST_REDIS_H
#define CALLBOARD_TEST_REDIS_H

#include "store/store.h"

struct redis {
    uv_loop_t *loop;
    char path[64];
    char address[80]; /* unix:path */
    uv_pipe_t listening;
    uv_pipe_t *client;  /* NULL: none; one at a time, as the store has one connection */
    size_t connections; /* that were made so far */
    const char
        *hello; /* what AUTH, SELECT and PING are answered with, e.g. "+PONG\r\n"; NULL: nothing */
    /* What each COMMAND behind hello is answered with by itself; NULL, here or from it: nothing. */
    const char *(*answer)(const char *command);
    size_t commands;    /* behind hello, so far */
    char asked[100000]; /* all commands after hello, words separated by spaces, each with a "\n" */
    size_t asked_length;
    char greeting[500]; /* the commands of hello, the same way */
    size_t greeting_length;
    char input[100000];
    size_t input_length;
};

/* Begins to listen on LOOP; hello is answered with "+PONG\r\n". */
void redis_start(struct redis *redis, uv_loop_t *loop);

/* Stops listening and closes the connection; a later redis_start begins anew on the same path. */
void redis_stop(struct redis *redis);

/* Sends TEXT, RESP as it stands. */
void redis_say(struct redis *redis, struct slice text);

/* Closes the connection, and goes on listening. */
void redis_drop(struct redis *redis);

#endif
