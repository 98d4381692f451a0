/*
 * element_script.c - changing an element and telling of it, in one.
 */
#include "store/element_script.h"

#include "store/script.h"

/*
 * KEYS: elements, stream, the owner's hash or nothing. ARGV: element, id, JSON or '' (to be removed), events that are kept,
 * field in the owner's hash.
 *
 * Redis does not undo what a script did before it failed. So what can fail is done first and what is seen last: the
 * owner's hash may name what is not there, but nothing is there that it does not name; and HGET finds out whether the last step
 * can be done.
 */
static const char change_script[] = "local old = redis.call('HGET', KEYS[1], ARGV[2]) "
                                    "local new = ARGV[3] " ELEMENT_SCRIPT_TELL "if new ~= '' then "
                                    "if KEYS[3] then redis.call('HSET', KEYS[3], ARGV[5], '1') end "
                                    "if old == new then return 0 end "
                                    "tell(old and 'updated' or 'added', new) "
                                    "redis.call('HSET', KEYS[1], ARGV[2], new) "
                                    "return 1 "
                                    "end "
                                    "if old then "
                                    "tell('removed', old) "
                                    "redis.call('HDEL', KEYS[1], ARGV[2]) "
                                    "end "
                                    "if KEYS[3] then redis.call('HDEL', KEYS[3], ARGV[5]) end "
                                    "return old and 1 or 0";

static struct slice owned_field(struct arena *arena, struct slice domain, enum element element,
                                struct slice id)
{
    struct buffer field = buffer_in(arena);
    buffer_add_string(&field, element_specs[element].name);
    buffer_add_byte(&field, ':');
    buffer_add(&field, domain);
    buffer_add_byte(&field, ':');
    buffer_add(&field, id);
    return buffer_slice(&field);
}

struct element_script element_script_in(struct store_batch *batch, struct slice owner,
                                        int64_t events_kept)
{
    return (struct element_script){.batch = batch, .owner = owner, .events_kept = events_kept};
}

static void add_change(struct element_script *script, struct slice domain, enum element element,
                       struct slice id, struct slice json)
{
    struct store_batch *batch = script->batch;
    struct slice words[11];
    size_t count = 0;
    bool owned = script->owner.length > 0;
    struct slice text = slice_of(change_script, sizeof change_script - 1);
    words[count++] = slice_from(script->name ? "EVALSHA" : "EVAL");
    words[count++] = script->name ? slice_of(script->name, SCRIPT_NAME_LENGTH) : text;
    if (!script->name && (script->name = arena_alloc(batch->arena, SCRIPT_NAME_LENGTH)))
        script_name(text, script->name);
    words[count++] = slice_from(owned ? "3" : "2");
    words[count++] = element_key(batch->arena, domain, element);
    words[count++] = element_stream(batch->arena, domain);
    if (owned)
        words[count++] = script->owner;
    words[count++] = slice_from(element_specs[element].name);
    words[count++] = id;
    words[count++] = json;
    words[count++] = store_number(batch, script->events_kept);
    if (owned)
        words[count++] = owned_field(batch->arena, domain, element, id);
    store_batch_add_words(batch, words, count);
}

void element_add_set(struct element_script *script, struct slice domain, enum element element,
                     struct slice id, struct slice json)
{
    add_change(script, domain, element, id, json);
}

void element_add_remove(struct element_script *script, struct slice domain, enum element element,
                        struct slice id)
{
    add_change(script, domain, element, id, slice_from(""));
}

/* A domain may be an IPv6 address in brackets; no other one has a colon. */
bool element_owned_read(struct slice field, enum element *element, struct slice *domain,
                        struct slice *id)
{
    struct slice rest;
    if (!element_named(slice_cut(field, ':', &rest), element) || !rest.data)
        return false;
    if (slice_starts(rest, "[")) {
        const char *end = memchr(rest.data, ']', rest.length);
        if (!end || end + 1 == rest.data + rest.length || end[1] != ':')
            return false;
        *domain = slice_of(rest.data, (size_t)(end + 1 - rest.data));
        *id = slice_of(end + 2, rest.length - domain->length - 1);
        return true;
    }
    *domain = slice_cut(rest, ':', id);
    return id->data != NULL;
}
