/*
 * live_channels.c - channels: their beginning and end, and whose they are.
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
    if (other)
        live_channel_part(live, other, channel->entry.key);
    live->gone[live->gone_next++ % LIVE_GONE] = channel->entry.hash;
    for (int i = 0; i < LIVE_TEXTS; i++)
        free(channel->texts[i]);
    live_table_remove(&live->channels, channel);
}

/* ---- another name ---- */

struct live_channel *live_channel_rename(struct live *live, struct live_channel *channel,
                                         struct slice uuid)
{
    struct live_channel *other, *renamed = NULL;
    if (!live_channel_find(live, uuid))
        renamed = live_channel_add(live, uuid);
    if (!renamed)
        return channel;
    for (int shown = LIVE_SHOWN - 1; shown >= 0; shown--)
        live_hide(live, channel, (enum live_shown)shown);
    struct live_entry entry = renamed->entry;
    *renamed = *channel;
    renamed->entry = entry;
    other = live_table_after(&live->channels, NULL);
    for (; other; other = live_table_after(&live->channels, other))
        if (slice_equal(live_channel_text(other, LIVE_OTHER), channel->entry.key)) {
            live_text_set(live, &other->texts[LIVE_OTHER], uuid);
            live_show(live, other);
        }
    live->gone[live->gone_next++ % LIVE_GONE] = channel->entry.hash;
    live_table_remove(&live->channels, channel);
    if (renamed->leg)
        live_leg_rename(live, renamed->leg, uuid);
    return renamed;
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
