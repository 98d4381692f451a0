/*
 * directory_map.c - elements made of the directory's records.
 */
#include "feeds/directory_map.h"

#include "store/directory_record.h"

/* The most memory that a record may take while it is read. */
#define RECORD_MEMORY ((size_t)16 << 20)

/* How a record's text becomes a field. */
enum source_kind {
    SOURCE_TEXT,
    SOURCE_BOOLEAN,
    SOURCE_NAMED, /* true unless it says no */
    SOURCE_HUNT   /* 1 for a hunt group, else 0, also when there is none */
};

struct source {
    const char *field;
    enum source_kind kind;
    const char *variable, *variable_else, *param_else; /* the first that is there counts */
};

static const struct source user_sources[] = {
    {"fwd_always_status", SOURCE_BOOLEAN, "fwd_always_status", "fwd_always", NULL},
    {"do_not_disturb_status", SOURCE_BOOLEAN, "do_not_disturb_status", "do_not_disturb", NULL},
    {"language", SOURCE_TEXT, "default_language", NULL, NULL},
    {"presence", SOURCE_TEXT, "presence", NULL, NULL},
    {"role", SOURCE_TEXT, "role", NULL, NULL},
    {"park_group", SOURCE_TEXT, "park_group", NULL, NULL},
    {"mwi_target", SOURCE_TEXT, "mwi_target", NULL, "MWI-Account"},
    {"flags", SOURCE_TEXT, "flags", NULL, NULL},
    {"followme", SOURCE_BOOLEAN, "followme", NULL, NULL},
    {"email", SOURCE_TEXT, "email", NULL, "vm-mailto"},
    {"avatar", SOURCE_TEXT, "avatar", NULL, NULL},
    {"label", SOURCE_TEXT, "effective_caller_id_name", NULL, NULL},
};

static const struct source group_sources[] = {
    {"type", SOURCE_HUNT, "group_type", NULL, NULL},
    {"language", SOURCE_TEXT, "default_language", NULL, NULL},
    {"main_extension", SOURCE_TEXT, "main_extension", NULL, NULL},
    {"queue", SOURCE_NAMED, "queue", NULL, NULL},
    {"label", SOURCE_TEXT, "label", "effective_caller_id_name", NULL},
    {"flags", SOURCE_TEXT, "flags", NULL, NULL},
    {"check_login_status", SOURCE_BOOLEAN, "check_login_status", NULL, NULL},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* As FreeSWITCH reads it (switch_false). */
static bool is_false(struct slice text)
{
    static const char *const words[] = {"no",       "off",      "false",    "f",
                                        "disabled", "inactive", "disallow", "0"};
    for (size_t i = 0; i < COUNT(words); i++)
        if (slice_equal_nocase(text, slice_from(words[i])))
            return true;
    return false;
}

static void add_name(struct buffer *json, const char *member, struct slice text)
{
    buffer_format(json, "%s\"%s\":", json->length ? "," : "{", member);
    buffer_add_json(json, text);
}

static struct slice text_of(const struct directory_record *record, const struct source *source,
                            struct arena *arena)
{
    struct slice text = directory_member(record->variable, source->variable, arena);
    if (text.length == 0 && source->variable_else)
        text = directory_member(record->variable, source->variable_else, arena);
    if (text.length == 0 && source->param_else)
        text = directory_member(record->param, source->param_else, arena);
    return text;
}

static void add_source(struct buffer *json, const struct source *source, struct slice text)
{
    bool hunt = slice_is(text, "1") || slice_equal_nocase(text, slice_from("hunt"));
    if (source->kind == SOURCE_HUNT)
        buffer_format(json, ",\"%s\":%d", source->field, hunt);
    else if (text.length == 0)
        return;
    else if (source->kind == SOURCE_TEXT)
        add_name(json, source->field, text);
    else
        buffer_format(json, ",\"%s\":%s", source->field,
                      (source->kind == SOURCE_NAMED ? !is_false(text) : directory_is_true(text))
                          ? "true"
                          : "false");
}

static void add_sources(struct buffer *json, const struct directory_record *record,
                        const struct source *sources, size_t count, struct arena *own)
{
    for (size_t i = 0; i < count; i++)
        add_source(json, &sources[i], text_of(record, &sources[i], own));
}

/* A record that is being read, in memory of its own, so that a large one leaves no trace. */
struct reading {
    struct arena own;
    struct arena *before;
    struct directory_record record;
};

static void begin_reading(struct reading *reading, struct slice stored)
{
    struct error unsaid;
    arena_init(&reading->own, RECORD_MEMORY);
    reading->before = json_use_arena(&reading->own);
    if (!directory_record_read(stored, &reading->record, &unsaid))
        reading->record = (struct directory_record){0};
}

static void end_reading(struct reading *reading)
{
    json_use_arena(reading->before);
    arena_free(&reading->own);
}

static struct slice end_object(struct buffer *json)
{
    buffer_add_byte(json, '}');
    return json->failed ? slice_of(NULL, 0) : buffer_slice(json);
}

struct slice directory_map_user(struct arena *arena, struct slice name, struct slice stored)
{
    struct buffer json = buffer_in(arena);
    struct reading reading;
    begin_reading(&reading, stored);
    struct slice main = directory_member(reading.record.variable, "main_extension", &reading.own);
    add_name(&json, "id", name);
    add_name(&json, "name", name);
    add_name(&json, "main_extension", main.length > 0 ? main : name);
    add_sources(&json, &reading.record, user_sources, COUNT(user_sources), &reading.own);
    end_reading(&reading);
    return end_object(&json);
}

struct slice directory_map_group(struct arena *arena, struct slice name, struct slice stored)
{
    struct buffer json = buffer_in(arena);
    struct reading reading;
    begin_reading(&reading, stored);
    add_name(&json, "id", name);
    add_name(&json, "name", name);
    add_sources(&json, &reading.record, group_sources, COUNT(group_sources), &reading.own);
    end_reading(&reading);
    return end_object(&json);
}

struct slice directory_map_domain(struct arena *arena, struct slice name)
{
    struct buffer json = buffer_in(arena);
    add_name(&json, "id", name);
    add_name(&json, "name", name);
    return end_object(&json);
}

/* ---- members ---- */

static struct directory_member_element member_of(struct arena *arena, struct slice group,
                                                 struct slice user, size_t priority)
{
    struct buffer id = buffer_in(arena), json = buffer_in(arena);
    buffer_add(&id, group);
    buffer_add_byte(&id, ':');
    buffer_add(&id, user);
    add_name(&json, "id", buffer_slice(&id));
    add_name(&json, "group_id", group);
    add_name(&json, "user_id", user);
    buffer_format(&json, ",\"priority\":%zu", priority);
    return (struct directory_member_element){buffer_slice(&id), end_object(&json)};
}

/* Who is named twice is a member where he stands first. */
static bool is_new(json_t *seen, struct slice user, struct arena *own)
{
    const char *name = arena_copy(own, user).data;
    return name && !json_object_get(seen, name) &&
           json_object_set_new(seen, name, json_true()) == 0;
}

size_t directory_map_members(struct arena *arena, struct slice name, struct slice stored,
                             struct directory_member_element **members)
{
    struct reading reading;
    size_t count = 0, index;
    json_t *member;
    struct slice user;
    begin_reading(&reading, stored);
    json_t *seen = json_object();
    *members = arena_calloc(arena, json_array_size(reading.record.members) + 1, sizeof **members);
    json_array_foreach((json_t *)reading.record.members, index, member)
    {
        if (*members && directory_text(member, &reading.own, &user) &&
            directory_name_is_good(user) && is_new(seen, user, &reading.own)) {
            (*members)[count] = member_of(arena, name, user, count + 1);
            count++;
        }
    }
    end_reading(&reading);
    return count;
}
