/*
 * ami_translator.h - what Asterisk says, in FreeSWITCH's words: so one model (live.h) serves both.
 *
 *     ami_message (event)   -> ami_translator_event -> esl_events, as FreeSWITCH would have sent them
 *     ami_message (of list) -> ami_translator_row   -> ami_translator_list: the list as FreeSWITCH would have answered it
 *
 * Asterisk's events say less than FreeSWITCH's, so the translator knows the channels: their names, who is in a bridge with whom,
 * whom a dial has called. Pure: knows no socket and no clock.
 *
 * Whose a channel is: its name, "PJSIP/1001-0000002a", says which endpoint has sent it or is called, and Asterisk makes the name; a
 * caller cannot. Channels of Local, and of endpoints that are trunks, are nobody's. An endpoint is a trunk when the setting
 * `trunks` names it; when that is empty, one that Asterisk logs in to (OutboundAuths), one that need not log in to Asterisk (no
 * Auths), and a peer of chan_sip with a fixed address (Dynamic: no).
 *
 * A phone is known by its contact's URI, as ContactStatus tells no Call-ID; one of chan_sip by its peer's name, as a peer has
 * one phone.
 *
 * Which leg came in: one in state Ring, as Asterisk waits for it; one that a dial calls, or that is Ringing, is Asterisk's own.
 * A channel is told of when that is known.
 */
#ifndef CALLBOARD_AMI_TRANSLATOR_H
#define CALLBOARD_AMI_TRANSLATOR_H

#include "feeds/ami_message.h"
#include "feeds/esl_event.h"
#include "feeds/source.h"

struct ami_translator_settings {
    struct slice domain; /* of all extensions */
    struct slice
        trunks; /* names of endpoints, with commas between them; "*" at the end stands for anything */
    size_t channels_max; /* beyond them channels are not told of */
    void *self;
    void (*told)(void *self, const struct esl_event *event); /* EVENT is valid during the call */
};

struct ami_translator;

/* SETTINGS must outlive it. NULL without memory. */
struct ami_translator *ami_translator_open(const struct ami_translator_settings *settings);
void ami_translator_close(struct ami_translator *translator);

/* MESSAGE, an event that belongs to no list, has come at NOW_US. What is no news is passed over. */
void ami_translator_event(struct ami_translator *translator, const struct ami_message *message,
                          int64_t now_us);

/* LIST is about to be listed: what is heard by ami_translator_row is of it. */
void ami_translator_begin(struct ami_translator *translator, enum source_list list);

/* MESSAGE is an event of a list: of PJSIPShowEndpoints, PJSIPShowContacts, SIPpeers, CoreShowChannels or ParkedCalls. */
void ami_translator_row(struct ami_translator *translator, const struct ami_message *message,
                        int64_t now_us);

/* The list, as live_snapshot_* reads it; valid until the next begins. Empty: there was no room for it. */
struct slice ami_translator_list(struct ami_translator *translator, enum source_list list);

#endif
