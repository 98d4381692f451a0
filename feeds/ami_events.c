/*
 * ami_events.c - what each event of Asterisk means, in FreeSWITCH's words.
 * Headers are those of Asterisk 13 to 22: docs.asterisk.org, API Documentation, AMI Events.
 */
#include "feeds/ami_model.h"
#include "feeds/live_model.h"

static const struct slice none;

/* ---- channels ---- */

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
    struct ami_channel *channel = ami_channel_told(translator, message, "");
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
    struct ami_channel *channel = ami_channel_told(translator, message, "");
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

/* ---- which is which ---- */

void ami_event(struct ami_translator *translator, const struct ami_message *message)
{
    static const struct {
        const char *name;
        ami_handler *handler;
    } handlers[] = {{"Newchannel", on_channel},
                    {"Newstate", on_channel},
                    {"NewCallerid", on_changed},
                    {"NewConnectedLine", on_changed},
                    {"Rename", on_rename},
                    {"Newexten", ami_on_application},
                    {"DialBegin", on_dial},
                    {"BridgeEnter", on_enter},
                    {"BridgeLeave", on_leave},
                    {"Hold", on_hold},
                    {"Unhold", on_unhold},
                    {"Hangup", on_hangup},
                    {"QueueCallerJoin", ami_on_queue_join},
                    {"QueueCallerLeave", ami_on_queue_leave},
                    {"AgentCalled", ami_on_agent_called},
                    {"AgentRingNoAnswer", ami_on_agent_silent},
                    {"ParkedCall", ami_on_parked},
                    {"UnParkedCall", ami_on_unparked},
                    {"ParkedCallTimeOut", ami_on_unparked},
                    {"ParkedCallGiveUp", ami_on_unparked},
                    {"ConfbridgeJoin", ami_on_conference_join},
                    {"ConfbridgeLeave", ami_on_conference_leave},
                    {"MeetmeJoin", ami_on_conference_join},
                    {"MeetmeLeave", ami_on_conference_leave},
                    {"ChanSpyStart", ami_on_spy},
                    {"ChanSpyStop", ami_on_spied},
                    {"ContactStatus", ami_on_contact},
                    {"PeerStatus", ami_on_peer}};
    struct slice name = ami_value(message, "", "Event");
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
        if (slice_is(name, handlers[i].name))
            handlers[i].handler(translator, message);
}
