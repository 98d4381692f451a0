/*
 * live_channels.c - channels: who they belong to, whom they talk to, what they are busy with.
 */
#include "feeds/live_model.h"

#include <stdlib.h>

struct live_channel *live_channel_find(const struct live *live, struct slice uuid)
{
    return live_table_find(&live->channels, uuid);
}

struct slice live_channel_text(const struct live_channel *channel, enum live_text text)
{
    return slice_from(channel->texts[text]);
}

struct live_channel *live_channel_other(const struct live *live, const struct live_channel *channel)
{
    return live_channel_find(live, live_channel_text(channel, LIVE_OTHER));
}

/* ---- beginning and end ---- */

static bool is_gone(const struct live *live, struct slice uuid)
{
    uint64_t hash = live_hash(uuid);
    for (size_t i = 0; i < LIVE_GONE; i++)
        if (live->gone[i] == hash)
            return true;
    return false;
}

/* In the record of `calls` a uuid stands beside these. */
static bool is_reserved(struct slice uuid)
{
    return slice_is(uuid, "username") || slice_is(uuid, "current") || slice_is(uuid, "notify") ||
           slice_is(uuid, "activity");
}

struct live_channel *live_channel_add(struct live *live, struct slice uuid)
{
    struct live_channel *channel = NULL;
    if (is_gone(live, uuid))
        return NULL;
    if (live_is_identity(uuid) && !is_reserved(uuid) &&
        live->channels.count < live->settings->channels_max)
        channel = live_table_add(&live->channels, uuid, sizeof *channel);
    live->dropped += !channel;
    return channel;
}

/* The leg that OTHER was called by, or talked to, is over. */
static void part(struct live *live, struct live_channel *other, const struct live_channel *over)
{
    if (!other || other->ended ||
        !slice_equal(live_channel_text(other, LIVE_OTHER), over->entry.key))
        return;
    live_channel_separate(live, other);
    live_show(live, other);
}

void live_channel_end(struct live *live, struct live_channel *channel)
{
    struct live_leg *leg = channel->leg;
    channel->ended = true;
    channel->leg = NULL;
    if (leg)
        live_leg_end(live, leg);
}

void live_channel_remove(struct live *live, struct live_channel *channel)
{
    struct live_channel *other = live_channel_other(live, channel);
    live_channel_end(live, channel);
    for (int shown = LIVE_SHOWN - 1; shown >= 0; shown--)
        live_hide(live, channel, (enum live_shown)shown);
    part(live, other, channel);
    live->gone[live->gone_next++ % LIVE_GONE] = channel->entry.hash;
    for (int i = 0; i < LIVE_TEXTS; i++)
        free(channel->texts[i]);
    live_table_remove(&live->channels, channel);
}

/* ---- who it belongs to ---- */

void live_channel_set_domain(struct live *live, struct live_channel *channel, struct slice domain,
                             bool guessed)
{
    struct slice now = live_channel_text(channel, LIVE_DOMAIN);
    if (!live_is_identity(domain) || (now.length > 0 && (guessed || !channel->domain_guessed)))
        return;
    channel->domain_guessed = guessed;
    if (slice_equal(now, domain))
        return;
    for (int shown = 0; shown < LIVE_SHOWN; shown++)
        live_hide(live, channel, (enum live_shown)shown);
    live_text_set(live, &channel->texts[LIVE_DOMAIN], domain);
}

void live_channel_assign(struct live *live, struct live_channel *channel, struct slice name,
                         struct slice domain)
{
    if (channel->texts[LIVE_USER] || channel->ended)
        return;
    channel->leg = live_leg_new(live, channel->entry.key, name, domain);
    if (!channel->leg)
        return;
    live_channel_set_domain(live, channel, domain, false);
    live_text_set(live, &channel->texts[LIVE_USER], name);
}

/* ---- whom it talks to ---- */

/* A domain that is known is as good for the other leg. */
static void share_domain(struct live *live, struct live_channel *from, struct live_channel *to)
{
    if (!from->domain_guessed)
        live_channel_set_domain(live, to, live_channel_text(from, LIVE_DOMAIN), false);
}

void live_channel_link(struct live *live, struct live_channel *caller, struct live_channel *called)
{
    share_domain(live, caller, called);
    share_domain(live, called, caller);
    live_text_set(live, &called->texts[LIVE_OTHER], caller->entry.key);
    if (caller->bridged || caller->ended)
        return;
    live_text_set(live, &caller->texts[LIVE_OTHER], called->entry.key);
    live_text_set(live, &caller->texts[LIVE_CALLEE], live_channel_text(called, LIVE_USER));
}

static void meet(struct live *live, struct live_channel *channel, struct live_channel *other)
{
    share_domain(live, other, channel);
    live_text_set(live, &channel->texts[LIVE_OTHER], other->entry.key);
    live_text_learn(live, &channel->texts[LIVE_LAST_BRIDGED], live_channel_text(other, LIVE_USER));
    channel->bridged = true;
    channel->offers = 0;
    if (channel->proxy)
        return;
    live_channel_put(live, channel, other->proxy ? other->place : LIVE_NOWHERE,
                     other->proxy ? live_channel_text(other, LIVE_PLACE_DATA) : slice_of(NULL, 0));
    channel->borrowed = other->proxy;
}

void live_channel_join(struct live *live, struct live_channel *a, struct live_channel *b)
{
    meet(live, a, b);
    meet(live, b, a);
}

void live_channel_separate(struct live *live, struct live_channel *channel)
{
    if (channel->ended)
        return;
    channel->bridged = channel->held = false;
    live_text_set(live, &channel->texts[LIVE_OTHER], slice_of(NULL, 0));
    live_text_set(live, &channel->texts[LIVE_CALLEE], slice_of(NULL, 0));
    if (channel->borrowed)
        live_channel_put(live, channel, LIVE_NOWHERE, slice_of(NULL, 0));
}

void live_channel_put(struct live *live, struct live_channel *channel, enum live_place place,
                      struct slice data)
{
    for (int shown = LIVE_AS_QUEUED; shown < LIVE_SHOWN && place != channel->place; shown++)
        live_hide(live, channel, (enum live_shown)shown);
    channel->place = place;
    channel->borrowed = false;
    live_text_set(live, &channel->texts[LIVE_PLACE_DATA], data);
}

/* ---- what the dialplan does with it ---- */

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

enum live_place live_place_of(struct slice application, struct slice arguments, struct slice *data)
{
    struct slice rest;
    *data = slice_of(NULL, 0);
    if (slice_is(application, "voicemail"))
        return voicemail(arguments, data);
    if (slice_is(application, "conference")) {
        *data = slice_cut(arguments, '@', &rest);
        return LIVE_CONFERENCE;
    }
    if (slice_is(application, "httapi"))
        return LIVE_XML_IVR;
    *data = slice_cut(arguments, ' ', &rest);
    return slice_is(application, "eavesdrop") ? LIVE_EAVESDROP
           : slice_is(application, "ivr")     ? LIVE_IVR
                                              : LIVE_NOWHERE;
}
