/*
 * redis_loop.h - hiredis on a libuv loop, writing once a turn.
 * hiredis' own adapter asks the kernel twice per command whether it may write. Here what all requests of one turn of the
 * loop have asked is written together, at the end of the turn; only a socket that is full is watched.
 */
#ifndef CALLBOARD_REDIS_LOOP_H
#define CALLBOARD_REDIS_LOOP_H

#include <hiredis/async.h>
#include <uv.h>

#include "base/error.h"

/*
 * Lets REDIS, which must not be attached yet, live on LOOP; ends by itself when hiredis frees REDIS. False and *error when
 * there is no memory or the loop refuses the socket.
 */
bool redis_loop_attach(redisAsyncContext *redis, uv_loop_t *loop, struct error *error);

#endif
