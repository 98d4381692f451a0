/*
 * cticache.c - the call-data cache: data left for a call that is about to be transferred.
 *
 * An entry is one Redis string, cticache:<dnis>:<ani>, that Redis itself expires; it holds the value as JSON.
 * SET NX is the rule that no DNIS:ANI ever has two live entries. Numbers are given out in rotation: a counter
 * per pool says whose turn it is, for all workers and machines together, so a number comes back as late as it
 * can. When the caller still holds that number, the pool is searched for the next one that is free for the
 * caller, and the rotation goes on from there.
 */
#include "handlers/cticache.h"

#include "base/json.h"
#include "handlers/answer.h"

#define NAME_BYTES 64 /* of an ANI or a DNIS */

#define NAME_RULE "1 to 64 characters of 0-9 A-Z a-z + * # . _ -"

/* How many numbers are looked at in one go when the one whose turn it is is taken. */
#define SURVEY_FIRST 32
#define SURVEY_NEXT  1000

/* How often the sorted set of live entries is rid of expired ones; in between it holds that many more. */
#define TURNS_PER_TRIM 16

/* ---- names and keys ---- */

static bool good_name(struct slice name)
{
    return name.length <= NAME_BYTES && slice_is_name(name, "+*#._-");
}

/*
 * The form of ANI under which its entry is kept: its last N digits when `ani_digits = N`, since carriers add
 * and drop +1, 00 and 0; but an ANI with letters is a name, and stays as it is.
 */
static struct slice stored_ani(struct exchange *x, struct slice ani)
{
    size_t wanted = (size_t)x->context->cticache->ani_digits;
    if (wanted == 0 || !slice_only(ani, "0123456789+*#._-"))
        return ani;
    char digits[NAME_BYTES];
    size_t count = 0;
    for (size_t i = 0; i < ani.length; i++)
        if (ani.data[i] >= '0' && ani.data[i] <= '9')
            digits[count++] = ani.data[i];
    if (count == 0)
        return ani;
    size_t skipped = count > wanted ? count - wanted : 0;
    return arena_copy(x->arena, slice_of(digits + skipped, count - skipped));
}

static struct slice joined(struct exchange *x, const char *prefix, struct slice a,
                           const char *between, struct slice b)
{
    struct buffer text = buffer_in(x->arena);
    buffer_add_string(&text, prefix);
    buffer_add(&text, a);
    buffer_add_string(&text, between);
    buffer_add(&text, b);
    return buffer_slice(&text);
}

static struct slice entry_key(struct exchange *x, struct slice dnis, struct slice ani)
{
    return joined(x, "cticache:", dnis, ":", ani);
}

struct slice cticache_live_key(const struct cticache_pool *pool, struct arena *arena)
{
    struct buffer key = buffer_in(arena);
    buffer_add_string(&key, "callboard:cticache:live:");
    buffer_add_string(&key, pool->name);
    return buffer_slice(&key);
}

static struct slice rotation_key(struct exchange *x, const struct cticache_pool *pool)
{
    return joined(x, "callboard:cticache:rotation:", slice_from(pool->name), "", slice_of("", 0));
}

/* ---- what a client sends ---- */

/* What the body of POST and PUT says; a missing member has data NULL, or -1. */
struct cticache_body {
    struct slice value; /* compact JSON */
    struct slice ani;
    struct slice pool;
    int64_t ttl;
};

static bool refuse(struct exchange *x, const char *field, const char *text)
{
    answer_fail(x, 400, field, text);
    return false;
}

static bool ttl_in_bounds(struct exchange *x, int64_t ttl)
{
    if (ttl >= 1 && ttl <= x->context->cticache->ttl_max)
        return true;
    answer_fail_format(x, 400, "ttl", "ttl must be a whole number of seconds from 1 to %lld",
                       (long long)x->context->cticache->ttl_max);
    return false;
}

static bool read_json_text(struct exchange *x, const json_t *object, const char *name,
                           struct slice *text)
{
    const json_t *member = json_object_get(object, name);
    if (!member)
        return true;
    if (!json_is_string(member)) {
        answer_fail_format(x, 400, name, "%s must be a string", name);
        return false;
    }
    *text = json_slice(member);
    return true;
}

static bool read_json_body(struct exchange *x, struct cticache_body *body)
{
    struct error error;
    if (x->request->body.length == 0)
        return refuse(x, NULL, "the body is empty; a JSON object is needed");
    const json_t *object = json_parse(x->request->body, &error);
    if (!object) {
        answer_fail_format(x, 400, NULL, "the body is not JSON: %s", error.text);
        return false;
    }
    if (!json_is_object(object))
        return refuse(x, NULL, "the body must be a JSON object");
    const json_t *ttl = json_object_get(object, "ttl"), *value = json_object_get(object, "value");
    if (ttl && !json_is_integer(ttl))
        return ttl_in_bounds(x, -1);
    if (ttl && !ttl_in_bounds(x, json_integer_value(ttl)))
        return false;
    body->ttl = ttl ? json_integer_value(ttl) : -1;
    if (value) {
        struct buffer text = buffer_in(x->arena);
        json_write(&text, value);
        body->value = buffer_slice(&text);
    }
    return read_json_text(x, object, "ani", &body->ani) &&
           read_json_text(x, object, "pool", &body->pool);
}

static bool read_form_text(struct exchange *x, const char *name, struct slice *text)
{
    if (form_find(&x->form, name, text) == FORM_REPEATED) {
        answer_fail_format(x, 400, name, "%s is given more than once", name);
        return false;
    }
    if (slice_is_utf8(*text))
        return true;
    answer_fail_format(x, 400, name, "%s is not UTF-8", name);
    return false;
}

static bool read_form_body(struct exchange *x, struct cticache_body *body)
{
    struct slice value = {0}, ttl = {0};
    uint64_t seconds;
    if (!read_form_text(x, "value", &value) || !read_form_text(x, "ani", &body->ani) ||
        !read_form_text(x, "pool", &body->pool) || !read_form_text(x, "ttl", &ttl))
        return false;
    if (ttl.data) {
        if (!ttl_in_bounds(x, slice_number(ttl, INT32_MAX, &seconds) ? (int64_t)seconds : -1))
            return false;
        body->ttl = (int64_t)seconds;
    }
    if (value.data) {
        struct buffer text = buffer_in(x->arena);
        buffer_add_json(&text, value);
        body->value = buffer_slice(&text);
    }
    return true;
}

/* Reads the body, JSON or form; VALUE is what POST and PUT both need. */
static bool read_body(struct exchange *x, struct cticache_body *body)
{
    *body = (struct cticache_body){.ttl = -1};
    bool form = http_body_is(x->request, HTTP_FORM);
    if (!(form ? read_form_body(x, body) : read_json_body(x, body)))
        return false;
    if (!body->value.data)
        return refuse(x, "value", "value is missing; it may be any JSON value");
    if (body->value.length > CTICACHE_VALUE_BYTES)
        return refuse(x, "value", "value is larger than 65536 bytes");
    return true;
}

/* ---- POST: create ---- */

enum creation_phase {
    CREATION_TURN,   /* asked whose turn it is */
    CREATION_CLAIM,  /* tried to make the entry */
    CREATION_SURVEY, /* asked which of the next numbers are taken */
};

struct creation {
    const struct cticache_pool *pool;
    struct slice ani;    /* as the client gave it */
    struct slice stored; /* as it is kept */
    struct slice value;
    int64_t ttl; /* seconds */
    enum creation_phase phase;
    uint64_t turn;      /* the place in the pool where the search began */
    uint64_t seen;      /* numbers from there on that are known to be taken */
    uint64_t surveying; /* numbers asked about now */
    int64_t soonest_ms; /* when the first of the taken ones will be free */
    struct slice dnis;  /* the one claimed */
};

static struct slice number_at(struct exchange *x, const struct creation *creation, uint64_t offset)
{
    return cticache_pool_number(creation->pool, (creation->turn + offset) % creation->pool->size,
                                x->arena);
}

/*
 * Asks for the entry under the number at `seen`, moving the rotation on by ADVANCE. The sorted set is for /status
 * alone; its expired members go now and then.
 */
static enum handler_next ask_claim(struct exchange *x, struct creation *creation, uint64_t advance)
{
    struct store_batch *batch = &x->batch;
    int64_t now_ms = x->request->now_us / 1000;
    creation->phase = CREATION_CLAIM;
    creation->dnis = number_at(x, creation, creation->seen);
    struct slice member = joined(x, "", creation->dnis, ":", creation->stored);
    struct slice live = cticache_live_key(creation->pool, x->arena);
    STORE_ADD(batch, slice_from("SET"), entry_key(x, creation->dnis, creation->stored),
              creation->value, slice_from("EX"), store_number(batch, creation->ttl),
              slice_from("NX"));
    STORE_ADD(batch, slice_from("ZADD"), live, slice_from("GT"),
              store_number(batch, now_ms + creation->ttl * 1000), member);
    if (creation->turn % TURNS_PER_TRIM == 0)
        STORE_ADD(batch, slice_from("ZREMRANGEBYSCORE"), live, slice_from("-inf"),
                  store_number(batch, now_ms));
    if (advance)
        STORE_ADD(batch, slice_from("INCRBY"), rotation_key(x, creation->pool),
                  store_number(batch, (int64_t)advance));
    return HANDLER_ASK;
}

/* Asks how long the next numbers will still be taken for this ANI. */
static enum handler_next ask_survey(struct exchange *x, struct creation *creation)
{
    uint64_t left = creation->pool->size - creation->seen;
    uint64_t most = creation->seen <= 1 ? SURVEY_FIRST : SURVEY_NEXT;
    if (left == 0)
        return answer_busy(x, (creation->soonest_ms + 999) / 1000,
                           "every number of the pool is taken for this ani; try again later");
    creation->phase = CREATION_SURVEY;
    creation->surveying = left < most ? left : most;
    for (uint64_t i = 0; i < creation->surveying; i++)
        STORE_ADD(&x->batch, slice_from("PTTL"),
                  entry_key(x, number_at(x, creation, creation->seen + i), creation->stored));
    return HANDLER_ASK;
}

/* Claims the first number of the surveyed ones that is free, or surveys on. */
static enum handler_next after_survey(struct exchange *x, struct creation *creation,
                                      const struct store_reply *replies)
{
    for (uint64_t i = 0; i < creation->surveying; i++) {
        if (replies[i].kind != STORE_INTEGER)
            return answer_surprise(x, &replies[i], "cache entry");
        if (replies[i].integer == -2) /* there is no such key */
            return ask_claim(x, creation, creation->seen);
        if (replies[i].integer >= 0 && replies[i].integer < creation->soonest_ms)
            creation->soonest_ms = replies[i].integer;
        creation->seen++;
    }
    return ask_survey(x, creation);
}

static enum handler_next answer_created(struct exchange *x, const struct creation *creation)
{
    struct buffer body = buffer_in(x->arena), location = buffer_in(x->arena);
    buffer_add_string(&body, "{\"dnis\":");
    buffer_add_json(&body, creation->dnis);
    buffer_add_string(&body, ",\"ani\":");
    buffer_add_json(&body, creation->ani);
    buffer_add_string(&body, ",\"value\":");
    buffer_add(&body, creation->value);
    buffer_add_byte(&body, '}');
    buffer_add(&location, x->request->mount);
    buffer_add_string(&location, "/cticache/DNIS-ANI/");
    buffer_add_percent(&location, creation->dnis, "+");
    buffer_add_byte(&location, ':');
    buffer_add_percent(&location, creation->ani, "+*");
    http_response_header(&x->response, "Location", buffer_slice(&location));
    return answer_json(x, 201, &body);
}

static const struct cticache_pool *pool_for(struct exchange *x, struct slice name)
{
    const struct cticache_settings *settings = x->context->cticache;
    if (!name.data)
        return settings->default_pool;
    for (const struct cticache_pool *pool = settings->pools; pool; pool = pool->next)
        if (slice_is(name, pool->name))
            return pool;
    return NULL;
}

enum handler_next cticache_plan_create(struct exchange *x)
{
    struct cticache_body body;
    struct creation *creation = arena_calloc(x->arena, 1, sizeof *creation);
    if (!creation || !read_body(x, &body))
        return HANDLER_ANSWER;
    if (!body.ani.data)
        return answer_fail(x, 400, "ani", "ani is missing; it must be " NAME_RULE);
    if (!good_name(body.ani))
        return answer_fail(x, 400, "ani", "ani must be " NAME_RULE);
    creation->pool = pool_for(x, body.pool);
    if (!creation->pool && body.pool.data)
        return answer_fail(x, 400, "pool", "there is no pool of this name");
    if (!creation->pool)
        return answer_fail(x, 500, NULL, "no pool of numbers is configured: [cticache.pool.NAME]");
    creation->ani = body.ani;
    creation->stored = stored_ani(x, body.ani);
    creation->value = body.value;
    creation->ttl = body.ttl > 0              ? body.ttl
                    : creation->pool->ttl > 0 ? creation->pool->ttl
                                              : x->context->cticache->ttl;
    creation->soonest_ms = creation->ttl * 1000;
    creation->phase = CREATION_TURN;
    x->notes = creation;
    STORE_ADD(&x->batch, slice_from("INCR"), rotation_key(x, creation->pool));
    return HANDLER_ASK;
}

enum handler_next cticache_render_create(struct exchange *x, const struct store_reply *replies)
{
    struct creation *creation = x->notes;
    switch (creation->phase) {
    case CREATION_TURN:
        if (replies[0].kind != STORE_INTEGER)
            return answer_surprise(x, &replies[0], "rotation of a pool");
        creation->turn = (uint64_t)(replies[0].integer - 1) % creation->pool->size;
        return ask_claim(x, creation, 0);
    case CREATION_CLAIM:
        if (store_reply_is_status(&replies[0], "OK"))
            return answer_created(x, creation);
        if (replies[0].kind != STORE_NIL)
            return answer_surprise(x, &replies[0], "cache entry");
        /* Taken, now or by somebody faster. The number itself is looked at again for its expiry. */
        return ask_survey(x, creation);
    case CREATION_SURVEY: return after_survey(x, creation, replies);
    }
    return answer_fail(x, 500, NULL, "unknown phase");
}

/* ---- GET, PUT, DELETE of one entry ---- */

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
    if (!good_name(entry->dnis) || !good_name(entry->ani)) {
        refuse(x, NULL, "the path must end in <dnis>:<ani>, each " NAME_RULE);
        return NULL;
    }
    entry->ani = stored_ani(x, entry->ani);
    entry->key = entry_key(x, entry->dnis, entry->ani);
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
    struct slice member = joined(x, "", entry->dnis, ":", entry->ani);
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
    if (!entry || !read_body(x, &body))
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
