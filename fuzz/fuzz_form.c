/*
 * fuzz_form.c - base/form.c: fields and paths of any bytes.
 */
#include "fuzz/fuzz.h"

#include "base/buffer.h"
#include "base/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice decoded, again, value, input = slice_of((const char *)data, size);
    struct error error;
    struct form form;
    struct arena arena;
    arena_init(&arena, 4 << 20);
    if (form_parse(&arena, input, &form, &error)) {
        FUZZ_PROMISE(form.count <= FORM_FIELDS_MAX);
        for (size_t i = 0; i < form.count; i++)
            FUZZ_PROMISE(form.fields[i].name.length + form.fields[i].value.length <= size);
        form_find(&form, "a", &value);
    }
    if (percent_decode(&arena, input, &decoded, &error)) {
        struct buffer encoded = buffer_in(&arena); /* there and back is the same */
        buffer_add_percent(&encoded, decoded, "");
        bool has_nul = size && memchr(data, '\0', size);
        FUZZ_PROMISE(has_nul || (percent_decode(&arena, buffer_slice(&encoded), &again, &error) &&
                                 slice_equal(decoded, again)));
    }
    arena_free(&arena);
    return 0;
}

FUZZ_SEEDS(SLICE_LITERAL("a=1&b=%20x+y&&a=%2B&c&=d&e="), SLICE_LITERAL("/cticache/%44NIS/%2b1:2"),
           SLICE_LITERAL("%c3%ab=%00&%=%4&%zz=%"));
