/*
 * held_events.h - events that wait, in the order in which they came, in bounded memory.
 */
#ifndef CALLBOARD_HELD_EVENTS_H
#define CALLBOARD_HELD_EVENTS_H

#include "feeds/esl_event.h"

/* Bytes of events that may wait. */
#define HELD_BYTES_MAX ((size_t)128 << 20)

struct held_event;

/* All zero: none. */
struct held_events {
    struct held_event *first, *last;
    size_t bytes;
};

/* EVENT, copied, waits. False: too many do, or there is no memory; it is not kept. */
bool held_events_add(struct held_events *events, const struct esl_event *event);

typedef void held_event_told(void *self, const struct esl_event *event);

/* Tells of all of them, and forgets them. Returns how many could not be told, for want of memory. */
size_t held_events_tell(struct held_events *events, held_event_told *told, void *self);

#endif
