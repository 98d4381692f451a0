/*
 * directory_elements.h - keeps users, groups, their members and domains, as screens see them, true to the directory.
 *
 * Several tools write the directory and tell nobody, so from time to time all of it is compared (directory_compare.h),
 * a few records at a time; and whenever Redis was away. What is told of a change is looked at at once: an extension by itself, a group
 * with its domain's other groups, a domain's defaults with all of the domain.
 *
 *     directory_settings.c   which domains
 *     directory_round.c      which domain is compared when
 *     directory_compare.c    one domain
 *     directory_changes.c    one extension
 *     directory_map.c        a record as an element
 *     directory_mailbox.c    the member of it that the PBX tells
 */
#ifndef CALLBOARD_DIRECTORY_ELEMENTS_H
#define CALLBOARD_DIRECTORY_ELEMENTS_H

#include "base/config.h"
#include "feeds/esl_event.h"
#include "store/store.h"

struct directory_elements_settings {
    const char *domains; /* separated by commas; "": those that the directory names (cti_domain) */
    int64_t
        compare_seconds; /* from the end of one comparison to the next; 0: the directory is not followed */
};

/* [freeswitch] directory_domains, directory_seconds */
extern const struct config_option directory_elements_options[];
extern const size_t directory_elements_option_count;

/* Fails when a domain's name cannot be one. */
bool directory_elements_check(const struct directory_elements_settings *settings,
                              struct error *error);

/* Cuts the next domain's name off *REST, which begins as `domains`. False: there is none. */
bool directory_elements_next(struct slice *rest, struct slice *name);

/* True when `domains` names none: all are served. And when it names DOMAIN. */
bool directory_elements_serve_all(const struct directory_elements_settings *settings);
bool directory_elements_name(const struct directory_elements_settings *settings,
                             struct slice domain);

struct directory_elements;

/*
 * Begins; STORE and SETTINGS must outlive it. EVENTS_KEPT as in element_script.h. NULL without memory. With compare_seconds 0 it does
 * nothing, whatever it is told.
 */
struct directory_elements *directory_elements_start(
    uv_loop_t *loop, struct store *store, const struct directory_elements_settings *settings,
    int64_t events_kept);

/* USER of DOMAIN has changed, as somebody says. */
void directory_elements_changed(struct directory_elements *elements, struct slice domain,
                                struct slice user);

/* EVENT of a PBX: of the state of a mailbox, `mwi` of its user follows. */
void directory_elements_event(struct directory_elements *elements, const struct esl_event *event);

/* What of a domain is compared. */
enum directory_scope {
    DIRECTORY_GROUPS,
    DIRECTORY_ALL
};

/* SCOPE of DOMAIN has changed, as somebody says. */
void directory_elements_compare(struct directory_elements *elements, struct slice domain,
                                enum directory_scope scope);

/* Ends after the step at hand; the memory goes with the loop's closing callbacks. To be called before store_close. */
void directory_elements_stop(struct directory_elements *elements);

#endif
