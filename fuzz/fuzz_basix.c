/*
 * fuzz_basix.c - events/basix.c and events/bert.c: of any element, a term that a client of the Basix stream reads to its end.
 * The input is JSON, an element as others may have written it to Redis.
 */
#include "fuzz/fuzz.h"

#include "base/json.h"
#include "events/basix.h"

/* The client's reader: the length of the term at the beginning of TERM. What it would not read breaks the promise. */
static size_t term_length(struct slice term)
{
    const unsigned char *byte = (const unsigned char *)term.data;
    size_t length = 0, count = 0, at;
    FUZZ_PROMISE(term.length > 0);
    switch (byte[0]) {
    case 97: length = 2; break; /* an integer of a byte */
    case 98:                    /* one of four: the client misreads some whose first byte is 0x80 */
        length = 5;
        FUZZ_PROMISE(term.length >= 5 && byte[1] != 0x80);
        break;
    case 100: /* an atom */
    case 107: /* a string */
        FUZZ_PROMISE(term.length >= 3);
        length = 3 + ((size_t)byte[1] << 8 | byte[2]);
        FUZZ_PROMISE(byte[0] == 107 ? length - 3 < 0x8100 : length - 3 <= 255);
        break;
    case 106: length = 1; break; /* the empty list */
    case 109:                    /* bytes */
        FUZZ_PROMISE(term.length >= 5);
        length =
            5 + ((size_t)byte[1] << 24 | (size_t)byte[2] << 16 | (size_t)byte[3] << 8 | byte[4]);
        break;
    case 110: /* a big integer */
        FUZZ_PROMISE(term.length >= 3 && byte[1] <= 8);
        length = 3 + (size_t)byte[1];
        break;
    case 104: /* a tuple */
        FUZZ_PROMISE(term.length >= 2);
        length = 2;
        for (count = byte[1]; count > 0; count--)
            length += term_length(slice_of(term.data + length, term.length - length));
        break;
    case 108: /* a list, and its end */
        FUZZ_PROMISE(term.length >= 5);
        count = (size_t)byte[1] << 24 | (size_t)byte[2] << 16 | (size_t)byte[3] << 8 | byte[4];
        for (at = 5; count > 0; count--)
            at += term_length(slice_of(term.data + at, term.length - at));
        FUZZ_PROMISE(at < term.length && byte[at] == 106);
        length = at + 1;
        break;
    default: abort();
    }
    FUZZ_PROMISE(length <= term.length);
    return length;
}

static void check_message(const struct buffer *out)
{
    struct slice message = buffer_slice(out);
    if (out->failed)
        return;
    FUZZ_PROMISE(message.length > 1 && (unsigned char)message.data[0] == 131);
    FUZZ_PROMISE(term_length(slice_of(message.data + 1, message.length - 1)) == message.length - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct error error;
    json_t *item = json_parse_lenient(slice_of(size ? (const char *)data : NULL, size), &error);
    if (!json_is_object(item)) {
        json_decref(item);
        return 0;
    }
    const json_t *items[] = {item, item};
    for (int element = 0; element < ELEMENT_COUNT; element++) {
        if (!element_specs[element].basix)
            continue;
        arena_init(&arena, 1 << 20);
        struct buffer event = buffer_in(&arena), all = buffer_in(&arena);
        basix_info_event(&event, (enum element)element, item, "updated");
        basix_initial_info(&all, (enum element)element, items, 2);
        check_message(&event);
        check_message(&all);
        arena_free(&arena);
    }
    json_decref(item);
    return 0;
}

FUZZ_SEEDS(
    SLICE_LITERAL(
        "{\"uuid\":\"u1\",\"direction\":\"incoming\",\"calling_name\":\"Zo\\u00eb \\u30e6\","
        "\"offer_timestamp\":1546839040035125,\"state\":{\"ts\":1546839040035125,\"name\":"
        "\"calling\","
        "\"location\":\"ext\",\"type\":\"pstn\",\"data\":{\"address\":\"0212\"}},"
        "\"target\":{\"type\":\"user\",\"id\":\"1\"},\"other_info\":{\"type\":\"user\",\"user_id\":"
        "\"7\"}}"),
    SLICE_LITERAL(
        "{\"id\":\"1\",\"uuid\":\"1\",\"label\":\"\\u30e6\",\"mwi\":-134217729,\"priority\":255,"
        "\"type\":134217727,\"do_not_disturb_status\":true,\"name\":\"\\uff11\\u2026\\u0141\"}"),
    SLICE_LITERAL("{\"state\":{\"name\":\"park\",\"slot\":\"701\",\"parker_id\":null},\"peer_"
                  "number\":\"a\\u0000b\"}"),
    SLICE_LITERAL("{\"state\":{\"name\":\"undefined\",\"ts\":-9223372036854775808},\"target\":[],"
                  "\"id\":1.5}"));
