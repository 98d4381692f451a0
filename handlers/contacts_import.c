/*
 * contacts_import.c - /direct/items/contacts/import: a file of contacts, some at a time.
 * Each contact is written on its own, all or nothing; a file that was cut off by an error is sent again as a whole,
 * since contacts that are as the file says already are left as they are.
 */
#include "handlers/answer.h"
#include "handlers/contacts.h"
#include "handlers/contacts_file.h"
#include "handlers/direct.h"

/* Contacts written in one step. */
#define STEP_ROWS 200

/* Reasons that an answer has room for; rejected contacts behind those are counted only. */
#define REASONS_MAX 1000

struct import {
    struct contacts_file file;
    bool ended;
    struct contacts_row *rows; /* asked for in this step, in its arena */
    size_t count;
    int64_t added, changed, unchanged, rejected;
    struct buffer reasons;
    struct slice broken; /* why the file could not be read to its end */
};

static void add_reason(struct import *import, size_t line, struct slice reason)
{
    if (++import->rejected > REASONS_MAX)
        return;
    buffer_add_string(&import->reasons, import->rejected > 1 ? ",\n  " : "\n  ");
    buffer_add_string(&import->reasons, "{ \"line\": ");
    buffer_add_number(&import->reasons, (int64_t)line);
    buffer_add_string(&import->reasons, ", \"reason\": ");
    buffer_add_json(&import->reasons, reason);
    buffer_add_string(&import->reasons, " }");
}

static void set_broken(struct exchange *x, struct import *import, const struct contacts_row *row)
{
    struct buffer text = buffer_in(x->arena);
    buffer_add_string(&text, direct_text(x, "línea ", "line "));
    buffer_add_number(&text, (int64_t)row->line);
    buffer_add_string(&text, ": ");
    buffer_add(&text, row->reason);
    buffer_add_string(&text, direct_text(x, "; de ahí en adelante no se leyó nada",
                                         "; nothing from there on was read"));
    import->broken = buffer_slice(&text);
    import->ended = true;
}

static void add_count(struct buffer *body, const char *name, int64_t count)
{
    buffer_add_string(body, ", \"");
    buffer_add_string(body, name);
    buffer_add_string(body, "\": ");
    buffer_add_number(body, count);
}

static enum handler_next answer_import(struct exchange *x, const struct import *import)
{
    struct buffer body = buffer_in(x->arena);
    if (import->broken.data) {
        buffer_add_string(&body, "{ \"error\": true, \"errors\": { \"file\": ");
        buffer_add_json(&body, import->broken);
        buffer_add_string(&body, " }");
    } else {
        buffer_add_string(&body, "{ \"error\": false");
    }
    add_count(&body, "added", import->added);
    add_count(&body, "changed", import->changed);
    add_count(&body, "unchanged", import->unchanged);
    add_count(&body, "rejected", import->rejected);
    buffer_add_string(&body, ", \"reasons\": [");
    buffer_add(&body, buffer_slice(&import->reasons));
    buffer_add_string(&body, import->rejected ? "\n]" : "]");
    if (import->rejected > REASONS_MAX)
        add_count(&body, "reasonsLeftOut", import->rejected - REASONS_MAX);
    buffer_add_string(&body, " }\n");
    return direct_answer(x, &body);
}

/* Reads and asks for the next contacts, or answers when there are none. */
static enum handler_next ask_rows(struct exchange *x, struct import *import)
{
    struct arena *arena = x->batch.arena;
    import->rows = arena_calloc(arena, STEP_ROWS, sizeof *import->rows);
    import->count = 0;
    if (!import->rows)
        return HANDLER_ANSWER;
    while (import->count < STEP_ROWS && !import->ended && !arena->exhausted) {
        struct contacts_row *row = &import->rows[import->count];
        enum contacts_read_outcome outcome = contacts_file_read(&import->file, row, arena);
        if (outcome == CONTACTS_FILE_BROKEN) {
            set_broken(x, import, row);
        } else if (outcome == CONTACTS_FILE_END) {
            import->ended = true;
        } else if (row->reason.data) {
            add_reason(import, row->line, row->reason);
        } else {
            contacts_put(&x->batch, CONTACTS_PUT_IMPORT, &row->contact, slice_from(""));
            import->count++;
        }
    }
    return import->count ? HANDLER_ASK : answer_import(x, import);
}

enum handler_next contacts_plan_import(struct exchange *x)
{
    struct import *import = arena_calloc(x->arena, 1, sizeof *import);
    struct contacts_row row;
    if (!import)
        return HANDLER_ANSWER;
    import->reasons = buffer_in(x->arena);
    x->notes = import;
    if (contacts_file_open(&import->file, x, &row, x->arena) == CONTACTS_FILE_BROKEN) {
        set_broken(x, import, &row);
        return answer_import(x, import);
    }
    return ask_rows(x, import);
}

static bool take_result(struct exchange *x, struct import *import, const struct contacts_row *row,
                        const struct store_reply *reply)
{
    struct contacts_result result;
    struct buffer reason = buffer_in(x->batch.arena);
    switch (contacts_read_result(reply, &result)) {
    case CONTACTS_ADDED: import->added++; return true;
    case CONTACTS_CHANGED: import->changed++; return true;
    case CONTACTS_SAME: import->unchanged++; return true;
    case CONTACTS_CONFLICT:
        contacts_describe_conflict(&reason, x, &row->contact, &result);
        add_reason(import, row->line, buffer_slice(&reason));
        return true;
    default: answer_surprise(x, reply, "contact"); return false;
    }
}

enum handler_next contacts_render_import(struct exchange *x, const struct store_reply *replies)
{
    struct import *import = x->notes;
    for (size_t i = 0; i < import->count; i++)
        if (!take_result(x, import, &import->rows[i], &replies[i]))
            return HANDLER_ANSWER;
    return ask_rows(x, import);
}
