/*
 * directory_list.c - a page of a domain's extensions or groups, without their secrets.
 */
#include "base/json.h"
#include "handlers/answer.h"
#include "handlers/directory.h"
#include "handlers/directory_api.h"
#include "store/directory_record.h"

#define LIMIT_STANDARD "100"
#define LIMIT_MAX      500

struct page {
    const char *member; /* of the answer */
};

static enum handler_next plan_list(struct exchange *x, enum directory_owner owner,
                                   const char *member)
{
    struct page *page = arena_calloc(x->arena, 1, sizeof *page);
    struct directory_record_place place;
    struct slice cursor = slice_from("0"), limit = slice_from(LIMIT_STANDARD);
    uint64_t number;
    if (!page || !directory_place_read(x, owner, &place))
        return HANDLER_ANSWER;
    page->member = member;
    x->notes = page;
    form_find(&x->query, "cursor", &cursor);
    form_find(&x->query, "limit", &limit);
    if (!slice_number(cursor, UINT64_MAX, &number))
        return answer_fail(x, 400, "cursor", "cursor must be what the page before gave as next");
    if (!slice_number(limit, LIMIT_MAX, &number) || number == 0)
        return answer_fail_format(x, 400, "limit", "limit must be a whole number from 1 to %d",
                                  LIMIT_MAX);
    STORE_ADD(&x->batch, slice_from("HSCAN"), place.key, cursor, slice_from("COUNT"), limit);
    return HANDLER_ASK;
}

enum handler_next directory_plan_list_extensions(struct exchange *x)
{
    return plan_list(x, DIRECTORY_OF_EXTENSION, "extensions");
}

enum handler_next directory_plan_list_groups(struct exchange *x)
{
    return plan_list(x, DIRECTORY_OF_GROUP, "groups");
}

static void add_member(struct buffer *body, const char *name, const json_t *value)
{
    if (!value)
        return;
    buffer_add_string(body, name);
    json_write(body, value);
}

static void add_record(struct buffer *body, struct slice name, struct slice stored)
{
    struct directory_record record;
    struct error unsaid;
    buffer_add_string(body, "{\"name\":");
    buffer_add_json(body, name);
    if (directory_record_read(stored, &record, &unsaid)) {
        directory_remove_secrets((json_t *)record.param);
        directory_remove_secrets((json_t *)record.variable);
        add_member(body, ",\"members\":", record.members);
        add_member(body, ",\"param\":", record.param);
        add_member(body, ",\"variable\":", record.variable);
        add_member(body, ",\"attribute\":", record.attribute);
    } else {
        buffer_add_string(body, ",\"broken\":true");
    }
    buffer_add_byte(body, '}');
}

enum handler_next directory_render_list(struct exchange *x, const struct store_reply *replies)
{
    const struct page *page = x->notes;
    const struct store_reply *reply = &replies[0];
    struct buffer body = buffer_in(x->arena);
    bool first = true;
    if (reply->kind != STORE_ARRAY || reply->count != 2 || reply->elements[1].kind != STORE_ARRAY)
        return answer_surprise(x, reply, "directory list");
    const struct store_reply *pairs = &reply->elements[1];
    buffer_add_string(&body, "{\"");
    buffer_add_string(&body, page->member);
    buffer_add_string(&body, "\":[");
    for (size_t i = 0; i + 1 < pairs->count; i += 2) {
        if (!slice_is_utf8(pairs->elements[i].text))
            continue; /* a name that no path can have, and JSON neither */
        buffer_add_string(&body, first ? "" : ",");
        first = false;
        add_record(&body, pairs->elements[i].text, pairs->elements[i + 1].text);
    }
    buffer_add_string(&body, "],\"next\":");
    if (slice_is(reply->elements[0].text, "0"))
        buffer_add_string(&body, "null");
    else
        buffer_add_json(&body, reply->elements[0].text);
    buffer_add_byte(&body, '}');
    answer_json(x, 200, &body);
    http_response_header(&x->response, "Cache-Control", slice_from("no-store"));
    return HANDLER_ANSWER;
}
