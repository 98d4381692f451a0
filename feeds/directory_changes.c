/*
 * directory_changes.c - extensions of which a change is told, one after the other.
 */
#include "feeds/directory_changes.h"

#include <stdlib.h>

#include "feeds/directory_compare.h"
#include "feeds/directory_mailbox.h"
#include "feeds/directory_map.h"
#include "store/directory_record.h"
#include "store/element_script.h"

struct directory_change {
    struct directory_change *next;
    struct slice domain, user; /* in `text` */
    struct slice counters;     /* too */
    bool counted;              /* they are news; else they stay as they are */
    bool read;
    bool served;                              /* once it is read: the domain is */
    const struct store_reply *record, *shown; /* and these are in the batch's arena */
    char text[];
};

/* Copies TEXT to *place, and moves that on. */
static struct slice put(char **place, struct slice text)
{
    char *copy = *place;
    if (text.length > 0)
        memcpy(copy, text.data, text.length);
    *place += text.length;
    return slice_of(copy, text.length);
}

bool directory_changes_add(struct directory_changes *changes, struct slice domain,
                           struct slice user, const struct slice *counters)
{
    struct slice mailbox = counters ? *counters : slice_of(NULL, 0);
    struct directory_change *change = NULL;
    if (changes->count < DIRECTORY_CHANGES_MAX)
        change = calloc(1, sizeof *change + domain.length + user.length + mailbox.length);
    if (!change)
        return false;
    char *place = change->text;
    change->domain = put(&place, domain);
    change->user = put(&place, user);
    change->counters = put(&place, mailbox);
    change->counted = counters != NULL;
    if (changes->last)
        changes->last->next = change;
    else
        changes->first = change;
    changes->last = change;
    changes->count++;
    return true;
}

void directory_changes_skip(struct directory_changes *changes)
{
    struct directory_change *change = changes->first;
    changes->first = change->next;
    if (!changes->first)
        changes->last = NULL;
    changes->count--;
    free(change);
}

void directory_changes_clear(struct directory_changes *changes)
{
    while (changes->first)
        directory_changes_skip(changes);
}

/* ---- steps ---- */

static void ask_read(const struct directory_change *change, struct store_batch *batch)
{
    STORE_ADD(batch, slice_from("HEXISTS"), slice_from("cti_domain"), change->domain);
    STORE_ADD(batch, slice_from("HGET"), directory_key(batch->arena, "cti_exten@", change->domain),
              change->user);
    STORE_ADD(batch, slice_from("HGET"), element_key(batch->arena, change->domain, ELEMENT_USER),
              change->user);
}

static struct slice element_of(const struct directory_change *change, struct arena *arena)
{
    struct slice counters = change->counters;
    if (!change->counted && change->shown->kind == STORE_STRING)
        counters = directory_mailbox_of(arena, change->shown->text);
    return directory_mailbox_add(
        arena, directory_map_user(arena, change->user, change->record->text), counters);
}

/* Adds nothing when there is nothing to be done, or it is not known what. */
static void ask_write(const struct directory_changes *changes,
                      const struct directory_change *change, struct store_batch *batch)
{
    struct element_script script =
        element_script_in(batch, slice_of(NULL, 0), changes->events_kept);
    if (change->served && change->record->kind == STORE_STRING)
        element_add_set(&script, change->domain, ELEMENT_USER, change->user,
                        element_of(change, batch->arena));
    else if (change->served && change->record->kind == STORE_NIL &&
             change->shown->kind == STORE_STRING && !directory_compare_leaves(change->shown->text))
        element_add_remove(&script, change->domain, ELEMENT_USER, change->user);
}

bool directory_changes_ask(struct directory_changes *changes, struct store_batch *batch)
{
    for (; changes->first; directory_changes_skip(changes)) {
        if (!changes->first->read)
            ask_read(changes->first, batch);
        else
            ask_write(changes, changes->first, batch);
        if (batch->count > 0 || batch->arena->exhausted)
            return true;
    }
    return false;
}

void directory_changes_take(struct directory_changes *changes, const struct store_reply *replies)
{
    struct directory_change *change = changes->first;
    if (change->read) {
        directory_changes_skip(changes); /* it is written, or the next comparison says why not */
        return;
    }
    change->read = true;
    change->served = directory_elements_serve_all(changes->settings)
                         ? replies[0].integer == 1
                         : directory_elements_name(changes->settings, change->domain);
    change->record = &replies[1];
    change->shown = &replies[2];
}
