/*
 * directory_round.h - which domains are compared (directory_compare.h), one after the other: from time to time all, in a round; in
 * between those of which a change is told. Pure: fills batches and is given replies.
 */
#ifndef CALLBOARD_DIRECTORY_ROUND_H
#define CALLBOARD_DIRECTORY_ROUND_H

#include "feeds/directory_compare.h"
#include "feeds/directory_elements.h"

/* Domains that wait because of a change; with more, all is to be compared instead. */
#define DIRECTORY_WAITING_MAX 100

struct directory_waiting;

struct served_domain {
    struct slice name;
    bool served; /* false: not any more */
};

enum directory_question {
    DIRECTORY_NO_QUESTION,
    DIRECTORY_WHICH_DOMAINS,
    DIRECTORY_IS_SERVED, /* the domain of `current` */
    DIRECTORY_COMPARISON
};

struct directory_round {
    const struct directory_elements_settings *settings;
    int64_t events_kept; /* see element_script.h */
    enum directory_question asked;
    bool whole; /* all domains are being compared */
    bool comparing;
    struct arena names; /* of `domains` */
    struct served_domain *domains;
    size_t domain_count, next_domain;
    struct directory_compare compare;
    struct directory_waiting *first,
        *current; /* with a change; the one that is asked for, or compared */
    size_t waiting;
    struct error failure; /* of the round: what went wrong first; empty: nothing */
};

/* SETTINGS must outlive it. */
void directory_round_init(struct directory_round *round,
                          const struct directory_elements_settings *settings, int64_t events_kept);

/* Forgets what it is at and what waits, and gives memory back. Redis is away, or it is the end. */
void directory_round_clear(struct directory_round *round);

/* Begins with all domains; it must not be at that. */
void directory_round_begin(struct directory_round *round);

/* SCOPE of DOMAIN is to be compared soon. False: there is no room. */
bool directory_round_add(struct directory_round *round, struct slice domain,
                         enum directory_scope scope);

/*
 * Adds the commands of the next step to BATCH, which is empty. False: nothing is left to be done, and nothing is added; `whole`
 * says as before the call whether that was a round. The batch's arena, with the replies, must live until two more steps have been taken.
 */
bool directory_round_ask(struct directory_round *round, struct store_batch *batch);

/* Takes the REPLIES; what is made of them is in ARENA, the batch's. */
void directory_round_take(struct directory_round *round, struct arena *arena,
                          const struct store_reply *replies);

/* A step could not be done, for want of memory: goes on behind it. */
void directory_round_skip(struct directory_round *round);

/* False: what was read is still to be written, and nobody else may write in between. */
bool directory_round_is_between_pages(const struct directory_round *round);

#endif
