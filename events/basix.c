/*
 * basix.c - the messages of the Basix CTI stream.
 */
#include "events/basix.h"

#include "base/json.h"
#include "events/bert.h"

/* Clients read no longer STRING_EXT. */
#define STRING_MOST 0x8000

/* ---- values ---- */

/* Words of the protocol are atoms; anything else that may stand in such a place is a text. */
static void add_word(struct buffer *out, const json_t *value)
{
    if (!json_is_string(value)) {
        bert_undefined(out);
        return;
    }
    struct slice word = json_slice(value);
    bool other = slice_is(word, "undefined") || slice_is(word, "true") || slice_is(word, "false");
    if (slice_is_name(word, "_") && word.length <= 255 && !other)
        bert_atom(out, word);
    else
        bert_latin1(out, word);
}

static void add_scalar(struct buffer *out, const json_t *value, bool utf8)
{
    if (json_is_integer(value))
        bert_integer(out, json_integer_value(value));
    else if (json_is_boolean(value))
        bert_boolean(out, json_is_true(value));
    else if (json_is_string(value) && utf8)
        bert_binary(out, json_slice(value));
    else if (json_is_string(value))
        bert_latin1(out, json_slice(value));
    else
        bert_undefined(out);
}

/* The MEMBERS of OBJECT; a NULL among the COUNT is a place that is not used. */
static void add_members(struct buffer *out, const json_t *object, const char *const *members,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_scalar(out, members[i] ? json_object_get(object, members[i]) : NULL, false);
}

/* ---- state ---- */

#define MEMBERS_MOST 5

/* What follows the name of a state, and a call's target by type. */
struct members {
    const char *name;
    size_t count;
    const char *members[MEMBERS_MOST];
};

static const struct members states[] = {
    {"park", 4, {"slot", NULL, "parker_id", "parker_name"}},
    {"voicemail", 3, {"target_type", "target_id", "target_name"}},
    {"checking_voicemail", 1, {"target_name"}},
    {"calling_siptermination", 1, {"url"}},
    {"ivr", 1, {"ivr_id"}},
    {"system_operation", 1, {"operation"}},
    {"conference", 1, {"room_id"}},
    {"eavesdrop", 2, {"uuid", "state"}},
};

static const struct members called[] = {
    {"user", 1, {"id"}},
    {"group", 5, {"group_type", "group_id", NULL, NULL, "queue_id"}},
    {"pstn", 1, {"address"}},
    {"bridged_endpoint", 2, {"a", "b"}},
};

static const struct members *find(const struct members *table, size_t count, const json_t *name)
{
    for (size_t i = 0; json_is_string(name) && i < count; i++)
        if (slice_is(json_slice(name), table[i].name))
            return &table[i];
    return NULL;
}

static void add_called(struct buffer *out, const json_t *type, const json_t *data)
{
    const struct members *known = find(called, sizeof called / sizeof *called, type);
    if (!known || !json_is_object(data)) {
        bert_undefined(out);
        return;
    }
    bert_tuple(out, known->count);
    add_members(out, data, known->members, known->count);
}

static void add_state(struct buffer *out, const json_t *state)
{
    const json_t *name = json_object_get(state, "name");
    const struct members *known = find(states, sizeof states / sizeof *states, name);
    bool calling = json_is_string(name) && slice_is(json_slice(name), "calling");
    bert_tuple(out, 2 + (calling ? 3 : known ? known->count : 0));
    add_scalar(out, json_object_get(state, "ts"), false);
    add_word(out, name);
    if (calling) {
        const json_t *type = json_object_get(state, "type");
        add_word(out, json_object_get(state, "location"));
        add_word(out, type);
        add_called(out, type, json_object_get(state, "data"));
    } else if (known) {
        add_members(out, state, known->members, known->count);
    }
}

/* ---- elements ---- */

static void add_target(struct buffer *out, const json_t *target)
{
    static const char *const members[] = {"id", "name", "address"};
    bert_tuple(out, 4);
    add_word(out, json_object_get(target, "type"));
    add_members(out, target, members, 3);
}

static void add_other_info(struct buffer *out, const json_t *info)
{
    static const char *const members[] = {"address", "offer_timestamp", "group_id", "whoscall"};
    const json_t *user = json_object_get(info, "user_id");
    bert_tuple(out, 8);
    add_word(out, json_object_get(info, "type"));
    add_scalar(out, user ? user : json_object_get(info, "end_user"), false);
    add_word(out, json_object_get(info, "direction"));
    add_word(out, json_object_get(info, "peer_location"));
    add_members(out, info, members, 4);
}

static void add_field(struct buffer *out, enum element_kind kind, const json_t *value)
{
    bool nested = kind == ELEMENT_STATE || kind == ELEMENT_TARGET || kind == ELEMENT_OTHER_INFO;
    if (nested && !json_is_object(value)) {
        bert_undefined(out);
        return;
    }
    switch (kind) {
    case ELEMENT_STATE: add_state(out, value); break;
    case ELEMENT_TARGET: add_target(out, value); break;
    case ELEMENT_OTHER_INFO: add_other_info(out, value); break;
    default: add_scalar(out, value, kind == ELEMENT_LABEL); break;
    }
}

static void add_item(struct buffer *out, enum element element, const json_t *item)
{
    const struct element_spec *spec = &element_specs[element];
    bert_tuple(out, spec->field_count);
    for (size_t i = 0; i < spec->field_count; i++)
        add_field(out, spec->fields[i].kind, json_object_get(item, spec->fields[i].name));
}

/* ---- messages ---- */

static void begin(struct buffer *out, size_t places, const char *message)
{
    bert_begin(out);
    bert_tuple(out, places);
    bert_atom(out, slice_from(message));
}

void basix_field_spec(struct buffer *out, enum element element)
{
    const struct element_spec *spec = &element_specs[element];
    begin(out, 3, "field_spec");
    bert_string(out, slice_from(spec->name));
    bert_list(out, spec->field_count);
    for (size_t i = 0; i < spec->field_count; i++)
        bert_atom(out, slice_from(spec->fields[i].name));
    bert_nil(out);
}

void basix_initial_info(struct buffer *out, enum element element, const json_t *const *items,
                        size_t count)
{
    begin(out, 3, "initial_info");
    bert_string(out, slice_from(element_specs[element].name));
    bert_list(out, count);
    for (size_t i = 0; i < count; i++)
        add_item(out, element, items[i]);
    bert_nil(out);
}

void basix_info_event(struct buffer *out, enum element element, const json_t *item,
                      const char *event)
{
    begin(out, 4, "info_event");
    bert_string(out, slice_from(element_specs[element].name));
    add_item(out, element, item);
    bert_string(out, slice_from(event));
}

static void add_text(struct buffer *out, const char *message, const char *text)
{
    struct slice whole = slice_from(text);
    begin(out, 2, message);
    bert_string(out, slice_of(whole.data, whole.length < STRING_MOST ? whole.length : STRING_MOST));
}

void basix_system_msg(struct buffer *out, const char *text)
{
    add_text(out, "system_msg", text);
}

void basix_msg(struct buffer *out, const char *text)
{
    add_text(out, "msg", text);
}
