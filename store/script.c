/*
 * script.c - what Redis calls a Lua script.
 */
#include "store/script.h"

#include <nettle/base16.h>
#include <nettle/sha1.h>

void script_name(struct slice text, char name[SCRIPT_NAME_LENGTH])
{
    struct sha1_ctx context;
    uint8_t digest[SHA1_DIGEST_SIZE];
    sha1_init(&context);
    sha1_update(&context, text.length, (const uint8_t *)text.data);
    sha1_digest(&context, sizeof digest, digest);
    base16_encode_update(name, sizeof digest, digest);
}
