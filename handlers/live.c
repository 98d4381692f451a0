/*
 * live.c - where live state is in Redis, and one record of it.
 */
#include "handlers/live.h"

#include "base/json.h"
#include "handlers/answer.h"
#include "handlers/directory_check.h"
#include "store/directory_record.h"
#include "store/element.h"
#include "store/live_names.h"

/* The most memory that one record may take while it is read. */
#define RECORD_MEMORY ((size_t)4 << 20)

static const struct live_names *names_of_registrations(const struct live_names_settings *settings)
{
    return &settings->registration;
}

static const struct live_names *names_of_calls(const struct live_names_settings *settings)
{
    return &settings->call;
}

const struct live_kind live_registrations = {.plural = "registrations",
                                             .singular = "registration",
                                             .id = "extension",
                                             .names = names_of_registrations};
const struct live_kind live_calls = {.plural = "calls",
                                     .singular = "call",
                                     .id = "extension",
                                     .shows_all = true,
                                     .names = names_of_calls};
const struct live_kind live_channels = {
    .plural = "channels", .singular = "channel", .id = "uuid", .shows_all = true};

/* ---- where ---- */

bool live_place_read(struct exchange *x, const struct live_kind *kind, struct live_place *place)
{
    const struct live_names *names = kind->names ? kind->names(x->context->live_names) : NULL;
    *place = (struct live_place){.kind = kind, .per_domain = !names || names->per_domain};
    enum form_presence presence = form_find(&x->query, "domain", &place->domain);
    if (names && !*names->hash)
        answer_fail_format(x, 404, NULL, "%s are not kept: %s_hash in [freeswitch] is empty",
                           kind->plural, kind->singular);
    else if (presence == FORM_REPEATED)
        answer_fail(x, 400, "domain", "domain is given more than once");
    else if (presence != FORM_MISSING && !place->per_domain)
        answer_fail_format(x, 400, "domain", "%s of all domains are in one hash: leave domain out",
                           kind->plural);
    else if (presence != FORM_MISSING && !directory_name_is_good(place->domain))
        answer_fail(x, 400, "domain",
                    "domain must be 1 to 255 bytes of UTF-8 without control characters");
    else
        return true;
    return false;
}

struct slice live_place_key(struct exchange *x, const struct live_place *place, struct slice domain)
{
    if (!place->kind->names)
        return element_key(x->batch.arena, domain, ELEMENT_CHANNEL);
    return live_names_hash(x->batch.arena, place->kind->names(x->context->live_names), domain);
}

/* ---- a record ---- */

static bool add_object(struct buffer *body, const struct live_kind *kind, struct slice stored)
{
    struct error unsaid;
    json_t *object = json_parse_lenient(stored, &unsaid);
    if (!json_is_object(object))
        return false;
    if (!kind->shows_all)
        directory_remove_secrets(object);
    json_write(body, object);
    return true;
}

/* Each record has memory of its own while it is read: however large one is, the others can be shown. */
bool live_add_record(struct buffer *body, const struct live_kind *kind, struct slice stored)
{
    struct arena own;
    arena_init(&own, RECORD_MEMORY);
    struct arena *before = json_use_arena(&own);
    bool added = add_object(body, kind, stored);
    json_use_arena(before);
    arena_free(&own);
    return added;
}

/* ---- one, by its extension ---- */

static enum handler_next plan_record(struct exchange *x, const struct live_kind *kind)
{
    struct live_place place;
    if (!live_place_read(x, kind, &place))
        return HANDLER_ANSWER;
    if (place.per_domain && place.domain.length == 0)
        return answer_fail(x, 400, "domain", "domain must say of which domain the extension is");
    x->notes = (void *)(uintptr_t)kind;
    STORE_ADD(&x->batch, slice_from("HGET"), live_place_key(x, &place, place.domain),
              x->captures[0]);
    return HANDLER_ASK;
}

enum handler_next live_plan_registration(struct exchange *x)
{
    return plan_record(x, &live_registrations);
}

enum handler_next live_plan_call(struct exchange *x)
{
    return plan_record(x, &live_calls);
}

enum handler_next live_render_record(struct exchange *x, const struct store_reply *replies)
{
    const struct live_kind *kind = x->notes;
    struct buffer body = buffer_in(x->arena);
    if (replies[0].kind == STORE_NIL)
        return answer_fail_format(x, 404, NULL, "there is no %s of this extension", kind->singular);
    if (replies[0].kind != STORE_STRING)
        return answer_surprise(x, &replies[0], kind->plural);
    if (!live_add_record(&body, kind, replies[0].text))
        return answer_fail(x, 500, NULL, "what is stored is not a JSON object");
    answer_json(x, 200, &body);
    http_response_header(&x->response, "Cache-Control", slice_from("no-store"));
    return HANDLER_ANSWER;
}
