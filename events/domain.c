/*
 * domain.c - the elements of one domain as they stand, and who listens to their changes.
 */
#include "events/domain.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "events/basix.h"
#include "events/plain.h"

/* Bytes of one encoded message: all elements of a kind, of a large domain. */
#define MESSAGE_BYTES ((size_t)256 << 20)

const char *const change_names[CHANGES] = {"added", "updated", "removed"};

/* ---- ids ---- */

bool stream_id_read(struct slice text, struct stream_id *id)
{
    struct slice number, ms = slice_cut(text, '-', &number);
    struct stream_id read;
    if (!slice_number(ms, UINT64_MAX, &read.ms) || !slice_number(number, UINT64_MAX, &read.number))
        return false;
    *id = read;
    return true;
}

int stream_id_compare(struct stream_id a, struct stream_id b)
{
    if (a.ms != b.ms)
        return a.ms < b.ms ? -1 : 1;
    return a.number == b.number ? 0 : a.number < b.number ? -1 : 1;
}

void stream_id_write(struct stream_id id, char text[SEQ_BYTES])
{
    snprintf(text, SEQ_BYTES, "%llu-%llu", (unsigned long long)id.ms,
             (unsigned long long)id.number);
}

/* ---- events ---- */

struct message *event_message(struct event *event, enum format format, enum change change)
{
    struct message **place = &event->messages[format][change];
    struct arena arena;
    if (*place)
        return *place;
    arena_init(&arena, MESSAGE_BYTES);
    struct buffer out = buffer_in(&arena);
    if (format == FORMAT_BASIX)
        basix_info_event(&out, event->element, event->data, change_names[change]);
    else
        plain_info_event(&out, event->element, event->id, event->data, change_names[change]);
    struct frame *body = frame_make(&out);
    *place = message_make(body, format, event->seq);
    if (*place)
        (*place)->news = (*place)->resumable = true;
    frame_release(body);
    arena_free(&arena);
    return *place;
}

void event_end(struct event *event)
{
    for (int format = 0; format < FORMATS; format++)
        for (int change = 0; change < CHANGES; change++)
            message_release(event->messages[format][change]);
}

static void hear(struct domain *domain, struct event *event)
{
    for (struct listener *each = domain->listeners; each; each = each->next)
        each->heard(each->self, event);
    event_end(event);
}

/* ---- the domain ---- */

struct domain *domain_make(struct slice name)
{
    struct domain *domain = calloc(1, sizeof *domain + name.length + 1);
    if (!domain)
        return NULL;
    memcpy(domain + 1, name.data, name.length);
    domain->name = slice_of((char *)(domain + 1), name.length);
    for (int element = 0; element < ELEMENT_COUNT; element++)
        domain->elements[element] = json_object();
    return domain;
}

static void forget_initial(struct domain *domain, int element)
{
    for (int format = 0; format < FORMATS; format++) {
        frame_release(domain->initial[format][element]);
        domain->initial[format][element] = NULL;
    }
}

void domain_free(struct domain *domain)
{
    for (int element = 0; element < ELEMENT_COUNT; element++) {
        forget_initial(domain, element);
        json_decref(domain->elements[element]);
    }
    free(domain);
}

void domain_listen(struct domain *domain, struct listener *listener)
{
    listener->previous = NULL;
    listener->next = domain->listeners;
    if (listener->next)
        listener->next->previous = listener;
    domain->listeners = listener;
}

void domain_leave(struct domain *domain, struct listener *listener)
{
    if (listener->previous)
        listener->previous->next = listener->next;
    else
        domain->listeners = listener->next;
    if (listener->next)
        listener->next->previous = listener->previous;
    if (!domain->listeners)
        domain->left_us = clock_steady_us();
}

void domain_tell(struct domain *domain, enum domain_news news)
{
    for (struct listener *each = domain->listeners; each; each = each->next)
        each->told(each->self, news);
}

/* ---- one entry ---- */

static struct slice field_of(const struct store_reply *fields, const char *name)
{
    for (size_t i = 0; i + 1 < fields->count; i += 2)
        if (slice_is(fields->elements[i].text, name))
            return fields->elements[i + 1].text;
    return slice_of(NULL, 0);
}

/* TEXT as an object, or NULL: others than we write to Redis too. */
static json_t *object_of(struct slice text)
{
    struct error error;
    json_t *object = json_parse_lenient(text, &error);
    if (json_is_object(object))
        return object;
    json_decref(object);
    return NULL;
}

/* An id as the key of an object: replies' texts are NUL-terminated. */
static bool id_is_good(struct slice id)
{
    return id.length > 0 && !memchr(id.data, '\0', id.length) && slice_is_utf8(id);
}

bool domain_read_entry(const struct store_reply *entry, struct event *event, json_t **data)
{
    *data = NULL;
    *event = (struct event){0};
    if (entry->kind != STORE_ARRAY || entry->count != 2 ||
        !stream_id_read(entry->elements[0].text, &event->at))
        return false;
    const struct store_reply *fields = &entry->elements[1];
    struct slice change = field_of(fields, "event"), key = field_of(fields, "id");
    int number = 0;
    while (number < CHANGES && !slice_is(change, change_names[number]))
        number++;
    if (number == CHANGES || !id_is_good(key) ||
        !element_named(field_of(fields, "element"), &event->element))
        return false;
    *data = object_of(field_of(fields, "data"));
    event->change = (enum change)number;
    event->id = key.data;
    event->data = *data;
    stream_id_write(event->at, event->seq);
    return *data != NULL;
}

void domain_take(struct domain *domain, const struct store_reply *entry)
{
    struct event event;
    json_t *data;
    bool good = domain_read_entry(entry, &event, &data);
    if (stream_id_compare(event.at, domain->seq) <= 0) {
        json_decref(data);
        return;
    }
    domain->seq = event.at;
    if (!good) {
        log_debug("%.*s: an entry of the stream is no event", SLICE_ARGUMENTS(domain->name));
        json_decref(data);
        return;
    }
    json_t *all = domain->elements[event.element];
    json_t *before = json_incref(json_object_get(all, event.id));
    event.before = before;
    if (event.change == CHANGE_REMOVED)
        json_object_del(all, event.id);
    else
        json_object_set(all, event.id, data);
    forget_initial(domain, event.element);
    hear(domain, &event);
    json_decref(before);
    json_decref(data);
}

/* ---- all that stands ---- */

void domain_ask(const struct domain *domain, struct store_batch *batch)
{
    char seq[SEQ_BYTES];
    stream_id_write(domain->seq, seq);
    struct slice stream = element_stream(batch->arena, domain->name);
    struct slice at = arena_copy(batch->arena, slice_from(seq));
    STORE_ADD(batch, slice_from("MULTI"));
    STORE_ADD(batch, slice_from("XRANGE"), stream, at, at);
    STORE_ADD(batch, slice_from("XINFO"), slice_from("STREAM"), stream);
    for (int element = 0; element < ELEMENT_COUNT; element++)
        STORE_ADD(batch, slice_from("HGETALL"),
                  element_key(batch->arena, domain->name, (enum element)element));
    STORE_ADD(batch, slice_from("EXEC"));
}

#define ASKED       (2 + ELEMENT_COUNT) /* replies inside of the transaction */
#define REPLIES     (ASKED + 2)
#define REPLY_ENTRY 0
#define REPLY_INFO  1
#define REPLY_HASH  2

/* The id of the stream's last entry, also of one that is gone; 0-0 when there is no stream. */
static bool last_id(const struct store_reply *info, struct stream_id *id)
{
    *id = (struct stream_id){0, 0};
    if (info->kind == STORE_ERROR)
        return slice_contains_nocase(info->text, "no such key");
    for (size_t i = 0; info->kind == STORE_ARRAY && i + 1 < info->count; i += 2)
        if (slice_is(info->elements[i].text, "last-generated-id"))
            return stream_id_read(info->elements[i + 1].text, id);
    return false;
}

static json_t *all_of(const struct store_reply *hash)
{
    json_t *all = json_object();
    for (size_t i = 0; i + 1 < hash->count; i += 2)
        if (id_is_good(hash->elements[i].text))
            json_object_set_new(all, hash->elements[i].text.data,
                                object_of(hash->elements[i + 1].text));
    return all;
}

/*
 * What a client of the Basix stream, which hears all that stands only once, must be told for it to know what stands now.
 * Others are told all anew.
 */
static void hear_differences(struct domain *domain, enum element element, json_t *before,
                             json_t *now)
{
    const char *id;
    json_t *item;
    json_object_foreach(before, id, item)
    {
        struct event event = {.element = element,
                              .change = CHANGE_REMOVED,
                              .difference = true,
                              .id = id,
                              .before = item,
                              .data = item};
        if (!json_object_get(now, id))
            hear(domain, &event);
    }
    json_object_foreach(now, id, item)
    {
        const json_t *old = json_object_get(before, id);
        if (old && json_equal(old, item))
            continue;
        struct event event = {.element = element,
                              .difference = true,
                              .id = id,
                              .before = old,
                              .data = item,
                              .change = old ? CHANGE_UPDATED : CHANGE_ADDED};
        hear(domain, &event);
    }
}

static void take_all(struct domain *domain, const struct store_reply *hashes, struct stream_id last)
{
    bool anew = domain->state != DOMAIN_UNKNOWN;
    domain->seq = last;
    domain->state = DOMAIN_LIVE;
    for (int element = 0; element < ELEMENT_COUNT; element++) {
        json_t *before = domain->elements[element];
        domain->elements[element] = all_of(&hashes[element]);
        forget_initial(domain, element);
        if (anew)
            hear_differences(domain, (enum element)element, before, domain->elements[element]);
        json_decref(before);
    }
    domain_tell(domain, anew ? DOMAIN_ANEW : DOMAIN_HERE);
}

bool domain_look(struct domain *domain, const struct store_reply *replies, struct error *error)
{
    const struct store_reply *found = &replies[REPLIES - 1];
    struct stream_id last;
    if (found->kind != STORE_ARRAY || found->count != ASKED)
        return error_set(error, "%.*s", SLICE_ARGUMENTS(found->text));
    const struct store_reply *each = found->elements;
    for (int element = 0; element < ELEMENT_COUNT; element++)
        if (each[REPLY_HASH + element].kind != STORE_ARRAY)
            return error_set(error, "%s: %.*s", element_specs[element].name,
                             SLICE_ARGUMENTS(each[REPLY_HASH + element].text));
    if (each[REPLY_ENTRY].kind != STORE_ARRAY || !last_id(&each[REPLY_INFO], &last))
        return error_set(error, "the stream of events is no stream");
    bool there = each[REPLY_ENTRY].count == 1 || stream_id_compare(last, domain->seq) == 0;
    if (domain->state == DOMAIN_UNKNOWN || !there) {
        take_all(domain, &each[REPLY_HASH], last);
    } else if (domain->state == DOMAIN_STALE) {
        domain->state = DOMAIN_LIVE;
        domain_tell(domain, DOMAIN_BACK);
    }
    return true;
}

/* ---- for clients ---- */

static struct frame *encode(const json_t *all, enum format format, enum element element,
                            domain_pass *pass, const void *self)
{
    struct arena arena;
    const char *id;
    json_t *item;
    size_t count = 0;
    arena_init(&arena, MESSAGE_BYTES);
    const json_t **items = arena_calloc(&arena, json_object_size(all) + 1, sizeof *items);
    json_object_foreach((json_t *)all, id, item)
    {
        if (items && (!pass || pass(self, element, item)))
            items[count++] = item;
    }
    struct buffer out = buffer_in(&arena);
    if (format == FORMAT_BASIX)
        basix_initial_info(&out, element, items, count);
    else
        plain_initial_info(&out, element, items, count);
    struct frame *frame = items ? frame_make(&out) : NULL;
    arena_free(&arena);
    return frame;
}

struct frame *domain_initial(struct domain *domain, enum format format, enum element element,
                             domain_pass *pass, const void *self)
{
    struct frame **cached = &domain->initial[format][element];
    if (pass)
        return encode(domain->elements[element], format, element, pass, self);
    if (!*cached)
        *cached = encode(domain->elements[element], format, element, NULL, NULL);
    return frame_hold(*cached);
}
