/*
 * fuzz_phonecalls.c - base/instant.c, base/csv.c and handlers/phonecalls*.c, contacts*.c: queries and files of any bytes.
 * The first byte chooses: "c", "d", "l" create, delete and list of calls; "p" create of a contact; "i" a file as CSV, "j" as
 * JSON; "t" a date and time by itself.
 */
#include "fuzz/fuzz.h"

#include "base/json.h"
#include "base/zone.h"
#include "handlers/dispatch.h"
#include "handlers/phonecalls.h"

/* An instant that was read is read as the same when it is written. */
static void try_instant(struct slice text)
{
    struct instant_text first, second;
    struct arena arena;
    if (!instant_parse(text, &first))
        return;
    int64_t us = first.local_us - first.offset_s * INSTANT_SECOND_US, since;
    int64_t day = zone_day(us, &since);
    FUZZ_PROMISE(since >= 0 && since < (int64_t)26 * 3600 * INSTANT_SECOND_US);
    FUZZ_PROMISE(zone_day_begin(day) + since == us);
    if (day <= DAY_FIRST + 1 || day >= DAY_LAST - 1)
        return; /* an offset may lead out of the years that can be written */
    arena_init(&arena, 65536);
    struct buffer out = buffer_in(&arena);
    instant_write(&out, us, first.offset_s);
    FUZZ_PROMISE(instant_parse(buffer_slice(&out), &second));
    FUZZ_PROMISE(second.local_us == first.local_us && second.offset_s == first.offset_s);
    arena_free(&arena);
}

/* Whatever it is, it is JSON in the form of these routes, or, as asked for, CSV. */
static void check_answer(const struct exchange *x)
{
    struct error error;
    struct arena arena;
    FUZZ_PROMISE(x->response.status == 200 || x->response.status == 400);
    if (strncmp(x->response.content_type, "text/csv", 8) == 0)
        return;
    arena_init(&arena, 64 << 20);
    json_use_arena(&arena);
    const json_t *answer = json_parse(x->response.body, &error);
    FUZZ_PROMISE(json_is_boolean(json_object_get(answer, "error")));
    json_use_arena(NULL);
    arena_free(&arena);
}

/* What a Redis that has nothing says to each command. */
static void fill_replies(const struct store_batch *batch, struct store_reply *replies)
{
    static const struct store_reply added[2] = {
        {.kind = STORE_STRING, .text = SLICE_LITERAL("added")},
        {.kind = STORE_STRING, .text = SLICE_LITERAL("1")}};
    const struct store_command *command = batch->first;
    for (size_t i = 0; i < batch->count; i++, command = command->next) {
        struct slice name = command->words[0];
        replies[i] = (struct store_reply){.kind = STORE_NIL};
        if (slice_is(name, "INCR") || slice_is(name, "ZADD"))
            replies[i] = (struct store_reply){.kind = STORE_INTEGER, .integer = 1};
        else if (slice_starts(name, "ZREVRANGE") || slice_starts(name, "ZRANGE"))
            replies[i] = (struct store_reply){.kind = STORE_ARRAY};
        else if (slice_is(name, "EVAL") && slice_is(command->words[3], "callboard:contacts"))
            replies[i] = (struct store_reply){.kind = STORE_ARRAY, .elements = added, .count = 2};
    }
}

static void try_request(const char *path, const char *type, struct slice query, struct slice body)
{
    static const struct phonecalls_settings settings = {.contacts = CONTACTS_CREATE};
    static const struct handler_context context = {.phonecalls = &settings, .version = "1"};
    const struct http_parameter parameters[] = {
        {SLICE_LITERAL("REQUEST_METHOD"), slice_from(type ? "POST" : "GET")},
        {SLICE_LITERAL("DOCUMENT_URI"), slice_from(path)},
        {SLICE_LITERAL("QUERY_STRING"), query},
        {SLICE_LITERAL("CONTENT_TYPE"), slice_from(type)}};
    struct store_reply replies[200];
    struct arena arena;
    struct exchange x;
    arena_init(&arena, 64 << 20);
    struct http_request request = {.arena = &arena, .parameters = parameters, .parameter_count = 4};
    http_request_interpret(&request);
    request.body = body;
    request.length = body.length;
    request.length_given = type != NULL;
    enum handler_next next = dispatch_plan(&x, &request, &context);
    if (next == HANDLER_CHECK)
        next = dispatch_checked(&x, VERDICT_GOOD);
    else if (x.response.status == 403) /* the token is gone, or there twice */
        x.response.status = 200;
    for (int steps = 0; next == HANDLER_ASK; steps++) {
        FUZZ_PROMISE(steps < 10 && x.batch.count <= 200);
        fill_replies(&x.batch, replies);
        next = dispatch_render(&x, replies);
    }
    check_answer(&x);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        char first;
        const char *path, *type;
    } kinds[] = {{'c', "/direct/items/phonecalls/create", NULL},
                 {'d', "/direct/items/phonecalls/delete", NULL},
                 {'l', "/direct/items/phonecalls/list", NULL},
                 {'p', "/direct/items/contacts/create", NULL},
                 {'i', "/direct/items/contacts/import", "text/csv"},
                 {'j', "/direct/items/contacts/import", "application/json"}};
    struct slice rest = slice_of((const char *)data + (size > 0), size - (size > 0));
    zone_use("UTC");
    if (size > 0 && data[0] == 't')
        try_instant(rest);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        bool file = kinds[i].type != NULL;
        if (size > 0 && data[0] == kinds[i].first)
            try_request(kinds[i].path, kinds[i].type, file ? slice_from("token=t") : rest,
                        file ? rest : slice_of(NULL, 0));
    }
    return 0;
}

FUZZ_SEEDS(
    SLICE_LITERAL("ctoken=t&initiated=2012-08-23T12:20:33&source=7222&destination=02122853348&"
                  "duration=45&url=http://a/b"),
    SLICE_LITERAL("ctoken=t&initiated=20120823T122033,5+0200&source=%7C%25&destination=%C3%B1"),
    SLICE_LITERAL("dtoken=t&from=2012-08-23&to=2012-08-25"),
    SLICE_LITERAL("ltoken=t&contactId=7&limit=2&format=csv"),
    SLICE_LITERAL("ltoken=t&contactId=7&from=2012-08-23&to=2012-08-25&cursor="
                  "31353537362031303a32303a33337e357c61257c62"),
    SLICE_LITERAL("ptoken=t&name=Ada+%22A%22&phone=%2B58-212&phone=1"),
    SLICE_LITERAL("iid,name,phones\r\n7,\"Ada, \"\"A\"\"\",1;2\r\n,Bob,3\r\n"),
    SLICE_LITERAL("j[{\"id\":7,\"name\":\"A\\\"]}\",\"phones\":[\"1\",\"2\"]},\n"
                  "{\"name\":\"B\",\"phones\":\"3;4\"}]"),
    SLICE_LITERAL("t2012-08-23T12:20:33.25+02:00"), SLICE_LITERAL("t2012-W34-4T1220,5Z"),
    SLICE_LITERAL("t2012236T24:00"));
