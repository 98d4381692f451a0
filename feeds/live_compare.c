/*
 * live_compare.c - what Redis has of one server, looked through.
 */
#include "feeds/live_compare.h"

#include <stdlib.h>

#include "feeds/live_script.h"

/* Names in one answer, about. */
#define NAMES "500"

#define ANSWER_BYTES_MAX ((size_t)64 << 20)

/* One question. */
struct look {
    struct live_compare *compare;
    struct arena arena;
};

static void look_at(struct live_compare *compare, struct slice cursor);

static void end(struct look *look)
{
    arena_free(&look->arena);
    free(look);
}

static void on_names(void *self, const struct store_reply *replies)
{
    struct look *look = self;
    struct live_compare *compare = look->compare;
    compare->runs = false;
    if (replies && replies[0].kind == STORE_ERROR)
        live_pipe_take_error(compare->pipe, &replies[0]);
    if (replies && replies[0].kind == STORE_ARRAY && replies[0].count == 2) {
        const struct store_reply *fields = &replies[0].elements[1];
        for (size_t i = 0; i + 1 < fields->count; i += 2)
            compare->found(compare->self, fields->elements[i].text);
        if (!slice_is(replies[0].elements[0].text, "0"))
            look_at(compare, replies[0].elements[0].text);
    }
    end(look);
}

static void look_at(struct live_compare *compare, struct slice cursor)
{
    struct look *look = calloc(1, sizeof *look);
    if (!look)
        return;
    look->compare = compare;
    arena_init(&look->arena, ANSWER_BYTES_MAX);
    struct store_batch batch = store_batch_in(&look->arena);
    STORE_ADD(&batch, slice_from("HSCAN"), live_feed_key(&look->arena, compare->server), cursor,
              slice_from("COUNT"), slice_from(NAMES));
    compare->runs = live_pipe_ask(compare->pipe, &batch, on_names, look);
    if (!compare->runs)
        end(look);
}

void live_compare_begin(struct live_compare *compare)
{
    if (!compare->runs)
        look_at(compare, slice_from("0"));
}
