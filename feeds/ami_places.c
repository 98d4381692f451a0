/*
 * ami_places.c - what a channel is busy with: queues, parking lots, conferences, voicemail, eavesdropping.
 */
#include "feeds/ami_model.h"

static const struct slice none;

static void tell_place(struct ami_translator *translator, struct ami_channel *channel,
                       const char *subclass, const char *action, const char *value,
                       const char *name, struct slice data)
{
    const struct ami_pair pairs[] = {{action, slice_from(value)}, {name, data}};
    ami_tell_channel(translator, "CUSTOM", subclass, channel, pairs, 2);
}

void ami_on_queue_join(struct ami_translator *translator, const struct ami_message *message)
{
    struct ami_channel *channel = ami_channel_told(translator, message, "");
    if (channel)
        tell_place(translator, channel, "fifo::info", "FIFO-Action", "push", "FIFO-Name",
                   ami_value(message, "", "Queue"));
}

void ami_on_queue_leave(struct ami_translator *translator, const struct ami_message *message)
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

void ami_on_agent_called(struct ami_translator *translator, const struct ami_message *message)
{
    tell_offer(translator, message, "agent-offering");
}

void ami_on_agent_silent(struct ami_translator *translator, const struct ami_message *message)
{
    tell_offer(translator, message, "bridge-agent-fail");
}

void ami_on_parked(struct ami_translator *translator, const struct ami_message *message)
{
    struct ami_channel *channel = ami_channel_told(translator, message, "Parkee");
    if (channel)
        tell_place(translator, channel, "valet_parking::info", "Action", "hold", "Valet-Extension",
                   ami_value(message, "", "ParkingSpace"));
}

void ami_on_unparked(struct ami_translator *translator, const struct ami_message *message)
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

void ami_on_conference_join(struct ami_translator *translator, const struct ami_message *message)
{
    struct ami_channel *channel = ami_channel_told(translator, message, "");
    if (channel)
        conference(translator, channel, message, "add-member");
}

void ami_on_conference_leave(struct ami_translator *translator, const struct ami_message *message)
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
void ami_on_application(struct ami_translator *translator, const struct ami_message *message)
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

void ami_on_spy(struct ami_translator *translator, const struct ami_message *message)
{
    struct ami_channel *channel = ami_channel_told(translator, message, "Spyer");
    if (channel)
        execute(translator, channel, "eavesdrop", ami_value(message, "Spyee", "Uniqueid"));
}

void ami_on_spied(struct ami_translator *translator, const struct ami_message *message)
{
    struct ami_channel *channel =
        ami_channel_find(translator, ami_value(message, "Spyer", "Uniqueid"));
    if (channel && channel->texts[AMI_PLACE])
        execute(translator, channel, NULL, none);
}
