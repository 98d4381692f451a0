/*
 * live_places.c - what a channel is busy with: a parking lot, a queue, a group, an application of the dialplan.
 */
#include "feeds/live_model.h"

static const struct slice none;

bool live_place_is_group(enum live_place place)
{
    return place == LIVE_RING_GROUP || place == LIVE_HUNT_GROUP;
}

void live_channel_put(struct live *live, struct live_channel *channel, enum live_place place,
                      struct slice data)
{
    for (int shown = LIVE_AS_QUEUED; shown < LIVE_SHOWN && place != channel->place; shown++)
        live_hide(live, channel, (enum live_shown)shown);
    channel->place = place;
    channel->borrowed = false;
    live_text_set(live, &channel->texts[LIVE_PLACE_DATA], data);
    live_text_set(live, &channel->texts[LIVE_PLACE_MODE], none);
    if (place == LIVE_QUEUE || live_place_is_group(place))
        live_text_set(live, &channel->texts[LIVE_GROUP], data);
}

/* ---- applications ---- */

/* The mailbox of voicemail's arguments: [check] [auth] profile domain [user]. */
static enum live_place voicemail(struct slice arguments, struct slice *box)
{
    enum live_place place = LIVE_VOICEMAIL;
    struct slice rest, word = slice_cut(arguments, ' ', &rest);
    while (slice_is(word, "check") || slice_is(word, "auth") || slice_is(word, "auth_only")) {
        place = slice_is(word, "check") ? LIVE_CHECKING_VOICEMAIL : place;
        word = slice_cut(rest, ' ', &rest);
    }
    slice_cut(rest, ' ', box);
    return place;
}

/* Behind the variables that a dial-string may begin with: {a=b}[c=d]<e=f> */
static struct slice skip_variables(struct slice dialled)
{
    static const char opening[] = "{[<", closing[] = "}]>";
    for (;;) {
        const char *found =
            dialled.length > 0 && dialled.data[0] != '\0' ? strchr(opening, dialled.data[0]) : NULL;
        if (!found)
            return dialled;
        slice_cut(dialled, closing[found - opening], &dialled);
    }
}

/* group/sales@pbx.example.com+F: with +F they ring one after the other (group_call of mod_commands), else at once. */
static enum live_place bridge(struct slice dialled, struct slice *group)
{
    struct slice rest, first = slice_cut(skip_variables(dialled), ',', &rest);
    first = slice_cut(first, '|', &rest);
    if (!slice_starts(first, "group/"))
        return LIVE_NOWHERE;
    struct slice domain, order;
    *group = slice_cut(slice_of(first.data + 6, first.length - 6), '@', &domain);
    *group = slice_cut(*group, '+', &rest);
    slice_cut(first, '+', &order);
    if (group->length == 0)
        return LIVE_NOWHERE;
    return slice_starts(order, "F") ? LIVE_HUNT_GROUP : LIVE_RING_GROUP;
}

/* Applications that are shown by their name alone. */
static bool is_operation(struct slice application)
{
    return slice_is(application, "echo") || slice_is(application, "delay_echo") ||
           slice_is(application, "record");
}

enum live_place live_place_of(struct slice application, struct slice arguments, struct slice *data)
{
    struct slice rest;
    *data = none;
    if (slice_is(application, "voicemail"))
        return voicemail(arguments, data);
    if (slice_is(application, "bridge"))
        return bridge(arguments, data);
    if (slice_is(application, "conference")) {
        *data = slice_cut(arguments, '@', &rest);
        return LIVE_CONFERENCE;
    }
    if (slice_is(application, "httapi"))
        return LIVE_XML_IVR;
    if (is_operation(application)) {
        *data = application;
        return LIVE_OPERATION;
    }
    *data = slice_cut(arguments, ' ', &rest);
    return slice_is(application, "eavesdrop") ? LIVE_EAVESDROP
           : slice_is(application, "ivr")     ? LIVE_IVR
                                              : LIVE_NOWHERE;
}
