/*
 * phonecalls.c - /direct/items/phonecalls/create, and the settings of phone calls.
 */
#include "handlers/phonecalls.h"

#include "base/zone.h"
#include "handlers/answer.h"
#include "handlers/cdr.h"
#include "handlers/contacts_data.h"
#include "handlers/direct.h"
#include "handlers/phonecalls_data.h"

#define NUMBER_CHARACTERS 64
#define DURATION_MAX      604800
#define URL_BYTES         2048

/* ---- settings ---- */

static bool set_rewrite(void *settings, struct slice instance, struct slice value,
                        struct arena *arena, struct error *error)
{
    struct phonecalls_settings *phonecalls = settings;
    (void)instance;
    return rewrite_add(&phonecalls->rewrite, value, arena, error);
}

static const char *const contacts_choices[] = {"refuse", "create", NULL};

const struct config_option phonecalls_options[] = {
    {.section = "phonecalls",
     .name = "time_zone",
     .kind = CONFIG_TEXT,
     .offset = offsetof(struct phonecalls_settings, time_zone),
     .check = zone_check,
     .standard = "UTC"},
    {.section = "phonecalls",
     .name = "contacts",
     .kind = CONFIG_CHOICE,
     .offset = offsetof(struct phonecalls_settings, contacts),
     .standard = "refuse",
     .choices = contacts_choices},
    {.section = "phonecalls", .name = "rewrite", .kind = CONFIG_OTHER, .set = set_rewrite},
};
const size_t phonecalls_option_count = sizeof phonecalls_options / sizeof *phonecalls_options;

/* ---- create: what a client sends ---- */

enum creation_phase {
    CREATION_SEARCH,  /* asked for the call, and for who has the destination's number */
    CREATION_CONTACT, /* made a contact for the number */
    CREATION_NUMBER,  /* asked for an id */
    CREATION_COMMIT,
    CREATION_TELL /* the call is recorded; its packet is on its way */
};

struct creation {
    struct phonecall call;
    struct slice field;
    struct slice number; /* the destination, as contacts are found by it */
    enum creation_phase phase;
    int64_t initiated_us; /* since the epoch */
    bool silent;          /* others are told of the call by somebody else */
    struct delivery delivery;
};

static bool read_initiated(struct direct *direct, struct creation *creation)
{
    struct phonecall *call = &creation->call;
    struct slice text;
    struct instant_text instant;
    if (!direct_parameter(direct, "initiated", &text))
        return false;
    if (instant_parse(text, &instant)) {
        int64_t us = instant.zoned ? instant.local_us - instant.offset_s * INSTANT_SECOND_US
                                   : zone_instant(instant.local_us);
        creation->initiated_us = us;
        call->day = zone_day(us, &call->since_us);
        if (call->day >= DAY_FIRST && call->day <= DAY_LAST)
            return true;
    }
    direct_error_value(
        direct, "initiated", text,
        "debe ser una fecha con hora que exista, según ISO 8601, como 2012-08-23T12:20:33 o "
        "2012-08-23T12:20:33Z",
        "must be a date with time that exists, in ISO 8601, such as 2012-08-23T12:20:33 or "
        "2012-08-23T12:20:33Z");
    return false;
}

static bool read_number(struct direct *direct, const char *name, struct slice *number)
{
    if (!direct_parameter(direct, name, number))
        return false;
    if (contacts_good_text(*number, NUMBER_CHARACTERS))
        return true;
    direct_error_value(direct, name, *number,
                       "debe tener de 1 a 64 caracteres imprimibles, sin los de control",
                       "must have 1 to 64 printable characters, and no control characters");
    return false;
}

/*
 * http or https, a host, no blanks and no control characters. Not stricter: channels, which scripts put into URLs as
 * they are, have names such as "Local/7222@queue;1<ZOMBIE>".
 */
static bool good_url(struct slice url)
{
    size_t scheme;
    if (url.length > URL_BYTES)
        return false;
    if (url.length >= 7 && slice_equal_nocase(slice_of(url.data, 7), slice_from("http://")))
        scheme = 7;
    else if (url.length >= 8 && slice_equal_nocase(slice_of(url.data, 8), slice_from("https://")))
        scheme = 8;
    else
        return false;
    if (url.length == scheme || strchr("/?#:@", url.data[scheme]))
        return false;
    return !memchr(url.data, ' ', url.length) && contacts_good_text(url, URL_BYTES);
}

static bool read_url(struct direct *direct, struct slice *url)
{
    if (!direct_parameter(direct, "url", url))
        return false;
    if (!url->data || good_url(*url))
        return true;
    direct_error(direct, "url",
                 "debe ser un URL que empiece por http:// o https://, de 2048 bytes a lo sumo",
                 "must be a URL that begins with http:// or https://, of at most 2048 bytes");
    return false;
}

/* Reads all parameters, so that all that is wrong is said at once. */
static void read_call(struct direct *direct, struct creation *creation)
{
    struct phonecall *call = &creation->call;
    call->duration = -1;
    read_initiated(direct, creation);
    read_number(direct, "source", &call->source);
    read_number(direct, "destination", &call->destination);
    direct_number(direct, "duration", 0, DURATION_MAX, &call->duration);
    read_url(direct, &call->url);
}

/* ---- create: steps ---- */

/*
 * KEYS: the day's hash, its wall, the list of the hour. ARGV: field, value, contact. The reply is the value of the call
 * when it was there already, else nil.
 */
static const char create_script[] = "if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then\n"
                                    "  return redis.call('HGET', KEYS[1], ARGV[1])\n"
                                    "end\n"
                                    "redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])\n"
                                    "redis.call('RPUSH', KEYS[3], ARGV[1])\n"
                                    "return false\n";

static enum handler_next ask_search(struct exchange *x, struct creation *creation)
{
    const struct phonecall *call = &creation->call;
    creation->field = phonecalls_field(x->arena, call);
    creation->number = contacts_number(x->context->phonecalls, call->destination, x->arena);
    x->notes = creation;
    STORE_ADD(&x->batch, slice_from("HGET"), phonecalls_day_key(x->arena, call->day),
              creation->field);
    STORE_ADD(&x->batch, slice_from("HGET"), slice_from(CONTACTS_NUMBERS), creation->number);
    return HANDLER_ASK;
}

enum handler_next phonecalls_plan_create(struct exchange *x)
{
    struct direct direct = direct_begin(x, ": ");
    struct creation *creation = arena_calloc(x->arena, 1, sizeof *creation);
    if (!creation)
        return HANDLER_ANSWER;
    read_call(&direct, creation);
    if (direct.count)
        return direct_refuse(&direct);
    return ask_search(x, creation);
}

enum handler_next phonecalls_record(struct exchange *x, int64_t initiated_us, struct slice source,
                                    struct slice destination, int64_t duration, struct slice url)
{
    struct direct direct = direct_begin(x, ": ");
    struct creation *creation = arena_calloc(x->arena, 1, sizeof *creation);
    if (!creation)
        return HANDLER_ANSWER;
    struct phonecall *call = &creation->call;
    creation->initiated_us = initiated_us;
    creation->silent = true;
    call->day = zone_day(initiated_us, &call->since_us);
    call->source = source;
    call->destination = destination;
    call->duration = duration <= DURATION_MAX ? duration : -1;
    if (good_url(url))
        call->url = url;
    if (call->day >= DAY_FIRST && call->day <= DAY_LAST &&
        contacts_good_text(source, NUMBER_CHARACTERS) &&
        contacts_good_text(destination, NUMBER_CHARACTERS))
        return ask_search(x, creation);
    direct_error(&direct, "destination", "la llamada no tiene números", "the call has no numbers");
    return direct_refuse(&direct);
}

static enum handler_next answer_call(struct exchange *x, const struct phonecall *call)
{
    struct buffer body = buffer_in(x->arena);
    buffer_add_string(&body, "{ \"error\": false, \"contactId\": ");
    buffer_add_number(&body, call->contact);
    buffer_add_string(&body, ", \"phonecallId\": ");
    buffer_add_number(&body, call->id);
    buffer_add_string(&body, " }\n");
    return direct_answer(x, &body);
}

/* Somebody has recorded this call before: nothing changes, and he is told what the first one was. */
static enum handler_next answer_first(struct exchange *x, const struct store_reply *reply)
{
    struct phonecall first = {0};
    if (reply->kind != STORE_STRING || !phonecalls_read_value(reply->text, &first))
        return answer_surprise(x, reply, "phone call");
    return answer_call(x, &first);
}

/*
 * The day is noted before the call is written, and never taken back: at worst it is noted for nothing, and no call is
 * ever on a day that lists do not know.
 */
static enum handler_next ask_number(struct exchange *x, struct creation *creation)
{
    struct buffer day = buffer_in(x->arena);
    day_write(&day, creation->call.day);
    creation->phase = CREATION_NUMBER;
    STORE_ADD(&x->batch, slice_from("INCR"), slice_from(PHONECALLS_ID));
    STORE_ADD(&x->batch, slice_from("ZADD"), slice_from(PHONECALLS_DAYS), slice_from("NX"),
              store_number(&x->batch, creation->call.day), buffer_slice(&day));
    return HANDLER_ASK;
}

static enum handler_next ask_commit(struct exchange *x, struct creation *creation)
{
    struct arena *arena = x->arena;
    const struct phonecall *call = &creation->call;
    int hour = (int)(call->since_us / ((int64_t)3600 * INSTANT_SECOND_US));
    creation->phase = CREATION_COMMIT;
    STORE_ADD(&x->batch, slice_from("EVAL"), slice_of(create_script, sizeof create_script - 1),
              slice_from("3"), phonecalls_day_key(arena, call->day),
              phonecalls_wall_key(arena, call->day), phonecalls_hour_key(arena, call->day, hour),
              creation->field, phonecalls_value(arena, call),
              store_number(&x->batch, call->contact));
    return HANDLER_ASK;
}

static enum handler_next no_contact(struct exchange *x, struct creation *creation)
{
    struct direct direct = direct_begin(x, ": ");
    if (x->context->phonecalls->contacts == CONTACTS_CREATE && creation->number.length > 0 &&
        creation->number.length <= CONTACT_DIGITS_MAX) {
        struct contact contact = {.name = creation->number};
        contacts_add_number(&contact, creation->number, x->arena);
        creation->phase = CREATION_CONTACT;
        contacts_put(&x->batch, CONTACTS_PUT_ENSURE, &contact, slice_from(""));
        return HANDLER_ASK;
    }
    direct_error(&direct, "destination", "no se consiguió el número de destino en la base de datos",
                 "the destination number was not found in the database");
    return direct_refuse(&direct);
}

static enum handler_next after_search(struct exchange *x, struct creation *creation,
                                      const struct store_reply *replies)
{
    uint64_t contact;
    if (replies[0].kind != STORE_NIL)
        return answer_first(x, &replies[0]);
    if (replies[1].kind == STORE_NIL)
        return no_contact(x, creation);
    if (replies[1].kind != STORE_STRING ||
        !slice_number(replies[1].text, PHONECALLS_ID_MAX, &contact))
        return answer_surprise(x, &replies[1], "contact of a number");
    creation->call.contact = (int64_t)contact;
    return ask_number(x, creation);
}

/* The call is recorded, for the first time: whoever listens is told, where that is configured. */
static enum handler_next tell(struct exchange *x, struct creation *creation)
{
    const struct phonecall *call = &creation->call;
    struct buffer contact = buffer_in(x->arena), reference = buffer_in(x->arena),
                  id = buffer_in(x->arena);
    if (creation->silent || !x->context->cdr || !x->context->cdr->phonecalls)
        return answer_call(x, call);
    buffer_add_number(&contact, call->contact);
    buffer_add_number(&reference, call->id);
    buffer_add_string(&id, "phonecall-");
    buffer_add_number(&id, call->id);
    const struct call_record cdr = {.extension = call->source,
                                    .call_ref = buffer_slice(&reference),
                                    .contact_ref = buffer_slice(&contact),
                                    .dialed_us = creation->initiated_us,
                                    .end_code = -1,
                                    .call_time = call->duration,
                                    .call_dir = slice_from("outbound"),
                                    .recording_url = call->url,
                                    .ref = buffer_slice(&reference)};
    creation->phase = CREATION_TELL;
    return cdr_deliver(x, &creation->delivery, &cdr, buffer_slice(&id));
}

static enum handler_next after_telling(struct exchange *x, struct creation *creation,
                                       const struct store_reply *replies)
{
    enum handler_next next = delivery_go_on(x, &creation->delivery, replies);
    if (next != HANDLER_ANSWER)
        return next;
    if (creation->delivery.outcome == DELIVERY_QUEUED ||
        creation->delivery.outcome == DELIVERY_SPOOLED)
        return answer_call(x, &creation->call);
    return delivery_fail(x, &creation->delivery);
}

enum handler_next phonecalls_render_create(struct exchange *x, const struct store_reply *replies)
{
    struct creation *creation = x->notes;
    struct contacts_result made;
    switch (creation->phase) {
    case CREATION_SEARCH: return after_search(x, creation, replies);
    case CREATION_CONTACT:
        if (contacts_read_result(&replies[0], &made) > CONTACTS_SAME)
            return answer_surprise(x, &replies[0], "contact made for a phone call");
        creation->call.contact = made.id;
        return ask_number(x, creation);
    case CREATION_NUMBER:
        if (replies[0].kind != STORE_INTEGER || replies[0].integer >= PHONECALLS_ID_MAX)
            return answer_surprise(x, &replies[0], "id of a phone call");
        if (replies[1].kind != STORE_INTEGER)
            return answer_surprise(x, &replies[1], "days of phone calls");
        creation->call.id = replies[0].integer;
        return ask_commit(x, creation);
    case CREATION_COMMIT:
        if (replies[0].kind != STORE_NIL)
            return answer_first(x, &replies[0]);
        return tell(x, creation);
    case CREATION_TELL: return after_telling(x, creation, replies);
    }
    return answer_fail(x, 500, NULL, "unknown phase");
}
