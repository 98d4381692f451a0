/*
 * fuzz_passwd_file.c - htpasswd/passwd_file.c: an htpasswd file of any bytes; what it holds is found, and nothing else.
 */
#include "fuzz/fuzz.h"

#include "htpasswd/passwd_file.h"

static void check_names(const struct passwd_file *file)
{
    for (size_t i = 0; i < file->name_count; i++) {
        const struct passwd_line *line = file->by_name[i];
        struct slice found = passwd_file_find(file, line->name);
        FUZZ_PROMISE(passwd_name_is_good(line->name));
        FUZZ_PROMISE(found.data == line->hash.data && found.length == line->hash.length);
        FUZZ_PROMISE(!memchr(found.data, ':', found.length) &&
                     !memchr(found.data, '\n', found.length));
    }
}

/* The first line of a name is the one that counts. */
static void check_lines(const struct passwd_file *file)
{
    for (size_t i = 0; i < file->line_count && i < 64; i++) {
        struct slice name = file->lines[i].name;
        size_t first = 0;
        while (name.data && !slice_equal(file->lines[first].name, name))
            first++;
        if (name.data)
            FUZZ_PROMISE(passwd_file_find(file, name).data == file->lines[first].hash.data);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_of((const char *)data, size);
    struct error error = {""};
    struct passwd_file file;
    if (!passwd_file_parse(&file, input, &error)) {
        FUZZ_PROMISE(error.text[0]);
        return 0;
    }
    FUZZ_PROMISE(slice_equal(file.text, input) && !memchr(data, '\0', size));
    FUZZ_PROMISE(file.name_count <= file.line_count);
    FUZZ_PROMISE(passwd_file_find(&file, slice_from("")).length == 0);
    FUZZ_PROMISE(passwd_file_find(&file, slice_from("a:b")).length == 0);
    check_names(&file);
    check_lines(&file);
    passwd_file_free(&file);
    return 0;
}

FUZZ_SEEDS(
    SLICE_LITERAL("# people\n\nalice:$2b$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui\n"
                  "bob:{SSHA}c2hhMQ==:Bob\r\nalice:second\n"),
    SLICE_LITERAL("j\xc3\xb6rg:$apr1$salt$hash"), SLICE_LITERAL("a:\n  # x\n\nz: y \nm:1\n"));
