/*
 * plain.h - the same messages as JSON objects, for everyone else.
 *
 *     {"seq":"<id in the stream>","message":"field_spec","element":E,"fields":[F,…]}
 *     {"seq":…,"message":"initial_info","element":E,"items":[{…},…]}
 *     {"seq":…,"message":"info_event","element":E,"event":"added"|"updated"|"removed","id":I,"data":{…}}
 *     {"seq":…,"message":"system_msg","text":T}
 *     {"seq":…,"message":"snapshot"|"ready"|"resumed"}
 *
 * What is written here begins behind the number: that is the same for all who hear it, whenever they came (message.h puts
 * the number in front).
 */
#ifndef CALLBOARD_PLAIN_H
#define CALLBOARD_PLAIN_H

#include <jansson.h>

#include "base/buffer.h"
#include "store/element.h"

void plain_field_spec(struct buffer *out, enum element element);
void plain_initial_info(struct buffer *out, enum element element, const json_t *const *items,
                        size_t count);
void plain_info_event(struct buffer *out, enum element element, const char *id, const json_t *item,
                      const char *event);
void plain_system_msg(struct buffer *out, const char *text);

/* A message without more: ready. */
void plain_word(struct buffer *out, const char *message);

/* One with MEMBERS, as they stand in a JSON object: snapshot, resumed. */
void plain_word_with(struct buffer *out, const char *message, struct slice members);

#endif
