/*
 * phonecalls_list.h - one page of phone calls: the search for it and what it looks like.
 *
 * Newest first. Days are gone through from the last, some at a time. A contact's calls of a day come out of the wall
 * in order. All calls of a day are in lists by hour, each in order of arrival: an hour is read whole and its
 * newest are kept, so a page costs at most what the hours cost in which its calls are.
 */
#ifndef CALLBOARD_PHONECALLS_LIST_H
#define CALLBOARD_PHONECALLS_LIST_H

#include "handlers/direct.h"
#include "handlers/phonecalls_data.h"

#define LIST_LIMIT      100 /* calls of a page, unless the request says otherwise */
#define LIST_LIMIT_MAX  1000
#define LIST_DAYS_MAX   80   /* days of a wall looked at in one step */
#define LIST_DAYS_ALL   20   /* the same when each of their hours is looked at */
#define LIST_SLICES_MAX 16   /* of hours, read in one step */
#define LIST_SLICE      1000 /* calls of a slice */

struct listed {
    int64_t day;
    struct slice field;
    size_t capacity; /* bytes behind field.data, to be written over */
};

enum listing_phase {
    LISTING_DAYS,   /* asked which days have had calls */
    LISTING_WALL,   /* asked for the contact's calls of those days */
    LISTING_COUNTS, /* asked how many calls the hours of those days have */
    LISTING_HOURS,  /* asked for some of them */
    LISTING_VALUES  /* asked for the rest of the calls of the page */
};

struct listing_hour {
    int64_t day;
    int number;
    int64_t left; /* calls at its front that have not been asked for */
};

struct listing {
    int64_t contact;     /* 0: calls of all */
    int64_t first, last; /* days still to be looked at */
    size_t limit;
    bool csv;

    bool resumed; /* goes on behind this call */
    int64_t resumed_day;
    int resumed_hour;
    struct slice resumed_field;

    enum listing_phase phase;
    int steps;
    int64_t days[LIST_DAYS_MAX];
    size_t day_count;
    size_t days_asked;
    int64_t rank; /* of the resumed call in its wall; -1: not there */

    struct listing_hour *hours; /* of the days at hand, newest first, only those with calls */
    size_t hour_count;
    size_t hour_asked;              /* the hour whose calls are asked for next */
    size_t hour_answered;           /* the hour whose calls are answered next */
    size_t slices[LIST_SLICES_MAX]; /* asked for in this step: of which hour */
    size_t slice_count;

    struct listed *found; /* limit + 1 of them: the last one only says that there are more */
    size_t count;         /* found for good */
    size_t candidates;    /* behind those, of the hour at hand, newest first */
};

/* What the query asks for, as a listing in x->notes; NULL when it has been answered. */
struct listing *listing_read(struct exchange *x);

/* Answers with the page: one reply to HMGET for each run of found calls of one day. */
enum handler_next listing_answer(struct exchange *x, const struct listing *listing,
                                 const struct store_reply *replies);

#endif
