/*
 * directory_record.c - what Redis holds of an extension, a domain or a group.
 */
#include "store/directory_record.h"

#include <stdlib.h>

#include "base/xml.h"

bool directory_name_is_good(struct slice name)
{
    return name.length > 0 && name.length <= DIRECTORY_NAME_BYTES && xml_text_is_good(name) &&
           !memchr(name.data, '\n', name.length) && !memchr(name.data, '\r', name.length);
}

struct slice directory_key(struct arena *arena, const char *prefix, struct slice domain)
{
    struct buffer key = buffer_in(arena);
    buffer_add_string(&key, prefix);
    buffer_add(&key, domain);
    return buffer_slice(&key);
}

/* The member NAME when it is an object; JSON's null is as good as nothing. */
static bool read_object(const json_t *record, const char *name, const json_t **object,
                        struct error *error)
{
    const json_t *member = json_object_get(record, name);
    *object = json_is_object(member) ? member : NULL;
    if (member && !*object && !json_is_null(member))
        return error_set(error, "\"%s\" is not an object", name);
    return true;
}

bool directory_record_read(struct slice stored, struct directory_record *record,
                           struct error *error)
{
    *record = (struct directory_record){0};
    if (stored.length > DIRECTORY_RECORD_BYTES)
        return error_set(error, "larger than %zu bytes", DIRECTORY_RECORD_BYTES);
    struct error unsaid; /* it quotes what it found, and that may be a password */
    const json_t *json = json_parse(stored, &unsaid);
    if (!json)
        return error_set(error, "not JSON, or a name is in it twice");
    if (!json_is_object(json))
        return error_set(error, "not a JSON object");
    if (!read_object(json, "param", &record->param, error) ||
        !read_object(json, "variable", &record->variable, error) ||
        !read_object(json, "attribute", &record->attribute, error))
        return false;
    const json_t *members = json_object_get(json, "members");
    if (members && !json_is_array(members) && !json_is_null(members))
        return error_set(error, "\"members\" is not an array");
    record->members = json_is_array(members) ? members : NULL;
    return true;
}

bool directory_text(const json_t *value, struct arena *arena, struct slice *text)
{
    switch (json_typeof(value)) {
    case JSON_STRING: *text = xml_text_clean(arena, json_slice(value)); return true;
    case JSON_TRUE: *text = slice_from("true"); return true;
    case JSON_FALSE: *text = slice_from("false"); return true;
    case JSON_INTEGER:
    case JSON_REAL: {
        struct buffer number = buffer_in(arena);
        json_write(&number, value);
        *text = buffer_slice(&number);
        return true;
    }
    default: return false;
    }
}

struct slice directory_member(const json_t *object, const char *name, struct arena *arena)
{
    struct slice found = {0}, text;
    const char *key;
    json_t *value;
    if (!object)
        return found;
    json_object_foreach((json_t *)object, key, value)
    {
        if (slice_equal_nocase(slice_from(key), slice_from(name)) &&
            directory_text(value, arena, &text) && text.length > 0)
            found = text;
    }
    return found;
}

bool directory_is_true(struct slice text)
{
    static const char *const words[] = {"yes", "on", "true", "t", "enabled", "active", "allow"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (slice_equal_nocase(text, slice_from(words[i])))
            return true;
    uint64_t number;
    return slice_number(text, UINT32_MAX, &number) && number != 0;
}
