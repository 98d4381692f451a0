/*
 * history.c - what a client has missed.
 */
#include "events/history.h"

#include <stdlib.h>

#define HISTORY_BYTES ((size_t)64 << 20)

struct history {
    struct arena arena;
    history_done *done; /* NULL: forgotten */
    void *self;
    bool at_the_end; /* nothing was missed, so the entry need not be there any more */
};

static void on_history(void *self, const struct store_reply *replies)
{
    struct history *history = self;
    const struct store_reply *found = replies ? &replies[3] : NULL; /* EXEC's */
    bool good = found && found->kind == STORE_ARRAY && found->count == 2 &&
                found->elements[0].kind == STORE_ARRAY && found->elements[1].kind == STORE_ARRAY;
    bool there = good && (history->at_the_end || found->elements[0].count == 1) &&
                 found->elements[1].count <= HISTORY_ENTRIES;
    if (history->done && there)
        history->done(history->self, HISTORY_THERE, found->elements[1].elements,
                      found->elements[1].count);
    else if (history->done)
        history->done(history->self, good ? HISTORY_LOST : HISTORY_AWAY, NULL, 0);
    arena_free(&history->arena);
    free(history);
}

struct history *history_ask(struct store *store, const struct domain *domain,
                            struct stream_id since, history_done *done, void *self)
{
    struct history *history = calloc(1, sizeof *history);
    char from[SEQ_BYTES + 1] = "(", to[SEQ_BYTES];
    if (!history)
        return NULL;
    *history = (struct history){
        .done = done, .self = self, .at_the_end = stream_id_compare(since, domain->seq) == 0};
    arena_init(&history->arena, HISTORY_BYTES);
    stream_id_write(since, from + 1);
    stream_id_write(domain->seq, to);
    struct store_batch batch = store_batch_in(&history->arena);
    struct slice stream = element_stream(batch.arena, domain->name);
    struct slice xrange = slice_from("XRANGE"), at = slice_from(from + 1);
    STORE_ADD(&batch, slice_from("MULTI"));
    STORE_ADD(&batch, xrange, stream, at, at);
    STORE_ADD(&batch, xrange, stream, slice_from(from), slice_from(to), slice_from("COUNT"),
              store_number(&batch, HISTORY_ENTRIES + 1));
    STORE_ADD(&batch, slice_from("EXEC"));
    if (!history->arena.exhausted && store_ask(store, &batch, on_history, history))
        return history;
    arena_free(&history->arena);
    free(history);
    return NULL;
}

void history_forget(struct history *history)
{
    history->done = NULL;
}
