/*
 * live_snapshot.c - the PBX's own lists, put in after connecting: `show registrations|channels|calls as json`.
 *
 * FreeSWITCH writes these lists behind its events, so what began in the last two seconds and is not in a list yet is not
 * taken for over. A list does not say who was authenticated: a leg that came in is its presence-id's only when a
 * phone of that extension is registered from the leg's address. Asterisk's lists (ami_rows.c) say it, in a column "owner" that
 * FreeSWITCH does not have, and a phone's name in "user_agent".
 */
#include "feeds/live_list.h"

#define GRACE_US 2000000

/* The member NAME of ROW; empty when there is none. */
static int64_t number_of(const json_t *row, const char *name)
{
    uint64_t number;
    return slice_number(json_text(row, name), INT64_MAX / 1000000, &number) ? (int64_t)number : 0;
}

/* True when what is not listed is over; else, as it began so late that a list need not have it, a later one will say. */
static bool is_over(struct live *live, int64_t began_us)
{
    bool over = began_us <= live->now_us - GRACE_US;
    live->unsure |= !over;
    return over;
}

/* ---- registrations ---- */

/* As sofia::register has it. */
static struct slice registration_json(struct live *live, const json_t *row)
{
    static const struct {
        const char *name, *column;
    } members[] = {{",\"profile-name\":", "profile"},
                   {",\"from-user\":", "reg_user"},
                   {",\"from-host\":", "realm"},
                   {",\"contact\":", "url"},
                   {",\"call-id\":", "token"},
                   {",\"to-user\":", "reg_user"},
                   {",\"to-host\":", "realm"},
                   {",\"network-ip\":", "network_ip"},
                   {",\"network-port\":", "network_port"},
                   {",\"user-agent\":", "user_agent"},
                   {",\"username\":", "reg_user"},
                   {",\"realm\":", "realm"}};
    struct buffer out = buffer_in(&live->scratch);
    int64_t left = number_of(row, "expires") - live->now_us / 1000000;
    buffer_add_string(&out, "{\"Event-Subclass\":\"sofia::register\",\"Event-Name\":\"CUSTOM\"");
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        live_member(&out, members[i].name, json_text(row, members[i].column));
    buffer_add_string(&out, ",\"status\":\"Registered\",\"expires\":\"");
    buffer_add_number(&out, left > 0 ? left : 0);
    buffer_add_string(&out, "\"}");
    return buffer_slice(&out);
}

static struct slice unregistration_json(struct live *live, const struct live_phone *phone)
{
    struct buffer out = buffer_in(&live->scratch);
    buffer_add_string(&out, "{\"Event-Subclass\":\"sofia::unregister\",\"Event-Name\":\"CUSTOM\"");
    live_member(&out, ",\"from-user\":", phone->extension->name);
    live_member(&out, ",\"from-host\":", phone->extension->domain);
    live_member(&out, ",\"call-id\":", phone->contact);
    buffer_add_byte(&out, '}');
    return buffer_slice(&out);
}

static void put_registration(struct live *live, const json_t *row)
{
    struct slice user = json_text(row, "reg_user"), domain = json_text(row, "realm");
    struct slice contact = json_text(row, "token");
    struct live_phone *phone = live_phone_find(live, user, domain, contact);
    bool fresh = !phone;
    if (fresh && !(phone = live_phone_add(live, user, domain, contact)))
        return;
    phone->listed = true;
    if (!fresh)
        return;
    live_phone_move(live, phone, live_contact_uri(json_text(row, "url")),
                    json_text(row, "network_ip"));
    live_text_learn(live, &phone->user_agent, json_text(row, "user_agent"));
    if (live->sink->registered)
        live->sink->registered(live->sink->self, phone->extension->domain, phone->extension->name,
                               phone->contact, registration_json(live, row), true);
    live_phone_show(live, phone);
}

bool live_snapshot_registrations(struct live *live, struct slice json, int64_t now_us,
                                 struct error *error)
{
    live->now_us = now_us;
    if (!live_list_read(live, json, put_registration, error))
        return false;
    live->unsure = false;
    for (struct live_phone *phone = live_table_after(&live->phones, NULL), *next; phone;
         phone = next) {
        next = live_table_after(&live->phones, phone);
        if (!phone->listed && is_over(live, phone->registered_us))
            live_phone_remove(live, phone, unregistration_json(live, phone));
        else
            phone->listed = false;
        arena_free(&live->scratch);
    }
    return true;
}

/* ---- channels ---- */

static void assign(struct live *live, struct live_channel *channel, const json_t *row)
{
    struct slice user, domain, address = json_text(row, "ip_addr");
    if (live_cut_address(json_text(row, "owner"), &user, &domain)) /* of a source that knows it */
        live_channel_assign(live, channel, user, domain);
    else if (live_cut_address(json_text(row, "presence_id"), &user, &domain)) {
        struct live_extension *extension = live_extension_find(live, user, domain);
        struct live_phone *phone = extension ? extension->phones : NULL;
        while (phone && !(phone->address && slice_is(address, phone->address)))
            phone = phone->next;
        if (phone || !channel->inbound)
            live_channel_assign(live, channel, user, domain);
    }
    live_channel_set_domain(live, channel, live->settings->default_domain, true);
}

static void learn_fields(struct live *live, struct live_leg *leg, const json_t *row)
{
    struct buffer created = buffer_in(&live->scratch);
    buffer_add_number(&created, number_of(row, "created_epoch") * 1000000);
    live_leg_learn_field(live, leg, "Caller-Destination-Number", json_text(row, "dest"));
    live_leg_learn_field(live, leg, "Caller-Caller-ID-Number", json_text(row, "cid_num"));
    live_leg_learn_field(live, leg, "Caller-Callee-ID-Number", json_text(row, "callee_num"));
    live_leg_learn_field(live, leg, "Caller-Profile-Created-Time", buffer_slice(&created));
}

/* Applications that events of their own tell of, when events are there. */
static enum live_place place_of(const json_t *row, struct slice *data)
{
    struct slice application = json_text(row, "application"), rest;
    struct slice arguments = json_text(row, "application_data");
    enum live_place place = live_place_of(application, arguments, data);
    *data = place == LIVE_NOWHERE ? slice_of(NULL, 0) : *data;
    if (slice_is(application, "park"))
        return LIVE_PARK;
    if (slice_is(application, "valet_park")) {
        slice_cut(arguments, ' ', data);
        return LIVE_PARK;
    }
    struct slice queue = slice_cut(arguments, ' ', &rest);
    if (!slice_is(application, "callcenter") &&
        !(slice_is(application, "fifo") && slice_is(slice_cut(rest, ' ', &rest), "in")))
        return place;
    *data = queue;
    return LIVE_QUEUE;
}

static void begin(struct live *live, struct live_channel *channel, const json_t *row)
{
    struct slice callstate = json_text(row, "callstate"), data;
    bool held = slice_is(callstate, "HELD");
    bool answered = held || slice_is(callstate, "ACTIVE") || slice_is(callstate, "UNHELD");
    channel->inbound = slice_is(json_text(row, "direction"), "inbound");
    channel->offered_us = number_of(row, "created_epoch") * 1000000;
    channel->held = held;
    live_text_set(live, &channel->texts[LIVE_CALLING_NAME], json_text(row, "cid_name"));
    live_text_set(live, &channel->texts[LIVE_CALLING_NUMBER], json_text(row, "cid_num"));
    live_text_set(live, &channel->texts[LIVE_CALLED_NUMBER], json_text(row, "dest"));
    live_text_set(live, &channel->texts[LIVE_ADDRESS], json_text(row, "ip_addr"));
    assign(live, channel, row);
    enum live_place place = place_of(row, &data);
    live_channel_put(live, channel, place, data);
    if (!channel->leg)
        return;
    learn_fields(live, channel->leg, row);
    if (answered || channel->inbound || !slice_is(callstate, "DOWN"))
        live_leg_notify(live, channel->leg,
                        answered           ? "answer"
                        : channel->inbound ? "callout"
                                           : "callin");
}

static void put_channel(struct live *live, const json_t *row)
{
    struct slice uuid = json_text(row, "uuid");
    struct live_channel *channel = live_channel_find(live, uuid);
    bool fresh = !channel;
    if (fresh && !(channel = live_channel_add(live, uuid)))
        return;
    channel->listed = true;
    if (!fresh)
        return;
    begin(live, channel, row);
    struct live_channel *caller = live_channel_find(live, json_text(row, "call_uuid"));
    if (caller && caller != channel && !channel->inbound) {
        live_channel_link(live, caller, channel);
        live_show(live, caller);
    }
    live_show(live, channel);
}

bool live_snapshot_channels(struct live *live, struct slice json, int64_t now_us,
                            struct error *error)
{
    live->now_us = now_us;
    if (!live_list_read(live, json, put_channel, error))
        return false;
    for (struct live_channel *channel = live_table_after(&live->channels, NULL), *next; channel;
         channel = next) {
        next = live_table_after(&live->channels, channel);
        if (!channel->listed && is_over(live, channel->offered_us))
            live_channel_remove(live, channel);
        else
            channel->listed = false;
        arena_free(&live->scratch);
    }
    return true;
}

/* ---- calls ---- */

static void put_call(struct live *live, const json_t *row)
{
    struct live_channel *a = live_channel_find(live, json_text(row, "uuid"));
    struct live_channel *b = live_channel_find(live, json_text(row, "b_uuid"));
    if (!a || !b || a == b || a->ended || b->ended)
        return;
    a->listed = b->listed = true;
    if (a->bridged && live_channel_other(live, a) == b)
        return;
    live_channel_join(live, a, b);
    live_show(live, a);
    live_show(live, b);
}

bool live_snapshot_calls(struct live *live, struct slice json, int64_t now_us, struct error *error)
{
    live->now_us = now_us;
    if (!live_list_read(live, json, put_call, error))
        return false;
    for (struct live_channel *channel = live_table_after(&live->channels, NULL); channel;
         channel = live_table_after(&live->channels, channel)) {
        if (channel->bridged && !channel->listed && is_over(live, channel->state_us)) {
            live_channel_separate(live, channel);
            live_show(live, channel);
        }
        channel->listed = false;
        arena_free(&live->scratch);
    }
    return true;
}

bool live_is_sure(const struct live *live)
{
    return !live->unsure;
}
