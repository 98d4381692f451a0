/*
 * live_learn.c - what every event of a channel says: whose it is, its numbers and times.
 */
#include "base/form.h"
#include "feeds/live_model.h"

static const struct slice none;

bool live_event_ends(const struct esl_event *event)
{
    struct slice state = esl_event_get(event, "Channel-State");
    return slice_is(esl_event_get(event, "Answer-State"), "hangup") ||
           slice_is(state, "CS_HANGUP") || slice_is(state, "CS_REPORTING") ||
           slice_is(state, "CS_DESTROY");
}

static void called_by_pbx(const struct esl_event *event, struct slice *user, struct slice *domain)
{
    if (live_cut_address(esl_event_get(event, "Channel-Presence-ID"), user, domain))
        return;
    /* Later these are of whom the leg itself calls. */
    bool new = slice_is(esl_event_get(event, "Event-Name"), "CHANNEL_CREATE");
    *user = new ? esl_event_get(event, "variable_dialed_user") : none;
    *domain = new ? esl_event_get(event, "variable_dialed_domain") : none;
}

static bool is_trunk(const struct esl_event *event)
{
    return esl_event_get(event, "variable_sip_gateway").length > 0 ||
           esl_event_get(event, "variable_sip_gateway_name").length > 0;
}

/* Whom the leg belongs to: live_model.h says why these headers and no others. */
static void identify(struct live *live, struct live_channel *channel, const struct esl_event *event)
{
    struct slice user = esl_event_get(event, "variable_user_name");
    struct slice domain = esl_event_get(event, "variable_domain_name");
    bool trunk = is_trunk(event);
    if (!channel->inbound)
        called_by_pbx(event, &user, &domain);
    if (user.length > 0 && domain.length > 0 && !trunk)
        live_channel_assign(live, channel, user, domain);
    else if (channel->domain_guessed || !channel->texts[LIVE_DOMAIN])
        live_channel_set_domain(live, channel, esl_event_get(event, "variable_domain_name"), false);
    live_channel_set_domain(live, channel, live->settings->default_domain, true);
}

/* Basix clients end with an error at what is not percent-encoded UTF-8, and part of this may be the caller's words. */
static void learn_encoded(struct live *live, char **text, struct slice value)
{
    struct slice decoded;
    struct error unsaid;
    if (value.length > 0 && value.length <= LIVE_TEXT_MAX &&
        percent_decode(&live->scratch, value, &decoded, &unsaid) && slice_is_utf8(decoded))
        live_text_set(live, text, value);
}

static void learn(struct live *live, struct live_channel *channel, const struct esl_event *event)
{
    static const struct {
        enum live_text text;
        const char *header;
    } headers[] = {{LIVE_CALLING_NAME, "Caller-Caller-ID-Name"},
                   {LIVE_CALLING_NUMBER, "Caller-Caller-ID-Number"},
                   {LIVE_CALLED_NUMBER, "Caller-Destination-Number"},
                   {LIVE_ADDRESS, "Caller-Network-Addr"},
                   {LIVE_TAGS, "variable_callboard_tags"},
                   {LIVE_CONTACT_REF, "variable_contact_ref"}};
    struct slice name = esl_event_get(event, "Event-Name");
    int64_t offered = live_time_of(event, "Caller-Channel-Created-Time");
    int64_t answered = live_time_of(event, "Caller-Channel-Answered-Time");
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        live_text_learn(live, &channel->texts[headers[i].text],
                        esl_event_get(event, headers[i].header));
    if (slice_is(name, "CUSTOM"))
        name = esl_event_get(event, "Event-Subclass");
    /* CALL_UPDATE comes after each bridge, and mostly says nothing that is new. */
    if (!slice_is(name, "CALL_UPDATE"))
        live_text_set(live, &channel->texts[LIVE_LAST_EVENT], name);
    learn_encoded(live, &channel->texts[LIVE_ORIGINATION],
                  esl_event_get(event, "variable_callboard_origination"));
    learn_encoded(live, &channel->texts[LIVE_END_USER],
                  esl_event_get(event, "variable_callboard_end_user"));
    channel->offered_us = offered ? offered : channel->offered_us;
    channel->answered_us = answered ? answered : channel->answered_us;
    identify(live, channel, event);
    if (!channel->inbound && !channel->texts[LIVE_USER] && !is_trunk(event))
        live_text_learn(live, &channel->texts[LIVE_URL],
                        esl_event_get(event, "variable_sip_destination_url"));
    if (slice_is(esl_event_get(event, "variable_cc_side"), "agent"))
        live_text_learn(live, &channel->texts[LIVE_GROUP],
                        esl_event_get(event, "variable_cc_queue"));
    if (channel->leg)
        live_leg_learn(live, channel->leg, event);
}

struct live_channel *live_channel_of(struct live *live, const struct esl_event *event)
{
    struct slice uuid = esl_event_get(event, "Unique-ID");
    struct live_channel *channel = live_channel_find(live, uuid);
    if (!channel && !live_event_ends(event)) {
        channel = live_channel_add(live, uuid);
        if (channel)
            channel->inbound = slice_is(esl_event_get(event, "Call-Direction"), "inbound");
    }
    if (channel)
        learn(live, channel, event);
    return channel;
}
