/*
 * live_channel_events.c - what each event of a channel changes.
 */
#include "feeds/live_model.h"

static const struct slice none;

static void notify(struct live *live, struct live_channel *channel, const char *what)
{
    if (channel && channel->leg)
        live_leg_notify(live, channel->leg, what);
}

/* ---- a call is set up ---- */

/* News of a call for an agent, early enough. A queue has told it already, in words of its own. */
static void announce(struct live *live, const struct live_channel *channel,
                     const struct live_channel *caller, const struct esl_event *event)
{
    struct slice contact = live_channel_text(channel, LIVE_CONTACT_REF);
    if (contact.length == 0 && caller)
        contact = live_channel_text(caller, LIVE_CONTACT_REF);
    if (!channel->inbound && channel->texts[LIVE_USER] &&
        !slice_is(esl_event_get(event, "variable_cc_side"), "agent"))
        live_news_call(live, live_channel_text(channel, LIVE_USER), channel->entry.key, contact,
                       live_channel_text(channel, LIVE_CALLING_NUMBER));
}

/* By an api command, as nobody has called: originate*<number called>*<number shown>. */
static void originated(struct live *live, struct live_channel *channel,
                       const struct esl_event *event)
{
    struct buffer text = buffer_in(&live->scratch);
    if (channel->inbound || channel->texts[LIVE_ORIGINATION] ||
        esl_event_get(event, "Other-Leg-Unique-ID").length > 0 ||
        esl_event_get(event, "variable_cc_side").length > 0 ||
        esl_event_get(event, "variable_other_loopback_leg_uuid").length > 0)
        return;
    buffer_add_string(&text, "originate*");
    buffer_add_percent(&text, live_channel_text(channel, LIVE_CALLED_NUMBER), "");
    buffer_add_byte(&text, '*');
    buffer_add_percent(&text, live_channel_text(channel, LIVE_CALLING_NUMBER), "");
    if (!text.failed && text.length <= LIVE_TEXT_MAX) /* cut, it would end within a %XX */
        live_text_set(live, &channel->texts[LIVE_ORIGINATION], buffer_slice(&text));
}

void live_channel_created(struct live *live, const struct esl_event *event)
{
    bool known = live_channel_find(live, esl_event_get(event, "Unique-ID")) != NULL;
    struct live_channel *channel = live_channel_of(live, event);
    struct live_channel *caller =
        live_channel_find(live, esl_event_get(event, "Other-Leg-Unique-ID"));
    if (!channel || channel->ended)
        return;
    if (!known) {
        announce(live, channel, caller, event);
        originated(live, channel, event);
    }
    if (caller && caller != channel && !channel->inbound) {
        live_channel_link(live, caller, channel);
        live_show(live, caller);
    }
    if (channel->inbound)
        notify(live, channel, "callout");
    live_show(live, channel);
}

void live_channel_progress(struct live *live, const struct esl_event *event)
{
    struct live_channel *channel = live_channel_of(live, event);
    if (!channel)
        return;
    notify(live, channel, channel->inbound ? "callout" : "callin");
    live_show(live, channel);
}

void live_channel_answered(struct live *live, const struct esl_event *event)
{
    struct live_channel *channel = live_channel_of(live, event);
    if (!channel)
        return;
    notify(live, channel, "answer");
    live_show(live, channel);
}

/* ---- two legs ---- */

/* The channels that EVENT is of: the one it names, and the other one. */
static struct live_channel *both_of(struct live *live, const struct esl_event *event,
                                    struct live_channel **other)
{
    struct slice a = esl_event_get(event, "Bridge-A-Unique-ID");
    struct slice b = esl_event_get(event, "Bridge-B-Unique-ID");
    struct live_channel *channel = live_channel_of(live, event);
    bool first = channel && slice_equal(channel->entry.key, a);
    *other = channel ? live_channel_find(live, first ? b : a) : NULL;
    if (*other == channel)
        *other = NULL;
    return channel;
}

void live_channel_bridged(struct live *live, const struct esl_event *event)
{
    struct live_channel *other, *channel = both_of(live, event, &other);
    if (!channel || channel->ended || !other || other->ended)
        return;
    live_channel_join(live, channel, other);
    live_text_set(live, &other->texts[LIVE_LAST_EVENT], esl_event_get(event, "Event-Name"));
    live_show(live, channel);
    live_show(live, other);
}

void live_channel_unbridged(struct live *live, const struct esl_event *event)
{
    struct live_channel *other, *channel = both_of(live, event, &other);
    if (!channel)
        return;
    if (other && !live_event_ends(event)) {
        live_channel_part(live, channel, other->entry.key);
        live_channel_part(live, other, channel->entry.key);
    }
    live_show(live, channel);
}

static void hold(struct live *live, const struct esl_event *event, bool held)
{
    struct live_channel *channel = live_channel_of(live, event);
    if (!channel)
        return;
    channel->held = held;
    live_show(live, channel);
}

void live_channel_held(struct live *live, const struct esl_event *event)
{
    hold(live, event, true);
}

void live_channel_unheld(struct live *live, const struct esl_event *event)
{
    hold(live, event, false);
}

/* ---- applications ---- */

/* A loopback has two legs: what one of them is busy with, the other is on behalf of the leg it is bridged to. */
static void put_proxy(struct live *live, const struct esl_event *event, enum live_place place,
                      struct slice data)
{
    struct live_channel *proxy =
        live_channel_find(live, esl_event_get(event, "variable_other_loopback_leg_uuid"));
    struct live_channel *caller = proxy ? live_channel_other(live, proxy) : NULL;
    if (!proxy || proxy->texts[LIVE_USER] || proxy->ended)
        return;
    proxy->proxy = place != LIVE_NOWHERE;
    live_channel_put(live, proxy, place, data);
    live_show(live, proxy);
    if (!caller || caller->ended)
        return;
    live_channel_put(live, caller, place, data);
    caller->borrowed = true;
    live_show(live, caller);
}

/* What the eavesdropper may do, of the variables that commands.c sets and eavesdrop (mod_dptools) reads. */
static struct slice mode_of(const struct esl_event *event)
{
    bool target = slice_is(esl_event_get(event, "variable_eavesdrop_whisper_bleg"), "true");
    bool both = target && slice_is(esl_event_get(event, "variable_eavesdrop_whisper_aleg"), "true");
    return slice_from(both ? "barge" : target ? "whisper" : "listen");
}

static void put(struct live *live, const struct esl_event *event, enum live_place place,
                struct slice data)
{
    struct live_channel *channel = live_channel_of(live, event);
    if (!channel || channel->ended)
        return;
    live_channel_put(live, channel, place, data);
    if (place == LIVE_EAVESDROP)
        live_text_set(live, &channel->texts[LIVE_PLACE_MODE], mode_of(event));
    live_show(live, channel);
    put_proxy(live, event, place, data);
}

void live_channel_parked(struct live *live, const struct esl_event *event)
{
    put(live, event, LIVE_PARK, none);
}

void live_channel_unparked(struct live *live, const struct esl_event *event)
{
    struct live_channel *channel = live_channel_find(live, esl_event_get(event, "Unique-ID"));
    if (channel && channel->place == LIVE_PARK)
        put(live, event, LIVE_NOWHERE, none);
}

void live_channel_executes(struct live *live, const struct esl_event *event)
{
    struct slice data, application = esl_event_get(event, "Application");
    struct live_channel *channel = live_channel_find(live, esl_event_get(event, "Unique-ID"));
    enum live_place place =
        live_place_of(application, esl_event_get(event, "Application-Data"), &data);
    if (place != LIVE_NOWHERE)
        put(live, event, place, data);
    else if (channel && slice_is(application, "bridge"))
        live_text_set(live, &channel->texts[LIVE_GROUP], none); /* it calls somebody else now */
}

void live_channel_executed(struct live *live, const struct esl_event *event)
{
    struct slice data;
    struct live_channel *channel = live_channel_find(live, esl_event_get(event, "Unique-ID"));
    enum live_place place = live_place_of(esl_event_get(event, "Application"),
                                          esl_event_get(event, "Application-Data"), &data);
    if (channel && place != LIVE_NOWHERE && place == channel->place && !live_event_ends(event))
        put(live, event, LIVE_NOWHERE, none);
}

/* ---- another number, another name ---- */

void live_channel_updated(struct live *live, const struct esl_event *event)
{
    struct live_channel *channel = live_channel_find(live, esl_event_get(event, "Unique-ID"));
    if (!channel || channel->ended)
        return;
    live_channel_of(live, event);
    live_show(live, channel);
}

void live_channel_renamed(struct live *live, const struct esl_event *event)
{
    struct live_channel *channel = live_channel_find(live, esl_event_get(event, "Old-Unique-ID"));
    if (channel && !channel->ended)
        live_channel_rename(live, channel, esl_event_get(event, "Unique-ID"));
    channel = live_channel_of(live, event);
    if (channel)
        live_show(live, channel);
}

/* ---- the end ---- */

void live_channel_hung_up(struct live *live, const struct esl_event *event)
{
    struct live_channel *channel = live_channel_of(live, event);
    if (!channel || channel->ended)
        return;
    struct live_channel *other = live_channel_other(live, channel);
    int64_t hung_up = live_time_of(event, "Caller-Channel-Hangup-Time");
    channel->hung_up_us = hung_up ? hung_up : live->now_us;
    live_channel_end(live, channel);
    live_show(live, channel);
    if (other && !channel->bridged && !other->bridged && !other->ended &&
        slice_equal(live_channel_text(other, LIVE_OTHER), channel->entry.key)) {
        live_channel_separate(live, other);
        live_show(live, other);
    }
}

void live_channel_completed(struct live *live, const struct esl_event *event)
{
    live_news_cdr(live, event);
    live_channel_destroyed(live, event);
}

void live_channel_destroyed(struct live *live, const struct esl_event *event)
{
    struct live_channel *channel = live_channel_find(live, esl_event_get(event, "Unique-ID"));
    if (!channel)
        return;
    if (channel->leg)
        live_leg_learn(live, channel->leg, event);
    live_channel_remove(live, channel);
}
