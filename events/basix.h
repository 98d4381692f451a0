/*
 * basix.h - the messages of the Basix CTI stream, made of elements as they stand in Redis (store/element.h).
 * Each is one BERT term, for one binary frame. A field's place is the one that field_spec gives it; what an element has not
 * is undefined.
 */
#ifndef CALLBOARD_BASIX_H
#define CALLBOARD_BASIX_H

#include <jansson.h>

#include "base/buffer.h"
#include "store/element.h"

/* {field_spec, Entity, [Field,…]} */
void basix_field_spec(struct buffer *out, enum element element);

/* {initial_info, Entity, [Tuple,…]}: ITEMS are the COUNT elements, JSON objects. */
void basix_initial_info(struct buffer *out, enum element element, const json_t *const *items,
                        size_t count);

/* {info_event, Entity, Tuple, EventName}: EVENT is added, updated or removed. */
void basix_info_event(struct buffer *out, enum element element, const json_t *item,
                      const char *event);

/* {system_msg, Text}, {msg, Text} */
void basix_system_msg(struct buffer *out, const char *text);
void basix_msg(struct buffer *out, const char *text);

#endif
