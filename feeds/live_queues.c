/*
 * live_queues.c - who waits: queues (callcenter, fifo), parking lots, conferences.
 */
#include "feeds/live_model.h"

static const struct slice none;

/* CHANNEL, which may be none, is busy with PLACE, and shown so. */
static void put(struct live *live, struct live_channel *channel, enum live_place place,
                struct slice data)
{
    if (!channel || channel->ended)
        return;
    live_channel_put(live, channel, place, data);
    live_show(live, channel);
}

/* CHANNEL is not there any more, if it was. */
static void leave(struct live *live, struct live_channel *channel, enum live_place place)
{
    if (!channel || channel->place != place)
        return;
    channel->offers = 0;
    put(live, channel, LIVE_NOWHERE, none);
}

/* ---- callcenter::info ---- */

static struct live_channel *member_of(struct live *live, const struct esl_event *event)
{
    return live_channel_find(live, esl_event_get(event, "CC-Member-Session-UUID"));
}

/* An agent is about to be called: now is when news of it is early enough. */
static void offer(struct live *live, const struct esl_event *event)
{
    struct live_channel *member = member_of(live, event);
    struct slice domain, agent = slice_cut(esl_event_get(event, "CC-Agent"), '@', &domain);
    live_news_call(live, agent, esl_event_get(event, "CC-Member-Session-UUID"),
                   member ? live_channel_text(member, LIVE_CONTACT_REF) : none,
                   esl_event_get(event, "CC-Member-CID-Number"));
    if (!member || member->place != LIVE_QUEUE)
        return;
    member->offers++;
    live_show(live, member);
}

static void refused(struct live *live, struct live_channel *member)
{
    if (!member || member->offers == 0)
        return;
    member->offers--;
    live_show(live, member);
}

void live_callcenter(struct live *live, const struct esl_event *event)
{
    struct slice action = esl_event_get(event, "CC-Action");
    if (slice_is(action, "agent-status-change"))
        live_agent_status(live, event);
    else if (slice_is(action, "agent-state-change"))
        live_agent_state(live, event);
    else if (slice_is(action, "agent-offering"))
        offer(live, event);
    else if (slice_is(action, "member-queue-start"))
        put(live, live_channel_of(live, event), LIVE_QUEUE, esl_event_get(event, "CC-Queue"));
    else if (slice_is(action, "bridge-agent-fail"))
        refused(live, member_of(live, event));
    else if (slice_is(action, "bridge-agent-start") || slice_is(action, "member-queue-end"))
        leave(live, member_of(live, event), LIVE_QUEUE);
    else if (slice_is(action, "bridge-agent-end"))
        live_agent_wrapup(live, event);
}

/* ---- fifo::info ---- */

void live_fifo(struct live *live, const struct esl_event *event)
{
    struct slice action = esl_event_get(event, "FIFO-Action");
    if (slice_is(action, "push"))
        put(live, live_channel_of(live, event), LIVE_QUEUE, esl_event_get(event, "FIFO-Name"));
    else if (slice_is(action, "caller_pop") || slice_is(action, "abort"))
        leave(live, live_channel_of(live, event), LIVE_QUEUE);
}

/* ---- valet_parking::info ---- */

void live_valet(struct live *live, const struct esl_event *event)
{
    struct slice action = esl_event_get(event, "Action");
    if (slice_is(action, "hold"))
        put(live, live_channel_of(live, event), LIVE_PARK, esl_event_get(event, "Valet-Extension"));
    else if (slice_is(action, "bridge") || slice_is(action, "exit"))
        leave(live, live_channel_of(live, event), LIVE_PARK);
}

/* ---- conference::maintenance ---- */

void live_conference(struct live *live, const struct esl_event *event)
{
    struct slice action = esl_event_get(event, "Action");
    if (slice_is(action, "add-member"))
        put(live, live_channel_of(live, event), LIVE_CONFERENCE,
            esl_event_get(event, "Conference-Name"));
    else if (slice_is(action, "del-member"))
        leave(live, live_channel_of(live, event), LIVE_CONFERENCE);
}
