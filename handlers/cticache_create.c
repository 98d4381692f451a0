/*
 * cticache_create.c - POST /cticache/DNIS-ANI: data is left for a call, under a number of a pool.
 *
 * SET NX is the rule that no DNIS:ANI ever has two live entries. Numbers are given out in rotation: a counter
 * per pool says whose turn it is, for all workers and machines together, so a number comes back as late as it
 * can. When the caller still holds that number, the pool is searched for the next one that is free for the
 * caller, and the rotation goes on from there.
 */
#include "handlers/answer.h"
#include "handlers/cticache_data.h"

/* How many numbers are looked at in one go when the one whose turn it is is taken. */
#define SURVEY_FIRST 32
#define SURVEY_NEXT  1000

/* How often the sorted set of live entries is rid of expired ones; in between it holds that many more. */
#define TURNS_PER_TRIM 16

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
    struct slice member = cticache_live_member(x, creation->dnis, creation->stored);
    struct slice live = cticache_live_key(creation->pool, x->arena);
    STORE_ADD(batch, slice_from("SET"), cticache_entry_key(x, creation->dnis, creation->stored),
              creation->value, slice_from("EX"), store_number(batch, creation->ttl),
              slice_from("NX"));
    STORE_ADD(batch, slice_from("ZADD"), live, slice_from("GT"),
              store_number(batch, now_ms + creation->ttl * 1000), member);
    if (creation->turn % TURNS_PER_TRIM == 0)
        STORE_ADD(batch, slice_from("ZREMRANGEBYSCORE"), live, slice_from("-inf"),
                  store_number(batch, now_ms));
    if (advance)
        STORE_ADD(batch, slice_from("INCRBY"), cticache_rotation_key(x, creation->pool),
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
        STORE_ADD(
            &x->batch, slice_from("PTTL"),
            cticache_entry_key(x, number_at(x, creation, creation->seen + i), creation->stored));
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
    if (!creation || !cticache_read_body(x, &body))
        return HANDLER_ANSWER;
    if (!body.ani.data)
        return answer_fail(x, 400, "ani", "ani is missing; it must be " CTICACHE_NAME_RULE);
    if (!cticache_good_name(body.ani))
        return answer_fail(x, 400, "ani", "ani must be " CTICACHE_NAME_RULE);
    creation->pool = pool_for(x, body.pool);
    if (!creation->pool && body.pool.data)
        return answer_fail(x, 400, "pool", "there is no pool of this name");
    if (!creation->pool)
        return answer_fail(x, 500, NULL, "no pool of numbers is configured: [cticache.pool.NAME]");
    creation->ani = body.ani;
    creation->stored = cticache_stored_ani(x, body.ani);
    creation->value = body.value;
    creation->ttl = body.ttl > 0              ? body.ttl
                    : creation->pool->ttl > 0 ? creation->pool->ttl
                                              : x->context->cticache->ttl;
    creation->soonest_ms = creation->ttl * 1000;
    creation->phase = CREATION_TURN;
    x->notes = creation;
    STORE_ADD(&x->batch, slice_from("INCR"), cticache_rotation_key(x, creation->pool));
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
