/*
 * directory_round.c - which domains are compared, one after the other.
 */
#include "feeds/directory_round.h"

#include <stdlib.h>

#include "base/log.h"
#include "store/directory_record.h"
#include "store/element_script.h"

/* The most memory for the names of domains. */
#define NAMES_MEMORY ((size_t)16 << 20)

#define TOO_MANY  "there are too many domains"
#define TOO_LARGE "its records are too large"

/* A domain with a change. */
struct directory_waiting {
    struct directory_waiting *next;
    enum directory_scope scope;
    struct slice domain; /* in `text` */
    char text[];
};

void directory_round_init(struct directory_round *round,
                          const struct directory_elements_settings *settings, int64_t events_kept)
{
    *round = (struct directory_round){.settings = settings, .events_kept = events_kept};
    arena_init(&round->names, NAMES_MEMORY);
}

/* ---- the end of each ---- */

static void end_compare(struct directory_round *round)
{
    struct directory_compare *compare = &round->compare;
    if (round->comparing) {
        if (!round->failure.text[0])
            round->failure = compare->error;
        if (compare->changed > 0)
            log_debug("directory of %.*s: %llu elements have changed",
                      SLICE_ARGUMENTS(compare->domain), (unsigned long long)compare->changed);
        directory_compare_end(compare);
    }
    round->comparing = false;
    free(round->current);
    round->current = NULL;
}

void directory_round_clear(struct directory_round *round)
{
    end_compare(round);
    while (round->first) {
        struct directory_waiting *next = round->first->next;
        free(round->first);
        round->first = next;
    }
    round->waiting = 0;
    round->whole = false;
    round->asked = DIRECTORY_NO_QUESTION;
    arena_free(&round->names);
    round->domains = NULL;
    round->domain_count = round->next_domain = 0;
}

/* ---- all domains ---- */

static void add_domain(struct directory_round *round, struct slice name, bool served)
{
    struct slice copy = arena_copy(&round->names, name);
    size_t size = sizeof *round->domains;
    struct served_domain *grown =
        arena_grow(&round->names, round->domains, round->domain_count * size,
                   (round->domain_count + 1) * size);
    if (!copy.data || !grown) {
        error_set(&round->failure, TOO_MANY);
        return;
    }
    round->domains = grown;
    round->domains[round->domain_count++] = (struct served_domain){copy, served};
}

void directory_round_begin(struct directory_round *round)
{
    struct slice rest = slice_from(round->settings->domains), name;
    arena_free(&round->names);
    round->domains = NULL;
    round->domain_count = round->next_domain = 0;
    round->failure.text[0] = '\0';
    round->whole = true;
    if (directory_elements_serve_all(round->settings))
        round->asked = DIRECTORY_WHICH_DOMAINS;
    else
        while (directory_elements_next(&rest, &name))
            add_domain(round, name, true);
}

static bool is_served(const struct directory_round *round, struct slice domain)
{
    for (size_t i = 0; i < round->domain_count; i++)
        if (round->domains[i].served && slice_equal(round->domains[i].name, domain))
            return true;
    return false;
}

/* The domains of the directory, and those that it does not have any more. */
static void take_domains(struct directory_round *round, const struct store_reply *replies)
{
    struct slice domain, id;
    enum element element;
    if (replies[0].kind != STORE_ARRAY || replies[1].kind != STORE_ARRAY) {
        error_set(&round->failure, "cti_domain or " DIRECTORY_DOMAINS_KEY " is no hash");
        return;
    }
    for (size_t i = 0; i < replies[0].count; i++)
        if (directory_name_is_good(replies[0].elements[i].text))
            add_domain(round, replies[0].elements[i].text, true);
    for (size_t i = 0; i < replies[1].count; i++)
        if (element_owned_read(replies[1].elements[i].text, &element, &domain, &id) &&
            !is_served(round, id))
            add_domain(round, id, false);
}

/* ---- domains with a change ---- */

bool directory_round_add(struct directory_round *round, struct slice domain,
                         enum directory_scope scope)
{
    struct directory_waiting **place = &round->first, *waiting;
    for (; *place; place = &(*place)->next)
        if (slice_equal((*place)->domain, domain)) {
            if (scope == DIRECTORY_ALL)
                (*place)->scope = scope;
            return true;
        }
    if (round->waiting == DIRECTORY_WAITING_MAX)
        return false;
    waiting = calloc(1, sizeof *waiting + domain.length);
    if (!waiting)
        return false;
    memcpy(waiting->text, domain.data, domain.length);
    waiting->domain = slice_of(waiting->text, domain.length);
    waiting->scope = scope;
    *place = waiting;
    round->waiting++;
    return true;
}

/* Compares the domain of `current`. One that is not served has no groups that are shown. */
static void begin_current(struct directory_round *round, bool served)
{
    const struct directory_waiting *current = round->current;
    round->asked = DIRECTORY_NO_QUESTION;
    if (current->scope == DIRECTORY_GROUPS && served)
        directory_compare_begin_groups(&round->compare, current->domain, round->events_kept);
    else if (current->scope == DIRECTORY_ALL)
        directory_compare_begin(&round->compare, current->domain, served,
                                directory_elements_serve_all(round->settings), round->events_kept);
    round->comparing = current->scope == DIRECTORY_ALL || served;
}

/* ---- one after the other ---- */

/* Goes to the next domain, those with a change first. False: there is none any more. */
static bool next_domain(struct directory_round *round)
{
    bool all = directory_elements_serve_all(round->settings);
    end_compare(round);
    if (round->first) {
        round->current = round->first;
        round->first = round->first->next;
        round->waiting--;
        if (all)
            round->asked = DIRECTORY_IS_SERVED;
        else if (directory_elements_name(round->settings, round->current->domain))
            begin_current(round, true);
        return true;
    }
    if (round->next_domain == round->domain_count)
        return false;
    struct served_domain *next = &round->domains[round->next_domain++];
    directory_compare_begin(&round->compare, next->name, next->served, all, round->events_kept);
    round->comparing = true;
    return true;
}

bool directory_round_ask(struct directory_round *round, struct store_batch *batch)
{
    do {
        if (round->asked == DIRECTORY_WHICH_DOMAINS) {
            STORE_ADD(batch, slice_from("HKEYS"), slice_from("cti_domain"));
            STORE_ADD(batch, slice_from("HKEYS"), slice_from(DIRECTORY_DOMAINS_KEY));
            return true;
        }
        if (round->asked == DIRECTORY_IS_SERVED) {
            STORE_ADD(batch, slice_from("HEXISTS"), slice_from("cti_domain"),
                      round->current->domain);
            return true;
        }
        if (round->comparing && directory_compare_ask(&round->compare, batch)) {
            round->asked = DIRECTORY_COMPARISON;
            return true;
        }
    } while (next_domain(round));
    return false;
}

void directory_round_take(struct directory_round *round, struct arena *arena,
                          const struct store_reply *replies)
{
    enum directory_question asked = round->asked;
    round->asked = DIRECTORY_NO_QUESTION;
    if (asked == DIRECTORY_WHICH_DOMAINS)
        take_domains(round, replies);
    else if (asked == DIRECTORY_IS_SERVED)
        begin_current(round, replies[0].kind == STORE_INTEGER && replies[0].integer == 1);
    else
        directory_compare_take(&round->compare, arena, replies);
    if (asked == DIRECTORY_COMPARISON && arena->exhausted)
        directory_compare_skip(&round->compare, TOO_LARGE);
}

void directory_round_skip(struct directory_round *round)
{
    enum directory_question asked = round->asked;
    round->asked = DIRECTORY_NO_QUESTION;
    if (asked == DIRECTORY_COMPARISON)
        directory_compare_skip(&round->compare, TOO_LARGE);
    else
        error_set(&round->failure, TOO_MANY);
}

bool directory_round_is_between_pages(const struct directory_round *round)
{
    return !round->comparing || round->compare.step == COMPARE_READ;
}
