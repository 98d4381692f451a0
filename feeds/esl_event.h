/*
 * esl_event.h - one event of FreeSWITCH's event socket, as JSON (text/event-json).
 * An event's names and values are chosen by many: callers, phones, and whoever writes user variables. So: text that is not UTF-8
 * is mended (U+FFFD for each bad byte) before anything reads it; of a header that comes twice the first counts, as that
 * is the one that FreeSWITCH itself has put there (what user variables add comes behind).
 */
#ifndef CALLBOARD_ESL_EVENT_H
#define CALLBOARD_ESL_EVENT_H

#include "base/buffer.h"
#include "base/error.h"

struct esl_header {
    struct slice name, value; /* UTF-8, unescaped; of an array its JSON text */
    bool array;
};

struct esl_event {
    struct esl_header *headers;
    size_t count;
    struct slice json; /* the event as a JSON object: mended, each name once */
    uint16_t
        *index; /* for esl_event_get: by a name's hash the place of its header, from 1; 0: none */
    size_t index_mask;
};

/*
 * Reads BODY into *event, which lives in ARENA. Fails on what is no JSON object of strings and arrays, on one with more than
 * 4,000 headers, and without room in ARENA.
 */
bool esl_event_read(struct slice body, struct arena *arena, struct esl_event *event,
                    struct error *error);

/* The value of the header NAME (case counts), or empty when there is none. Fast: looked up many times an event. */
struct slice esl_event_get(const struct esl_event *event, const char *name);

#endif
