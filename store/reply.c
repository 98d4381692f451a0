/*
 * reply.c - replies of hiredis as plain ones.
 */
#include "store/reply.h"

#include <hiredis/hiredis.h>

struct store_reply store_reply_from(const redisReply *reply, struct arena *arena)
{
    static const enum store_reply_kind kinds[] = {
        [REDIS_REPLY_STRING] = STORE_STRING,   [REDIS_REPLY_ARRAY] = STORE_ARRAY,
        [REDIS_REPLY_INTEGER] = STORE_INTEGER, [REDIS_REPLY_NIL] = STORE_NIL,
        [REDIS_REPLY_STATUS] = STORE_STATUS,   [REDIS_REPLY_ERROR] = STORE_ERROR};
    if (reply->type <= 0 || (size_t)reply->type >= sizeof kinds / sizeof *kinds)
        return (struct store_reply){
            .kind = STORE_ERROR, .text = SLICE_LITERAL("ERR a reply of a type that is not RESP2")};
    struct store_reply plain = {.kind = kinds[reply->type], .integer = reply->integer};
    if (plain.kind == STORE_STRING || plain.kind == STORE_STATUS || plain.kind == STORE_ERROR)
        plain.text = arena_copy(arena, slice_of(reply->str, reply->len));
    if (plain.kind == STORE_ARRAY) {
        struct store_reply *elements = arena_calloc(arena, reply->elements, sizeof *elements);
        for (size_t i = 0; elements && i < reply->elements; i++)
            elements[i] = store_reply_from(reply->element[i], arena);
        plain.elements = elements;
        plain.count = elements ? reply->elements : 0;
    }
    return plain;
}
