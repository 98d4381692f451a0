/*
 * fuzz_cdr.c - handlers/cdr_freeswitch.c: whatever is posted as a call's record.
 */
#include "fuzz/fuzz.h"

#include "base/json.h"
#include "handlers/cdr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct error error = {""};
    struct cdr_freeswitch call;
    arena_init(&arena, (size_t)16 << 20);
    json_use_arena(&arena);
    if (cdr_read_freeswitch(&arena, slice_of((const char *)data, size), &call, &error)) {
        const struct slice texts[] = {call.cdr.extension,  call.cdr.call_ref, call.cdr.contact_ref,
                                      call.cdr.end_reason, call.cdr.call_dir, call.cdr.ref,
                                      call.source,         call.destination};
        FUZZ_PROMISE(call.cdr.call_ref.length > 0 && call.cdr.dialed_us >= 0);
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            FUZZ_PROMISE(slice_is_utf8(texts[i]));
    } else {
        FUZZ_PROMISE(arena.exhausted || error.text[0] != '\0');
    }
    json_use_arena(NULL);
    arena_free(&arena);
    return 0;
}

FUZZ_SEEDS(
    SLICE_LITERAL(
        "{\"variables\":{\"uuid\":\"ab1ab002\",\"start_uepoch\":\"1795247731144086\",\"user_name\":"
        "\"1000\",\"billsec\":\"4\",\"proto_specific_hangup_cause\":\"sip%3A200\"},\"callflow\":"
        "[{\"caller_profile\":{\"caller_id_number\":\"1000\",\"destination_number\":\"1001\"}}]}"),
    SLICE_LITERAL("cdr=%7B%22variables%22%3A%7B%22uuid%22%3A%22a%22,%22start_uepoch%22%3A%227%22,"
                  "%22user_name%22%3A%22a%22q%22%0D%0A%C3%BC%22%7D%7D"),
    SLICE_LITERAL("cdr=eyJ2YXJpYWJsZXMiOnsidXVpZCI6ImEiLCJzdGFydF91ZXBvY2giOiI3In19"),
    SLICE_LITERAL(
        "{\"variables\":{\"uuid\":\"a\",\"start_uepoch\":\"7\",\"hangup_cause\":\"Zo\xeb%zz%\"}}"));
