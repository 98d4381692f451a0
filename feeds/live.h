/*
 * live.h - what one PBX is doing now, made of its events, and the changes that others are to be told of.
 *
 *     event -> live_event -> the model in memory changes -> live_sink is told what that changes
 *
 * Pure: knows no socket, no Redis, no clock. The same model serves FreeSWITCH (live_event) and any other source. All
 * slices given to the sink are valid during the call only. One JSON text is one element, whole (store/element.h).
 *
 * What a source gives, whatever the PBX is: events in the words of FreeSWITCH. Each has Event-Name (of CUSTOM also Event-Subclass)
 * and Event-Date-Timestamp (µs); each of a channel has Unique-ID. All else may be missing.
 *
 *     CHANNEL_CREATE                  Call-Direction inbound|outbound; Other-Leg-Unique-ID: who has called; whose it is: inbound
 *                                     variable_user_name and variable_domain_name, outbound Channel-Presence-ID, user@domain
 *     CHANNEL_PROGRESS, _ANSWER       it rings; it is answered
 *     CHANNEL_BRIDGE, _UNBRIDGE       Bridge-A-Unique-ID, Bridge-B-Unique-ID
 *     CHANNEL_HOLD, _UNHOLD, _PARK, _UNPARK
 *     CHANNEL_EXECUTE, _EXECUTE_COMPLETE   Application, Application-Data: live_places.c has those that are shown
 *     CALL_UPDATE                     nothing but its numbers has changed
 *     CHANNEL_UUID                    Old-Unique-ID
 *     CHANNEL_HANGUP, _HANGUP_COMPLETE     Answer-State hangup; with the latter the variables of base/call_record.h
 *     sofia::register, ::unregister   from-user, from-host, call-id; contact, network-ip, user-agent
 *     sofia::expire                   user, host, call-id
 *     callcenter::info, fifo::info, valet_parking::info, conference::maintenance   live_queues.c
 *
 * With any event of a channel: Caller-Caller-ID-Name and -Number, Caller-Destination-Number, Caller-Network-Addr, the times (µs)
 * Caller-Channel-Created-, -Answered- and -Hangup-Time, and what settings.call_fields names.
 *
 * After connecting, the source's own lists are put in with live_snapshot_*, registrations first (they say which legs are whose):
 * what the model has and the list has not is removed, but for what began in the last two seconds; what it lacks is added.
 *
 * `calls`: a record changes, and is told, when a call is placed (callout), rings (callin), is answered (answer) and ends
 * (hangup), once each; hold, bridge and transfer change no record of a leg that stays up. A phone that is busy at once has not
 * rung. Fields are as the leg's latest event had them; one that FreeSWITCH has not set is left out. The ended leg's fields are in
 * the record of its hangup and in none after. A record has the LIVE_RECORD_LEGS calls that came first: whoever has more, which is
 * nobody with a phone, would have all of them written for each; the others are channels only, and counted in live_dropped.
 *
 * `channel`: direction "inbound" is a leg that came into the PBX, "outbound" one that the PBX made; the element is removed at
 * CHANNEL_HANGUP_COMPLETE. Members beside the fields: server; hold, true while the leg is held. live_shown.c has the rest.
 */
#ifndef CALLBOARD_LIVE_H
#define CALLBOARD_LIVE_H

#include "base/error.h"
#include "feeds/esl_event.h"
#include "store/element.h"

#define LIVE_RECORD_LEGS 100

/* Who is told of changes. All functions are given SELF. */
struct live_sink {
    void *self;
    /* The element ID of DOMAIN is now JSON. */
    void (*element_is)(void *self, struct slice domain, enum element element, struct slice id,
                       struct slice json);
    /* It is gone; JSON as it last was. */
    void (*element_gone)(void *self, struct slice domain, enum element element, struct slice id,
                         struct slice json);
    /*
     * EXTENSION of DOMAIN has a phone, CONTACT (its call-id; one extension may have several); JSON is the whole event, or a like
     * object made of a list. FRESH: not a mere refresh.
     */
    void (*registered)(void *self, struct slice domain, struct slice extension,
                       struct slice contact, struct slice json, bool fresh);
    /* That phone is gone; JSON is the event that says so. */
    void (*unregistered)(void *self, struct slice domain, struct slice extension,
                         struct slice contact, struct slice json);
    /* The record of `calls` for EXTENSION of DOMAIN is now JSON. */
    void (*call_is)(void *self, struct slice domain, struct slice extension, struct slice json);
    /* A packet for PubSub, to enigma:notifications:<type>:<reference>. */
    void (*news)(void *self, const char *type, struct slice reference, struct slice json);
    /* A packet that must not be lost, for the list enigma:notifications:<type>. ID names it for ever (the call leg's uuid). */
    void (*critical)(void *self, const char *type, struct slice id, struct slice json);
};

struct live_settings {
    struct slice server; /* the PBX's name in the configuration; in each element as `server` */
    struct slice
        default_domain; /* of channels that no extension's domain is known for; empty: they are not shown */
    const char *const *call_fields;                 /* of a leg in `calls`; NULL-terminated */
    bool agents_call, agents_status, campaigns_cdr; /* which notifications are made */
    size_t channels_max, registrations_max;         /* beyond: counted in live_dropped, not kept */
};

/*
 * What FreeSWITCH is to be asked for: the events, as behind `event json`, and NULL-terminated commands that make it leave
 * out applications of the dialplan that nothing is shown of. The second are for less traffic only.
 */
extern const char *const live_events;
extern const char *const live_filters[];

struct live;

/* An empty model. SETTINGS and SINK must outlive it. NULL without memory. */
struct live *live_open(const struct live_settings *settings, const struct live_sink *sink);
void live_close(struct live *live);

/* EVENT has happened. What is no news is passed over. Never fails: what cannot be used is counted. */
void live_event(struct live *live, const struct esl_event *event);

/*
 * JSON is the answer to `show registrations as json`, `show channels as json` or `show calls as json`. Fails, and changes
 * nothing, when it is not such an answer. NOW_US: microseconds since the epoch.
 */
bool live_snapshot_registrations(struct live *live, struct slice json, int64_t now_us,
                                 struct error *error);
bool live_snapshot_channels(struct live *live, struct slice json, int64_t now_us,
                            struct error *error);
bool live_snapshot_calls(struct live *live, struct slice json, int64_t now_us, struct error *error);

/*
 * What the sink was last told of ELEMENT ID, and of the calls of EXTENSION of DOMAIN, once more: so the sink need not keep it.
 * Empty when it is not known any more: of elements other than those that live_tells_again, after a hangup, without memory.
 * Valid until LIVE is told anything. Not to be called by the sink.
 */
struct slice live_element_again(struct live *live, enum element element, struct slice id);
struct slice live_call_again(struct live *live, struct slice domain, struct slice extension);
bool live_tells_again(enum element element);

/* False when the last lists did not have something that is so new that they need not: asked for again, they will say. */
bool live_is_sure(const struct live *live);

/* Removes all of it, telling the sink: the PBX is away for longer than its grace time. */
void live_forget(struct live *live, int64_t now_us);

size_t live_channel_count(const struct live *live);
size_t live_registration_count(const struct live *live);
/* What did not fit, and events that could not be used. */
uint64_t live_dropped(const struct live *live);

#endif
