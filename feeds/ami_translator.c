/*
 * ami_translator.c - the translator: opened, closed, given an event, given a list.
 */
#include "feeds/ami_translator.h"

#include <stdlib.h>

#include "feeds/ami_model.h"

/* Of one event: a few KiB, and as much again to read it. */
#define SCRATCH_BYTES ((size_t)1 << 20)
/* 200,000 phones of 400 bytes, twice, as it grows. */
#define LIST_BYTES ((size_t)256 << 20)

struct ami_translator *ami_translator_open(const struct ami_translator_settings *settings)
{
    struct ami_translator *translator = calloc(1, sizeof *translator);
    if (!translator)
        return NULL;
    translator->settings = settings;
    arena_init(&translator->scratch, SCRATCH_BYTES);
    arena_init(&translator->list_arena, LIST_BYTES);
    translator->rows = buffer_in(&translator->list_arena);
    return translator;
}

static void deaf(void *self, const struct esl_event *event)
{
    (void)self;
    (void)event;
}

void ami_translator_close(struct ami_translator *translator)
{
    static const struct ami_translator_settings nobody = {.told = deaf};
    void *entry;
    if (!translator)
        return;
    translator->settings = &nobody;
    while ((entry = live_table_after(&translator->channels, NULL)))
        ami_channel_remove(translator, entry);
    while ((entry = live_table_after(&translator->endpoints, NULL)))
        live_table_remove(&translator->endpoints, entry);
    live_table_close(&translator->channels);
    live_table_close(&translator->bridges);
    live_table_close(&translator->endpoints);
    arena_free(&translator->scratch);
    arena_free(&translator->list_arena);
    free(translator);
}

/* The header Timestamp, "1700000000.123456", which is there with `timestampevents = yes`; else when it came. */
static int64_t time_of(const struct ami_message *message, int64_t now_us)
{
    struct slice fraction, seconds = slice_cut(ami_value(message, "", "Timestamp"), '.', &fraction);
    uint64_t whole, part = 0;
    if (!slice_number(seconds, INT64_MAX / 1000000 - 1, &whole) || whole == 0)
        return now_us;
    if (fraction.length == 6)
        slice_number(fraction, 999999, &part);
    return (int64_t)(whole * 1000000 + part);
}

void ami_translator_event(struct ami_translator *translator, const struct ami_message *message,
                          int64_t now_us)
{
    translator->now_us = time_of(message, now_us);
    ami_event(translator, message);
    arena_free(&translator->scratch);
}

void ami_translator_begin(struct ami_translator *translator, enum source_list list)
{
    arena_free(&translator->list_arena);
    translator->rows = buffer_in(&translator->list_arena);
    translator->row_count = 0;
    buffer_add_string(&translator->rows, "{\"rows\":[");
    if (list == SOURCE_CHANNELS)
        ami_rows_begin(translator);
}

void ami_translator_row(struct ami_translator *translator, const struct ami_message *message,
                        int64_t now_us)
{
    translator->now_us = now_us;
    ami_row(translator, message);
    arena_free(&translator->scratch);
}

struct slice ami_translator_list(struct ami_translator *translator, enum source_list list)
{
    struct buffer *out = &translator->rows;
    if (list == SOURCE_CHANNELS)
        ami_rows_channels(translator);
    else if (list == SOURCE_CALLS)
        ami_rows_calls(translator);
    buffer_add_string(out, "],\"row_count\":");
    buffer_add_number(out, (int64_t)translator->row_count);
    buffer_add_byte(out, '}');
    return out->failed ? slice_of(NULL, 0) : buffer_slice(out);
}
