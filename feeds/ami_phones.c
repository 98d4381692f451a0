/*
 * ami_phones.c - who is registered.
 */
#include "feeds/ami_model.h"

static const struct slice none;

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
void ami_on_contact(struct ami_translator *translator, const struct ami_message *message)
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
void ami_on_peer(struct ami_translator *translator, const struct ami_message *message)
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
