/*
 * phonecalls_list.c - the search for one page of phone calls.
 */
#include "handlers/phonecalls_list.h"

#include "base/instant.h"
#include "handlers/answer.h"
#include "handlers/phonecalls.h"

/* A page that takes more steps is cut there: it may then have fewer calls than asked for, and says how to go on. */
#define STEPS_MAX 400

/* How many days of the wall may be asked for at once, that the replies stay small. */
#define WALL_REPLIES 8192

static size_t room(const struct listing *listing)
{
    return listing->limit + 1 - listing->count;
}

/* ---- the end: values of what was found ---- */

static size_t shown(const struct listing *listing)
{
    return listing->count < listing->limit ? listing->count : listing->limit;
}

static enum handler_next ask_values(struct exchange *x, struct listing *listing)
{
    size_t count = shown(listing);
    struct slice *words = arena_calloc(x->batch.arena, count + 2, sizeof *words);
    listing->phase = LISTING_VALUES;
    if (count == 0)
        return listing_answer(x, listing, NULL);
    if (!words)
        return HANDLER_ANSWER;
    words[0] = slice_from("HMGET");
    for (size_t i = 0; i < count;) {
        int64_t day = listing->found[i].day;
        size_t used = 2;
        words[1] = phonecalls_day_key(x->batch.arena, day);
        for (; i < count && listing->found[i].day == day; i++)
            words[used++] = listing->found[i].field;
        store_batch_add_words(&x->batch, words, used);
    }
    return HANDLER_ASK;
}

/* ---- days ---- */

static enum handler_next ask_days(struct exchange *x, struct listing *listing)
{
    bool wall = listing->contact != 0;
    size_t most = wall ? WALL_REPLIES / room(listing) : LIST_DAYS_ALL;
    listing->days_asked = most < LIST_DAYS_MAX ? most : LIST_DAYS_MAX;
    if (listing->first > listing->last || ++listing->steps > STEPS_MAX)
        return ask_values(x, listing);
    listing->phase = LISTING_DAYS;
    STORE_ADD(&x->batch, slice_from("ZREVRANGEBYSCORE"), slice_from(PHONECALLS_DAYS),
              store_number(&x->batch, listing->last), store_number(&x->batch, listing->first),
              slice_from("LIMIT"), slice_from("0"),
              store_number(&x->batch, (int64_t)listing->days_asked));
    if (wall && listing->resumed && listing->last == listing->resumed_day)
        STORE_ADD(&x->batch, slice_from("ZREVRANK"),
                  phonecalls_wall_key(x->batch.arena, listing->resumed_day),
                  listing->resumed_field);
    return HANDLER_ASK;
}

/* All of the days at hand have been looked at. */
static enum handler_next next_days(struct exchange *x, struct listing *listing)
{
    if (listing->day_count < listing->days_asked)
        listing->last = listing->first - 1;
    else
        listing->last = listing->days[listing->day_count - 1] - 1;
    return ask_days(x, listing);
}

/* ---- a contact's wall ---- */

/*
 * Behind the resumed call the wall goes on at the next rank, with calls of this contact or of others. A call without
 * rank has been deleted since, and with it its day: nothing, from 1 to 0, is asked for.
 */
static void ask_wall_from_rank(struct exchange *x, struct listing *listing, int64_t day)
{
    int64_t begin = listing->rank + 1, end = listing->rank + (int64_t)room(listing);
    STORE_ADD(&x->batch, slice_from("ZREVRANGE"), phonecalls_wall_key(x->batch.arena, day),
              store_number(&x->batch, listing->rank >= 0 ? begin : 1),
              store_number(&x->batch, listing->rank >= 0 ? end : 0), slice_from("WITHSCORES"));
}

static bool is_resumed_day(const struct listing *listing, int64_t day)
{
    return listing->resumed && day == listing->resumed_day;
}

static enum handler_next ask_walls(struct exchange *x, struct listing *listing)
{
    struct slice contact = store_number(&x->batch, listing->contact);
    listing->phase = LISTING_WALL;
    for (size_t i = 0; i < listing->day_count; i++) {
        if (is_resumed_day(listing, listing->days[i]))
            ask_wall_from_rank(x, listing, listing->days[i]);
        else
            STORE_ADD(&x->batch, slice_from("ZREVRANGEBYSCORE"),
                      phonecalls_wall_key(x->batch.arena, listing->days[i]), contact, contact,
                      slice_from("LIMIT"), slice_from("0"),
                      store_number(&x->batch, (int64_t)room(listing)));
    }
    return HANDLER_ASK;
}

static void take_wall(struct exchange *x, struct listing *listing, int64_t day,
                      const struct store_reply *reply)
{
    bool scored = is_resumed_day(listing, day);
    struct slice contact = store_number(&x->batch, listing->contact);
    for (size_t i = 0; i < reply->count && room(listing) > 0; i += scored ? 2 : 1) {
        if (scored && (i + 1 == reply->count || !slice_equal(reply->elements[i + 1].text, contact)))
            return;
        listing->found[listing->count++] =
            (struct listed){.day = day, .field = arena_copy(x->arena, reply->elements[i].text)};
    }
}

static enum handler_next after_walls(struct exchange *x, struct listing *listing,
                                     const struct store_reply *replies)
{
    for (size_t i = 0; i < listing->day_count && room(listing) > 0; i++) {
        if (replies[i].kind != STORE_ARRAY)
            return answer_surprise(x, &replies[i], "wall of a contact");
        take_wall(x, listing, listing->days[i], &replies[i]);
    }
    return room(listing) > 0 ? next_days(x, listing) : ask_values(x, listing);
}

/* ---- all calls, by hours ---- */

static enum handler_next ask_counts(struct exchange *x, struct listing *listing)
{
    listing->phase = LISTING_COUNTS;
    for (size_t i = 0; i < listing->day_count; i++)
        for (int hour = PHONECALLS_HOURS - 1; hour >= 0; hour--)
            STORE_ADD(&x->batch, slice_from("LLEN"),
                      phonecalls_hour_key(x->batch.arena, listing->days[i], hour));
    return HANDLER_ASK;
}

/* Puts FIELD, which begins with its time, where it belongs among the candidates, over the oldest of them when there is no room for more. */
static void consider(struct exchange *x, struct listing *listing, struct slice field)
{
    struct listed *candidates = listing->found + listing->count;
    size_t low = 0, high = listing->candidates;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = slice_order(field, candidates[middle].field);
        if (order == 0)
            return;
        if (order > 0)
            high = middle;
        else
            low = middle + 1;
    }
    if (low == room(listing))
        return;
    if (listing->candidates < room(listing))
        listing->candidates++;
    struct listed place = candidates[listing->candidates - 1];
    memmove(&candidates[low + 1], &candidates[low],
            (listing->candidates - 1 - low) * sizeof *candidates);
    if (place.capacity < field.length) {
        place.field = arena_copy(x->arena, field);
        place.capacity = place.field.length;
    } else {
        memcpy((char *)(uintptr_t)place.field.data, field.data, field.length);
        place.field.length = field.length;
    }
    candidates[low] = place;
}

/* The hour at hand has been read whole: what it has left is found. */
static void keep_candidates(struct listing *listing, int64_t day)
{
    for (size_t i = 0; i < listing->candidates; i++)
        listing->found[listing->count + i].day = day;
    listing->count += listing->candidates;
    listing->candidates = 0;
}

/* Asks for the next calls, each hour from its end: what has arrived last is most often the newest. */
static enum handler_next ask_hours(struct exchange *x, struct listing *listing)
{
    int64_t whole = 0; /* calls of hours that this step reads to the end */
    listing->phase = LISTING_HOURS;
    listing->slice_count = 0;
    while (listing->slice_count < LIST_SLICES_MAX && listing->hour_asked < listing->hour_count &&
           whole < (int64_t)room(listing)) {
        struct listing_hour *hour = &listing->hours[listing->hour_asked];
        int64_t end = hour->left, begin = end > LIST_SLICE ? end - LIST_SLICE : 0;
        STORE_ADD(&x->batch, slice_from("LRANGE"),
                  phonecalls_hour_key(x->batch.arena, hour->day, hour->number),
                  store_number(&x->batch, begin), store_number(&x->batch, end - 1));
        listing->slices[listing->slice_count++] = listing->hour_asked;
        hour->left = begin;
        if (begin == 0) {
            whole += end;
            listing->hour_asked++;
        }
    }
    return listing->slice_count ? HANDLER_ASK : next_days(x, listing);
}

static enum handler_next after_counts(struct exchange *x, struct listing *listing,
                                      const struct store_reply *replies)
{
    listing->hour_count = listing->hour_asked = listing->hour_answered = 0;
    for (size_t i = 0; i < listing->day_count * PHONECALLS_HOURS; i++) {
        struct listing_hour hour = {.day = listing->days[i / PHONECALLS_HOURS],
                                    .number = PHONECALLS_HOURS - 1 - (int)(i % PHONECALLS_HOURS),
                                    .left = replies[i].integer};
        if (replies[i].kind != STORE_INTEGER)
            return answer_surprise(x, &replies[i], "phone calls of an hour");
        if (hour.left > 0 &&
            (!is_resumed_day(listing, hour.day) || hour.number <= listing->resumed_hour))
            listing->hours[listing->hour_count++] = hour;
    }
    return ask_hours(x, listing);
}

static enum handler_next after_hours(struct exchange *x, struct listing *listing,
                                     const struct store_reply *replies)
{
    for (size_t i = 0; i < listing->slice_count; i++) {
        const struct listing_hour *hour = &listing->hours[listing->slices[i]];
        if (replies[i].kind != STORE_ARRAY)
            return answer_surprise(x, &replies[i], "phone calls of an hour");
        for (size_t j = 0; j < replies[i].count; j++) {
            struct slice field = replies[i].elements[j].text;
            if (!is_resumed_day(listing, hour->day) ||
                slice_order(field, listing->resumed_field) < 0)
                consider(x, listing, field);
        }
        bool last = i + 1 == listing->slice_count ? hour->left == 0
                                                  : listing->slices[i + 1] != listing->slices[i];
        if (last)
            keep_candidates(listing, hour->day);
        if (room(listing) == 0)
            return ask_values(x, listing);
    }
    return ask_hours(x, listing);
}

/* ---- the steps ---- */

static enum handler_next after_days(struct exchange *x, struct listing *listing,
                                    const struct store_reply *replies)
{
    bool ranked = listing->contact && listing->resumed && listing->last == listing->resumed_day;
    listing->day_count = 0;
    if (replies[0].kind != STORE_ARRAY)
        return answer_surprise(x, &replies[0], "days of phone calls");
    listing->rank = ranked && replies[1].kind == STORE_INTEGER ? replies[1].integer : -1;
    for (size_t i = 0; i < replies[0].count && i < LIST_DAYS_MAX; i++) {
        int64_t *day = &listing->days[listing->day_count++];
        if (!day_parse(replies[0].elements[i].text, day))
            return answer_surprise(x, &replies[0].elements[i], "day of phone calls");
    }
    if (listing->day_count == 0) {
        listing->last = listing->first - 1;
        return ask_values(x, listing);
    }
    return listing->contact ? ask_walls(x, listing) : ask_counts(x, listing);
}

enum handler_next phonecalls_plan_list(struct exchange *x)
{
    struct listing *listing = listing_read(x);
    return listing ? ask_days(x, listing) : HANDLER_ANSWER;
}

enum handler_next phonecalls_render_list(struct exchange *x, const struct store_reply *replies)
{
    struct listing *listing = x->notes;
    switch (listing->phase) {
    case LISTING_DAYS: return after_days(x, listing, replies);
    case LISTING_WALL: return after_walls(x, listing, replies);
    case LISTING_COUNTS: return after_counts(x, listing, replies);
    case LISTING_HOURS: return after_hours(x, listing, replies);
    case LISTING_VALUES: return listing_answer(x, listing, replies);
    }
    return answer_fail(x, 500, NULL, "unknown phase");
}
