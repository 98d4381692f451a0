/*
 * directory_elements.c - keeps the directory's elements true: when what is compared, one step after the other.
 *
 * A change that is told is looked at between two pages of a comparison, never within one: else the page could write what
 * it has read before the change.
 */
#include "feeds/directory_elements.h"

#include <stdlib.h>

#include "base/log.h"
#include "feeds/directory_compare.h"
#include "feeds/directory_map.h"
#include "store/directory_record.h"
#include "store/element_script.h"

#define LOOK_MS 1000

/* Changes that wait; with more, all is compared instead. */
#define CHANGES_MAX 1000

/* The most memory of one step, and for the names of domains. */
#define STEP_MEMORY    ((size_t)64 << 20)
#define DOMAINS_MEMORY ((size_t)16 << 20)

/* A step, its replies and what is made of them live as long as the comparison needs them. */
#define STEPS_KEPT 3

#define TOO_LARGE "its records are too large"

struct change {
    struct change *next;
    struct slice domain, user; /* in `text` */
    char text[];
};

enum work {
    WORK_NONE,
    WORK_DOMAINS,
    WORK_COMPARE,
    WORK_READ_CHANGE,
    WORK_WRITE_CHANGE
};

struct served_domain {
    struct slice name;
    bool served; /* false: not any more */
};

struct directory_elements {
    uv_timer_t timer;
    struct store *store;
    const struct directory_elements_settings *settings;
    int64_t events_kept;
    struct arena arenas[STEPS_KEPT];
    size_t turn;
    enum work asked; /* what Redis is at */
    bool stopping;
    bool behind; /* Redis was away, or changes were not kept: all is to be compared at once */
    uint64_t due_ms;

    bool in_round, comparing;
    struct arena round; /* of `domains` */
    struct served_domain *domains;
    size_t domain_count, next_domain;
    struct directory_compare compare;
    struct error failure;  /* of this round */
    struct error reported; /* what the log knows of */

    struct change *first, *last; /* the first one is being looked at, when its work is asked */
    size_t change_count;
};

static void go_on(struct directory_elements *elements);

/* ---- a step ---- */

static void on_replies(void *self, const struct store_reply *replies);

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

/* False: Redis is away. */
static bool ask(struct directory_elements *elements, const struct store_batch *batch,
                enum work work)
{
    if (!store_ask(elements->store, batch, on_replies, elements))
        return false;
    elements->asked = work;
    return true;
}

/* ---- rounds ---- */

static void end_compare(struct directory_elements *elements)
{
    if (!elements->comparing)
        return;
    if (!elements->failure.text[0])
        elements->failure = elements->compare.error;
    if (elements->compare.changed > 0)
        log_debug("directory of %.*s: %llu elements have changed",
                  SLICE_ARGUMENTS(elements->compare.domain),
                  (unsigned long long)elements->compare.changed);
    directory_compare_end(&elements->compare);
    elements->comparing = false;
}

static void end_round(struct directory_elements *elements)
{
    end_compare(elements);
    elements->in_round = false;
    elements->due_ms =
        uv_now(elements->timer.loop) + (uint64_t)elements->settings->compare_seconds * 1000;
    if (elements->failure.text[0] && strcmp(elements->failure.text, elements->reported.text) != 0)
        log_warning("the directory cannot be followed in all: %s", elements->failure.text);
    else if (!elements->failure.text[0] && elements->reported.text[0])
        log_info("the directory is followed again");
    elements->reported = elements->failure;
}

static void drop_change(struct directory_elements *elements)
{
    struct change *change = elements->first;
    elements->first = change->next;
    if (!elements->first)
        elements->last = NULL;
    elements->change_count--;
    free(change);
}

/* Redis is away. When it is back all is compared, and changes are found by that. */
static void give_up(struct directory_elements *elements)
{
    end_compare(elements);
    elements->in_round = false;
    elements->behind = true;
    while (elements->first)
        drop_change(elements);
}

static void add_domain(struct directory_elements *elements, struct slice name, bool served)
{
    struct slice copy = arena_copy(&elements->round, name);
    size_t size = sizeof *elements->domains;
    struct served_domain *grown =
        arena_grow(&elements->round, elements->domains, elements->domain_count * size,
                   (elements->domain_count + 1) * size);
    if (!copy.data || !grown) {
        error_set(&elements->failure, "there are too many domains");
        return;
    }
    elements->domains = grown;
    elements->domains[elements->domain_count++] = (struct served_domain){copy, served};
}

static void begin_round(struct directory_elements *elements)
{
    struct slice rest = slice_from(elements->settings->domains), name;
    arena_free(&elements->round);
    elements->domains = NULL;
    elements->domain_count = elements->next_domain = 0;
    elements->failure.text[0] = '\0';
    elements->behind = false;
    elements->in_round = true;
    if (!directory_elements_serve_all(elements->settings)) {
        while (directory_elements_next(&rest, &name))
            add_domain(elements, name, true);
        go_on(elements);
        return;
    }
    struct store_batch batch = begin_step(elements);
    STORE_ADD(&batch, slice_from("HKEYS"), slice_from("cti_domain"));
    STORE_ADD(&batch, slice_from("HKEYS"), slice_from(DIRECTORY_DOMAINS_KEY));
    if (!ask(elements, &batch, WORK_DOMAINS))
        give_up(elements);
}

static bool is_served(const struct directory_elements *elements, struct slice domain)
{
    for (size_t i = 0; i < elements->domain_count; i++)
        if (elements->domains[i].served && slice_equal(elements->domains[i].name, domain))
            return true;
    return false;
}

/* The domains of the directory, and those that it does not have any more. */
static void take_domains(struct directory_elements *elements, const struct store_reply *replies)
{
    struct slice domain, id;
    enum element element;
    if (replies[0].kind != STORE_ARRAY || replies[1].kind != STORE_ARRAY) {
        error_set(&elements->failure, "cti_domain or " DIRECTORY_DOMAINS_KEY " is no hash");
        return;
    }
    for (size_t i = 0; i < replies[0].count; i++)
        if (directory_name_is_good(replies[0].elements[i].text))
            add_domain(elements, replies[0].elements[i].text, true);
    for (size_t i = 0; i < replies[1].count; i++)
        if (element_owned_read(replies[1].elements[i].text, &element, &domain, &id) &&
            !is_served(elements, id))
            add_domain(elements, id, false);
}

/* Goes on to a domain that has something to be asked. False: there is none any more. */
static bool find_step(struct directory_elements *elements, struct store_batch *batch)
{
    while (!directory_compare_ask(&elements->compare, batch)) {
        end_compare(elements);
        if (elements->next_domain == elements->domain_count)
            return false;
        struct served_domain *next = &elements->domains[elements->next_domain++];
        directory_compare_begin(&elements->compare, next->name, next->served,
                                directory_elements_serve_all(elements->settings),
                                elements->events_kept);
        elements->comparing = true;
    }
    return true;
}

/* True: something is asked, or Redis is away. */
static bool compare_next(struct directory_elements *elements)
{
    struct store_batch batch = begin_step(elements);
    while (find_step(elements, &batch)) {
        if (!batch.arena->exhausted) {
            if (!ask(elements, &batch, WORK_COMPARE))
                give_up(elements);
            return true;
        }
        directory_compare_skip(&elements->compare, TOO_LARGE);
        batch = begin_step(elements);
    }
    return false;
}

/* ---- changes ---- */

static void read_change(struct directory_elements *elements)
{
    const struct change *change = elements->first;
    struct store_batch batch = begin_step(elements);
    STORE_ADD(&batch, slice_from("HEXISTS"), slice_from("cti_domain"), change->domain);
    STORE_ADD(&batch, slice_from("HGET"), directory_key(batch.arena, "cti_exten@", change->domain),
              change->user);
    STORE_ADD(&batch, slice_from("HGET"), element_key(batch.arena, change->domain, ELEMENT_USER),
              change->user);
    if (!ask(elements, &batch, WORK_READ_CHANGE))
        give_up(elements);
}

static void take_change(struct directory_elements *elements, const struct store_reply *replies)
{
    const struct change *change = elements->first;
    bool served = directory_elements_serve_all(elements->settings)
                      ? replies[0].integer == 1
                      : directory_elements_name(elements->settings, change->domain);
    bool has = replies[2].kind == STORE_STRING;
    struct store_batch batch = begin_step(elements);
    struct element_script script =
        element_script_in(&batch, slice_of(NULL, 0), elements->events_kept);
    if (served && replies[1].kind == STORE_STRING)
        element_add_set(&script, change->domain, ELEMENT_USER, change->user,
                        directory_map_user(batch.arena, change->user, replies[1].text));
    else if (served && replies[1].kind == STORE_NIL && has &&
             !directory_compare_leaves(replies[2].text))
        element_add_remove(&script, change->domain, ELEMENT_USER, change->user);
    if (batch.count == 0 || batch.arena->exhausted)
        drop_change(elements); /* nothing to be done, or the next comparison says why not */
    else if (!ask(elements, &batch, WORK_WRITE_CHANGE))
        give_up(elements);
}

static struct change *make_change(struct slice domain, struct slice user)
{
    struct change *change = calloc(1, sizeof *change + domain.length + user.length);
    if (!change)
        return NULL;
    memcpy(change->text, domain.data, domain.length);
    memcpy(change->text + domain.length, user.data, user.length);
    change->domain = slice_of(change->text, domain.length);
    change->user = slice_of(change->text + domain.length, user.length);
    return change;
}

void directory_elements_changed(struct directory_elements *elements, struct slice domain,
                                struct slice user)
{
    if (elements->stopping || elements->settings->compare_seconds == 0 ||
        !directory_name_is_good(domain) || !directory_name_is_good(user))
        return;
    struct change *change = elements->change_count < CHANGES_MAX ? make_change(domain, user) : NULL;
    if (!change) {
        elements->behind = true;
        return;
    }
    if (elements->last)
        elements->last->next = change;
    else
        elements->first = change;
    elements->last = change;
    elements->change_count++;
    go_on(elements);
}

/* ---- the order of all that ---- */

static void on_timer_closed(uv_handle_t *handle)
{
    struct directory_elements *elements = handle->data;
    for (size_t i = 0; i < STEPS_KEPT; i++)
        arena_free(&elements->arenas[i]);
    arena_free(&elements->round);
    free(elements);
}

static bool is_between_pages(const struct directory_elements *elements)
{
    return !elements->comparing || elements->compare.step == COMPARE_READ;
}

/* Asks what is next, if nothing is asked yet. */
static void go_on(struct directory_elements *elements)
{
    if (elements->asked != WORK_NONE)
        return;
    if (elements->stopping) {
        give_up(elements);
        if (!uv_is_closing((uv_handle_t *)&elements->timer))
            uv_close((uv_handle_t *)&elements->timer, on_timer_closed);
    } else if (elements->first && is_between_pages(elements)) {
        read_change(elements);
    } else if (elements->in_round && !compare_next(elements)) {
        end_round(elements);
    }
}

static void take(struct directory_elements *elements, enum work work,
                 const struct store_reply *replies)
{
    bool exhausted = step_arena(elements)->exhausted;
    switch (work) {
    case WORK_DOMAINS:
        if (exhausted)
            error_set(&elements->failure, "there are too many domains");
        else
            take_domains(elements, replies);
        break;
    case WORK_COMPARE:
        if (!exhausted)
            directory_compare_take(&elements->compare, step_arena(elements), replies);
        if (step_arena(elements)->exhausted)
            directory_compare_skip(&elements->compare, TOO_LARGE);
        break;
    case WORK_READ_CHANGE:
        if (!exhausted)
            take_change(elements, replies);
        else
            drop_change(elements);
        break;
    case WORK_WRITE_CHANGE: drop_change(elements); break;
    case WORK_NONE: break;
    }
}

static void on_replies(void *self, const struct store_reply *replies)
{
    struct directory_elements *elements = self;
    enum work work = elements->asked;
    elements->asked = WORK_NONE;
    if (replies)
        take(elements, work, replies);
    else
        give_up(elements);
    go_on(elements);
}

static void look(uv_timer_t *timer)
{
    struct directory_elements *elements = timer->data;
    if (elements->asked != WORK_NONE || elements->in_round || elements->first)
        return;
    if (!store_is_up(elements->store))
        elements->behind = true;
    else if (elements->behind || uv_now(timer->loop) >= elements->due_ms)
        begin_round(elements);
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
    elements->events_kept = events_kept;
    for (size_t i = 0; i < STEPS_KEPT; i++)
        arena_init(&elements->arenas[i], STEP_MEMORY);
    arena_init(&elements->round, DOMAINS_MEMORY);
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
