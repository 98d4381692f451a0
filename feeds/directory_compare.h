/*
 * directory_compare.h - makes the elements of one domain what the directory says, a few records at a time.
 *
 *     users      records of cti_exten@<domain>  ->  what differs is set; elements without a record are removed
 *     groups     records of cti_group@<domain>  ->  the same, with their members
 *     domain     set, or removed when the domain is not served any more
 *
 * Elements that a PBX's feed has made (they have `server`) are left alone. Pure: fills batches and is given replies. Needs little
 * memory whatever the number of extensions, as it keeps none of them; of a domain's groups it keeps who is a member.
 */
#ifndef CALLBOARD_DIRECTORY_COMPARE_H
#define CALLBOARD_DIRECTORY_COMPARE_H

#include "base/error.h"
#include "store/batch.h"
#include "store/element.h"

/* The hash of domains whose elements come from the directory: an owner's hash as in element_script.h, of `domain` only. */
#define DIRECTORY_DOMAINS_KEY "callboard:directory:domains"

enum compare_pass {
    COMPARE_DOMAIN,
    COMPARE_USERS,
    COMPARE_STALE_USERS,
    COMPARE_GROUPS,
    COMPARE_STALE_GROUPS,
    COMPARE_STALE_MEMBERS,
    COMPARE_OVER
};

/* Within a pass: a page is read, then it is asked what stands against it, then written what differs. */
enum compare_step {
    COMPARE_READ,
    COMPARE_CHECK,
    COMPARE_WRITE
};

/* An element that is to be so; json empty: removed. */
struct compare_item {
    enum element element;
    struct slice id, json;
    bool differs;
};

struct directory_compare {
    struct slice domain;
    bool served;         /* false: everything goes */
    bool owned;          /* the domain is put into DIRECTORY_DOMAINS_KEY */
    int64_t events_kept; /* see element_script.h */
    enum compare_pass pass;
    enum compare_step step;
    char cursor[24]; /* Redis' own */
    struct compare_item *items;
    size_t count;
    size_t capacity;
    struct arena kept;     /* for `members` */
    struct slice *members; /* ids of group_member that there are to be */
    size_t member_count, member_capacity;
    bool members_unknown; /* not all of them could be read: none is removed */
    uint64_t changed;     /* elements */
    struct error error;   /* what went wrong first; empty: nothing */
};

/* Begins. DOMAIN must stay valid until directory_compare_end. */
void directory_compare_begin(struct directory_compare *compare, struct slice domain, bool served,
                             bool owned, int64_t events_kept);

/* The same for the groups only of a domain that is served. */
void directory_compare_begin_groups(struct directory_compare *compare, struct slice domain,
                                    int64_t events_kept);

/*
 * Adds the commands of the next step to BATCH, which is empty. False: it is over, and nothing is added. The batch's arena, with the
 * replies, must live until two more steps have been taken.
 */
bool directory_compare_ask(struct directory_compare *compare, struct store_batch *batch);

/* Takes the REPLIES; what is made of them is in ARENA, the batch's. What cannot be done is left out, and in compare->error. */
void directory_compare_take(struct directory_compare *compare, struct arena *arena,
                            const struct store_reply *replies);

/* A step could not be done, for want of memory: goes on behind what it was about. WHY is put into compare->error. */
void directory_compare_skip(struct directory_compare *compare, const char *why);

/* True for an element JSON that a PBX's feed has made: it is not the directory's. */
bool directory_compare_leaves(struct slice json);

void directory_compare_end(struct directory_compare *compare);

#endif
