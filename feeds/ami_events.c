/*
 * ami_events.c - what each event of Asterisk means, in FreeSWITCH's words.
 * Headers are those of Asterisk 13 to 22: docs.asterisk.org, API Documentation, AMI Events.
 */
#include "feeds/ami_model.h"
#include "feeds/live_model.h"

static const struct slice none;

/* ---- channels ---- */

/* The channel of MESSAGE, told of: one that nobody has called was made by Asterisk itself, if it is not known better. */
static struct ami_channel *told_channel(struct ami_translator *translator,
                                        const struct ami_message *message, const char *prefix)
{
    struct ami_channel *channel = ami_channel_of(translator, message, prefix);
    if (channel)
        ami_channel_goes(translator, channel, AMI_OUT);
    return channel;
}

static int state_of(const struct ami_message *message, const char *prefix)
{
    uint64_t state;
    return slice_number(ami_value(message, prefix, "ChannelState"), 20, &state) ? (int)state
                                                                                : AMI_DOWN;
}

void ami_channel_state(struct ami_translator *translator, struct ami_channel *channel, int state)
{
    bool changed = channel->state != state;
    channel->state = state;
    if (state == AMI_RING)
        ami_channel_goes(translator, channel, AMI_IN);
    else if (state != AMI_DOWN)
        ami_channel_goes(translator, channel, AMI_OUT);
    if (!changed)
        return;
    if (state == AMI_RINGING)
        ami_tell_channel(translator, "CHANNEL_PROGRESS", NULL, channel, NULL, 0);
    if (state != AMI_UP || channel->answered_us)
        return;
    channel->answered_us = translator->now_us;
    ami_tell_channel(translator, "CHANNEL_ANSWER", NULL, channel, NULL, 0);
}

static void on_channel(struct ami_translator *translator, const struct ami_message *message)
{
    struct ami_channel *channel = ami_channel_of(translator, message, "");
    if (channel)
        ami_channel_state(translator, channel, state_of(message, ""));
}

static void on_changed(struct ami_translator *translator, const struct ami_message *message)
{
    const struct ami_channel *channel = ami_channel_of(translator, message, "");
    if (channel && channel->told)
        ami_tell_channel(translator, "CALL_UPDATE", NULL, channel, NULL, 0);
}

static void on_rename(struct ami_translator *translator, const struct ami_message *message)
{
    struct ami_channel *channel = ami_channel_find(translator, ami_value(message, "", "Uniqueid"));
    struct slice name = ami_value(message, "", "Newname");
    if (channel && name.length > 0)
        ami_text_set(&channel->texts[AMI_NAME], name);
}

static void on_dial(struct ami_translator *translator, const struct ami_message *message)
{
    struct ami_channel *caller = NULL;
    struct ami_channel *called = ami_channel_of(translator, message, "Dest");
    if (ami_value(message, "", "Uniqueid").length > 0)
        caller = ami_channel_of(translator, message, "");
    if (!called || called == caller)
        return;
    if (caller) {
        ami_channel_goes(translator, caller, AMI_IN);
        ami_text_set(&called->texts[AMI_CALLER], caller->entry.key);
        if (!called->texts[AMI_DIALLED])
            ami_text_set(&called->texts[AMI_DIALLED], ami_text(caller, AMI_DIALLED));
    }
    ami_channel_goes(translator, called, AMI_OUT);
}

static void on_enter(struct ami_translator *translator, const struct ami_message *message)
{
    struct slice type = ami_value(message, "", "BridgeType");
    /* Of others, as of conferences and parking lots, events of their own tell. */
    if (!slice_is(type, "basic"))
        return;
    struct ami_channel *channel = told_channel(translator, message, "");
    if (channel)
        ami_channel_enter(translator, channel, ami_value(message, "", "BridgeUniqueid"),
                          ami_channel_find(translator, ami_value(message, "Swap", "Uniqueid")));
}

static void on_leave(struct ami_translator *translator, const struct ami_message *message)
{
    struct ami_channel *channel = ami_channel_find(translator, ami_value(message, "", "Uniqueid"));
    if (channel && channel->bridge &&
        slice_equal(channel->bridge->entry.key, ami_value(message, "", "BridgeUniqueid")))
        ami_channel_leave(translator, channel);
}

static void hold(struct ami_translator *translator, const struct ami_message *message, bool held)
{
    struct ami_channel *channel = told_channel(translator, message, "");
    if (!channel)
        return;
    channel->held = held;
    ami_tell_channel(translator, held ? "CHANNEL_HOLD" : "CHANNEL_UNHOLD", NULL, channel, NULL, 0);
}

static void on_hold(struct ami_translator *translator, const struct ami_message *message)
{
    hold(translator, message, true);
}

static void on_unhold(struct ami_translator *translator, const struct ami_message *message)
{
    hold(translator, message, false);
}

/* ---- the end ---- */

/* Q.850 causes by the names that FreeSWITCH gives them (switch_types.h), as records of calls have them. */
static const char *cause_name(struct slice number)
{
    static const struct {
        uint64_t number;
        const char *name;
    } names[] = {{0, "NONE"},
                 {1, "UNALLOCATED_NUMBER"},
                 {3, "NO_ROUTE_DESTINATION"},
                 {16, "NORMAL_CLEARING"},
                 {17, "USER_BUSY"},
                 {18, "NO_USER_RESPONSE"},
                 {19, "NO_ANSWER"},
                 {20, "SUBSCRIBER_ABSENT"},
                 {21, "CALL_REJECTED"},
                 {22, "NUMBER_CHANGED"},
                 {26, "CALL_AWARDED_DELIVERED"}, /* answered elsewhere */
                 {27, "DESTINATION_OUT_OF_ORDER"},
                 {28, "INVALID_NUMBER_FORMAT"},
                 {31, "NORMAL_UNSPECIFIED"},
                 {34, "NORMAL_CIRCUIT_CONGESTION"},
                 {38, "NETWORK_OUT_OF_ORDER"},
                 {41, "NORMAL_TEMPORARY_FAILURE"},
                 {42, "SWITCH_CONGESTION"},
                 {58, "BEARERCAPABILITY_NOTAVAIL"},
                 {88, "INCOMPATIBLE_DESTINATION"},
                 {102, "RECOVERY_ON_TIMER_EXPIRE"},
                 {127, "INTERWORKING"}};
    uint64_t cause;
    if (slice_number(number, 127, &cause))
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (names[i].number == cause)
                return names[i].name;
    return "NORMAL_UNSPECIFIED";
}

/* As FreeSWITCH's variables say it at the end; SIP's code is not told by AMI. */
static void tell_end(struct ami_translator *translator, const struct ami_channel *channel,
                     const struct ami_message *message)
{
    int64_t talked = channel->answered_us ? translator->now_us - channel->answered_us : 0;
    const struct ami_pair pairs[] = {
        {"Caller-Channel-Hangup-Time", ami_digits(translator, translator->now_us)},
        {"Answer-State", slice_from("hangup")},
        {"Hangup-Cause", slice_from(cause_name(ami_value(message, "", "Cause")))},
        {"variable_uuid", channel->entry.key},
        {"variable_start_uepoch", ami_digits(translator, channel->created_us)},
        {"variable_hangup_cause", slice_from(cause_name(ami_value(message, "", "Cause")))},
        {"variable_billsec", ami_digits(translator, talked > 0 ? talked / 1000000 : 0)},
        {"variable_direction", slice_from(channel->way == AMI_OUT ? "outbound" : "inbound")},
        {"variable_dialed_user",
         channel->way == AMI_OUT ? ami_channel_user(translator, channel) : none}};
    ami_tell_channel(translator, "CHANNEL_HANGUP", NULL, channel, pairs, 3);
    ami_tell_channel(translator, "CHANNEL_HANGUP_COMPLETE", NULL, channel, pairs,
                     sizeof pairs / sizeof *pairs);
}

static void on_hangup(struct ami_translator *translator, const struct ami_message *message)
{
    struct ami_channel *channel = ami_channel_find(translator, ami_value(message, "", "Uniqueid"));
    if (!channel)
        return;
    ami_channel_leave(translator, channel);
    if (channel->told)
        tell_end(translator, channel, message);
    ami_channel_remove(translator, channel);
}

/* ---- places ---- */

static void tell_place(struct ami_translator *translator, struct ami_channel *channel,
                       const char *subclass, const char *action, const char *value,
                       const char *name, struct slice data)
{
    const struct ami_pair pairs[] = {{action, slice_from(value)}, {name, data}};
    ami_tell_channel(translator, "CUSTOM", subclass, channel, pairs, 2);
}

static void on_queue_join(struct ami_translator *translator, const struct ami_message *message)
{
    struct ami_channel *channel = told_channel(translator, message, "");
    if (channel)
        tell_place(translator, channel, "fifo::info", "FIFO-Action", "push", "FIFO-Name",
                   ami_value(message, "", "Queue"));
}

static void on_queue_leave(struct ami_translator *translator, const struct ami_message *message)
{
    struct ami_channel *channel = ami_channel_find(translator, ami_value(message, "", "Uniqueid"));
    if (channel && channel->told)
        tell_place(translator, channel, "fifo::info", "FIFO-Action", "caller_pop", "FIFO-Name",
                   ami_value(message, "", "Queue"));
}

/* A member of the queue is called, or has not answered. Whom it rings at is told by the dial. */
static void tell_offer(struct ami_translator *translator, const struct ami_message *message,
                       const char *action)
{
    const struct ami_pair pairs[] = {
        {"CC-Action", slice_from(action)},
        {"CC-Member-Session-UUID", ami_value(message, "", "Uniqueid")}};
    ami_tell(translator, "CUSTOM", "callcenter::info", pairs, 2);
}

static void on_agent_called(struct ami_translator *translator, const struct ami_message *message)
{
    tell_offer(translator, message, "agent-offering");
}

static void on_agent_silent(struct ami_translator *translator, const struct ami_message *message)
{
    tell_offer(translator, message, "bridge-agent-fail");
}

static void on_parked(struct ami_translator *translator, const struct ami_message *message)
{
    struct ami_channel *channel = told_channel(translator, message, "Parkee");
    if (channel)
        tell_place(translator, channel, "valet_parking::info", "Action", "hold", "Valet-Extension",
                   ami_value(message, "", "ParkingSpace"));
}

static void on_unparked(struct ami_translator *translator, const struct ami_message *message)
{
    struct ami_channel *channel =
        ami_channel_find(translator, ami_value(message, "Parkee", "Uniqueid"));
    if (channel && channel->told)
        tell_place(translator, channel, "valet_parking::info", "Action", "exit", "Valet-Extension",
                   ami_value(message, "", "ParkingSpace"));
}

/* Of ConfBridge or of the older MeetMe. */
static void conference(struct ami_translator *translator, struct ami_channel *channel,
                       const struct ami_message *message, const char *action)
{
    struct slice room = ami_value(message, "", "Conference");
    tell_place(translator, channel, "conference::maintenance", "Action", action, "Conference-Name",
               room.length > 0 ? room : ami_value(message, "", "Meetme"));
}

static void on_conference_join(struct ami_translator *translator, const struct ami_message *message)
{
    struct ami_channel *channel = told_channel(translator, message, "");
    if (channel)
        conference(translator, channel, message, "add-member");
}

static void on_conference_leave(struct ami_translator *translator,
                                const struct ami_message *message)
{
    struct ami_channel *channel = ami_channel_find(translator, ami_value(message, "", "Uniqueid"));
    if (channel && channel->told)
        conference(translator, channel, message, "del-member");
}

/* Puts CHANNEL into APPLICATION, one of FreeSWITCH's; NULL: out of the one that it is in. */
static void execute(struct ami_translator *translator, struct ami_channel *channel,
                    const char *application, struct slice arguments)
{
    struct ami_pair pairs[] = {{"Application", ami_text(channel, AMI_PLACE)},
                               {"Application-Data", ami_text(channel, AMI_PLACE_DATA)}};
    if (channel->texts[AMI_PLACE])
        ami_tell_channel(translator, "CHANNEL_EXECUTE_COMPLETE", NULL, channel, pairs, 2);
    ami_text_set(&channel->texts[AMI_PLACE], slice_from(application));
    ami_text_set(&channel->texts[AMI_PLACE_DATA], arguments);
    pairs[0].value = slice_from(application);
    pairs[1].value = arguments;
    if (application)
        ami_tell_channel(translator, "CHANNEL_EXECUTE", NULL, channel, pairs, 2);
}

const char *ami_place_of(struct ami_translator *translator, struct slice application,
                         struct slice data, struct slice *arguments)
{
    struct buffer out = buffer_in(&translator->scratch);
    struct slice rest, box = slice_cut(slice_cut(data, ',', &rest), '@', &rest);
    bool check = slice_equal_nocase(application, slice_from("VoiceMailMain"));
    *arguments = none;
    if (!check && !slice_equal_nocase(application, slice_from("VoiceMail")))
        return NULL;
    buffer_add_string(&out, check ? "check default " : "default ");
    buffer_add(&out, translator->settings->domain);
    buffer_add_byte(&out, ' ');
    buffer_add(&out, box);
    *arguments = buffer_slice(&out);
    return "voicemail";
}

/* The dialplan goes on. */
static void on_application(struct ami_translator *translator, const struct ami_message *message)
{
    struct slice arguments;
    struct ami_channel *channel = ami_channel_of(translator, message, "");
    if (!channel || !channel->told)
        return;
    const char *application = ami_place_of(translator, ami_value(message, "", "Application"),
                                           ami_value(message, "", "AppData"), &arguments);
    if (application || channel->texts[AMI_PLACE])
        execute(translator, channel, application, arguments);
}

static void on_spy(struct ami_translator *translator, const struct ami_message *message)
{
    struct ami_channel *channel = told_channel(translator, message, "Spyer");
    if (channel)
        execute(translator, channel, "eavesdrop", ami_value(message, "Spyee", "Uniqueid"));
}

static void on_spied(struct ami_translator *translator, const struct ami_message *message)
{
    struct ami_channel *channel =
        ami_channel_find(translator, ami_value(message, "Spyer", "Uniqueid"));
    if (channel && channel->texts[AMI_PLACE])
        execute(translator, channel, NULL, none);
}

/* ---- phones ---- */

static void tell_phone(struct ami_translator *translator, bool registered, struct slice user,
                       struct slice contact, struct slice uri, struct slice address)
{
    struct slice domain = translator->settings->domain;
    const struct ami_pair pairs[] = {{"from-user", user},
                                     {"from-host", domain},
                                     {"contact", uri},
                                     {"call-id", contact},
                                     {"status", slice_from(registered ? "Registered" : "")},
                                     {"to-user", user},
                                     {"to-host", domain},
                                     {"network-ip", address},
                                     {"username", user},
                                     {"realm", domain}};
    ami_tell(translator, "CUSTOM", registered ? "sofia::register" : "sofia::unregister", pairs,
             sizeof pairs / sizeof *pairs);
}

/* An unreachable contact is registered all the same: Asterisk says Removed when it is not any more. */
static void on_contact(struct ami_translator *translator, const struct ami_message *message)
{
    struct slice uri = ami_value(message, "", "URI");
    struct slice user = ami_value(message, "", "EndpointName");
    if (user.length == 0)
        user = ami_value(message, "", "AOR");
    if (ami_is_phone(translator, slice_from("PJSIP"), user))
        tell_phone(translator, !slice_is(ami_value(message, "", "ContactStatus"), "Removed"), user,
                   uri, uri, none);
}

/* Of chan_sip; for PJSIP there is ContactStatus. */
static void on_peer(struct ami_translator *translator, const struct ami_message *message)
{
    struct slice peer = ami_value(message, "", "Peer"), user, rest;
    struct slice status = ami_value(message, "", "PeerStatus");
    struct slice address = ami_value(message, "", "Address");
    bool registered = slice_is(status, "Registered");
    struct slice technology = slice_cut(peer, '/', &user);
    if (!slice_is(technology, "SIP") || !ami_is_phone(translator, technology, user) ||
        (!registered && !slice_is(status, "Unregistered")))
        return;
    if (!slice_starts(address, "["))
        address = slice_cut(address, ':', &rest);
    tell_phone(translator, registered, user, peer, none, address);
}

/* ---- which is which ---- */

void ami_event(struct ami_translator *translator, const struct ami_message *message)
{
    static const struct {
        const char *name;
        void (*handler)(struct ami_translator *translator, const struct ami_message *message);
    } handlers[] = {{"Newchannel", on_channel},
                    {"Newstate", on_channel},
                    {"NewCallerid", on_changed},
                    {"NewConnectedLine", on_changed},
                    {"Rename", on_rename},
                    {"Newexten", on_application},
                    {"DialBegin", on_dial},
                    {"BridgeEnter", on_enter},
                    {"BridgeLeave", on_leave},
                    {"Hold", on_hold},
                    {"Unhold", on_unhold},
                    {"Hangup", on_hangup},
                    {"QueueCallerJoin", on_queue_join},
                    {"QueueCallerLeave", on_queue_leave},
                    {"AgentCalled", on_agent_called},
                    {"AgentRingNoAnswer", on_agent_silent},
                    {"ParkedCall", on_parked},
                    {"UnParkedCall", on_unparked},
                    {"ParkedCallTimeOut", on_unparked},
                    {"ParkedCallGiveUp", on_unparked},
                    {"ConfbridgeJoin", on_conference_join},
                    {"ConfbridgeLeave", on_conference_leave},
                    {"MeetmeJoin", on_conference_join},
                    {"MeetmeLeave", on_conference_leave},
                    {"ChanSpyStart", on_spy},
                    {"ChanSpyStop", on_spied},
                    {"ContactStatus", on_contact},
                    {"PeerStatus", on_peer}};
    struct slice name = ami_value(message, "", "Event");
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
        if (slice_is(name, handlers[i].name))
            handlers[i].handler(translator, message);
}
