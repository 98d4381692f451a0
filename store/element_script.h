/*
 * element_script.h - changing an element and telling of it, in one: nobody ever sees one without the other.
 *
 * A change is one script in Redis. What already is as it is to be changes nothing and tells nothing, so it is right to
 * set an element again, from any number of processes.
 *
 *     callboard:elements:<domain>:<element>, callboard:events:<domain>   see element.h
 *     the owner's hash, if there is one                                  "<element>:<domain>:<id>" -> "1"
 *
 * The owner's hash (callboard:feed:<server>) names all that one feed has set, so that what has become stale while it was
 * away can be found and removed.
 */
#ifndef CALLBOARD_ELEMENT_SCRIPT_H
#define CALLBOARD_ELEMENT_SCRIPT_H

#include "store/batch.h"
#include "store/element.h"

/*
 * What tells of an element in a script, as Lua: tell(event, data) appends the entry to KEYS[2]. ARGV[1]: element, ARGV[2]: id, ARGV[4]: about
 * so many events are kept.
 */
#define ELEMENT_SCRIPT_TELL                                                                        \
    "local function tell(event, data) "                                                            \
    "redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', 'element', ARGV[1], 'id', ARGV[2], " \
    "'event', event, 'data', data) "                                                               \
    "end "

/* Changes that are put into one batch. The first one carries the script's text, the others only its name: so Redis always
 * knows it. */
struct element_script {
    struct store_batch *batch;
    struct slice owner;  /* key of the owner's hash; empty: none is kept */
    int64_t events_kept; /* about so many events of a domain are kept */
    char *name;          /* of the script (script.h), once it is in the batch */
};

struct element_script element_script_in(struct store_batch *batch, struct slice owner,
                                        int64_t events_kept);

/*
 * Adds the command after which the element ID of DOMAIN is JSON (not empty). What the slices point to must outlive the batch.
 * The reply is 1 when that has changed something, 0 when not, or an error; then nothing has changed that is seen.
 */
void element_add_set(struct element_script *script, struct slice domain, enum element element,
                     struct slice id, struct slice json);

/* The same after which there is no such element. */
void element_add_remove(struct element_script *script, struct slice domain, enum element element,
                        struct slice id);

/* Reads a FIELD of an owner's hash. False when it is none. The slices point into FIELD. */
bool element_owned_read(struct slice field, enum element *element, struct slice *domain,
                        struct slice *id);

#endif
