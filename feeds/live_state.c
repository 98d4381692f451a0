/*
 * live_state.c - the state a channel is in, and whom it calls (store/element.h: ELEMENT_STATE, ELEMENT_TARGET).
 */
#include "feeds/live_model.h"

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

static void calling(struct live *live, const struct live_channel *channel, struct buffer *out)
{
    struct slice user = called_user(live, channel);
    if (user.length > 0) {
        buffer_add_string(out, "\"calling\",\"location\":\"int\",\"type\":\"user\",\"data\":{");
        live_member(out, "\"id\":", user);
    } else {
        buffer_add_string(out, "\"calling\",\"location\":\"ext\",\"type\":\"pstn\",\"data\":{");
        live_member(out, "\"address\":", live_channel_text(channel, LIVE_CALLED_NUMBER));
    }
    buffer_add_byte(out, '}');
}

static void queue(struct slice name, struct buffer *out)
{
    buffer_add_string(out, "\"calling\",\"location\":\"int\",\"type\":\"group\","
                           "\"data\":{\"group_type\":\"queue\"");
    live_member(out, ",\"group_id\":", name);
    live_member(out, ",\"queue_id\":", name);
    buffer_add_byte(out, '}');
}

void live_state_write(struct live *live, const struct live_channel *channel, struct buffer *out)
{
    struct slice data = live_channel_text(channel, LIVE_PLACE_DATA);
    buffer_add_string(out, "\"name\":");
    switch (channel->place) {
    case LIVE_PARK:
        buffer_add_string(out, "\"park\"");
        live_member(out, ",\"slot\":", data);
        break;
    case LIVE_QUEUE: queue(data, out); break;
    case LIVE_VOICEMAIL:
        buffer_add_string(out, "\"voicemail\",\"target_type\":\"user\"");
        live_member(out, ",\"target_id\":", data);
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
        break;
    case LIVE_IVR:
        buffer_add_string(out, "\"ivr\"");
        live_member(out, ",\"ivr_id\":", data);
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
    struct slice user = called_user(live, channel);
    buffer_add_string(out, user.length > 0 ? "{\"type\":\"user\"" : "{\"type\":\"pstn\"");
    live_member(out, ",\"id\":", user);
    live_member(out, ",\"address\":", live_channel_text(channel, LIVE_CALLED_NUMBER));
    buffer_add_byte(out, '}');
}
