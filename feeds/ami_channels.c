/*
 * ami_channels.c - channels of Asterisk: whose they are, which way they go, and the bridges they are in.
 *
 * A bridge of two is a call. FreeSWITCH tells of pairs, so whoever enters is paired with one who has nobody, and whoever is left alone
 * by one who leaves is paired anew: so a transfer, in which a third enters before the first leaves, ends as the pair it is.
 */
#include <stdio.h>
#include <stdlib.h>

#include "feeds/ami_model.h"
#include "feeds/live_model.h"

/* ---- values ---- */

/* NULL data: there is no such header. */
static struct slice header(const struct ami_message *message, const char *prefix, const char *name)
{
    char whole[64];
    snprintf(whole, sizeof whole, "%s%s", prefix, name);
    return ami_message_get(message, whole);
}

struct slice ami_value(const struct ami_message *message, const char *prefix, const char *name)
{
    struct slice value = header(message, prefix, name);
    if (slice_is(value, "<unknown>") || slice_is(value, "<none>") || slice_is(value, "(null)"))
        return slice_of(NULL, 0);
    return value;
}

void ami_text_set(char **text, struct slice value)
{
    if (value.length > AMI_NAME_MAX || slice_equal(value, slice_from(*text)))
        return;
    char *copy = value.length > 0 ? strndup(value.data, value.length) : NULL;
    if (value.length > 0 && !copy)
        return;
    free(*text);
    *text = copy;
}

struct slice ami_text(const struct ami_channel *channel, enum ami_text text)
{
    return slice_from(channel->texts[text]);
}

/* ---- endpoints ---- */

static struct slice endpoint_key(struct ami_translator *translator, struct slice technology,
                                 struct slice name)
{
    struct buffer key = buffer_in(&translator->scratch);
    buffer_add(&key, technology);
    buffer_add_byte(&key, '/');
    buffer_add(&key, name);
    return buffer_slice(&key);
}

void ami_endpoint_is(struct ami_translator *translator, const char *technology, struct slice name,
                     bool trunk)
{
    struct slice key = endpoint_key(translator, slice_from(technology), name);
    struct ami_endpoint *endpoint = live_table_find(&translator->endpoints, key);
    if (!endpoint && live_is_identity(name) &&
        translator->endpoints.count < translator->settings->channels_max)
        endpoint = live_table_add(&translator->endpoints, key, sizeof *endpoint);
    if (endpoint)
        endpoint->trunk = trunk;
}

/* True when one of `trunks` is NAME. */
static bool is_named_trunk(struct slice trunks, struct slice name)
{
    while (trunks.data) {
        struct slice trunk = slice_trim(slice_cut(trunks, ',', &trunks));
        bool begins = trunk.length > 0 && trunk.data[trunk.length - 1] == '*';
        trunk.length -= begins;
        if (begins ? name.length >= trunk.length &&
                         slice_equal(slice_of(name.data, trunk.length), trunk)
                   : slice_equal(name, trunk))
            return true;
    }
    return false;
}

bool ami_is_phone(struct ami_translator *translator, struct slice technology, struct slice name)
{
    struct slice trunks = translator->settings->trunks;
    if (!live_is_identity(name))
        return false;
    if (trunks.length > 0)
        return !is_named_trunk(trunks, name);
    const struct ami_endpoint *endpoint =
        live_table_find(&translator->endpoints, endpoint_key(translator, technology, name));
    return !endpoint || !endpoint->trunk;
}

/* PJSIP/1001-0000002a is of endpoint 1001 of PJSIP. */
struct slice ami_channel_user(struct ami_translator *translator, const struct ami_channel *channel)
{
    static const char *const technologies[] = {"PJSIP", "SIP", "IAX2", "SCCP", "SKINNY"};
    struct slice name, technology = slice_cut(ami_text(channel, AMI_NAME), '/', &name);
    while (name.length > 0 && name.data[name.length - 1] != '-')
        name.length--;
    name.length -= name.length > 0;
    for (size_t i = 0; i < sizeof technologies / sizeof *technologies; i++)
        if (slice_equal_nocase(technology, slice_from(technologies[i])))
            return ami_is_phone(translator, technology, name) ? name : slice_of(NULL, 0);
    return slice_of(NULL, 0);
}

/* ---- channels ---- */

struct ami_channel *ami_channel_find(struct ami_translator *translator, struct slice id)
{
    return live_table_find(&translator->channels, id);
}

static void learn(struct ami_channel *channel, const struct ami_message *message,
                  const char *prefix)
{
    static const struct {
        enum ami_text text;
        const char *name;
    } headers[] = {{AMI_NUMBER, "CallerIDNum"},
                   {AMI_LABEL, "CallerIDName"},
                   {AMI_PEER, "ConnectedLineNum"},
                   {AMI_PEER_LABEL, "ConnectedLineName"},
                   {AMI_LINKED, "Linkedid"}};
    struct slice exten = ami_value(message, prefix, "Exten");
    struct slice name = ami_value(message, prefix, "Channel");
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (header(message, prefix, headers[i].name).data)
            ami_text_set(&channel->texts[headers[i].text],
                         ami_value(message, prefix, headers[i].name));
    if (name.length > 0)
        ami_text_set(&channel->texts[AMI_NAME], name);
    /* What was dialled is what it began with: the dialplan goes on to "s", "h" and the like. */
    if (!channel->texts[AMI_DIALLED] && !slice_is(exten, "s"))
        ami_text_set(&channel->texts[AMI_DIALLED], exten);
}

/* Channels that Asterisk makes for its own work: nobody's call. */
static bool is_internal(struct slice name)
{
    static const char *const technologies[] = {"Message",   "AsyncGoto", "Surrogate", "CBAnn",
                                               "CBRec",     "Announcer", "Recorder",  "Snoop",
                                               "Multicast", "Bridge"};
    struct slice rest, technology = slice_cut(name, '/', &rest);
    for (size_t i = 0; i < sizeof technologies / sizeof *technologies; i++)
        if (slice_is(technology, technologies[i]))
            return true;
    return false;
}

struct ami_channel *ami_channel_of(struct ami_translator *translator,
                                   const struct ami_message *message, const char *prefix)
{
    struct slice id = ami_value(message, prefix, "Uniqueid");
    struct ami_channel *channel = ami_channel_find(translator, id);
    if (!channel && live_is_identity(id) && !is_internal(ami_value(message, prefix, "Channel")) &&
        translator->channels.count < translator->settings->channels_max) {
        channel = live_table_add(&translator->channels, id, sizeof *channel);
        if (channel) {
            channel->created_us = translator->now_us;
            channel->fresh = true;
        }
    }
    if (channel)
        learn(channel, message, prefix);
    return channel;
}

void ami_channel_remove(struct ami_translator *translator, struct ami_channel *channel)
{
    ami_channel_leave(translator, channel);
    for (int i = 0; i < AMI_TEXTS; i++)
        free(channel->texts[i]);
    live_table_remove(&translator->channels, channel);
}

/* Who has called it: as a dial has said, else the oldest channel of the call. */
static struct slice caller_of(struct ami_translator *translator, const struct ami_channel *channel)
{
    struct slice linked = ami_text(channel, AMI_LINKED);
    if (channel->way != AMI_OUT || channel->texts[AMI_CALLER])
        return ami_text(channel, AMI_CALLER);
    return ami_channel_find(translator, linked) == channel ? slice_of(NULL, 0) : linked;
}

void ami_channel_goes(struct ami_translator *translator, struct ami_channel *channel,
                      enum ami_way way)
{
    if (channel->told && (channel->caller_told || channel->peer || !channel->texts[AMI_CALLER]))
        return;
    channel->way = channel->told ? channel->way : way;
    channel->told = true;
    channel->caller_told = channel->texts[AMI_CALLER] != NULL;
    const struct ami_pair pairs[] = {{"Other-Leg-Unique-ID", caller_of(translator, channel)}};
    ami_tell_channel(translator, "CHANNEL_CREATE", NULL, channel, pairs, 1);
}

struct ami_channel *ami_channel_told(struct ami_translator *translator,
                                     const struct ami_message *message, const char *prefix)
{
    struct ami_channel *channel = ami_channel_of(translator, message, prefix);
    if (channel)
        ami_channel_goes(translator, channel, AMI_OUT);
    return channel;
}

/* ---- bridges ---- */

static void tell_pair(struct ami_translator *translator, const char *name,
                      const struct ami_channel *a, const struct ami_channel *b)
{
    const struct ami_pair pairs[] = {{"Bridge-A-Unique-ID", a->entry.key},
                                     {"Bridge-B-Unique-ID", b->entry.key}};
    ami_tell_channel(translator, name, NULL, a, pairs, 2);
}

static void pair(struct ami_translator *translator, struct ami_channel *a, struct ami_channel *b)
{
    a->peer = b;
    b->peer = a;
    tell_pair(translator, "CHANNEL_BRIDGE", a, b);
}

/* Pairs CHANNEL with a member of its bridge that has nobody, else with any. */
static void find_peer(struct ami_translator *translator, struct ami_channel *channel)
{
    struct ami_channel *peer = NULL;
    for (struct ami_channel *other = channel->bridge->members; other; other = other->next)
        if (other != channel && (!peer || (peer->peer && !other->peer)))
            peer = other;
    if (peer)
        pair(translator, channel, peer);
}

void ami_channel_enter(struct ami_translator *translator, struct ami_channel *channel,
                       struct slice id, struct ami_channel *swapped)
{
    struct ami_bridge *bridge = live_table_find(&translator->bridges, id);
    if (bridge && channel->bridge == bridge)
        return;
    ami_channel_leave(translator, channel);
    if (!bridge && live_is_identity(id))
        bridge = live_table_add(&translator->bridges, id, sizeof *bridge);
    if (!bridge)
        return;
    channel->bridge = bridge;
    channel->next = bridge->members;
    bridge->members = channel;
    if (swapped && swapped != channel && swapped->bridge == bridge)
        ami_channel_leave(translator, swapped);
    if (!channel->peer)
        find_peer(translator, channel);
}

/*
 * CHANNEL is not in BRIDGE any more: whoever talked to it talks to another one there, or to nobody. The new pair is told of first,
 * so that nobody is shown alone who is not.
 */
static void part(struct ami_translator *translator, struct ami_bridge *bridge,
                 struct ami_channel *channel)
{
    const struct ami_channel *peer = channel->peer;
    channel->peer = NULL;
    for (struct ami_channel *other = bridge->members; other; other = other->next) {
        bool left = other->peer == channel;
        if (left) {
            other->peer = NULL;
            find_peer(translator, other);
        }
        if (other == peer || (left && !other->peer))
            tell_pair(translator, "CHANNEL_UNBRIDGE", channel, other);
    }
}

void ami_channel_leave(struct ami_translator *translator, struct ami_channel *channel)
{
    struct ami_bridge *bridge = channel->bridge;
    if (!bridge)
        return;
    struct ami_channel **place = &bridge->members;
    while (*place != channel)
        place = &(*place)->next;
    *place = channel->next;
    channel->bridge = NULL;
    channel->next = NULL;
    part(translator, bridge, channel);
    if (!bridge->members)
        live_table_remove(&translator->bridges, bridge);
}
