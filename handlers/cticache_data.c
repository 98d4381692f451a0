/*
 * cticache_data.c - the call-data cache's names, its keys in Redis, and what POST and PUT read from a body.
 */
#include "handlers/cticache_data.h"

#include "base/json.h"
#include "handlers/answer.h"

#define NAME_BYTES 64 /* of an ANI or a DNIS */

/* ---- names and keys ---- */

bool cticache_good_name(struct slice name)
{
    return name.length <= NAME_BYTES && slice_is_name(name, "+*#._-");
}

struct slice cticache_stored_ani(struct exchange *x, struct slice ani)
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

struct slice cticache_entry_key(struct exchange *x, struct slice dnis, struct slice stored_ani)
{
    return joined(x, "cticache:", dnis, ":", stored_ani);
}

struct slice cticache_live_key(const struct cticache_pool *pool, struct arena *arena)
{
    struct buffer key = buffer_in(arena);
    buffer_add_string(&key, "callboard:cticache:live:");
    buffer_add_string(&key, pool->name);
    return buffer_slice(&key);
}

struct slice cticache_rotation_key(struct exchange *x, const struct cticache_pool *pool)
{
    return joined(x, "callboard:cticache:rotation:", slice_from(pool->name), "", slice_of("", 0));
}

struct slice cticache_live_member(struct exchange *x, struct slice dnis, struct slice stored_ani)
{
    return joined(x, "", dnis, ":", stored_ani);
}

/* ---- what a client sends ---- */

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

bool cticache_read_body(struct exchange *x, struct cticache_body *body)
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
