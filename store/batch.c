/*
 * batch.c - Redis commands and their replies, as plain data.
 */
#include "store/batch.h"

struct store_batch store_batch_in(struct arena *arena)
{
    return (struct store_batch){.arena = arena};
}

void store_batch_add_words(struct store_batch *batch, const struct slice *words, size_t count)
{
    struct store_command *command = arena_calloc(batch->arena, 1, sizeof *command);
    struct slice *copy = arena_calloc(batch->arena, count, sizeof *copy);
    if (!command || !copy)
        return;
    memcpy(copy, words, count * sizeof *words);
    command->words = copy;
    command->count = count;
    if (batch->last)
        batch->last->next = command;
    else
        batch->first = command;
    batch->last = command;
    batch->count++;
}

struct slice store_number(struct store_batch *batch, int64_t number)
{
    struct buffer digits = buffer_in(batch->arena);
    buffer_add_number(&digits, number);
    return buffer_slice(&digits);
}

bool store_reply_is_status(const struct store_reply *reply, const char *text)
{
    return reply->kind == STORE_STATUS && slice_is(reply->text, text);
}

bool store_reply_is_error(const struct store_reply *reply, const char *code)
{
    struct slice rest;
    return reply->kind == STORE_ERROR && slice_is(slice_cut(reply->text, ' ', &rest), code);
}

bool store_reply_is_unavailable(const struct store_reply *reply)
{
    static const char *const codes[] = {"LOADING",    "OOM",      "READONLY", "MISCONF",
                                        "MASTERDOWN", "NOAUTH",   "NOPERM",   "CLUSTERDOWN",
                                        "NOREPLICAS", "TRYAGAIN", "BUSY",     "WRONGPASS"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (store_reply_is_error(reply, codes[i]))
            return true;
    return false;
}
