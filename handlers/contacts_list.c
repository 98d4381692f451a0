/*
 * contacts_list.c - contacts: one by its id or by a number of it, or all of them, page by page.
 * Pages of all are Redis' own (HSCAN): in no order, none left out that is there throughout, and one that is changed
 * meanwhile may come twice. CSV is what contacts/import takes.
 */
#include "base/csv.h"
#include "handlers/answer.h"
#include "handlers/contacts.h"
#include "handlers/contacts_data.h"
#include "handlers/direct.h"

#define PAGE     100
#define PAGE_MAX 1000

/* More than any contact as text, twice; Redis may give some more contacts than it is asked for. */
#define ROW_BYTES 16000

enum phase {
    PHASE_NUMBER, /* asked whose number it is */
    PHASE_ONE,    /* asked for one contact */
    PHASE_SCAN
};

struct listing {
    enum phase phase;
    int64_t id;
    int64_t limit;
    bool csv;
    struct buffer rows;
    size_t count;
};

/* ---- the page ---- */

static void write_json(struct buffer *out, struct slice id, const struct contact *contact)
{
    buffer_add_string(out, "{ \"contactId\": ");
    buffer_add(out, id);
    buffer_add_string(out, ", \"name\": ");
    buffer_add_json(out, contact->name);
    buffer_add_string(out, ", \"phones\": [");
    for (size_t i = 0; i < contact->count; i++) {
        buffer_add_string(out, i ? ", " : "");
        buffer_add_json(out, contact->numbers[i]);
    }
    buffer_add_string(out, "] }");
}

static void write_csv(struct buffer *out, struct slice id, const struct contact *contact)
{
    buffer_add(out, id);
    buffer_add_byte(out, ',');
    csv_write(out, contact->name);
    buffer_add_byte(out, ',');
    for (size_t i = 0; i < contact->count; i++) {
        buffer_add_string(out, i ? ";" : "");
        buffer_add(out, contact->numbers[i]);
    }
    buffer_add_string(out, "\r\n");
}

static bool add_row(struct exchange *x, struct listing *listing, struct slice id, struct slice text)
{
    struct contact contact = {0};
    uint64_t number;
    if (!slice_number(id, PHONECALLS_ID_MAX, &number) ||
        !contacts_read(text, &contact, x->batch.arena)) {
        answer_fail(x, 500, NULL, "the stored contact is not what it should be");
        return false;
    }
    if (!listing->csv && listing->count)
        buffer_add_byte(&listing->rows, ',');
    if (!listing->csv)
        buffer_add_string(&listing->rows, "\n  ");
    if (listing->csv)
        write_csv(&listing->rows, id, &contact);
    else
        write_json(&listing->rows, id, &contact);
    listing->count++;
    return true;
}

static enum handler_next answer_page(struct exchange *x, struct listing *listing, struct slice next)
{
    struct buffer body = buffer_in(x->arena);
    if (listing->csv) {
        buffer_add_string(&body, "id,name,phones\r\n");
        buffer_add(&body, buffer_slice(&listing->rows));
        direct_answer(x, &body);
        x->response.content_type = "text/csv; charset=utf-8; header=present";
        if (next.length)
            http_response_header(&x->response, "X-Next-Cursor", arena_copy(x->arena, next));
        return HANDLER_ANSWER;
    }
    return direct_answer_list(x, "contacts", buffer_slice(&listing->rows), next);
}

/* ---- the query ---- */

static enum handler_next ask_one(struct exchange *x, struct listing *listing)
{
    listing->phase = PHASE_ONE;
    STORE_ADD(&x->batch, slice_from("HGET"), slice_from(CONTACTS_KEY),
              store_number(&x->batch, listing->id));
    return HANDLER_ASK;
}

static enum handler_next ask_number(struct exchange *x, struct listing *listing, struct slice phone)
{
    listing->phase = PHASE_NUMBER;
    STORE_ADD(&x->batch, slice_from("HGET"), slice_from(CONTACTS_NUMBERS),
              contacts_number(x->context->phonecalls, phone, x->batch.arena));
    return HANDLER_ASK;
}

enum handler_next contacts_plan_list(struct exchange *x)
{
    struct direct direct = direct_begin(x, ": ");
    struct listing *listing = arena_calloc(x->arena, 1, sizeof *listing);
    struct slice phone = {0}, cursor = {0};
    uint64_t position = 0;
    if (!listing)
        return HANDLER_ANSWER;
    *listing = (struct listing){.limit = PAGE, .rows = buffer_in(x->arena)};
    x->notes = listing;
    direct_number(&direct, "contactId", 1, PHONECALLS_ID_MAX, &listing->id);
    direct_parameter(&direct, "phone", &phone);
    direct_number(&direct, "limit", 1, PAGE_MAX, &listing->limit);
    direct_wants_csv(&direct, &listing->csv);
    if (direct_parameter(&direct, "cursor", &cursor) && cursor.data &&
        !slice_number(cursor, UINT64_MAX, &position))
        direct_error(&direct, "cursor", "debe ser el que dio la página anterior",
                     "must be the one that the page before has given");
    if (direct.count)
        return direct_refuse(&direct);
    x->arena->limit += (size_t)listing->limit * ROW_BYTES;
    if (listing->id)
        return ask_one(x, listing);
    if (phone.data)
        return ask_number(x, listing, phone);
    listing->phase = PHASE_SCAN;
    STORE_ADD(&x->batch, slice_from("HSCAN"), slice_from(CONTACTS_KEY),
              cursor.data ? cursor : slice_from("0"), slice_from("COUNT"),
              store_number(&x->batch, listing->limit));
    return HANDLER_ASK;
}

static enum handler_next after_scan(struct exchange *x, struct listing *listing,
                                    const struct store_reply *reply)
{
    if (reply->kind != STORE_ARRAY || reply->count != 2 || reply->elements[1].kind != STORE_ARRAY)
        return answer_surprise(x, reply, "contacts");
    const struct store_reply *pairs = &reply->elements[1];
    for (size_t i = 0; i + 1 < pairs->count; i += 2)
        if (!add_row(x, listing, pairs->elements[i].text, pairs->elements[i + 1].text))
            return HANDLER_ANSWER;
    struct slice next = reply->elements[0].text;
    return answer_page(x, listing, slice_is(next, "0") ? slice_of(NULL, 0) : next);
}

enum handler_next contacts_render_list(struct exchange *x, const struct store_reply *replies)
{
    struct listing *listing = x->notes;
    uint64_t id;
    if (listing->phase == PHASE_SCAN)
        return after_scan(x, listing, &replies[0]);
    if (replies[0].kind == STORE_NIL)
        return answer_page(x, listing, slice_of(NULL, 0));
    if (replies[0].kind != STORE_STRING)
        return answer_surprise(x, &replies[0], "contact");
    if (listing->phase == PHASE_NUMBER) {
        if (!slice_number(replies[0].text, PHONECALLS_ID_MAX, &id))
            return answer_surprise(x, &replies[0], "contact of a number");
        listing->id = (int64_t)id;
        return ask_one(x, listing);
    }
    if (!add_row(x, listing, store_number(&x->batch, listing->id), replies[0].text))
        return HANDLER_ANSWER;
    return answer_page(x, listing, slice_of(NULL, 0));
}
