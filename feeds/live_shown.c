/*
 * live_shown.c - a channel as others see it: the elements channel, queued_channel, parked_channel and channel_waiting.
 *
 * Words are those of the Basix client library's documentation: direction is "inbound" for a leg that came into the PBX and
 * "outbound" for one that the PBX made; peer_location says where its far end is: "internal", a phone of the PBX, or
 * "external"; other_info is of type user or end_user. end_user is somebody outside, of whom there is a name.
 *
 * A dialplan that knows more says so in channel variables, as Basix clients read them: callboard_end_user
 * (id*name*organization*avatar*prefecture), callboard_origination, callboard_tags. An element is told of when its JSON has changed; no
 * JSON is kept, only its hash.
 */
#include "feeds/live_model.h"

static const enum element elements[LIVE_SHOWN] = {
    [LIVE_AS_CHANNEL] = ELEMENT_CHANNEL,
    [LIVE_AS_QUEUED] = ELEMENT_QUEUED_CHANNEL,
    [LIVE_AS_PARKED] = ELEMENT_PARKED_CHANNEL,
    [LIVE_AS_WAITING] = ELEMENT_CHANNEL_WAITING,
};

static void add_time(struct buffer *out, const char *name, int64_t us)
{
    if (us == 0)
        return;
    buffer_add_string(out, name);
    buffer_add_number(out, us);
}

static void add_state(struct live *live, const struct live_channel *channel, struct buffer *out)
{
    buffer_add_string(out, ",\"state\":{\"ts\":");
    buffer_add_number(out, channel->state_us);
    buffer_add_byte(out, ',');
    live_state_write(live, channel, out);
    buffer_add_byte(out, '}');
}

/* id*name*organization*avatar*prefecture: of a caller who is not known the name. */
static void add_end_user(struct live *live, const struct live_channel *channel, struct buffer *out)
{
    struct slice known = live_channel_text(channel, LIVE_END_USER);
    struct slice name = live_channel_text(channel, LIVE_CALLING_NAME);
    struct buffer text = buffer_in(&live->scratch);
    if (known.length > 0) {
        live_member(out, ",\"end_user\":", known);
        return;
    }
    if (!channel->inbound || name.length == 0 ||
        slice_equal(name, live_channel_text(channel, LIVE_CALLING_NUMBER)))
        return;
    buffer_add_byte(&text, '*');
    buffer_add_percent(&text, name, "");
    buffer_add_string(&text, "***");
    live_member(out, ",\"end_user\":", buffer_slice(&text));
    out->failed |= text.failed;
}

static const char *location_of(const struct live_channel *channel)
{
    return channel->texts[LIVE_USER] ? "internal" : "external";
}

static const char *direction_of(const struct live_channel *channel)
{
    return channel->inbound ? "inbound" : "outbound";
}

static void add_other_info(struct live *live, const struct live_channel *channel,
                           struct buffer *out)
{
    const struct live_channel *other = live_channel_other(live, channel);
    if (!other)
        return;
    struct slice user = live_channel_text(other, LIVE_USER);
    buffer_add_string(out, ",\"other_info\":{\"type\":");
    buffer_add_string(out, user.length > 0 ? "\"user\"" : "\"end_user\"");
    live_member(out, ",\"user_id\":", user);
    if (user.length == 0)
        add_end_user(live, other, out);
    live_member(out, ",\"direction\":", slice_from(direction_of(other)));
    live_member(out, ",\"peer_location\":", slice_from(location_of(other)));
    live_member(
        out, ",\"address\":",
        live_channel_text(other, other->inbound ? LIVE_CALLING_NUMBER : LIVE_CALLED_NUMBER));
    add_time(out, ",\"offer_timestamp\":", other->offered_us);
    live_member(out, ",\"group_id\":", live_channel_text(other, LIVE_GROUP));
    buffer_add_byte(out, '}');
}

static void add_channel(struct live *live, const struct live_channel *channel, struct buffer *out)
{
    live_member(out, ",\"direction\":", slice_from(direction_of(channel)));
    live_member(out, ",\"peer_location\":", slice_from(location_of(channel)));
    live_member(out, ",\"calling_name\":", live_channel_text(channel, LIVE_CALLING_NAME));
    live_member(out, ",\"calling_number\":", live_channel_text(channel, LIVE_CALLING_NUMBER));
    live_member(out, ",\"called_number\":", live_channel_text(channel, LIVE_CALLED_NUMBER));
    add_time(out, ",\"offer_timestamp\":", channel->offered_us);
    add_time(out, ",\"answer_timestamp\":", channel->answered_us);
    add_time(out, ",\"hangup_timestamp\":", channel->hung_up_us);
    live_member(out, ",\"other_uuid\":", live_channel_text(channel, LIVE_OTHER));
    live_member(out, ",\"user_id\":", live_channel_text(channel, LIVE_USER));
    add_state(live, channel, out);
    live_member(out, ",\"group_id\":", live_channel_text(channel, LIVE_GROUP));
    live_target_write(live, channel, out);
    live_member(out, ",\"origination\":", live_channel_text(channel, LIVE_ORIGINATION));
    if (!channel->texts[LIVE_USER])
        add_end_user(live, channel, out);
    live_member(out, ",\"tags\":", live_channel_text(channel, LIVE_TAGS));
    live_member(out, ",\"last_bridged_user_id\":", live_channel_text(channel, LIVE_LAST_BRIDGED));
    live_member(out, ",\"last_event\":", live_channel_text(channel, LIVE_LAST_EVENT));
    add_other_info(live, channel, out);
    if (channel->held)
        buffer_add_string(out, ",\"hold\":true");
}

/* The number of the party at the far end, who is waiting. */
static struct slice peer_number(const struct live_channel *channel)
{
    struct slice user = live_channel_text(channel, LIVE_USER);
    if (channel->inbound)
        return live_channel_text(channel, LIVE_CALLING_NUMBER);
    return user.length > 0 ? user : live_channel_text(channel, LIVE_CALLED_NUMBER);
}

static struct slice json_of(struct live *live, const struct live_channel *channel,
                            enum live_shown shown)
{
    struct buffer out = buffer_in(&live->scratch);
    buffer_add_string(&out, "{\"uuid\":");
    buffer_add_json(&out, channel->entry.key);
    if (shown == LIVE_AS_CHANNEL) {
        add_channel(live, channel, &out);
    } else {
        add_state(live, channel, &out);
        live_member(&out, ",\"peer_number\":", peer_number(channel));
        add_end_user(live, channel, &out);
    }
    live_member(&out, ",\"server\":", live->settings->server);
    buffer_add_byte(&out, '}');
    return out.failed ? slice_of(NULL, 0) : buffer_slice(&out);
}

void live_hide(struct live *live, struct live_channel *channel, enum live_shown shown)
{
    if (!channel->shown[shown])
        return;
    channel->shown[shown] = 0;
    if (live->sink->element_gone)
        live->sink->element_gone(live->sink->self, live_channel_text(channel, LIVE_DOMAIN),
                                 elements[shown], channel->entry.key,
                                 json_of(live, channel, shown));
}

static bool is_wanted(const struct live_channel *channel, enum live_shown shown)
{
    return shown == LIVE_AS_CHANNEL ||
           (!channel->ended && (shown == LIVE_AS_PARKED ? channel->place == LIVE_PARK
                                : shown == LIVE_AS_QUEUED
                                    ? channel->place == LIVE_QUEUE
                                    : live_place_is_group(channel->place) ||
                                          (channel->place == LIVE_QUEUE && channel->offers > 0)));
}

static void date_state(struct live *live, struct live_channel *channel)
{
    struct buffer state = buffer_in(&live->scratch);
    live_state_write(live, channel, &state);
    uint64_t hash = live_hash(buffer_slice(&state));
    if (hash == channel->state || state.failed)
        return;
    channel->state = hash;
    channel->state_us = live->now_us;
}

void live_show(struct live *live, struct live_channel *channel)
{
    struct slice domain = live_channel_text(channel, LIVE_DOMAIN);
    if (domain.length == 0)
        return;
    date_state(live, channel);
    for (int shown = 0; shown < LIVE_SHOWN; shown++) {
        if (!is_wanted(channel, (enum live_shown)shown)) {
            live_hide(live, channel, (enum live_shown)shown);
            continue;
        }
        struct slice json = json_of(live, channel, (enum live_shown)shown);
        if (json.length == 0 || live_hash(json) == channel->shown[shown])
            continue;
        channel->shown[shown] = live_hash(json);
        if (live->sink->element_is)
            live->sink->element_is(live->sink->self, domain, elements[shown], channel->entry.key,
                                   json);
    }
}

/* ---- once more ---- */

static int shown_as(enum element element)
{
    int shown = 0;
    while (shown < LIVE_SHOWN && elements[shown] != element)
        shown++;
    return shown;
}

bool live_tells_again(enum element element)
{
    return shown_as(element) < LIVE_SHOWN;
}

struct slice live_element_again(struct live *live, enum element element, struct slice id)
{
    const struct live_channel *channel = live_channel_find(live, id);
    int shown = shown_as(element);
    arena_free(&live->scratch);
    return channel && shown < LIVE_SHOWN && channel->shown[shown]
               ? json_of(live, channel, (enum live_shown)shown)
               : slice_of(NULL, 0);
}
