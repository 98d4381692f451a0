/*
 * json.h - jansson, with its memory in a request's arena.
 * While an arena is in use every json_t lives there and goes with it: json_decref is not needed, and no
 * path through a handler can leak. Outside of that jansson works as documented.
 */
#ifndef CALLBOARD_JSON_H
#define CALLBOARD_JSON_H

#include <jansson.h>

#include "base/buffer.h"
#include "base/error.h"

/* Nested deeper than this is refused: nothing that a PBX sends is. */
#define JSON_DEPTH_MAX 64

/*
 * From now on jansson takes its memory from ARENA and gives none back; NULL ends that. Returns what it took it from so
 * far. A json_t must not be used across a change. To be called in pairs around code that does not wait.
 */
struct arena *json_use_arena(struct arena *arena);

/*
 * TEXT, one JSON value of any type, as a new reference (in the arena, when one is in use). NULL, and a text
 * that says where and why, when it is not JSON (RFC 8259), not UTF-8, deeper than JSON_DEPTH_MAX, holds a
 * name twice in one object, or a number that 64 bits do not hold.
 */
json_t *json_parse(struct slice text, struct error *error);

/* The same, but of a name that an object has twice the last one counts: for what a PBX sends. */
json_t *json_parse_lenient(struct slice text, struct error *error);

/*
 * Adds VALUE as compact JSON; keys stay in their order, numbers read back equal and are as short as that
 * allows. A failure is remembered in the buffer.
 */
void json_write(struct buffer *buffer, const json_t *value);

/* The string's bytes, borrowed from STRING, which must be a JSON string. */
struct slice json_slice(const json_t *string);

/* The text of OBJECT's member NAME, as json_slice; empty when there is none, or it is no string. */
struct slice json_text(const json_t *object, const char *name);

#endif
