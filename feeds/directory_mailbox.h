/*
 * directory_mailbox.h - the counters of a user's mailbox, "new/saved", as the member `mwi` of the element user.
 *
 * A PBX tells them when they change and when a phone registers; nobody can be asked for all. So the element itself keeps them: who
 * writes it anew of the directory's record takes over what it had, unless it has just been told.
 */
#ifndef CALLBOARD_DIRECTORY_MAILBOX_H
#define CALLBOARD_DIRECTORY_MAILBOX_H

#include "feeds/esl_event.h"

struct directory_mailbox {
    struct slice user, domain;
    struct slice counters; /* "new/saved"; empty: no message is waiting */
};

/* Reads EVENT, MESSAGE_WAITING of FreeSWITCH. False when it is none, or of nobody. The slices are the event's. */
bool directory_mailbox_read(const struct esl_event *event, struct directory_mailbox *mailbox);

/* The counters in the element SHOWN; in ARENA. Empty when there are none. */
struct slice directory_mailbox_of(struct arena *arena, struct slice shown);

/* JSON, an element user without counters, with COUNTERS; in ARENA. JSON itself when these are empty. */
struct slice directory_mailbox_add(struct arena *arena, struct slice json, struct slice counters);

#endif
