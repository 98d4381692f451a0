/*
 * batch.h - Redis commands and their replies, as plain data.
 * A handler fills a batch and is given replies; neither needs a connection, so a test can make both. A batch
 * whose arena is exhausted is incomplete and must not be sent.
 */
#ifndef CALLBOARD_BATCH_H
#define CALLBOARD_BATCH_H

#include "base/buffer.h"

struct store_command {
    const struct slice *words; /* the command's name and its arguments */
    size_t count;
    struct store_command *next;
};

/* Commands for one connection, in order; sent in one piece, so that each is one place in the pipeline. */
struct store_batch {
    struct arena *arena;
    struct store_command *first, *last;
    size_t count;
};

enum store_reply_kind {
    STORE_NIL,
    STORE_STATUS, /* "OK", "QUEUED": text */
    STORE_ERROR,  /* text, beginning with its code: "WRONGTYPE …" */
    STORE_STRING, /* text */
    STORE_INTEGER,
    STORE_ARRAY
};

struct store_reply {
    enum store_reply_kind kind;
    struct slice text;
    int64_t integer;
    const struct store_reply *elements; /* STORE_ARRAY */
    size_t count;
};

/* An empty batch whose words' descriptions live in ARENA; the words themselves are not copied. */
struct store_batch store_batch_in(struct arena *arena);

/* Adds one command of COUNT words. */
void store_batch_add_words(struct store_batch *batch, const struct slice *words, size_t count);

/* Adds one command: STORE_ADD(batch, slice_from("GET"), key). */
#define STORE_ADD(batch, ...)                                                                      \
    store_batch_add_words(batch, (const struct slice[]){__VA_ARGS__},                              \
                          sizeof((const struct slice[]){__VA_ARGS__}) / sizeof(struct slice))

/* NUMBER as a word, in the batch's arena. */
struct slice store_number(struct store_batch *batch, int64_t number);

/* True when REPLY is the status TEXT ("OK"). */
bool store_reply_is_status(const struct store_reply *reply, const char *text);

/* True when REPLY is an error whose code is CODE ("WRONGTYPE"). */
bool store_reply_is_error(const struct store_reply *reply, const char *code);

/*
 * True when REPLY is an error that is about Redis itself and not about the command: loading, out of memory,
 * read only, no password and the like. To a client that is "storage away".
 */
bool store_reply_is_unavailable(const struct store_reply *reply);

#endif
