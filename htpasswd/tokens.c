/*
 * tokens.c - API tokens: whoever has one may call /direct.
 */
#include "htpasswd/tokens.h"

#include "htpasswd/hash.h"

struct slice tokens_find(const struct passwd_file *file, struct slice token)
{
    char hash[HASH_BYTES];
    struct slice found = {0};
    if (!hash_make(HASH_SHA256, token, hash, NULL))
        return found;
    for (size_t i = 0; i < file->line_count; i++)
        if (slice_equal_secret(file->lines[i].hash, slice_from(hash)))
            found = file->lines[i].name;
    return found;
}
