/*
 * view.c - which elements a client may see and wants to.
 * A filter by user or group is about the kinds of elements that have one; of others all are shown.
 */
#include "events/view.h"

#include "base/json.h"

/* The members that say whose an element is; NULL: nobody's. */
static const struct {
    const char *user, *group;
} members[ELEMENT_COUNT] = {
    [ELEMENT_CHANNEL] = {"user_id", "group_id"},
    [ELEMENT_USER] = {"id", NULL},
    [ELEMENT_GROUP] = {NULL, "id"},
    [ELEMENT_GROUP_MEMBER] = {"user_id", "group_id"},
    [ELEMENT_TERMINAL] = {"assoc_user_id", NULL},
};

static bool filtered(const char *member, const char *wanted)
{
    return member && *wanted;
}

static bool matches(const json_t *item, const char *member, const char *wanted)
{
    const json_t *value = json_object_get(item, member);
    return json_is_string(value) && slice_is(json_slice(value), wanted);
}

bool view_has_kind(const struct arrival *arrival, enum element element)
{
    return (arrival->elements & 1u << element) &&
           (arrival->wire != WIRE_BINARY || element_specs[element].basix);
}

bool view_is_partial(const struct arrival *arrival, enum element element)
{
    return (arrival->own && element == ELEMENT_CHANNEL) ||
           filtered(members[element].user, arrival->user) ||
           filtered(members[element].group, arrival->group);
}

bool view_shows(const void *self, enum element element, const json_t *item)
{
    const struct arrival *arrival = self;
    if (!view_has_kind(arrival, element))
        return false;
    if (arrival->own && element == ELEMENT_CHANNEL &&
        !matches(item, "user_id", arrival->access.user))
        return false;
    if (filtered(members[element].user, arrival->user) &&
        !matches(item, members[element].user, arrival->user))
        return false;
    return !filtered(members[element].group, arrival->group) ||
           matches(item, members[element].group, arrival->group);
}
