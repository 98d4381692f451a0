/*
 * view.h - which elements a client may see and wants to.
 */
#ifndef CALLBOARD_EVENTS_VIEW_H
#define CALLBOARD_EVENTS_VIEW_H

#include "events/client.h"

/* True when ARRIVAL sees some elements of a kind and not others. */
bool view_is_partial(const struct arrival *arrival, enum element element);

bool view_has_kind(const struct arrival *arrival, enum element element);

/* Whether ARRIVAL (a struct arrival) sees ITEM; fits domain_initial. */
bool view_shows(const void *arrival, enum element element, const json_t *item);

#endif
