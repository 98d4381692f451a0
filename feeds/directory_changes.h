/*
 * directory_changes.h - extensions of which a change is told: each is read, and its element written.
 * Pure: fills batches and is given replies.
 */
#ifndef CALLBOARD_DIRECTORY_CHANGES_H
#define CALLBOARD_DIRECTORY_CHANGES_H

#include "feeds/directory_elements.h"

/* Changes that wait; with more, all is to be compared instead. After a restart each phone tells of a mailbox. */
#define DIRECTORY_CHANGES_MAX 20000

struct directory_change;

struct directory_changes {
    const struct directory_elements_settings *settings;
    int64_t events_kept;                   /* see element_script.h */
    struct directory_change *first, *last; /* the first one is being looked at */
    size_t count;
};

/*
 * USER of DOMAIN has changed; COUNTERS of the mailbox, when they have, are those of directory_mailbox.h, else NULL. False: there
 * is no room.
 */
bool directory_changes_add(struct directory_changes *changes, struct slice domain,
                           struct slice user, const struct slice *counters);

/*
 * Adds the commands of the next step to BATCH, which is empty. False: there is no change, and nothing is added. The batch's arena, with
 * the replies, must live until one more step has been taken.
 */
bool directory_changes_ask(struct directory_changes *changes, struct store_batch *batch);

/* Takes the REPLIES. */
void directory_changes_take(struct directory_changes *changes, const struct store_reply *replies);

/* The step at hand could not be done; the next comparison says why not. */
void directory_changes_skip(struct directory_changes *changes);

/* Forgets all of them. */
void directory_changes_clear(struct directory_changes *changes);

#endif
