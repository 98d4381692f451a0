/*
 * directory_bulk.c - many extensions at once: PUT of NDJSON, {"name": "1000", "param": {…}, …} a line.
 *
 * All lines are checked before the first one is written; then aliases are claimed, the records written with one
 * command, and former aliases released. Of two bulks at once the later one counts, line by line.
 */
#include "base/json.h"
#include "handlers/answer.h"
#include "handlers/directory.h"
#include "handlers/directory_copies.h"
#include "handlers/directory_api.h"
#include "handlers/directory_request.h"

enum bulk_phase {
    BULK_READ,    /* asked for the records as they are, and who has the aliases */
    BULK_HOLDERS, /* asked whether those still have them */
    BULK_WRITE    /* written */
};

struct bulk_line {
    struct slice name, text, alias;
    struct slice former_alias, holder;
};

struct bulk {
    struct directory_record_place place;
    enum bulk_phase phase;
    struct bulk_line *lines;
    size_t count;
    struct slice realm;
    struct slice aliases_key;
    size_t asked; /* commands in the batch */
};

/* ---- the body ---- */

static enum handler_next refuse(struct exchange *x, size_t line, const char *field,
                                const char *text)
{
    return answer_fail_format(x, 400, field, "line %zu: %s", line, text);
}

static bool read_line(struct exchange *x, const struct bulk *bulk, struct slice text, size_t number,
                      struct bulk_line *line)
{
    struct error error;
    json_t *record = json_parse(text, &error);
    if (!json_is_object(record)) {
        refuse(x, number, NULL, record ? "a JSON object is needed" : error.text);
        return false;
    }
    const json_t *name = json_object_get(record, "name");
    if (!json_is_string(name) || !directory_name_is_good(json_slice(name))) {
        refuse(x, number, "name", "name must be the extension's, 1 to 255 bytes");
        return false;
    }
    line->name = json_slice(name);
    json_object_del(record, "name");
    if (!directory_check(x, DIRECTORY_OF_EXTENSION, record, line->name, bulk->realm, number))
        return false;
    line->text = directory_record_text(x, record);
    line->alias = directory_alias_of(x, line->text);
    return line->text.data != NULL;
}

/* Two lines may not have the same name or number-alias, nor one the other's name for its alias. */
static bool check_each_other(struct exchange *x, const struct bulk *bulk)
{
    for (size_t i = 0; i < bulk->count; i++) {
        for (size_t k = 0; k < bulk->count; k++) {
            const struct bulk_line *a = &bulk->lines[i], *b = &bulk->lines[k];
            if (k < i && slice_equal(a->name, b->name)) {
                answer_fail_format(x, 400, "name", "%.*s comes twice", SLICE_ARGUMENTS(a->name));
                return false;
            }
            if (a->alias.length > 0 && k != i &&
                (slice_equal(a->alias, b->name) || slice_equal(a->alias, b->alias))) {
                answer_fail_format(x, 400, "attribute.number-alias",
                                   "%.*s is the name or number-alias of two extensions",
                                   SLICE_ARGUMENTS(a->alias));
                return false;
            }
        }
    }
    return true;
}

static bool read_lines(struct exchange *x, struct bulk *bulk)
{
    size_t number = 0;
    bulk->lines = arena_calloc(x->arena, DIRECTORY_BULK_LINES, sizeof *bulk->lines);
    if (!bulk->lines)
        return false;
    for (struct slice rest = x->request->body; rest.data;) {
        struct slice text = slice_cut(rest, '\n', &rest);
        if (text.length > 0 && text.data[text.length - 1] == '\r')
            text.length--;
        number++;
        if (slice_trim(text).length == 0)
            continue;
        if (bulk->count == DIRECTORY_BULK_LINES) {
            answer_fail_format(x, 413, NULL, "more than %d extensions at once",
                               DIRECTORY_BULK_LINES);
            return false;
        }
        if (!read_line(x, bulk, text, number, &bulk->lines[bulk->count++]))
            return false;
    }
    if (bulk->count > 0)
        return check_each_other(x, bulk);
    answer_fail(x, 400, NULL, "the body is empty; a JSON object a line is needed");
    return false;
}

/* ---- Redis ---- */

/* Adds COMMAND key and, of each line, what PICK gives: none, one or two words. */
static void ask_for_lines(struct exchange *x, const struct bulk *bulk, const char *command,
                          struct slice key,
                          size_t (*pick)(const struct bulk_line *line, struct slice *words))
{
    struct slice *words = arena_calloc(x->arena, 2 + 2 * bulk->count, sizeof *words);
    size_t count = 2;
    if (!words)
        return;
    words[0] = slice_from(command);
    words[1] = key;
    for (size_t i = 0; i < bulk->count; i++)
        count += pick(&bulk->lines[i], words + count);
    if (count > 2)
        store_batch_add_words(&x->batch, words, count);
}

static size_t pick_name(const struct bulk_line *line, struct slice *words)
{
    words[0] = line->name;
    return 1;
}

static size_t pick_alias(const struct bulk_line *line, struct slice *words)
{
    words[0] = line->alias;
    return line->alias.length > 0;
}

static size_t pick_holder(const struct bulk_line *line, struct slice *words)
{
    words[0] = line->holder;
    return line->holder.length > 0;
}

static size_t pick_record(const struct bulk_line *line, struct slice *words)
{
    words[0] = line->name;
    words[1] = line->text;
    return 2;
}

static size_t pick_claim(const struct bulk_line *line, struct slice *words)
{
    words[0] = line->alias;
    words[1] = line->name;
    return line->alias.length > 0 ? 2 : 0;
}

enum handler_next directory_plan_bulk(struct exchange *x)
{
    struct bulk *bulk = arena_calloc(x->arena, 1, sizeof *bulk);
    if (!bulk || !directory_place_read(x, DIRECTORY_OF_EXTENSION, &bulk->place))
        return HANDLER_ANSWER;
    x->notes = bulk;
    bulk->aliases_key = directory_key(x->arena, "cti_alias@", bulk->place.domain);
    form_find(&x->query, "realm", &bulk->realm);
    if (!read_lines(x, bulk))
        return HANDLER_ANSWER;
    ask_for_lines(x, bulk, "HMGET", bulk->place.key, pick_name);
    ask_for_lines(x, bulk, "HMGET", bulk->place.key, pick_alias);
    ask_for_lines(x, bulk, "HMGET", bulk->aliases_key, pick_alias);
    bulk->asked = x->batch.count;
    return HANDLER_ASK;
}

static enum handler_next ask_write(struct exchange *x, struct bulk *bulk)
{
    bulk->phase = BULK_WRITE;
    ask_for_lines(x, bulk, "HSET", bulk->aliases_key, pick_claim);
    ask_for_lines(x, bulk, "HSET", bulk->place.key, pick_record);
    for (size_t i = 0; i < bulk->count; i++) {
        const struct bulk_line *line = &bulk->lines[i];
        if (line->former_alias.length > 0 && !slice_equal(line->former_alias, line->alias))
            directory_release_alias(x, bulk->place.domain, line->former_alias, line->name);
        directory_tell_change(x, DIRECTORY_OF_EXTENSION, bulk->place.domain, line->name);
    }
    bulk->asked = x->batch.count;
    return HANDLER_ASK;
}

static enum handler_next alias_is_taken(struct exchange *x, const struct bulk_line *line)
{
    return answer_fail_format(x, 409, "attribute.number-alias",
                              "%.*s is another extension's name or number-alias",
                              SLICE_ARGUMENTS(line->alias));
}

/* True when NAME gets a new record by this bulk. */
static bool is_written(const struct bulk *bulk, struct slice name)
{
    for (size_t i = 0; i < bulk->count; i++)
        if (slice_equal(bulk->lines[i].name, name))
            return true;
    return false;
}

static enum handler_next after_read(struct exchange *x, struct bulk *bulk,
                                    const struct store_reply *replies)
{
    size_t asked = 0;
    bool any = false;
    for (size_t i = 0; i < bulk->asked; i++)
        if (replies[i].kind != STORE_ARRAY)
            return answer_surprise(x, &replies[i], "directory records");
    for (size_t i = 0; i < bulk->count; i++) {
        struct bulk_line *line = &bulk->lines[i];
        const struct store_reply *stored = &replies[0].elements[i];
        if (stored->kind == STORE_STRING)
            line->former_alias = directory_alias_of(x, stored->text);
        if (line->alias.length == 0)
            continue;
        if (replies[1].elements[asked].kind != STORE_NIL)
            return alias_is_taken(x, line);
        const struct store_reply *holder = &replies[2].elements[asked++];
        if (holder->kind == STORE_STRING && !slice_equal(holder->text, line->name) &&
            !is_written(bulk, holder->text)) {
            line->holder = holder->text;
            any = true;
        }
    }
    if (!any)
        return ask_write(x, bulk);
    bulk->phase = BULK_HOLDERS;
    ask_for_lines(x, bulk, "HMGET", bulk->place.key, pick_holder);
    return HANDLER_ASK;
}

static enum handler_next after_holders(struct exchange *x, struct bulk *bulk,
                                       const struct store_reply *reply)
{
    size_t asked = 0;
    if (reply->kind != STORE_ARRAY)
        return answer_surprise(x, reply, "directory records");
    for (size_t i = 0; i < bulk->count; i++) {
        const struct bulk_line *line = &bulk->lines[i];
        if (line->holder.length == 0)
            continue;
        const struct store_reply *stored = &reply->elements[asked++];
        if (stored->kind == STORE_STRING &&
            slice_equal(directory_alias_of(x, stored->text), line->alias))
            return alias_is_taken(x, line);
    }
    return ask_write(x, bulk);
}

static enum handler_next answer_written(struct exchange *x, const struct bulk *bulk,
                                        const struct store_reply *replies)
{
    struct buffer body = buffer_in(x->arena);
    for (size_t i = 0; i < bulk->asked; i++)
        if (replies[i].kind == STORE_ERROR)
            return answer_surprise(x, &replies[i], "directory records");
    for (size_t i = 0; i < bulk->count; i++) {
        directory_forget(x, bulk->place.domain, bulk->lines[i].name);
        directory_forget(x, bulk->place.domain, bulk->lines[i].alias);
        directory_forget(x, bulk->place.domain, bulk->lines[i].former_alias);
    }
    buffer_add_string(&body, "{\"written\":");
    buffer_add_number(&body, (int64_t)bulk->count);
    buffer_add_byte(&body, '}');
    return answer_json(x, 200, &body);
}

enum handler_next directory_render_bulk(struct exchange *x, const struct store_reply *replies)
{
    struct bulk *bulk = x->notes;
    switch (bulk->phase) {
    case BULK_READ: return after_read(x, bulk, replies);
    case BULK_HOLDERS: return after_holders(x, bulk, &replies[0]);
    case BULK_WRITE: return answer_written(x, bulk, replies);
    }
    return answer_fail(x, 500, NULL, "unknown phase");
}
