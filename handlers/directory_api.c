/*
 * directory_api.c - one record of the directory: read, put, patched, deleted.
 *
 * A record is one field of a hash. It is changed by a script that first compares it with what the change was made from,
 * so nobody's change is lost. An extension's number-alias is a field of another hash, which may be in another slot: it
 * is claimed before the record is written and the old one released after. A crash in between leaves an alias that its
 * record does not have, which lookups do not believe, or a record whose alias they find by searching.
 */
#include "handlers/directory_api.h"

#include "base/json.h"
#include "handlers/answer.h"
#include "handlers/directory.h"
#include "handlers/directory_copies.h"
#include "store/directory_record.h"
#include "handlers/directory_request.h"

#define TRIES 5

/* ---- shared by the files of the API ---- */

bool directory_place_read(struct exchange *x, enum directory_owner owner,
                          struct directory_record_place *place)
{
    static const char *const prefixes[] = {"cti_exten@", "cti_group@", ""};
    *place = (struct directory_record_place){.owner = owner, .domain = x->captures[0]};
    place->name = owner == DIRECTORY_OF_DOMAIN ? x->captures[0] : x->captures[1];
    place->key = owner == DIRECTORY_OF_DOMAIN
                     ? slice_from("cti_domain")
                     : directory_key(x->arena, prefixes[owner], place->domain);
    if (directory_name_is_good(place->domain) &&
        (place->name.length == 0 || directory_name_is_good(place->name)))
        return true;
    answer_fail(x, 400, NULL,
                "a name in the path must be 1 to 255 bytes of UTF-8 without control "
                "characters");
    return false;
}

void directory_tell_change(struct exchange *x, enum directory_owner owner, struct slice domain,
                           struct slice name)
{
    static const char *const members[] = {",\"user\":", ",\"group\":", NULL};
    struct buffer news = buffer_in(x->arena);
    buffer_add_string(&news, "{\"domain\":");
    buffer_add_json(&news, domain);
    if (members[owner]) {
        buffer_add_string(&news, members[owner]);
        buffer_add_json(&news, name);
    }
    buffer_add_byte(&news, '}');
    STORE_ADD(&x->batch, slice_from("PUBLISH"), slice_from(DIRECTORY_CHANGES), buffer_slice(&news));
}

void directory_release_alias(struct exchange *x, struct slice domain, struct slice alias,
                             struct slice name)
{
    static const char script[] = "if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then\n"
                                 "  return redis.call('HDEL', KEYS[1], ARGV[1])\n"
                                 "end\n"
                                 "return 0\n";
    STORE_ADD(&x->batch, slice_from("EVAL"), slice_from(script), slice_from("1"),
              directory_key(x->arena, "cti_alias@", domain), alias, name);
}

struct slice directory_alias_of(struct exchange *x, struct slice stored)
{
    struct directory_record record;
    struct error unsaid;
    if (!stored.data || !directory_record_read(stored, &record, &unsaid))
        return slice_of(NULL, 0);
    return directory_member(record.attribute, "number-alias", x->arena);
}

struct slice directory_record_text(struct exchange *x, const json_t *record)
{
    struct buffer text = buffer_in(x->arena);
    json_write(&text, record);
    if (text.length <= DIRECTORY_RECORD_BODY_BYTES)
        return buffer_slice(&text);
    answer_fail_format(x, 400, NULL, "a record may have %zu bytes",
                       (size_t)DIRECTORY_RECORD_BODY_BYTES);
    return slice_of(NULL, 0);
}

/* ---- GET ---- */

static enum handler_next plan_read(struct exchange *x, enum directory_owner owner)
{
    struct directory_record_place place;
    if (!directory_place_read(x, owner, &place))
        return HANDLER_ANSWER;
    STORE_ADD(&x->batch, slice_from("HGET"), place.key, place.name);
    return HANDLER_ASK;
}

enum handler_next directory_plan_read_extension(struct exchange *x)
{
    return plan_read(x, DIRECTORY_OF_EXTENSION);
}

enum handler_next directory_plan_read_group(struct exchange *x)
{
    return plan_read(x, DIRECTORY_OF_GROUP);
}

enum handler_next directory_plan_read_domain(struct exchange *x)
{
    return plan_read(x, DIRECTORY_OF_DOMAIN);
}

static enum handler_next answer_record(struct exchange *x, int status, struct slice stored)
{
    struct buffer body = buffer_in(x->arena);
    buffer_add(&body, stored);
    answer_json(x, status, &body);
    http_response_header(&x->response, "ETag", http_entity_tag(x->arena, stored));
    http_response_header(&x->response, "Cache-Control", slice_from("no-store"));
    return HANDLER_ANSWER;
}

enum handler_next directory_render_read(struct exchange *x, const struct store_reply *replies)
{
    struct directory_record record;
    struct error error;
    struct slice stored = replies[0].text;
    if (replies[0].kind == STORE_NIL)
        return answer_fail(x, 404, NULL, "there is no record of this name");
    if (replies[0].kind != STORE_STRING)
        return answer_surprise(x, &replies[0], "directory record");
    struct slice tag = http_entity_tag(x->arena, stored);
    if (!directory_record_read(stored, &record, &error)) {
        answer_fail_format(x, 500, NULL, "the stored record is broken: %s; PUT another one",
                           error.text);
        http_response_header(&x->response, "ETag", tag);
        return HANDLER_ANSWER;
    }
    answer_record(x, 200, stored);
    struct slice none_match = http_parameter(x->request, "HTTP_IF_NONE_MATCH");
    if (none_match.length > 0 && http_tags_include(none_match, tag)) {
        x->response.status = 304;
        x->response.head_only = true;
    }
    return HANDLER_ANSWER;
}

/* ---- PUT, PATCH, DELETE ---- */

enum change_phase {
    CHANGE_READ,    /* asked for the record as it is */
    CHANGE_CHECK,   /* asked whether somebody else has the alias */
    CHANGE_HOLDER,  /* asked whether that one still has it */
    CHANGE_CLAIM,   /* claimed it */
    CHANGE_STORE,   /* wrote the record, if it was still as read */
    CHANGE_RELEASE, /* told of it, and let the old alias go */
};

struct change {
    struct directory_record_place place;
    enum change_phase phase;
    int tries;
    struct slice realm;
    struct slice stored; /* as it was; data NULL: there was none */
    struct slice fresh;  /* as it will be; data NULL: deleted */
    struct slice alias, former_alias;
    struct slice holder; /* who has the alias, but not in its record */
};

static enum handler_next ask_record(struct exchange *x, struct change *change)
{
    change->phase = CHANGE_READ;
    STORE_ADD(&x->batch, slice_from("HGET"), change->place.key, change->place.name);
    return HANDLER_ASK;
}

static enum handler_next plan_change(struct exchange *x, enum directory_owner owner)
{
    struct change *change = arena_calloc(x->arena, 1, sizeof *change);
    if (!change || !directory_place_read(x, owner, &change->place))
        return HANDLER_ANSWER;
    x->notes = change;
    if (form_find(&x->query, "realm", &change->realm) == FORM_REPEATED)
        return answer_fail(x, 400, "realm", "realm is given more than once");
    return ask_record(x, change);
}

enum handler_next directory_plan_change_extension(struct exchange *x)
{
    return plan_change(x, DIRECTORY_OF_EXTENSION);
}

enum handler_next directory_plan_change_group(struct exchange *x)
{
    return plan_change(x, DIRECTORY_OF_GROUP);
}

enum handler_next directory_plan_change_domain(struct exchange *x)
{
    return plan_change(x, DIRECTORY_OF_DOMAIN);
}

static bool check_preconditions(struct exchange *x, const struct change *change)
{
    struct slice match = http_parameter(x->request, "HTTP_IF_MATCH");
    struct slice none_match = http_parameter(x->request, "HTTP_IF_NONE_MATCH");
    struct slice tag = {0};
    if (change->stored.data)
        tag = http_entity_tag(x->arena, change->stored);
    if (match.length > 0 && !(tag.data && http_tags_include(match, tag))) {
        answer_fail(x, 412, NULL, "the record has been changed since; GET it again");
        return false;
    }
    if (none_match.length > 0 && tag.data && http_tags_include(none_match, tag)) {
        answer_fail(x, 412, NULL, "there is a record of this name already");
        return false;
    }
    return true;
}

/* TARGET with PATCH merged into it: RFC 7396, section 2. */
static json_t *merged(json_t *target, json_t *patch)
{
    const char *name;
    json_t *value;
    if (!json_is_object(patch))
        return patch;
    if (!json_is_object(target))
        target = json_object();
    json_object_foreach(patch, name, value)
    {
        if (json_is_null(value))
            json_object_del(target, name);
        else
            json_object_set(target, name, merged(json_object_get(target, name), value));
    }
    return target;
}

/* Makes change->fresh out of the body. False when the answer is made. */
static bool read_body(struct exchange *x, struct change *change)
{
    struct error error;
    json_t *record = json_parse(x->request->body, &error);
    if (!json_is_object(record)) {
        answer_fail(x, 400, NULL, record ? "the body must be a JSON object" : error.text);
        return false;
    }
    if (x->request->method == HTTP_PATCH) {
        json_t *stored = json_parse(change->stored, &error);
        if (!json_is_object(stored)) {
            answer_fail(x, 409, NULL, "the stored record is broken; PUT another one");
            return false;
        }
        record = merged(stored, record);
    }
    if (!directory_check(x, change->place.owner, record, change->place.name, change->realm, 0))
        return false;
    change->fresh = directory_record_text(x, record);
    return change->fresh.data != NULL;
}

static enum handler_next ask_store(struct exchange *x, struct change *change)
{
    static const char script[] =
        "local stored = redis.call('HGET', KEYS[1], ARGV[1])\n"
        "if (stored and ARGV[2] == '0') or (not stored and ARGV[2] == '1') or\n"
        "   (stored and stored ~= ARGV[3]) then\n"
        "  return 0\n"
        "end\n"
        "if ARGV[4] == '' then\n"
        "  redis.call('HDEL', KEYS[1], ARGV[1])\n"
        "else\n"
        "  redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])\n"
        "end\n"
        "return 1\n";
    change->phase = CHANGE_STORE;
    STORE_ADD(&x->batch, slice_from("EVAL"), slice_from(script), slice_from("1"), change->place.key,
              change->place.name, slice_from(change->stored.data ? "1" : "0"), change->stored,
              change->fresh);
    return HANDLER_ASK;
}

static enum handler_next ask_claim(struct exchange *x, struct change *change)
{
    static const char script[] = "local holder = redis.call('HGET', KEYS[1], ARGV[1])\n"
                                 "if holder and holder ~= ARGV[2] and holder ~= ARGV[3] then\n"
                                 "  return 0\n"
                                 "end\n"
                                 "redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])\n"
                                 "return 1\n";
    change->phase = CHANGE_CLAIM;
    STORE_ADD(&x->batch, slice_from("EVAL"), slice_from(script), slice_from("1"),
              directory_key(x->arena, "cti_alias@", change->place.domain), change->alias,
              change->place.name, change->holder);
    return HANDLER_ASK;
}

static enum handler_next ask_check(struct exchange *x, struct change *change)
{
    change->phase = CHANGE_CHECK;
    STORE_ADD(&x->batch, slice_from("HEXISTS"), change->place.key, change->alias);
    STORE_ADD(&x->batch, slice_from("HGET"),
              directory_key(x->arena, "cti_alias@", change->place.domain), change->alias);
    return HANDLER_ASK;
}

static enum handler_next after_read(struct exchange *x, struct change *change,
                                    const struct store_reply *reply)
{
    if (reply->kind != STORE_STRING && reply->kind != STORE_NIL)
        return answer_surprise(x, reply, "directory record");
    change->stored = reply->kind == STORE_NIL ? slice_of(NULL, 0) : reply->text;
    if (reply->kind == STORE_STRING && !change->stored.data)
        change->stored = slice_from("");
    if (!check_preconditions(x, change))
        return HANDLER_ANSWER;
    if (x->request->method != HTTP_PUT && !change->stored.data)
        return answer_fail(x, 404, NULL, "there is no record of this name");
    if (x->request->method != HTTP_DELETE && !read_body(x, change))
        return HANDLER_ANSWER;
    if (change->place.owner != DIRECTORY_OF_EXTENSION)
        return ask_store(x, change);
    change->former_alias = directory_alias_of(x, change->stored);
    change->alias = directory_alias_of(x, change->fresh);
    return change->alias.length > 0 ? ask_check(x, change) : ask_store(x, change);
}

static enum handler_next alias_is_taken(struct exchange *x)
{
    return answer_fail(x, 409, "attribute.number-alias",
                       "this number-alias is another extension's name or number-alias");
}

static enum handler_next after_check(struct exchange *x, struct change *change,
                                     const struct store_reply *replies)
{
    if (replies[0].kind != STORE_INTEGER ||
        (replies[1].kind != STORE_STRING && replies[1].kind != STORE_NIL))
        return answer_surprise(x, &replies[replies[0].kind == STORE_INTEGER], "directory alias");
    if (replies[0].integer)
        return alias_is_taken(x);
    change->holder = replies[1].text;
    if (replies[1].kind == STORE_NIL || slice_equal(change->holder, change->place.name))
        return ask_claim(x, change);
    change->phase = CHANGE_HOLDER;
    STORE_ADD(&x->batch, slice_from("HGET"), change->place.key, change->holder);
    return HANDLER_ASK;
}

/* Somebody was faster: all is looked at again. */
static enum handler_next try_again(struct exchange *x, struct change *change)
{
    if (++change->tries == TRIES)
        return answer_fail(x, 409, NULL, "others change this record at the same time; try again");
    return ask_record(x, change);
}

/* Copies of answers would be older than what the administrator has just been told is stored. */
static enum handler_next answer_changed(struct exchange *x, const struct change *change)
{
    const struct directory_record_place *place = &change->place;
    if (place->owner == DIRECTORY_OF_EXTENSION) {
        directory_forget(x, place->domain, place->name);
        directory_forget(x, place->domain, change->alias);
        directory_forget(x, place->domain, change->former_alias);
    }
    if (!change->fresh.data) {
        x->response = (struct http_response){.status = 204};
        return HANDLER_ANSWER;
    }
    return answer_record(x, change->stored.data ? 200 : 201, change->fresh);
}

static enum handler_next after_store(struct exchange *x, struct change *change,
                                     const struct store_reply *reply)
{
    const struct directory_record_place *place = &change->place;
    if (reply->integer == 0)
        return try_again(x, change);
    change->phase = CHANGE_RELEASE;
    directory_tell_change(x, place->owner, place->domain, place->name);
    if (change->former_alias.length > 0 && !slice_equal(change->former_alias, change->alias))
        directory_release_alias(x, place->domain, change->former_alias, place->name);
    return HANDLER_ASK;
}

enum handler_next directory_render_change(struct exchange *x, const struct store_reply *replies)
{
    struct change *change = x->notes;
    switch (change->phase) {
    case CHANGE_READ: return after_read(x, change, &replies[0]);
    case CHANGE_CHECK: return after_check(x, change, replies);
    case CHANGE_HOLDER:
        if (replies[0].kind == STORE_STRING &&
            slice_equal(directory_alias_of(x, replies[0].text), change->alias))
            return alias_is_taken(x);
        return ask_claim(x, change);
    case CHANGE_CLAIM:
        if (replies[0].kind != STORE_INTEGER)
            return answer_surprise(x, &replies[0], "directory alias");
        return replies[0].integer ? ask_store(x, change) : try_again(x, change);
    case CHANGE_STORE:
        if (replies[0].kind != STORE_INTEGER)
            return answer_surprise(x, &replies[0], "directory record");
        return after_store(x, change, &replies[0]);
    case CHANGE_RELEASE: return answer_changed(x, change);
    }
    return answer_fail(x, 500, NULL, "unknown phase");
}
