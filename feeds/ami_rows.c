/*
 * ami_rows.c - Asterisk's lists, as FreeSWITCH would have answered `show registrations|channels|calls as json`.
 * Columns are FreeSWITCH's, and two more that live_snapshot.c knows: owner, whose the leg is for certain, and user_agent.
 */
#include "feeds/ami_model.h"

static const struct slice none;

static void add_row(struct ami_translator *translator, const struct ami_pair *pairs, size_t count)
{
    struct buffer *out = &translator->rows;
    buffer_add_string(out,
                      translator->row_count++ > 0 ? ",{\"kind\":\"row\"" : "{\"kind\":\"row\"");
    for (size_t i = 0; i < count; i++)
        ami_member(out, pairs[i].name, pairs[i].value);
    buffer_add_byte(out, '}');
}

/* ---- registrations ---- */

static void add_phone(struct ami_translator *translator, const struct ami_message *message,
                      struct slice user, struct slice contact, struct slice uri,
                      struct slice address, struct slice port)
{
    const struct ami_pair pairs[] = {{"reg_user", user},
                                     {"realm", translator->settings->domain},
                                     {"token", contact},
                                     {"url", uri},
                                     {"expires", ami_value(message, "", "ExpirationTime")},
                                     {"network_ip", address},
                                     {"network_port", port},
                                     {"user_agent", ami_value(message, "", "UserAgent")}};
    add_row(translator, pairs, sizeof pairs / sizeof *pairs);
}

static void on_endpoint(struct ami_translator *translator, const struct ami_message *message)
{
    ami_endpoint_is(translator, "PJSIP", ami_value(message, "", "ObjectName"),
                    ami_value(message, "", "OutboundAuths").length > 0 ||
                        ami_value(message, "", "Auths").length == 0);
}

static void on_contact(struct ami_translator *translator, const struct ami_message *message)
{
    struct slice rest, user = ami_value(message, "", "Endpoint");
    struct slice uri = ami_value(message, "", "Uri");
    if (user.length == 0) /* "1001;@" and a hash, or of a fixed contact "1001@@" and a hash */
        user = slice_cut(slice_cut(ami_value(message, "", "ObjectName"), ';', &rest), '@', &rest);
    if (ami_is_phone(translator, slice_from("PJSIP"), user))
        add_phone(translator, message, user, uri, uri, ami_value(message, "", "ViaAddr"),
                  ami_value(message, "", "ViaPort"));
}

static void on_peer(struct ami_translator *translator, const struct ami_message *message)
{
    struct slice technology = ami_value(message, "", "Channeltype");
    struct slice user = ami_value(message, "", "ObjectName");
    struct slice address = ami_value(message, "", "IPaddress");
    struct buffer contact = buffer_in(&translator->scratch);
    if (!slice_is(technology, "SIP"))
        return;
    ami_endpoint_is(translator, "SIP", user, slice_is(ami_value(message, "", "Dynamic"), "no"));
    if (address.length == 0 || slice_is(address, "-none-") ||
        !ami_is_phone(translator, technology, user))
        return;
    buffer_add_string(&contact, "SIP/");
    buffer_add(&contact, user);
    add_phone(translator, message, user, buffer_slice(&contact), none, address,
              ami_value(message, "", "IPport"));
}

/* ---- channels ---- */

/* "01:02:03" in seconds. */
static int64_t duration_of(struct slice text)
{
    int64_t seconds = 0;
    while (text.data) {
        uint64_t part;
        if (!slice_number(slice_cut(text, ':', &text), 1000000, &part))
            return 0;
        seconds = seconds * 60 + (int64_t)part;
    }
    return seconds;
}

/* Who is called waits in an application of Asterisk's own; who has called, in one of the dialplan. */
static enum ami_way way_of(const struct ami_channel *channel, const struct ami_message *message)
{
    struct slice application = ami_value(message, "", "Application");
    struct slice linked = ami_value(message, "", "Linkedid");
    if (channel->state == AMI_RING)
        return AMI_IN;
    if (channel->state == AMI_RINGING || channel->state == AMI_DIALING ||
        slice_starts(application, "AppDial") || slice_starts(application, "AppQueue"))
        return AMI_OUT;
    if (application.length == 0 && !slice_equal(linked, channel->entry.key))
        return AMI_OUT;
    return channel->state == AMI_DOWN ? AMI_UNKNOWN : AMI_IN;
}

/* Where an application that runs already has put it. */
static void set_place(struct ami_translator *translator, struct ami_channel *channel,
                      struct slice application, struct slice data)
{
    struct buffer out = buffer_in(&translator->scratch);
    struct slice rest, arguments, first = slice_cut(data, ',', &rest);
    const char *place = ami_place_of(translator, application, data, &arguments);
    buffer_add(&out, first);
    if (slice_equal_nocase(application, slice_from("Queue"))) {
        place = "fifo";
        buffer_add_string(&out, " in");
    } else if (slice_equal_nocase(application, slice_from("ConfBridge")) ||
               slice_equal_nocase(application, slice_from("MeetMe"))) {
        place = "conference";
    } else {
        out = (struct buffer){.arena = out.arena};
        buffer_add(&out, arguments);
    }
    ami_text_set(&channel->texts[AMI_PLACE], slice_from(place));
    ami_text_set(&channel->texts[AMI_PLACE_DATA], place ? buffer_slice(&out) : none);
}

/* What it is, of one that is not known yet. */
static void begin(struct ami_translator *translator, struct ami_channel *channel,
                  const struct ami_message *message, int state)
{
    struct slice linked = ami_value(message, "", "Linkedid");
    channel->caller_told = true;
    channel->state = state;
    channel->created_us =
        translator->now_us - duration_of(ami_value(message, "", "Duration")) * 1000000;
    /* When it was answered is not listed. */
    channel->answered_us = state == AMI_UP ? channel->created_us : 0;
    channel->way = way_of(channel, message);
    channel->told = channel->way != AMI_UNKNOWN;
    if (!slice_equal(linked, channel->entry.key))
        ami_text_set(&channel->texts[AMI_CALLER], linked);
    if (!channel->texts[AMI_PLACE])
        set_place(translator, channel, ami_value(message, "", "Application"),
                  ami_value(message, "", "ApplicationData"));
}

/* A bridge of a conference or of a parking lot is no call of two. */
static bool is_call(const struct ami_channel *channel, const struct ami_message *message)
{
    struct slice application = ami_value(message, "", "Application");
    return !slice_is(ami_text(channel, AMI_PLACE), AMI_PARKED) &&
           !slice_equal_nocase(application, slice_from("ConfBridge")) &&
           !slice_equal_nocase(application, slice_from("MeetMe"));
}

static void on_channel(struct ami_translator *translator, const struct ami_message *message)
{
    struct ami_channel *channel = ami_channel_of(translator, message, "");
    struct slice bridge = ami_value(message, "", "BridgeId");
    uint64_t state = AMI_DOWN;
    if (!channel)
        return;
    slice_number(ami_value(message, "", "ChannelState"), 20, &state);
    channel->listed = true;
    if (channel->told)
        ami_channel_state(translator, channel, (int)state);
    else
        begin(translator, channel, message, (int)state);
    if (channel->told && bridge.length > 0 && is_call(channel, message))
        ami_channel_enter(translator, channel, bridge, NULL);
    else
        ami_channel_leave(translator, channel);
}

/* Listed before the channels: where one is parked is known when it is looked at. */
static void on_parked(struct ami_translator *translator, const struct ami_message *message)
{
    struct ami_channel *channel = ami_channel_of(translator, message, "Parkee");
    struct buffer lot = buffer_in(&translator->scratch);
    if (!channel)
        return;
    buffer_add(&lot, ami_value(message, "", "Parkinglot"));
    buffer_add_byte(&lot, ' ');
    buffer_add(&lot, ami_value(message, "", "ParkingSpace"));
    ami_text_set(&channel->texts[AMI_PLACE], slice_from(AMI_PARKED));
    ami_text_set(&channel->texts[AMI_PLACE_DATA], buffer_slice(&lot));
}

static void add_channel(struct ami_translator *translator, const struct ami_channel *channel)
{
    const char *state = channel->held                                                 ? "HELD"
                        : channel->state == AMI_UP                                    ? "ACTIVE"
                        : channel->state == AMI_RING || channel->state == AMI_RINGING ? "RINGING"
                                                                                      : "DOWN";
    struct slice user = ami_channel_user(translator, channel);
    const struct ami_pair pairs[] = {
        {"uuid", channel->entry.key},
        {"direction", slice_from(channel->way == AMI_OUT ? "outbound" : "inbound")},
        {"created_epoch", ami_digits(translator, channel->created_us / 1000000)},
        {"cid_num", ami_calling_number(channel)},
        {"cid_name", ami_calling_name(channel)},
        {"dest", ami_dialled(channel)},
        {"callee_num", ami_callee(channel)},
        {"owner", ami_address(translator, user)},
        {"call_uuid", ami_text(channel, AMI_CALLER)},
        {"callstate", slice_from(state)},
        {"application", ami_text(channel, AMI_PLACE)},
        {"application_data", ami_text(channel, AMI_PLACE_DATA)}};
    add_row(translator, pairs, sizeof pairs / sizeof *pairs);
}

void ami_rows_begin(struct ami_translator *translator)
{
    struct ami_channel *channel = live_table_after(&translator->channels, NULL);
    for (; channel; channel = live_table_after(&translator->channels, channel)) {
        channel->listed = channel->fresh = false;
        if (slice_is(ami_text(channel, AMI_PLACE), AMI_PARKED))
            ami_text_set(&channel->texts[AMI_PLACE], none);
    }
}

void ami_rows_channels(struct ami_translator *translator)
{
    struct ami_channel *next, *channel = live_table_after(&translator->channels, NULL);
    for (; channel; channel = next) {
        next = live_table_after(&translator->channels, channel);
        if (!channel->listed && !channel->fresh)
            ami_channel_remove(translator, channel);
        else if (channel->told)
            add_channel(translator, channel);
        arena_free(&translator->scratch);
    }
}

void ami_rows_calls(struct ami_translator *translator)
{
    struct ami_channel *channel = live_table_after(&translator->channels, NULL);
    for (; channel; channel = live_table_after(&translator->channels, channel)) {
        if (!channel->peer || (channel->peer->peer == channel && channel > channel->peer))
            continue;
        const struct ami_pair pairs[] = {{"uuid", channel->entry.key},
                                         {"b_uuid", channel->peer->entry.key}};
        add_row(translator, pairs, 2);
    }
}

/* ---- which is which ---- */

void ami_row(struct ami_translator *translator, const struct ami_message *message)
{
    static const struct {
        const char *name;
        ami_handler *handler;
    } handlers[] = {{"EndpointList", on_endpoint},
                    {"ContactList", on_contact},
                    {"PeerEntry", on_peer},
                    {"CoreShowChannel", on_channel},
                    {"ParkedCall", on_parked}};
    struct slice name = ami_value(message, "", "Event");
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
        if (slice_is(name, handlers[i].name))
            handlers[i].handler(translator, message);
}
