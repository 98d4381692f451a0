/*
 * basic.c - basic authentication (RFC 7617).
 */
#include "htpasswd/basic.h"

#include <nettle/base64.h>

static bool has_control(struct slice s)
{
    for (size_t i = 0; i < s.length; i++)
        if ((unsigned char)s.data[i] < ' ' || s.data[i] == 127)
            return true;
    return false;
}

bool basic_read(struct arena *arena, struct slice header, struct slice *user,
                struct slice *password)
{
    struct base64_decode_ctx context;
    struct slice encoded;
    struct slice scheme = slice_cut(slice_trim(header), ' ', &encoded);
    if (!slice_equal_nocase(scheme, slice_from("Basic")))
        return false;
    encoded = slice_trim(encoded);
    size_t length = BASE64_DECODE_LENGTH(encoded.length);
    uint8_t *decoded = arena_alloc(arena, length + 1);
    base64_decode_init(&context);
    if (!decoded ||
        !base64_decode_update(&context, &length, decoded, encoded.length, encoded.data) ||
        !base64_decode_final(&context))
        return false;
    struct slice text = slice_of((const char *)decoded, length);
    if (has_control(text))
        return false;
    *user = slice_cut(text, ':', password);
    return password->data != NULL && user->length > 0;
}
