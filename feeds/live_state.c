/*
 * live_state.c - the state a channel is in, and whom it calls (store/element.h: ELEMENT_STATE, ELEMENT_TARGET).
 */
#include "feeds/live_model.h"

static const struct slice none;

void live_member(struct buffer *out, const char *name, struct slice text)
{
    if (text.length == 0)
        return;
    buffer_add_string(out, name);
    buffer_add_json(out, text);
}

/*
 * The extension that is called: of a leg that FreeSWITCH made the one it rings at, else whom it was made for; before there is
 * such a leg, an extension with a phone that has the number which was dialled.
 */
static struct slice called_user(struct live *live, const struct live_channel *channel)
{
    struct slice user = live_channel_text(channel, channel->inbound ? LIVE_CALLEE : LIVE_USER);
    struct slice number = live_channel_text(channel, LIVE_CALLED_NUMBER);
    if (user.length > 0 || !channel->inbound || number.length == 0)
        return user;
    struct live_extension *extension =
        live_extension_find(live, number, live_channel_text(channel, LIVE_DOMAIN));
    return extension && extension->phones ? number : user;
}

/* True for an address whose user is no telephone number: sip:anna@example.net, not sip:+49301234@carrier.example */
static bool is_name(struct slice url)
{
    struct slice rest, scheme = slice_cut(url, ':', &rest);
    struct slice user = slice_cut(rest.data ? rest : scheme, '@', &rest);
    for (size_t i = 0; rest.data && i < user.length; i++)
        if (!strchr("0123456789+*#", user.data[i]) || user.data[i] == '\0')
            return true;
    return false;
}

/* The SIP address that is called, by CHANNEL itself or by the leg that FreeSWITCH has made for it. */
static struct slice called_url(const struct live *live, const struct live_channel *channel)
{
    const struct live_channel *other =
        channel->inbound ? live_channel_other(live, channel) : channel;
    struct slice url = other && !other->inbound ? live_channel_text(other, LIVE_URL) : none;
    return is_name(url) ? url : none;
}

static void calling(struct live *live, const struct live_channel *channel, struct buffer *out)
{
    struct slice user = called_user(live, channel);
    struct slice url = user.length > 0 ? none : called_url(live, channel);
    if (user.length > 0) {
        buffer_add_string(out, "\"calling\",\"location\":\"int\",\"type\":\"user\",\"data\":{");
        live_member(out, "\"id\":", user);
    } else if (url.length > 0) {
        buffer_add_string(out, "\"calling_siptermination\"");
        live_member(out, ",\"url\":", url);
        return;
    } else {
        buffer_add_string(out, "\"calling\",\"location\":\"ext\",\"type\":\"pstn\",\"data\":{");
        live_member(out, "\"address\":", live_channel_text(channel, LIVE_CALLED_NUMBER));
    }
    buffer_add_byte(out, '}');
}

/* Basix clients read queue_id of type "ring" only. */
static void calling_group(const struct live_channel *channel, struct buffer *out)
{
    struct slice name = live_channel_text(channel, LIVE_PLACE_DATA);
    buffer_add_string(out, "\"calling\",\"location\":\"int\",\"type\":\"group\",\"data\":{");
    live_member(out,
                "\"group_type\":", slice_from(channel->place == LIVE_HUNT_GROUP ? "hunt" : "ring"));
    live_member(out, ",\"group_id\":", name);
    if (channel->place == LIVE_QUEUE)
        live_member(out, ",\"queue_id\":", name);
    buffer_add_byte(out, '}');
}

/* Who is called by NAME is one of the PBX: id and name are the same. */
static void named(struct buffer *out, const char *id, const char *name, struct slice text)
{
    live_member(out, id, text);
    live_member(out, name, text);
}

void live_state_write(struct live *live, const struct live_channel *channel, struct buffer *out)
{
    struct slice data = live_channel_text(channel, LIVE_PLACE_DATA);
    buffer_add_string(out, "\"name\":");
    switch (channel->place) {
    case LIVE_PARK:
        buffer_add_string(out, "\"park\"");
        live_member(out, ",\"slot\":", data);
        named(out, ",\"parker_id\":", ",\"parker_name\":",
              live_channel_text(channel, LIVE_LAST_BRIDGED));
        break;
    case LIVE_QUEUE:
    case LIVE_RING_GROUP:
    case LIVE_HUNT_GROUP: calling_group(channel, out); break;
    case LIVE_VOICEMAIL:
        buffer_add_string(out, "\"voicemail\",\"target_type\":\"user\"");
        named(out, ",\"target_id\":", ",\"target_name\":", data);
        break;
    case LIVE_CHECKING_VOICEMAIL:
        buffer_add_string(out, "\"checking_voicemail\"");
        live_member(out, ",\"target_name\":",
                    data.length > 0 ? data : live_channel_text(channel, LIVE_USER));
        break;
    case LIVE_CONFERENCE:
        buffer_add_string(out, "\"conference\"");
        live_member(out, ",\"room_id\":", data);
        break;
    case LIVE_EAVESDROP:
        buffer_add_string(out, "\"eavesdrop\"");
        live_member(out, ",\"uuid\":", data);
        live_member(out, ",\"state\":", live_channel_text(channel, LIVE_PLACE_MODE));
        break;
    case LIVE_IVR:
        buffer_add_string(out, "\"ivr\"");
        live_member(out, ",\"ivr_id\":", data);
        break;
    case LIVE_OPERATION:
        buffer_add_string(out, "\"system_operation\"");
        live_member(out, ",\"operation\":", data);
        break;
    case LIVE_XML_IVR: buffer_add_string(out, "\"xml_ivr\""); break;
    case LIVE_NOWHERE:
        if (channel->bridged)
            buffer_add_string(out, "\"bridged\"");
        else
            calling(live, channel, out);
        break;
    }
}

void live_target_write(struct live *live, const struct live_channel *channel, struct buffer *out)
{
    struct slice group = live_channel_text(channel, LIVE_GROUP);
    struct slice name = group.length > 0 ? group : called_user(live, channel);
    if (!channel->inbound || name.length == 0)
        return;
    buffer_add_string(out, ",\"target\":{\"type\":");
    buffer_add_string(out, group.length > 0 ? "\"group\"" : "\"user\"");
    named(out, ",\"id\":", ",\"name\":", name);
    live_member(out, ",\"address\":", live_channel_text(channel, LIVE_CALLED_NUMBER));
    buffer_add_byte(out, '}');
}
