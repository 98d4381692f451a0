/*
 * fuzz_directory.c - base/xml.c and handlers/directory.c. The first byte chooses: "v" any value through the writer, "r" any
 * stored record, "q" any request. FreeSWITCH's preprocessor (tests/freeswitch/lines.h) must leave every answer alone, and
 * it must be XML.
 */
#include "fuzz/fuzz.h"

#include <expat.h>

#include "base/log.h"
#include "base/xml.h"
#include "handlers/directory.h"
#include "handlers/dispatch.h"
#include "tests/freeswitch/lines.h"

static void check_document(struct arena *arena, struct slice document)
{
    struct lines_outcome outcome = lines_preprocess(arena, document);
    FUZZ_PROMISE(!outcome.lost && !outcome.executed && !outcome.expanded);
    FUZZ_PROMISE(slice_equal(outcome.text, document));
    XML_Parser parser = XML_ParserCreate("UTF-8");
    FUZZ_PROMISE(XML_Parse(parser, document.data, (int)document.length, 1) == XML_STATUS_OK);
    XML_ParserFree(parser);
}

static void try_value(struct arena *arena, struct slice value)
{
    struct buffer out = buffer_in(arena);
    xml_element(&out, "param");
    xml_attribute(&out, slice_from("value"), value);
    xml_close(&out);
    check_document(arena, buffer_slice(&out));
    FUZZ_PROMISE(xml_text_is_good(xml_text_clean(arena, value)));
}

/* Every answer is 200 and a document, whatever is asked and whatever Redis holds. */
static void try_request(struct arena *arena, struct slice form, struct slice stored)
{
    static const struct directory_settings settings = {
        .stale_seconds = 1, .alias_scan_extensions = 1, .alias_scan_seconds = 1};
    static const struct handler_context context = {.directory = &settings, .version = "1"};
    const struct http_parameter parameters[] = {
        {SLICE_LITERAL("REQUEST_METHOD"), SLICE_LITERAL("POST")},
        {SLICE_LITERAL("REQUEST_URI"), SLICE_LITERAL("/directory")},
        {SLICE_LITERAL("REMOTE_USER"), SLICE_LITERAL("x")},
        {SLICE_LITERAL("CONTENT_TYPE"), SLICE_LITERAL("application/x-www-form-urlencoded")}};
    const struct store_reply record = {.kind = STORE_STRING, .text = stored};
    const struct store_reply replies[3] = {record, record, record};
    struct exchange x;
    struct http_request request = {.arena = arena, .parameters = parameters, .parameter_count = 4};
    http_request_interpret(&request);
    request.body = form;
    request.length = form.length;
    request.length_given = true;
    enum handler_next next = dispatch_plan(&x, &request, &context);
    for (int turns = 0; next == HANDLER_ASK; turns++) {
        FUZZ_PROMISE(turns < 10);
        next = dispatch_render(&x, replies);
    }
    FUZZ_PROMISE(x.response.status == 200);
    check_document(arena, x.response.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice form = SLICE_LITERAL("section=directory&user=1000&domain=pbx.test");
    struct slice stored = SLICE_LITERAL("{\"param\":{\"password\":\"1\"},\"members\":[\"1000\"]}");
    struct arena arena;
    if (size == 0)
        return 0;
    struct slice input = slice_of((const char *)data + 1, size - 1);
    log_set_level(LOG_LEVEL_ERROR);
    arena_init(&arena, (size_t)64 << 20);
    switch (data[0]) {
    case 'r': try_request(&arena, form, input); break;
    case 'q': try_request(&arena, input, stored); break;
    default: try_value(&arena, input); break;
    }
    arena_free(&arena);
    return 0;
}

FUZZ_SEEDS(SLICE_LITERAL("v<X-PRE-PROCESS cmd=\"exec\" data=\"true\"/>$${domain}x-pre-process"),
           SLICE_LITERAL("v<include>\n</include><?xml?><!--#exec-->\xc3\xab\xff&amp;]]>"),
           SLICE_LITERAL(
               "r{\"param\":{\"password\":\"$${a}\",\"auth-acl\":\"10.0.0.1, ::1\"},\"variable\":"
               "{\"x-pre-process\":\"<?\"},\"attribute\":{\"cacheable\":1.5,\"a\":\"\\u0001\"}}"),
           SLICE_LITERAL("qhostname=vm&section=directory&tag_name=domain&key_name=name&key_value="
                         "pbx.test&action=group_call&group=a&key=id&user=%3Cx%2Dpre-process&domain="
                         "pbx.test"),
           SLICE_LITERAL("qsection=directory&purpose=network-list&domain=%24%24{a}"));
