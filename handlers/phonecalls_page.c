/*
 * phonecalls_page.c - what a list of phone calls is asked with and what a page of it looks like.
 */
#include "base/csv.h"
#include "base/instant.h"
#include "base/zone.h"
#include "handlers/answer.h"
#include "handlers/phonecalls_list.h"

/* More than the longest row, twice: urls of 2,048 bytes, all of them to be escaped, in a buffer that doubles. */
#define ROW_BYTES 24000

/* ---- the cursor: the last call that was shown, or the day of which none was, in hexadecimal ---- */

static struct slice write_cursor(struct arena *arena, int64_t day, struct slice field)
{
    static const char hex[] = "0123456789abcdef";
    struct buffer plain = buffer_in(arena), cursor = buffer_in(arena);
    buffer_add_number(&plain, day);
    buffer_add_byte(&plain, ' ');
    buffer_add(&plain, field);
    for (size_t i = 0; i < plain.length; i++) {
        buffer_add_byte(&cursor, hex[(unsigned char)plain.data[i] >> 4]);
        buffer_add_byte(&cursor, hex[plain.data[i] & 15]);
    }
    return buffer_slice(&cursor);
}

static int hex_value(char c)
{
    const char *hex = "0123456789abcdef", *at = c ? strchr(hex, c) : NULL;
    return at ? (int)(at - hex) : -1;
}

static bool decode_hex(struct arena *arena, struct slice text, struct slice *plain)
{
    char *bytes = arena_alloc(arena, text.length / 2);
    if (!bytes || text.length % 2)
        return false;
    for (size_t i = 0; i < text.length; i += 2) {
        int high = hex_value(text.data[i]), low = hex_value(text.data[i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i / 2] = (char)(high * 16 + low);
    }
    *plain = slice_of(bytes, text.length / 2);
    return true;
}

static bool read_cursor(struct exchange *x, struct slice text, struct listing *listing)
{
    struct slice plain, field;
    struct phonecall call;
    uint64_t day;
    if (!decode_hex(x->arena, text, &plain))
        return false;
    struct slice number = slice_cut(plain, ' ', &field);
    bool before = number.length > 0 && number.data[0] == '-';
    if (before)
        number = slice_of(number.data + 1, number.length - 1);
    if (!slice_number(number, -DAY_FIRST + DAY_LAST, &day) || !field.data)
        return false;
    int64_t signed_day = before ? -(int64_t)day : (int64_t)day;
    if (field.length == 0) {
        listing->last = signed_day - 1 < listing->last ? signed_day - 1 : listing->last;
        return true;
    }
    if (!phonecalls_read_field(x->arena, field, &call) || signed_day > listing->last)
        return false;
    listing->last = listing->resumed_day = signed_day;
    listing->resumed = true;
    listing->resumed_field = field;
    listing->resumed_hour = (int)(call.since_us / ((int64_t)3600 * INSTANT_SECOND_US));
    return true;
}

/* ---- the query ---- */

static void read_range(struct direct *direct, struct listing *listing)
{
    struct slice from, to;
    bool good = direct_parameter(direct, "from", &from) && direct_parameter(direct, "to", &to);
    listing->first = DAY_FIRST;
    listing->last = DAY_LAST;
    if (good && (from.data || to.data))
        direct_days(direct, &listing->first, &listing->last);
    else if (good && listing->contact == 0 && direct->count == 0)
        direct_error(direct, "contactId", "hace falta contactId, o from y to",
                     "contactId is needed, or from and to");
}

struct listing *listing_read(struct exchange *x)
{
    struct direct direct = direct_begin(x, ": ");
    struct listing *listing = arena_calloc(x->arena, 1, sizeof *listing);
    struct slice cursor;
    int64_t limit = LIST_LIMIT;
    if (!listing)
        return NULL;
    direct_number(&direct, "contactId", 1, PHONECALLS_ID_MAX, &listing->contact);
    read_range(&direct, listing);
    direct_number(&direct, "limit", 1, LIST_LIMIT_MAX, &limit);
    direct_wants_csv(&direct, &listing->csv);
    if (direct_parameter(&direct, "cursor", &cursor) && cursor.data &&
        !read_cursor(x, cursor, listing))
        direct_error(&direct, "cursor",
                     "debe ser el que dio la página anterior de esta misma lista",
                     "must be the one that the page before of this same list has given");
    if (direct.count) {
        direct_refuse(&direct);
        return NULL;
    }
    listing->limit = (size_t)limit;
    x->arena->limit +=
        listing->limit * ROW_BYTES; /* the page is bounded, if larger than most answers */
    listing->found = arena_calloc(x->arena, listing->limit + 2, sizeof *listing->found);
    listing->hours =
        arena_calloc(x->arena, LIST_DAYS_ALL * PHONECALLS_HOURS, sizeof *listing->hours);
    x->notes = listing;
    return listing->found && listing->hours ? listing : NULL;
}

/* ---- the page ---- */

static void write_instant(struct buffer *out, const struct phonecall *call)
{
    int64_t us = zone_day_begin(call->day) + call->since_us;
    instant_write(out, us, zone_offset(us));
}

static void write_json(struct buffer *out, const struct phonecall *call)
{
    buffer_add_string(out, "{ \"phonecallId\": ");
    buffer_add_number(out, call->id);
    buffer_add_string(out, ", \"contactId\": ");
    buffer_add_number(out, call->contact);
    buffer_add_string(out, ", \"initiated\": \"");
    write_instant(out, call);
    buffer_add_string(out, "\", \"source\": ");
    buffer_add_json(out, call->source);
    buffer_add_string(out, ", \"destination\": ");
    buffer_add_json(out, call->destination);
    buffer_add_string(out, ", \"duration\": ");
    if (call->duration >= 0)
        buffer_add_number(out, call->duration);
    else
        buffer_add_string(out, "null");
    buffer_add_string(out, ", \"url\": ");
    if (call->url.data)
        buffer_add_json(out, call->url);
    else
        buffer_add_string(out, "null");
    buffer_add_string(out, " }");
}

static void write_csv(struct buffer *out, const struct phonecall *call)
{
    buffer_add_number(out, call->id);
    buffer_add_byte(out, ',');
    buffer_add_number(out, call->contact);
    buffer_add_byte(out, ',');
    write_instant(out, call);
    buffer_add_byte(out, ',');
    csv_write(out, call->source);
    buffer_add_byte(out, ',');
    csv_write(out, call->destination);
    buffer_add_byte(out, ',');
    if (call->duration >= 0)
        buffer_add_number(out, call->duration);
    buffer_add_byte(out, ',');
    csv_write(out, call->url);
    buffer_add_string(out, "\r\n");
}

/* A call whose day was deleted while the page was searched for has no value any more, and is left out. */
static bool add_row(struct exchange *x, const struct listing *listing, const struct listed *listed,
                    const struct store_reply *value, struct buffer *rows)
{
    struct phonecall call = {.day = listed->day};
    if (value->kind == STORE_NIL)
        return true;
    if (value->kind != STORE_STRING || !phonecalls_read_value(value->text, &call) ||
        !phonecalls_read_field(x->batch.arena, listed->field, &call)) {
        answer_surprise(x, value, "phone call");
        return false;
    }
    if (listing->contact && call.contact != listing->contact)
        return true;
    if (listing->csv) {
        write_csv(rows, &call);
    } else {
        buffer_add_string(rows, rows->length ? ",\n  " : "\n  ");
        write_json(rows, &call);
    }
    return true;
}

static bool add_rows(struct exchange *x, const struct listing *listing,
                     const struct store_reply *replies, struct buffer *rows)
{
    size_t count = listing->count < listing->limit ? listing->count : listing->limit;
    const struct store_reply *reply = replies;
    for (size_t i = 0, of_day = 0; i < count; i++, of_day++) {
        if (i > 0 && listing->found[i].day != listing->found[i - 1].day) {
            reply++;
            of_day = 0;
        }
        if (reply->kind != STORE_ARRAY || of_day >= reply->count) {
            answer_surprise(x, reply, "phone calls of a day");
            return false;
        }
        if (!add_row(x, listing, &listing->found[i], &reply->elements[of_day], rows))
            return false;
    }
    return true;
}

/* Empty when there are no more pages. */
static struct slice next_cursor(struct exchange *x, const struct listing *listing)
{
    if (listing->count > listing->limit) {
        const struct listed *last = &listing->found[listing->limit - 1];
        return write_cursor(x->arena, last->day, last->field);
    }
    if (listing->first <= listing->last)
        return write_cursor(x->arena, listing->last + 1, slice_of(NULL, 0));
    return slice_of(NULL, 0);
}

enum handler_next listing_answer(struct exchange *x, const struct listing *listing,
                                 const struct store_reply *replies)
{
    struct buffer body = buffer_in(x->arena), rows = buffer_in(x->arena);
    struct slice next = next_cursor(x, listing);
    if (!add_rows(x, listing, replies, &rows))
        return HANDLER_ANSWER;
    if (listing->csv) {
        buffer_add_string(&body,
                          "phonecallId,contactId,initiated,source,destination,duration,url\r\n");
        buffer_add(&body, buffer_slice(&rows));
        direct_answer(x, &body);
        x->response.content_type = "text/csv; charset=utf-8; header=present";
        if (next.length)
            http_response_header(&x->response, "X-Next-Cursor", next);
        return HANDLER_ANSWER;
    }
    return direct_answer_list(x, "phonecalls", buffer_slice(&rows), next);
}
