/*
 * live_pairs.c - two channels: who calls whom, who talks to whom.
 *
 * FreeSWITCH tells of a pair's beginning and end from two threads: where a leg goes from one partner to another (a transfer with
 * announcement, a pickup), the end of the former pair may come behind the beginning of the new one. So an end ends just the
 * pair that it names.
 */
#include "feeds/live_model.h"

static const struct slice none;

struct live_channel *live_channel_other(const struct live *live, const struct live_channel *channel)
{
    return live_channel_find(live, live_channel_text(channel, LIVE_OTHER));
}

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
    if (live_place_is_group(caller->place))
        live_text_set(live, &called->texts[LIVE_GROUP], live_channel_text(caller, LIVE_GROUP));
    if (caller->bridged || caller->ended)
        return;
    live_text_set(live, &caller->texts[LIVE_OTHER], called->entry.key);
    live_text_set(live, &caller->texts[LIVE_CALLEE], live_channel_text(called, LIVE_USER));
}

/* ---- they talk ---- */

/* Whom CHANNEL talked to until now. */
static void leave_former(struct live *live, struct live_channel *channel,
                         const struct live_channel *now)
{
    struct live_channel *former = channel->bridged ? live_channel_other(live, channel) : NULL;
    if (former && former != now && former != channel)
        live_channel_part(live, former, channel->entry.key);
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
                     other->proxy ? live_channel_text(other, LIVE_PLACE_DATA) : none);
    channel->borrowed = other->proxy;
}

void live_channel_join(struct live *live, struct live_channel *a, struct live_channel *b)
{
    leave_former(live, a, b);
    leave_former(live, b, a);
    meet(live, a, b);
    meet(live, b, a);
}

/* ---- they do not any more ---- */

void live_channel_separate(struct live *live, struct live_channel *channel)
{
    if (channel->ended)
        return;
    if (channel->bridged)
        live_text_set(live, &channel->texts[LIVE_GROUP], none);
    channel->bridged = channel->held = false;
    live_text_set(live, &channel->texts[LIVE_OTHER], none);
    live_text_set(live, &channel->texts[LIVE_CALLEE], none);
    if (channel->borrowed)
        live_channel_put(live, channel, LIVE_NOWHERE, none);
}

void live_channel_part(struct live *live, struct live_channel *channel, struct slice other)
{
    if (channel->ended || !slice_equal(live_channel_text(channel, LIVE_OTHER), other))
        return;
    live_channel_separate(live, channel);
    live_show(live, channel);
}
