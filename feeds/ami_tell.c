/*
 * ami_tell.c - an event in FreeSWITCH's words: the headers that the live model reads, and no more.
 */
#include "feeds/ami_model.h"

/* ---- numbers ---- */

/*
 * Asterisk has two parties of a channel: its own (CallerID) and the other one (ConnectedLine). FreeSWITCH has the call's: who calls,
 * and what was dialled. On a leg that came in the caller is the channel's own party; on one that Asterisk made, the other one.
 */
struct slice ami_calling_number(const struct ami_channel *channel)
{
    return ami_text(channel, channel->way == AMI_OUT ? AMI_PEER : AMI_NUMBER);
}

struct slice ami_calling_name(const struct ami_channel *channel)
{
    return ami_text(channel, channel->way == AMI_OUT ? AMI_PEER_LABEL : AMI_LABEL);
}

struct slice ami_callee(const struct ami_channel *channel)
{
    return ami_text(channel, channel->way == AMI_OUT ? AMI_NUMBER : AMI_PEER);
}

struct slice ami_dialled(const struct ami_channel *channel)
{
    return channel->way == AMI_OUT && channel->texts[AMI_NUMBER] ? ami_text(channel, AMI_NUMBER)
                                                                 : ami_text(channel, AMI_DIALLED);
}

/* ---- texts ---- */

struct slice ami_digits(struct ami_translator *translator, int64_t us)
{
    struct buffer digits = buffer_in(&translator->scratch);
    buffer_add_number(&digits, us);
    return buffer_slice(&digits);
}

struct slice ami_address(struct ami_translator *translator, struct slice user)
{
    struct buffer address = buffer_in(&translator->scratch);
    if (user.length == 0)
        return user;
    buffer_add(&address, user);
    buffer_add_byte(&address, '@');
    buffer_add(&address, translator->settings->domain);
    return buffer_slice(&address);
}

void ami_member(struct buffer *out, const char *name, struct slice value)
{
    if (value.length == 0)
        return;
    buffer_add_string(out, ",\"");
    buffer_add_string(out, name);
    buffer_add_string(out, "\":");
    buffer_add_json(out, value);
}

/* ---- events ---- */

static void begin(struct ami_translator *translator, struct buffer *out, const char *name,
                  const char *subclass)
{
    buffer_add_string(out, "{\"Event-Name\":\"");
    buffer_add_string(out, name);
    buffer_add_byte(out, '"');
    ami_member(out, "Event-Subclass", slice_from(subclass));
    ami_member(out, "Event-Date-Timestamp", ami_digits(translator, translator->now_us));
}

static void end(struct ami_translator *translator, struct buffer *out, const struct ami_pair *pairs,
                size_t count)
{
    struct esl_event event;
    struct error error;
    for (size_t i = 0; i < count; i++)
        ami_member(out, pairs[i].name, pairs[i].value);
    buffer_add_byte(out, '}');
    if (!out->failed && esl_event_read(buffer_slice(out), &translator->scratch, &event, &error))
        translator->settings->told(translator->settings->self, &event);
}

void ami_tell(struct ami_translator *translator, const char *name, const char *subclass,
              const struct ami_pair *pairs, size_t count)
{
    struct buffer out = buffer_in(&translator->scratch);
    begin(translator, &out, name, subclass);
    end(translator, &out, pairs, count);
}

/* Whose it is, in the headers that the model believes: live_model.h. */
static void add_owner(struct ami_translator *translator, const struct ami_channel *channel,
                      struct buffer *out)
{
    struct slice user = ami_channel_user(translator, channel);
    if (channel->way == AMI_OUT)
        ami_member(out, "Channel-Presence-ID", ami_address(translator, user));
    else
        ami_member(out, "variable_user_name", user);
    ami_member(out, "variable_domain_name", translator->settings->domain);
}

void ami_tell_channel(struct ami_translator *translator, const char *name, const char *subclass,
                      const struct ami_channel *channel, const struct ami_pair *pairs, size_t count)
{
    struct buffer out = buffer_in(&translator->scratch);
    struct slice created = ami_digits(translator, channel->created_us);
    begin(translator, &out, name, subclass);
    ami_member(&out, "Unique-ID", channel->entry.key);
    ami_member(&out, "Call-Direction",
               slice_from(channel->way == AMI_OUT ? "outbound" : "inbound"));
    add_owner(translator, channel, &out);
    ami_member(&out, "Caller-Caller-ID-Number", ami_calling_number(channel));
    ami_member(&out, "Caller-Caller-ID-Name", ami_calling_name(channel));
    ami_member(&out, "Caller-Callee-ID-Number", ami_callee(channel));
    ami_member(&out, "Caller-Destination-Number", ami_dialled(channel));
    ami_member(&out, "Caller-Profile-Created-Time", created);
    ami_member(&out, "Caller-Channel-Created-Time", created);
    ami_member(&out, "Caller-Channel-Answered-Time", ami_digits(translator, channel->answered_us));
    ami_member(&out, "Channel-Name", ami_text(channel, AMI_NAME));
    end(translator, &out, pairs, count);
}
