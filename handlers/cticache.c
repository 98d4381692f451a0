/*
 * cticache.c - GET, PUT and DELETE of one entry of the call-data cache.
 */
#include "base/json.h"
#include "handlers/answer.h"
#include "handlers/cticache_data.h"

struct entry {
    struct slice dnis, ani, key;
    struct slice value; /* PUT: what replaces it */
};

/* Splits the path's <dnis>:<ani>. */
static struct entry *find_entry(struct exchange *x)
{
    struct entry *entry = arena_calloc(x->arena, 1, sizeof *entry);
    if (!entry)
        return NULL;
    entry->dnis = slice_cut(x->captures[0], ':', &entry->ani);
    if (!cticache_good_name(entry->dnis) || !cticache_good_name(entry->ani)) {
        answer_fail(x, 400, NULL, "the path must end in <dnis>:<ani>, each " CTICACHE_NAME_RULE);
        return NULL;
    }
    entry->ani = cticache_stored_ani(x, entry->ani);
    entry->key = cticache_entry_key(x, entry->dnis, entry->ani);
    x->notes = entry;
    return entry;
}

enum handler_next cticache_plan_read(struct exchange *x)
{
    struct entry *entry = find_entry(x);
    if (!entry)
        return HANDLER_ANSWER;
    STORE_ADD(&x->batch, slice_from("GET"), entry->key);
    return HANDLER_ASK;
}

/* Adds a command for the sorted set of each pool that has the entry's number: for /status. */
static void tell_pools(struct exchange *x, const struct entry *entry, int64_t ttl)
{
    struct slice member = cticache_live_member(x, entry->dnis, entry->ani);
    const struct cticache_pool *pool = x->context->cticache->pools;
    for (; pool; pool = pool->next) {
        if (!cticache_pool_has(pool, entry->dnis))
            continue;
        struct slice live = cticache_live_key(pool, x->arena);
        if (ttl > 0)
            STORE_ADD(&x->batch, slice_from("ZADD"), live, slice_from("XX"),
                      store_number(&x->batch, x->request->now_us / 1000 + ttl * 1000), member);
        else
            STORE_ADD(&x->batch, slice_from("ZREM"), live, member);
    }
}

enum handler_next cticache_plan_take(struct exchange *x)
{
    struct entry *entry = find_entry(x);
    if (!entry)
        return HANDLER_ANSWER;
    STORE_ADD(&x->batch, slice_from("GETDEL"), entry->key);
    tell_pools(x, entry, 0);
    return HANDLER_ASK;
}

enum handler_next cticache_plan_replace(struct exchange *x)
{
    struct cticache_body body;
    struct entry *entry = find_entry(x);
    if (!entry || !cticache_read_body(x, &body))
        return HANDLER_ANSWER;
    entry->value = body.value;
    if (body.ttl > 0) {
        STORE_ADD(&x->batch, slice_from("SET"), entry->key, entry->value, slice_from("XX"),
                  slice_from("EX"), store_number(&x->batch, body.ttl));
        tell_pools(x, entry, body.ttl);
    } else {
        STORE_ADD(&x->batch, slice_from("SET"), entry->key, entry->value, slice_from("XX"),
                  slice_from("KEEPTTL"));
    }
    return HANDLER_ASK;
}

enum handler_next cticache_render_value(struct exchange *x, const struct store_reply *replies)
{
    const struct entry *entry = x->notes;
    struct slice value = entry->value;
    struct error error;
    if (replies[0].kind == STORE_NIL)
        return answer_fail(x, 404, NULL, "there is no entry for this dnis and ani, or it expired");
    if (!value.data) {
        if (replies[0].kind != STORE_STRING)
            return answer_surprise(x, &replies[0], "cache entry");
        value = replies[0].text;
        /* Other tools write this key too: nothing that is not JSON may break the document. */
        if (!json_parse(value, &error))
            return answer_fail(x, 500, NULL, "the stored value is not JSON");
    } else if (!store_reply_is_status(&replies[0], "OK")) {
        return answer_surprise(x, &replies[0], "cache entry");
    }
    struct buffer body = buffer_in(x->arena);
    buffer_add_string(&body, "{\"value\":");
    buffer_add(&body, value);
    buffer_add_byte(&body, '}');
    answer_json(x, 200, &body);
    if (x->request->method & (HTTP_GET | HTTP_HEAD))
        http_response_etag(&x->response, x->request);
    return HANDLER_ANSWER;
}
