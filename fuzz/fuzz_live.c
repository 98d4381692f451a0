/*
 * fuzz_live.c - events and lists, one a line, into the live model: what it tells its sink balances, is JSON, and names no domain that
 * nobody who may name one has named.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include "feeds/live_list.h"

/* ---- sets of texts ---- */

#define SET_MOST 4096

struct set {
    char *texts[SET_MOST];
    size_t count;
};

static char **place_of(struct set *set, struct slice text)
{
    size_t i = 0;
    while (i < set->count && !slice_is(text, set->texts[i]))
        i++;
    FUZZ_PROMISE(i < SET_MOST);
    return &set->texts[i];
}

static bool has(struct set *set, struct slice text)
{
    return place_of(set, text) < set->texts + set->count;
}

static void put(struct set *set, struct slice text)
{
    if (!has(set, text))
        set->texts[set->count++] = strndup(text.data ? text.data : "", text.length);
}

static void drop(struct set *set, struct slice text)
{
    char **place = place_of(set, text);
    FUZZ_PROMISE(place < set->texts + set->count);
    free(*place);
    *place = set->texts[--set->count];
}

static void clear(struct set *set)
{
    while (set->count > 0)
        free(set->texts[--set->count]);
}

/* ---- the sink ---- */

struct told {
    struct arena arena;
    struct set elements, phones;
    struct set domains; /* that may be named */
    bool any_outbound;  /* then FreeSWITCH has made legs, and may name whom they are for */
};

static struct slice key_of(struct told *told, struct slice domain, const char *kind,
                           struct slice id)
{
    struct buffer key = buffer_in(&told->arena);
    FUZZ_PROMISE(has(&told->domains, domain));
    buffer_add(&key, domain);
    buffer_format(&key, "\n%s\n", kind);
    buffer_add(&key, id);
    FUZZ_PROMISE(!key.failed);
    return buffer_slice(&key);
}

static json_t *read_object(struct slice json)
{
    struct error error;
    json_t *object = json_parse(json, &error);
    FUZZ_PROMISE(json_is_object(object));
    return object;
}

static void element_is(void *self, struct slice domain, enum element element, struct slice id,
                       struct slice json)
{
    struct told *told = self;
    const struct element_spec *spec = &element_specs[element];
    json_t *object = read_object(json);
    const json_t *own = json_object_get(object, spec->fields[0].name);
    FUZZ_PROMISE(json_is_string(own) && slice_equal(json_slice(own), id));
    put(&told->elements, key_of(told, domain, spec->name, id));
    json_decref(object);
}

static void element_gone(void *self, struct slice domain, enum element element, struct slice id,
                         struct slice json)
{
    struct told *told = self;
    json_decref(read_object(json));
    drop(&told->elements, key_of(told, domain, element_specs[element].name, id));
}

static struct slice phone_key(struct told *told, struct slice domain, struct slice extension,
                              struct slice contact)
{
    struct buffer id = buffer_in(&told->arena);
    buffer_add(&id, extension);
    buffer_add_byte(&id, '\n');
    buffer_add(&id, contact);
    return key_of(told, domain, "phone", buffer_slice(&id));
}

static void registered(void *self, struct slice domain, struct slice extension,
                       struct slice contact, struct slice json, bool fresh)
{
    struct told *told = self;
    struct slice key = phone_key(told, domain, extension, contact);
    json_decref(read_object(json));
    FUZZ_PROMISE(fresh == !has(&told->phones, key));
    put(&told->phones, key);
}

static void unregistered(void *self, struct slice domain, struct slice extension,
                         struct slice contact, struct slice json)
{
    struct told *told = self;
    json_decref(read_object(json));
    drop(&told->phones, phone_key(told, domain, extension, contact));
}

/* Each call that is up has fields in the record, and the record is of whom it is told. */
static void call_is(void *self, struct slice domain, struct slice extension, struct slice json)
{
    struct told *told = self;
    json_t *record = read_object(json), *uuid;
    size_t i;
    FUZZ_PROMISE(has(&told->domains, domain));
    FUZZ_PROMISE(slice_equal(json_slice(json_object_get(record, "username")), extension));
    json_array_foreach(json_object_get(record, "activity"), i, uuid)
        FUZZ_PROMISE(json_is_object(json_object_get(record, json_string_value(uuid))));
    json_decref(record);
}

static void news(void *self, const char *type, struct slice reference, struct slice json)
{
    (void)self;
    FUZZ_PROMISE(*type && reference.length > 0);
    json_decref(read_object(json));
}

static void critical(void *self, const char *type, struct slice id, struct slice json)
{
    news(self, type, id, json);
}

/* ---- what comes in ---- */

static void allow_domain_of(struct told *told, struct slice address)
{
    struct slice domain;
    slice_cut(address, '@', &domain);
    put(&told->domains, domain);
}

static void allow(struct told *told, const struct esl_event *event)
{
    static const char *const names[] = {"from-host", "variable_domain_name",
                                        "variable_dialed_domain"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        put(&told->domains, esl_event_get(event, names[i]));
    told->any_outbound |= !slice_is(esl_event_get(event, "Call-Direction"), "inbound");
    if (told->any_outbound)
        allow_domain_of(told, esl_event_get(event, "Channel-Presence-ID"));
}

static struct told *reading; /* whose list it is */

static void allow_row(struct live *live, const json_t *row)
{
    (void)live;
    put(&reading->domains, slice_from(json_string_value(json_object_get(row, "realm"))));
    allow_domain_of(reading, slice_from(json_string_value(json_object_get(row, "presence_id"))));
}

static void take_list(struct live *live, struct told *told, char kind, struct slice json)
{
    const int64_t now_us = 1795248530000000;
    struct error error;
    reading = told;
    live_list_read(live, json, allow_row, &error);
    told->any_outbound = true; /* a leg of a list has a direction of its own */
    if (kind == 'r')
        live_snapshot_registrations(live, json, now_us, &error);
    else if (kind == 'c')
        live_snapshot_channels(live, json, now_us, &error);
    else
        live_snapshot_calls(live, json, now_us, &error);
}

static void take_line(struct live *live, struct told *told, struct slice line)
{
    struct arena arena;
    struct esl_event event;
    struct error error;
    arena_init(&arena, (size_t)4 << 20);
    if (line.length > 0 && line.data[0] != '{')
        take_list(live, told, line.data[0], slice_of(line.data + 1, line.length - 1));
    else if (esl_event_read(line, &arena, &event, &error)) {
        allow(told, &event);
        live_event(live, &event);
    }
    arena_free(&told->arena);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const fields[] = {"Caller-Destination-Number", NULL};
    static const struct live_settings settings = {.server = SLICE_LITERAL("pbx1"),
                                                  .default_domain = SLICE_LITERAL("d.test"),
                                                  .call_fields = fields,
                                                  .agents_call = true,
                                                  .agents_status = true,
                                                  .campaigns_cdr = true,
                                                  .channels_max = 20,
                                                  .registrations_max = 20};
    static struct told told;
    const struct live_sink sink = {&told,        element_is, element_gone, registered,
                                   unregistered, call_is,    news,         critical};
    arena_init(&told.arena, (size_t)1 << 20);
    told.any_outbound = false;
    put(&told.domains, settings.default_domain);
    struct live *live = live_open(&settings, &sink);
    for (struct slice rest = slice_of((const char *)data, size); rest.data;)
        take_line(live, &told, slice_cut(rest, '\n', &rest));
    live_forget(live, 1795248540000000);
    FUZZ_PROMISE(told.elements.count == 0 && told.phones.count == 0);
    FUZZ_PROMISE(live_channel_count(live) == 0 && live_registration_count(live) == 0);
    live_close(live);
    clear(&told.domains);
    arena_free(&told.arena);
    return 0;
}

#define CREATE(uuid, direction, more)                                                              \
    "{\"Event-Name\":\"CHANNEL_CREATE\",\"Unique-ID\":\"" uuid                                     \
    "\",\"Call-Direction\":\"" direction "\"" more "}\n"
#define MINE   ",\"variable_user_name\":\"1\",\"variable_domain_name\":\"a\""
#define FORGED ",\"Channel-Presence-ID\":\"1@evil\",\"variable_sip_from_host\":\"evil\""
#define PAIR(name, a, b)                                                                           \
    "{\"Event-Name\":\"" name "\",\"Unique-ID\":\"" a "\",\"Bridge-A-Unique-ID\":\"" a             \
    "\",\"Bridge-B-Unique-ID\":\"" b "\"}\n"
#define OF(name, uuid) "{\"Event-Name\":\"" name "\",\"Unique-ID\":\"" uuid "\"}\n"
#define CUSTOM(subclass, more)                                                                     \
    "{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"" subclass "\"" more "}\n"
#define PHONE(id, more)                                                                            \
    ",\"from-user\":\"1\",\"from-host\":\"a\",\"call-id\":\"" id                                   \
    "\",\"contact\":\"<sip:1@h:1>\",\"network-ip\":\"192.0.2.1\"" more

FUZZ_SEEDS(
    SLICE_LITERAL(CREATE("x", "inbound", FORGED) OF("CHANNEL_ANSWER", "x")
                      CREATE("y", "inbound", MINE FORGED) OF("CHANNEL_HANGUP", "x")),
    SLICE_LITERAL(CREATE("x", "inbound", MINE)
                      CREATE("y", "outbound",
                             ",\"Channel-Presence-ID\":\"2@a\",\"Other-Leg-Unique-ID\":\"x\"")
                          OF("CHANNEL_PROGRESS", "y") OF("CHANNEL_ANSWER", "y")
                              PAIR("CHANNEL_BRIDGE", "x", "y") OF("CHANNEL_HOLD", "x")
                                  PAIR("CHANNEL_UNBRIDGE", "x", "y") OF("CHANNEL_HANGUP", "y")
                                      OF("CHANNEL_HANGUP_COMPLETE", "y")),
    SLICE_LITERAL(CREATE("x", "inbound", MINE) CREATE("y", "outbound", "")
                      PAIR("CHANNEL_BRIDGE", "y", "x") CREATE("z", "outbound", "")
                          PAIR("CHANNEL_BRIDGE", "z", "x")
                              PAIR("CHANNEL_UNBRIDGE", "y",
                                   "x") "{\"Event-Name\":\"CHANNEL_UUID\",\"Unique-ID\":\"w\","
                                        "\"Old-Unique-ID\":\"x\"}\n" OF("CHANNEL_DESTROY", "w")),
    SLICE_LITERAL(CUSTOM("sofia::register", PHONE("c1", ",\"from-host\":\"evil\"")) CUSTOM(
        "sofia::register", PHONE("c2", "")) CUSTOM("sofia::unregister", PHONE("c2", ""))
                      CUSTOM("sofia::expire", ",\"user\":\"1\",\"host\":\"a\",\"call-id\":\"c1\"")),
    SLICE_LITERAL(CREATE(
        "x", "inbound",
        MINE) "{\"Event-Name\":\"CHANNEL_EXECUTE\",\"Unique-ID\":\"x\",\"Application\":\"bridge\","
              "\"Application-Data\":\"{a=b}[c=d]group/s@a+F\"}\n"
              "{\"Event-Name\":\"CHANNEL_EXECUTE\",\"Unique-ID\":\"x\",\"Application\":"
              "\"voicemail\","
              "\"Application-Data\":\"check default a 1\"}\n"),
    SLICE_LITERAL(CREATE("x", "inbound", MINE) CUSTOM(
        "callcenter::info",
        ",\"CC-Action\":\"member-queue-start\",\"CC-Queue\":\"q\",\"Unique-ID\":\"x\"")
                      CUSTOM("callcenter::info", ",\"CC-Action\":\"agent-offering\",\"CC-Agent\":"
                                                 "\"1@a\",\"CC-Member-Session-UUID\":\"x\"")
                          CUSTOM("callcenter::info", ",\"CC-Action\":\"agent-status-change\","
                                                     "\"CC-Agent\":\"1@a\",\"CC-Agent-Status\":"
                                                     "\"On Break\"")
                              CUSTOM("valet_parking::info",
                                     ",\"Action\":\"hold\",\"Valet-Extension\":\"6\",\"Unique-ID\":"
                                     "\"x\"")),
    SLICE_LITERAL(
        "r{\"row_count\":1,\"rows\":[{\"reg_user\":\"1\",\"realm\":\"a\",\"token\":\"c\","
        "\"url\":\"sofia/internal/sip:1@h\",\"network_ip\":\"192.0.2.1\"}]}\n"
        "c{\"row_count\":2,\"rows\":[{\"uuid\":\"x\",\"direction\":\"inbound\","
        "\"presence_id\":\"1@a\",\"ip_addr\":\"192.0.2.1\",\"callstate\":\"ACTIVE\"},"
        "{\"uuid\":\"y\",\"direction\":\"outbound\",\"presence_id\":\"2@a\",\"call_uuid\":"
        "\"x\",\"application\":\"park\"}]}\n"
        "b{\"row_count\":1,\"rows\":[{\"uuid\":\"x\",\"b_uuid\":\"y\"}]}\n"
        "c{\"row_count\":0}\n"));
