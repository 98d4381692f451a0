/*
 * directory_elements.c - keeps the directory's elements true: one step after the other, and when.
 *
 * A change that is told is looked at between two pages of a comparison, never within one: else the page could write what
 * it has read before the change.
 */
#include "feeds/directory_elements.h"

#include <stdlib.h>

#include "base/log.h"
#include "feeds/directory_changes.h"
#include "feeds/directory_mailbox.h"
#include "feeds/directory_round.h"
#include "store/directory_record.h"

#define LOOK_MS 1000

/* The most memory of one step. */
#define STEP_MEMORY ((size_t)64 << 20)

/* A step, its replies and what is made of them live as long as the comparison needs them. */
#define STEPS_KEPT 3

enum work {
    WORK_NONE,
    WORK_ROUND,
    WORK_CHANGE
};

struct directory_elements {
    uv_timer_t timer;
    struct store *store;
    const struct directory_elements_settings *settings;
    struct arena arenas[STEPS_KEPT];
    size_t turn;
    enum work asked; /* what Redis is at */
    bool stopping;
    bool behind; /* Redis was away, or changes were not kept: all is to be compared at once */
    uint64_t due_ms;
    struct directory_round round;
    struct directory_changes changes;
    struct error reported; /* what the log knows of */
};

/* ---- steps ---- */

static struct arena *step_arena(struct directory_elements *elements)
{
    return &elements->arenas[elements->turn];
}

static struct store_batch begin_step(struct directory_elements *elements)
{
    elements->turn = (elements->turn + 1) % STEPS_KEPT;
    arena_free(step_arena(elements));
    return store_batch_in(step_arena(elements));
}

/* Redis is away. When it is back all is compared, and changes are found by that. */
static void give_up(struct directory_elements *elements)
{
    directory_round_clear(&elements->round);
    directory_changes_clear(&elements->changes);
    elements->behind = true;
}

static void end_round(struct directory_elements *elements)
{
    struct directory_round *round = &elements->round;
    if (!round->whole)
        return;
    round->whole = false;
    elements->due_ms =
        uv_now(elements->timer.loop) + (uint64_t)elements->settings->compare_seconds * 1000;
    if (round->failure.text[0] && strcmp(round->failure.text, elements->reported.text) != 0)
        log_warning("the directory cannot be followed in all: %s", round->failure.text);
    else if (!round->failure.text[0] && elements->reported.text[0])
        log_info("the directory is followed again");
    elements->reported = round->failure;
}

/* Adds what is to be done next to BATCH. WORK_NONE: nothing is. */
static enum work next_work(struct directory_elements *elements, struct store_batch *batch)
{
    if (directory_round_is_between_pages(&elements->round) &&
        directory_changes_ask(&elements->changes, batch))
        return WORK_CHANGE;
    return directory_round_ask(&elements->round, batch) ? WORK_ROUND : WORK_NONE;
}

static void skip(struct directory_elements *elements, enum work work)
{
    if (work == WORK_CHANGE)
        directory_changes_skip(&elements->changes);
    else
        directory_round_skip(&elements->round);
}

static void on_replies(void *self, const struct store_reply *replies);

static void ask_next(struct directory_elements *elements)
{
    struct store_batch batch = begin_step(elements);
    enum work work = next_work(elements, &batch);
    while (work != WORK_NONE && batch.arena->exhausted) {
        skip(elements, work);
        batch = begin_step(elements);
        work = next_work(elements, &batch);
    }
    if (work == WORK_NONE)
        end_round(elements);
    else if (store_ask(elements->store, &batch, on_replies, elements))
        elements->asked = work;
    else
        give_up(elements);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct directory_elements *elements = handle->data;
    for (size_t i = 0; i < STEPS_KEPT; i++)
        arena_free(&elements->arenas[i]);
    free(elements);
}

/* Asks what is next, if nothing is asked yet. */
static void go_on(struct directory_elements *elements)
{
    if (elements->asked != WORK_NONE)
        return;
    if (!elements->stopping) {
        ask_next(elements);
        return;
    }
    give_up(elements);
    if (!uv_is_closing((uv_handle_t *)&elements->timer))
        uv_close((uv_handle_t *)&elements->timer, on_timer_closed);
}

static void on_replies(void *self, const struct store_reply *replies)
{
    struct directory_elements *elements = self;
    enum work work = elements->asked;
    elements->asked = WORK_NONE;
    if (!replies)
        give_up(elements);
    else if (step_arena(elements)->exhausted)
        skip(elements, work);
    else if (work == WORK_CHANGE)
        directory_changes_take(&elements->changes, replies);
    else
        directory_round_take(&elements->round, step_arena(elements), replies);
    go_on(elements);
}

static void look(uv_timer_t *timer)
{
    struct directory_elements *elements = timer->data;
    if (elements->asked != WORK_NONE)
        return;
    if (!store_is_up(elements->store)) {
        elements->behind = true;
    } else if (elements->behind || uv_now(timer->loop) >= elements->due_ms) {
        elements->behind = false;
        directory_round_begin(&elements->round);
        go_on(elements);
    }
}

/* ---- what others ask ---- */

static void add_change(struct directory_elements *elements, struct slice domain, struct slice user,
                       const struct slice *counters)
{
    if (elements->stopping || elements->settings->compare_seconds == 0 ||
        !directory_name_is_good(domain) || !directory_name_is_good(user))
        return;
    if (directory_changes_add(&elements->changes, domain, user, counters))
        go_on(elements);
    else
        elements->behind = true;
}

void directory_elements_changed(struct directory_elements *elements, struct slice domain,
                                struct slice user)
{
    add_change(elements, domain, user, NULL);
}

void directory_elements_event(struct directory_elements *elements, const struct esl_event *event)
{
    struct directory_mailbox mailbox;
    if (directory_mailbox_read(event, &mailbox))
        add_change(elements, mailbox.domain, mailbox.user, &mailbox.counters);
}

void directory_elements_compare(struct directory_elements *elements, struct slice domain,
                                enum directory_scope scope)
{
    if (elements->stopping || elements->settings->compare_seconds == 0 ||
        !directory_name_is_good(domain))
        return;
    if (directory_round_add(&elements->round, domain, scope))
        go_on(elements);
    else
        elements->behind = true;
}

struct directory_elements *directory_elements_start(
    uv_loop_t *loop, struct store *store, const struct directory_elements_settings *settings,
    int64_t events_kept)
{
    struct directory_elements *elements = calloc(1, sizeof *elements);
    if (!elements)
        return NULL;
    elements->store = store;
    elements->settings = settings;
    elements->changes.settings = settings;
    elements->changes.events_kept = events_kept;
    directory_round_init(&elements->round, settings, events_kept);
    for (size_t i = 0; i < STEPS_KEPT; i++)
        arena_init(&elements->arenas[i], STEP_MEMORY);
    uv_timer_init(loop, &elements->timer);
    elements->timer.data = elements;
    if (settings->compare_seconds > 0)
        uv_timer_start(&elements->timer, look, LOOK_MS / 10, LOOK_MS);
    return elements;
}

void directory_elements_stop(struct directory_elements *elements)
{
    elements->stopping = true;
    go_on(elements);
}
