/*
 * fuzz_address.c - store/address.c: an address of any bytes. No error tells a password.
 */
#include "fuzz/fuzz.h"

#include "store/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct store_address address;
    struct error error = {""};
    struct arena arena;
    arena_init(&arena, 1 << 20);
    const char *text = arena_copy(&arena, slice_of((const char *)data, size)).data;
    if (text && store_address_parse(text, &arena, &address, &error)) {
        FUZZ_PROMISE((address.path == NULL) != (address.host == NULL));
        FUZZ_PROMISE(address.path || (address.port >= 1 && address.port <= 65535));
        FUZZ_PROMISE(address.database >= 0 && address.database < 16384);
        FUZZ_PROMISE(store_address_show(&address, &arena));
    } else {
        FUZZ_PROMISE(error.text[0] && !strstr(error.text, "s3cr3t"));
    }
    arena_free(&arena);
    return 0;
}

FUZZ_SEEDS(SLICE_LITERAL("unix:/run/redis.sock?db=3"), SLICE_LITERAL("redis://localhost:6379/0"),
           SLICE_LITERAL("redis://me:s3cr3t@[::1]:6379/12"),
           SLICE_LITERAL("redis://:s3cr3t%40@host"), SLICE_LITERAL("sentinel://a:s3cr3t@b:1/m"));
