/*
 * fuzz_packet.c - store/packet.c: a line of the spool, which a disk may have damaged; and any packet comes back from its line.
 */
#include "fuzz/fuzz.h"

#include "store/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_of((const char *)data, size);
    struct packet packet;
    enum packet_state state;
    struct arena arena;
    if (memchr(data, '\n', size) || memchr(data, '\t', size) || size == 0) {
        if (packet_read_line(input, &packet, &state))
            FUZZ_PROMISE(packet.id.length > 0 && packet.list.length > 0 && packet.text.length > 0);
        return 0;
    }
    arena_init(&arena, (size_t)16 << 20);
    const struct packet written = {SLICE_LITERAL("id-1.0"), SLICE_LITERAL("list"), input};
    struct buffer line = buffer_in(&arena);
    packet_write_line(&line, &written, 1795219200000000);
    FUZZ_PROMISE(packet_read_line(slice_of(line.data, line.length - 1), &packet, &state) ==
                 (size <= PACKET_BYTES_MAX));
    if (size <= PACKET_BYTES_MAX)
        FUZZ_PROMISE(slice_equal(packet.text, input) && state == PACKET_WAITING);
    arena_free(&arena);
    return 0;
}

FUZZ_SEEDS(SLICE_LITERAL("{\"type\":\"cdr\",\"payload\":{\"ref\":\"1\"}}"),
           SLICE_LITERAL("wait\t00000000\t2026-11-21T10:34:09.123456Z\tid-1\tenigma:list\t{}"),
           SLICE_LITERAL("done\t\t\t\t\t"));
