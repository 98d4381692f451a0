/*
 * live_registrations.c - who is registered, with which phones.
 *
 * A registration is known by its call-id, as FreeSWITCH itself and its list know it. A phone that comes back with another
 * call-id from the same address is the same phone: the old registration ends, as FreeSWITCH ends it without a word.
 */
#include <stdlib.h>

#include "feeds/live_model.h"

struct slice live_contact_uri(struct slice contact)
{
    struct slice rest, uri = contact;
    slice_cut(contact, '<', &rest);
    if (rest.data)
        uri = slice_cut(rest, '>', &rest);
    else if (slice_starts(contact, "sofia/")) {
        slice_cut(contact, '/', &rest);
        slice_cut(rest, '/', &uri);
    }
    uri = slice_cut(uri, ';', &rest);
    return slice_cut(uri, '?', &rest);
}

static struct slice key_of(struct live *live, struct slice user, struct slice domain,
                           struct slice contact)
{
    struct buffer key = buffer_in(&live->scratch);
    if (!live_is_identity(user) || !live_is_identity(domain) || !live_is_identity(contact))
        return slice_of(NULL, 0);
    buffer_add(&key, contact);
    buffer_add_byte(&key, '\n');
    buffer_add(&key, user);
    buffer_add_byte(&key, '\n');
    buffer_add(&key, domain);
    return key.failed ? slice_of(NULL, 0) : buffer_slice(&key);
}

struct live_phone *live_phone_find(struct live *live, struct slice user, struct slice domain,
                                   struct slice contact)
{
    return live_table_find(&live->phones, key_of(live, user, domain, contact));
}

struct live_phone *live_phone_add(struct live *live, struct slice user, struct slice domain,
                                  struct slice contact)
{
    struct slice rest, key = key_of(live, user, domain, contact);
    struct live_extension *extension = NULL;
    struct live_phone *phone = NULL;
    if (key.length > 0 && live->phones.count < live->settings->registrations_max)
        extension = live_extension_named(live, user, domain);
    if (extension)
        phone = live_table_add(&live->phones, key, sizeof *phone);
    if (!phone) {
        live->dropped++;
        if (extension)
            live_extension_release(live, extension);
        return NULL;
    }
    phone->contact = slice_cut(phone->entry.key, '\n', &rest);
    phone->extension = extension;
    phone->registered_us = live->now_us;
    phone->next = extension->phones;
    return extension->phones = phone;
}

/* ---- the terminal ---- */

/* Of the place that it is reached at, which behind a NAT is its own address and the one that FreeSWITCH sees. */
static struct slice terminal_id(struct live *live, const struct live_phone *phone)
{
    struct buffer place = buffer_in(&live->scratch), id = buffer_in(&live->scratch);
    buffer_add(&place, phone->uri ? slice_from(phone->uri) : phone->contact);
    buffer_add_byte(&place, ' ');
    buffer_add(&place, slice_from(phone->address));
    buffer_add(&id, phone->extension->name);
    buffer_format(&id, ":%08x", (unsigned)(live_hash(buffer_slice(&place)) & 0xffffffff));
    return buffer_slice(&id);
}

static struct slice terminal_json(struct live *live, const struct live_phone *phone)
{
    struct buffer out = buffer_in(&live->scratch);
    struct slice name, uri = slice_from(phone->uri);
    slice_cut(uri, ':', &name); /* without "sip:" */
    buffer_add_string(&out, "{\"id\":");
    buffer_add_json(&out, terminal_id(live, phone));
    live_member(&out, ",\"name\":", name.length > 0 ? name : phone->extension->name);
    live_member(&out, ",\"assoc_user_id\":", phone->extension->name);
    buffer_add_string(&out, ",\"type\":\"sip\"");
    live_member(&out, ",\"user_agent\":", slice_from(phone->user_agent));
    buffer_add_string(&out, ",\"registered\":true");
    live_member(&out, ",\"server\":", live->settings->server);
    buffer_add_byte(&out, '}');
    return out.failed ? slice_of(NULL, 0) : buffer_slice(&out);
}

void live_phone_show(struct live *live, struct live_phone *phone)
{
    struct slice json = terminal_json(live, phone);
    if (json.length == 0 || phone->shown == live_hash(json))
        return;
    phone->shown = live_hash(json);
    if (live->sink->element_is)
        live->sink->element_is(live->sink->self, phone->extension->domain, ELEMENT_TERMINAL,
                               terminal_id(live, phone), json);
}

/* Another registration of the same place: the terminal is one. */
static struct live_phone *twin_of(const struct live_phone *phone)
{
    struct live_phone *twin = phone->uri ? phone->extension->phones : NULL;
    while (twin && (twin == phone || !twin->uri || strcmp(twin->uri, phone->uri) != 0 ||
                    !slice_equal(slice_from(twin->address), slice_from(phone->address))))
        twin = twin->next;
    return twin;
}

static void hide(struct live *live, struct live_phone *phone)
{
    const struct live_sink *sink = live->sink;
    if (phone->shown && !twin_of(phone) && sink->element_gone)
        sink->element_gone(sink->self, phone->extension->domain, ELEMENT_TERMINAL,
                           terminal_id(live, phone), terminal_json(live, phone));
    phone->shown = 0;
}

void live_phone_move(struct live *live, struct live_phone *phone, struct slice uri,
                     struct slice address)
{
    bool moved = (uri.length > 0 && !slice_equal(uri, slice_from(phone->uri))) ||
                 (address.length > 0 && !slice_equal(address, slice_from(phone->address)));
    if (!moved)
        return;
    hide(live, phone);
    live_text_learn(live, &phone->uri, uri);
    live_text_learn(live, &phone->address, address);
}

void live_phone_remove(struct live *live, struct live_phone *phone, struct slice json)
{
    struct live_extension *extension = phone->extension;
    const struct live_sink *sink = live->sink;
    struct live_phone **place = &extension->phones;
    if (sink->unregistered)
        sink->unregistered(sink->self, extension->domain, extension->name, phone->contact, json);
    hide(live, phone);
    while (*place != phone)
        place = &(*place)->next;
    *place = phone->next;
    free(phone->uri);
    free(phone->user_agent);
    free(phone->address);
    live_table_remove(&live->phones, phone);
    live_extension_release(live, extension);
}

/* ---- events ---- */

void live_registered(struct live *live, const struct esl_event *event)
{
    struct slice user = esl_event_get(event, "from-user");
    struct slice domain = esl_event_get(event, "from-host");
    struct slice contact = esl_event_get(event, "call-id");
    struct live_phone *phone = live_phone_find(live, user, domain, contact);
    bool fresh = !phone;
    if (fresh && !(phone = live_phone_add(live, user, domain, contact)))
        return;
    live_phone_move(live, phone, live_contact_uri(esl_event_get(event, "contact")),
                    esl_event_get(event, "network-ip"));
    live_text_learn(live, &phone->user_agent, esl_event_get(event, "user-agent"));
    if (live->sink->registered)
        live->sink->registered(live->sink->self, phone->extension->domain, phone->extension->name,
                               phone->contact, event->json, fresh);
    live_phone_show(live, phone);
    struct live_phone *former = twin_of(phone);
    if (former)
        live_phone_remove(live, former, event->json);
}

static void ended(struct live *live, const struct esl_event *event, const char *user,
                  const char *domain)
{
    struct live_phone *phone =
        live_phone_find(live, esl_event_get(event, user), esl_event_get(event, domain),
                        esl_event_get(event, "call-id"));
    if (phone)
        live_phone_remove(live, phone, event->json);
}

void live_unregistered(struct live *live, const struct esl_event *event)
{
    ended(live, event, "from-user", "from-host");
}

void live_expired(struct live *live, const struct esl_event *event)
{
    ended(live, event, "user", "host");
}
