/*
 * live_calls.c - extensions, and the record of `calls` of each.
 *
 * A leg comes into the record when its call is placed (callout) or rings (callin), or, when neither was seen, when it is
 * answered; a phone that is busy is never in it. The record is told at those three and at the hangup, at nothing else: so who
 * listens to the channel gets each `notify` once (and again only when the leg has got another uuid). After a hangup the leg's fields stay for that one record, which is the last one
 * when no other call is up, and so what stands in Redis until the extension's next call.
 */
#include <stdlib.h>

#include "feeds/live_model.h"

/* ---- extensions ---- */

static struct slice key_of(struct live *live, struct slice name, struct slice domain)
{
    struct buffer key = buffer_in(&live->scratch);
    if (!live_is_identity(name) || !live_is_identity(domain))
        return slice_of(NULL, 0);
    buffer_add(&key, name);
    buffer_add_byte(&key, '\n');
    buffer_add(&key, domain);
    return key.failed ? slice_of(NULL, 0) : buffer_slice(&key);
}

struct live_extension *live_extension_find(struct live *live, struct slice name,
                                           struct slice domain)
{
    return live_table_find(&live->extensions, key_of(live, name, domain));
}

struct live_extension *live_extension_named(struct live *live, struct slice name,
                                            struct slice domain)
{
    struct slice key = key_of(live, name, domain);
    struct live_extension *extension = live_table_find(&live->extensions, key);
    if (!extension && key.length > 0) {
        extension = live_table_add(&live->extensions, key, sizeof *extension);
        if (extension)
            extension->name = slice_cut(extension->entry.key, '\n', &extension->domain);
    }
    live->dropped += !extension;
    return extension;
}

void live_extension_release(struct live *live, struct live_extension *extension)
{
    if (!extension->phones && extension->leg_count == 0)
        live_table_remove(&live->extensions, extension);
}

/* ---- legs ---- */

struct live_leg *live_leg_new(struct live *live, struct slice uuid, struct slice user,
                              struct slice domain)
{
    struct live_extension *extension = live_extension_named(live, user, domain);
    if (!extension)
        return NULL;
    struct live_leg *leg = calloc(1, sizeof *leg + live->field_count * sizeof *leg->values);
    char *copy = leg ? strndup(uuid.data, uuid.length) : NULL;
    if (!copy) {
        free(leg);
        live_extension_release(live, extension);
        live->dropped++;
        return NULL;
    }
    leg->uuid = copy;
    leg->extension = extension;
    extension->leg_count++;
    return leg;
}

/* Puts LEG behind the others of the record. False: that is full. */
static bool put_in(struct live *live, struct live_leg *leg)
{
    struct live_extension *extension = leg->extension;
    if (extension->told_count >= LIVE_RECORD_LEGS) {
        live->dropped++;
        return false;
    }
    leg->previous = extension->last;
    *(leg->previous ? &leg->previous->next : &extension->first) = leg;
    extension->last = leg;
    extension->told_count++;
    return leg->told = true;
}

static void take_out(struct live_leg *leg)
{
    struct live_extension *extension = leg->extension;
    *(leg->previous ? &leg->previous->next : &extension->first) = leg->next;
    *(leg->next ? &leg->next->previous : &extension->last) = leg->previous;
    extension->told_count--;
    if (extension->current == leg)
        extension->current = NULL;
}

static void leg_free(struct live *live, struct live_leg *leg)
{
    if (leg->told)
        take_out(leg);
    leg->extension->leg_count--;
    for (size_t i = 0; i < live->field_count; i++)
        free(leg->values[i]);
    free(leg->uuid);
    free(leg);
}

void live_leg_learn(struct live *live, struct live_leg *leg, const struct esl_event *event)
{
    for (size_t i = 0; i < live->field_count; i++)
        live_text_learn(live, &leg->values[i],
                        esl_event_get(event, live->settings->call_fields[i]));
}

void live_leg_learn_field(struct live *live, struct live_leg *leg, const char *name,
                          struct slice value)
{
    for (size_t i = 0; leg && i < live->field_count; i++)
        if (strcmp(live->settings->call_fields[i], name) == 0)
            live_text_learn(live, &leg->values[i], value);
}

/* ---- the record ---- */

static void add_fields(const struct live *live, const struct live_leg *leg, struct buffer *out)
{
    const char *separator = "{";
    buffer_add_byte(out, ',');
    buffer_add_json(out, slice_from(leg->uuid));
    buffer_add_byte(out, ':');
    for (size_t i = 0; i < live->field_count; i++) {
        if (!leg->values[i])
            continue;
        buffer_add_string(out, separator);
        buffer_add_json(out, slice_from(live->settings->call_fields[i]));
        buffer_add_byte(out, ':');
        buffer_add_json(out, slice_from(leg->values[i]));
        separator = ",";
    }
    buffer_add_string(out, *separator == '{' ? "{}" : "}");
}

static struct slice record_of(struct live *live, const struct live_leg *current, const char *notify)
{
    struct buffer out = buffer_in(&live->scratch);
    const struct live_extension *extension = current->extension;
    const char *separator = "";
    buffer_add_string(&out, "{\"username\":");
    buffer_add_json(&out, extension->name);
    buffer_add_string(&out, ",\"current\":");
    buffer_add_json(&out, slice_from(current->uuid));
    buffer_add_string(&out, ",\"notify\":\"");
    buffer_add_string(&out, notify);
    buffer_add_byte(&out, '"');
    for (const struct live_leg *leg = extension->first; leg; leg = leg->next)
        add_fields(live, leg, &out);
    buffer_add_string(&out, ",\"activity\":[");
    for (const struct live_leg *leg = extension->first; leg; leg = leg->next) {
        if (leg->ended)
            continue;
        buffer_add_string(&out, separator);
        buffer_add_json(&out, slice_from(leg->uuid));
        separator = ",";
    }
    buffer_add_string(&out, "]}");
    return out.failed ? slice_of(NULL, 0) : buffer_slice(&out);
}

static void tell(struct live *live, struct live_leg *current, const char *notify)
{
    current->notify = notify;
    current->extension->current = current->ended ? NULL : current;
    struct slice json = record_of(live, current, notify);
    if (json.length > 0 && live->sink->call_is)
        live->sink->call_is(live->sink->self, current->extension->domain, current->extension->name,
                            json);
}

void live_leg_notify(struct live *live, struct live_leg *leg, const char *notify)
{
    bool answer = strcmp(notify, "answer") == 0;
    if (answer ? leg->answered : leg->told)
        return;
    if (!leg->told && !put_in(live, leg))
        return;
    leg->answered |= answer;
    tell(live, leg, notify);
}

void live_leg_rename(struct live *live, struct live_leg *leg, struct slice uuid)
{
    live_text_set(live, &leg->uuid, uuid);
    if (leg->told)
        tell(live, leg, leg->notify);
}

struct slice live_call_again(struct live *live, struct slice domain, struct slice extension)
{
    arena_free(&live->scratch);
    const struct live_extension *found = live_extension_find(live, extension, domain);
    return found && found->current ? record_of(live, found->current, found->current->notify)
                                   : slice_of(NULL, 0);
}

void live_leg_end(struct live *live, struct live_leg *leg)
{
    struct live_extension *extension = leg->extension;
    leg->ended = true;
    if (leg->told)
        tell(live, leg, "hangup");
    leg_free(live, leg);
    live_extension_release(live, extension);
}
