/*
 * reply.h - replies of hiredis as plain ones, which handlers read without knowing hiredis.
 */
#ifndef CALLBOARD_STORE_REPLY_H
#define CALLBOARD_STORE_REPLY_H

#include "store/batch.h"

struct redisReply;

/* Copies REPLY into ARENA; what does not fit leaves the arena exhausted. A type newer than RESP2 becomes an error. */
struct store_reply store_reply_from(const struct redisReply *reply, struct arena *arena);

#endif
