/*
 * live_page.c - a page of live state: some steps of HSCAN through one hash, or through those of one domain after the other.
 *
 * A cursor is what Redis gave, and with several domains "<that>@<domain>". HSCAN gives about as many as it is asked
 * for, and may give what is written meanwhile twice; what is there all the time it gives.
 */
#include <stdlib.h>

#include "handlers/answer.h"
#include "handlers/live.h"
#include "store/directory_record.h"

#define LIMIT_STANDARD "100"
#define LIMIT_MAX      500

/* Records of one step. */
#define STEP_RECORDS 50

/* A page that takes more steps is cut there: domains may all be empty. */
#define STEPS_MAX 200

/* So many domains are gone through; with more, one of them is asked for. */
#define DOMAINS_MAX 1000

enum page_phase {
    PAGE_DOMAIN_COUNT,
    PAGE_DOMAINS,
    PAGE_RECORDS
};

struct page {
    struct live_place place;
    enum page_phase phase;
    struct slice cursor;  /* Redis' own */
    struct slice domain;  /* whose hash it is of */
    struct slice *behind; /* domains to come, in the order of their bytes */
    size_t behind_count;
    uint64_t limit, count;
    size_t steps;
    struct buffer body;
};

/* ---- the question ---- */

static bool read_limit(struct exchange *x, struct page *page)
{
    struct slice limit = slice_from(LIMIT_STANDARD);
    form_find(&x->query, "limit", &limit);
    if (slice_number(limit, LIMIT_MAX, &page->limit) && page->limit > 0)
        return true;
    answer_fail_format(x, 400, "limit", "limit must be a whole number from 1 to %d", LIMIT_MAX);
    return false;
}

static bool read_cursor(struct exchange *x, struct page *page, bool walks)
{
    struct slice cursor = slice_from("0"), domain = {0};
    uint64_t number;
    bool given = form_find(&x->query, "cursor", &cursor) != FORM_MISSING;
    page->cursor = cursor;
    if (given && walks)
        page->cursor = slice_cut(cursor, '@', &domain);
    if (slice_number(page->cursor, UINT64_MAX, &number) &&
        (!given || !walks || directory_name_is_good(domain))) {
        page->domain = walks ? domain : page->place.domain;
        return true;
    }
    answer_fail(x, 400, "cursor", "cursor must be what the page before gave as next");
    return false;
}

/* ---- records ---- */

static enum handler_next ask_records(struct exchange *x, struct page *page)
{
    uint64_t left = page->limit - page->count;
    page->phase = PAGE_RECORDS;
    page->steps++;
    STORE_ADD(&x->batch, slice_from("HSCAN"), live_place_key(x, &page->place, page->domain),
              page->cursor, slice_from("COUNT"),
              store_number(&x->batch, (int64_t)(left < STEP_RECORDS ? left : STEP_RECORDS)));
    return HANDLER_ASK;
}

static void add_name(struct buffer *body, const char *member, struct slice name)
{
    buffer_format(body, "\"%s\":", member);
    if (slice_is_utf8(name))
        buffer_add_json(body, name);
    else
        buffer_add_string(body, "null");
}

static void add_record(struct page *page, struct slice id, struct slice stored)
{
    struct buffer *body = &page->body;
    const struct live_kind *kind = page->place.kind;
    buffer_add_string(body, page->count++ ? ",{" : "{");
    if (page->place.per_domain) {
        add_name(body, "domain", page->domain);
        buffer_add_byte(body, ',');
    }
    add_name(body, kind->id, id);
    size_t length = body->length;
    buffer_format(body, ",\"%s\":", kind->singular);
    if (!slice_is_utf8(id) || !live_add_record(body, kind, stored)) {
        body->length = length;
        buffer_add_string(body, slice_is_utf8(id)
                                    ? ",\"error\":\"what is stored is not a JSON object\""
                                    : ",\"error\":\"this name is not UTF-8\"");
    }
    buffer_add_byte(body, '}');
}

static enum handler_next answer_page(struct exchange *x, struct page *page, bool whole)
{
    struct buffer next = buffer_in(x->arena);
    buffer_add_string(&page->body, "],\"next\":");
    if (whole) {
        buffer_add_string(&page->body, "null");
    } else {
        buffer_add(&next, page->cursor);
        if (page->behind) {
            buffer_add_byte(&next, '@');
            buffer_add(&next, page->domain);
        }
        buffer_add_json(&page->body, buffer_slice(&next));
    }
    buffer_add_byte(&page->body, '}');
    answer_json(x, 200, &page->body);
    http_response_header(&x->response, "Cache-Control", slice_from("no-store"));
    return HANDLER_ANSWER;
}

/* Goes to the next domain. False: there is none. */
static bool next_domain(struct page *page)
{
    if (page->behind_count == 0)
        return false;
    page->domain = *page->behind++;
    page->behind_count--;
    page->cursor = slice_from("0");
    return true;
}

static enum handler_next after_records(struct exchange *x, struct page *page,
                                       const struct store_reply *reply)
{
    if (reply->kind != STORE_ARRAY || reply->count != 2 || reply->elements[1].kind != STORE_ARRAY)
        return answer_surprise(x, reply, page->place.kind->plural);
    const struct store_reply *pairs = &reply->elements[1];
    for (size_t i = 0; i + 1 < pairs->count; i += 2)
        add_record(page, pairs->elements[i].text, pairs->elements[i + 1].text);
    page->cursor = arena_copy(x->arena, reply->elements[0].text);
    if (slice_is(page->cursor, "0") && !next_domain(page))
        return answer_page(x, page, true);
    if (page->count >= page->limit || page->body.length >= LIVE_PAGE_BYTES ||
        page->steps >= STEPS_MAX)
        return answer_page(x, page, false);
    return ask_records(x, page);
}

/* ---- domains ---- */

static enum handler_next fail_domain(struct exchange *x, const char *why)
{
    return answer_fail_format(x, 400, "domain", "domain must say which one: %s", why);
}

static enum handler_next after_domain_count(struct exchange *x, struct page *page,
                                            const struct store_reply *reply)
{
    if (reply->kind != STORE_INTEGER)
        return answer_surprise(x, reply, "cti_domain");
    if (reply->integer == 0)
        return fail_domain(x, "the directory (cti_domain) names none");
    if (reply->integer > DOMAINS_MAX)
        return fail_domain(x, "there are too many to go through all of them");
    page->phase = PAGE_DOMAINS;
    STORE_ADD(&x->batch, slice_from("HKEYS"), slice_from("cti_domain"));
    return HANDLER_ASK;
}

/* The walk goes on in the cursor's domain, or, when that is gone, in the one behind it. */
static enum handler_next after_domains(struct exchange *x, struct page *page,
                                       const struct store_reply *reply)
{
    struct slice resumed = page->domain, cursor = page->cursor;
    if (reply->kind != STORE_ARRAY)
        return answer_surprise(x, reply, "cti_domain");
    page->behind = arena_calloc(x->arena, reply->count + 1, sizeof *page->behind);
    if (!page->behind)
        return HANDLER_ANSWER;
    for (size_t i = 0; i < reply->count; i++) {
        struct slice name = reply->elements[i].text;
        if (directory_name_is_good(name) && slice_order(name, resumed) >= 0)
            page->behind[page->behind_count++] = arena_copy(x->arena, name);
    }
    qsort(page->behind, page->behind_count, sizeof *page->behind, slice_order_pointed);
    if (!next_domain(page))
        return answer_page(x, page, true);
    if (slice_equal(page->domain, resumed))
        page->cursor = cursor;
    return ask_records(x, page);
}

/* ---- the steps ---- */

static enum handler_next plan_page(struct exchange *x, const struct live_kind *kind)
{
    struct page *page = arena_calloc(x->arena, 1, sizeof *page);
    if (!page || !live_place_read(x, kind, &page->place))
        return HANDLER_ANSWER;
    bool walks = page->place.per_domain && page->place.domain.length == 0;
    if (!read_limit(x, page) || !read_cursor(x, page, walks))
        return HANDLER_ANSWER;
    x->notes = page;
    page->body = buffer_in(x->arena);
    buffer_format(&page->body, "{\"%s\":[", kind->plural);
    if (!walks)
        return ask_records(x, page);
    STORE_ADD(&x->batch, slice_from("HLEN"), slice_from("cti_domain"));
    return HANDLER_ASK;
}

enum handler_next live_plan_registrations(struct exchange *x)
{
    return plan_page(x, &live_registrations);
}

enum handler_next live_plan_calls(struct exchange *x)
{
    return plan_page(x, &live_calls);
}

enum handler_next live_plan_channels(struct exchange *x)
{
    return plan_page(x, &live_channels);
}

enum handler_next live_render_page(struct exchange *x, const struct store_reply *replies)
{
    struct page *page = x->notes;
    switch (page->phase) {
    case PAGE_DOMAIN_COUNT: return after_domain_count(x, page, &replies[0]);
    case PAGE_DOMAINS: return after_domains(x, page, &replies[0]);
    case PAGE_RECORDS: return after_records(x, page, &replies[0]);
    }
    return answer_fail(x, 500, NULL, "unknown phase");
}
