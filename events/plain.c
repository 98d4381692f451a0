/*
 * plain.c - the messages of the event stream as JSON objects.
 */
#include "events/plain.h"

#include "base/json.h"

static void begin(struct buffer *out, const char *message, enum element element)
{
    buffer_add_string(out, "\"message\":\"");
    buffer_add_string(out, message);
    buffer_add_string(out, "\",\"element\":\"");
    buffer_add_string(out, element_specs[element].name);
    buffer_add_byte(out, '"');
}

void plain_field_spec(struct buffer *out, enum element element)
{
    const struct element_spec *spec = &element_specs[element];
    begin(out, "field_spec", element);
    buffer_add_string(out, ",\"fields\":[");
    for (size_t i = 0; i < spec->field_count; i++) {
        buffer_add_string(out, i ? "," : "");
        buffer_add_json(out, slice_from(spec->fields[i].name));
    }
    buffer_add_string(out, "]}");
}

void plain_initial_info(struct buffer *out, enum element element, const json_t *const *items,
                        size_t count)
{
    begin(out, "initial_info", element);
    buffer_add_string(out, ",\"items\":[");
    for (size_t i = 0; i < count; i++) {
        buffer_add_string(out, i ? "," : "");
        json_write(out, items[i]);
    }
    buffer_add_string(out, "]}");
}

void plain_info_event(struct buffer *out, enum element element, const char *id, const json_t *item,
                      const char *event)
{
    begin(out, "info_event", element);
    buffer_add_string(out, ",\"event\":\"");
    buffer_add_string(out, event);
    buffer_add_string(out, "\",\"id\":");
    buffer_add_json(out, slice_from(id));
    buffer_add_string(out, ",\"data\":");
    json_write(out, item);
    buffer_add_byte(out, '}');
}

void plain_system_msg(struct buffer *out, const char *text)
{
    buffer_add_string(out, "\"message\":\"system_msg\",\"text\":");
    buffer_add_json(out, slice_from(text));
    buffer_add_byte(out, '}');
}

void plain_word(struct buffer *out, const char *message)
{
    plain_word_with(out, message, slice_of(NULL, 0));
}

void plain_word_with(struct buffer *out, const char *message, struct slice members)
{
    buffer_add_string(out, "\"message\":\"");
    buffer_add_string(out, message);
    buffer_add_string(out, members.length > 0 ? "\"," : "\"");
    buffer_add(out, members);
    buffer_add_byte(out, '}');
}
