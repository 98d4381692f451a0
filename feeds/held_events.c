/*
 * held_events.c - events that wait: the JSON of each, which is read again.
 */
#include "feeds/held_events.h"

#include <stdlib.h>

/* Memory for reading one: what a source may send, read. */
#define EVENT_BYTES_MAX ((size_t)64 << 20)

/* Its text stands behind it. */
struct held_event {
    struct held_event *next;
    size_t length;
};

bool held_events_add(struct held_events *events, const struct esl_event *event)
{
    size_t size = sizeof(struct held_event) + event->json.length;
    struct held_event *held = events->bytes + size <= HELD_BYTES_MAX ? malloc(size) : NULL;
    if (!held)
        return false;
    held->next = NULL;
    held->length = event->json.length;
    memcpy(held + 1, event->json.data, event->json.length);
    if (events->first)
        events->last->next = held;
    else
        events->first = held;
    events->last = held;
    events->bytes += size;
    return true;
}

static bool tell(const struct held_event *held, held_event_told *told, void *self)
{
    struct arena arena;
    struct esl_event event;
    struct error error;
    arena_init(&arena, EVENT_BYTES_MAX);
    bool good =
        esl_event_read(slice_of((const char *)(held + 1), held->length), &arena, &event, &error);
    if (good)
        told(self, &event);
    arena_free(&arena);
    return good;
}

size_t held_events_tell(struct held_events *events, held_event_told *told, void *self)
{
    struct held_event *held = events->first;
    size_t failed = 0;
    *events = (struct held_events){0};
    while (held) {
        struct held_event *next = held->next;
        failed += !tell(held, told, self);
        free(held);
        held = next;
    }
    return failed;
}
