/*
 * live_model.h - what the files of the live model share: its structures and the steps they ask of each other.
 *
 *     live.c                 open, close, which event goes where
 *     live_channels.c        channels: their beginning and end, whose they are
 *     live_pairs.c           whom they talk to
 *     live_places.c          what they are busy with
 *     live_learn.c           what every event says of its channel
 *     live_channel_events.c  what each event changes of them
 *     live_shown.c           a channel as the elements that others see
 *     live_state.c           the state a channel is in
 *     live_calls.c           the record of `calls` of an extension
 *     live_registrations.c   phones
 *     live_queues.c          queues, parking lots, conferences
 *     live_agents.c          states of a queue's agents
 *     live_news.c            packets of notifications
 *     live_snapshot.c        the PBX's own lists
 *     live_list.c            their rows
 *
 * Which headers are believed. FreeSWITCH's own come before those of users, and the first of a name counts (esl_event.h). Who a
 * leg belongs to: of a leg that came in, variable_user_name and variable_domain_name, which FreeSWITCH sets after
 * checking the password; Channel-Presence-ID is what the caller wrote into From, so it says nothing there. Of a leg that
 * FreeSWITCH made, Channel-Presence-ID, which then is of the dial-string, else variable_dialed_user and _domain as it begins.
 */
#ifndef CALLBOARD_LIVE_MODEL_H
#define CALLBOARD_LIVE_MODEL_H

#include "base/buffer.h"
#include "feeds/live.h"
#include "feeds/live_table.h"

#define LIVE_TEXT_MAX 256 /* bytes of a text that is kept; longer ones are cut */
#define LIVE_IDENTITY_MAX                                                                          \
    256 /* bytes of a uuid, extension, domain or call-id; longer ones are not used at all */
#define LIVE_GONE 256 /* ended channels that are remembered, against events that come late */

struct live_phone;
struct live_leg;

/* Somebody with phones, or on a call. Key: user, line end, domain. */
struct live_extension {
    struct live_entry entry;
    struct slice name, domain; /* in the key */
    struct live_phone *phones;
    struct live_leg *first, *last; /* those in its record, in the order in which they came there */
    /* What the record was last told for; NULL: that has ended. */
    const struct live_leg *current;
    unsigned leg_count, told_count; /* all of its legs; those in the record */
};

/* A registration. Key: call-id, line end, the extension's key. */
struct live_phone {
    struct live_entry entry;
    struct live_extension *extension;
    struct live_phone *next; /* of the extension */
    struct slice contact;    /* the call-id, in the key */
    char *uri;               /* where it is reached */
    char *user_agent, *address;
    int64_t registered_us;
    uint64_t shown; /* hash of the terminal's JSON; 0: not shown */
    bool listed;    /* in the list that is being put in */
};

/* A channel as it stands in the record of its extension. */
struct live_leg {
    struct live_leg *next, *previous; /* in the record */
    struct live_extension *extension;
    char *uuid;
    bool told;  /* it is in the record */
    bool ended; /* and stays there until the record changes next */
    bool answered;
    const char *notify; /* as it was told last */
    char *values[];     /* of settings.call_fields; NULL: not known */
};

/* What a channel is busy with, other than its other leg. */
enum live_place {
    LIVE_NOWHERE,
    LIVE_PARK,               /* place_data: the slot */
    LIVE_QUEUE,              /* the queue */
    LIVE_RING_GROUP,         /* the group, whose members ring all at once */
    LIVE_HUNT_GROUP,         /* the group, whose members ring one after the other */
    LIVE_VOICEMAIL,          /* whose */
    LIVE_CHECKING_VOICEMAIL, /* whose */
    LIVE_CONFERENCE,         /* the room */
    LIVE_EAVESDROP,          /* the channel's uuid */
    LIVE_IVR,                /* the menu */
    LIVE_XML_IVR,
    LIVE_OPERATION /* the application */
};

enum live_text {
    LIVE_DOMAIN,
    LIVE_USER, /* extension that the leg belongs to; none: a trunk, or FreeSWITCH itself */
    LIVE_CALLING_NAME,
    LIVE_CALLING_NUMBER,
    LIVE_CALLED_NUMBER,
    LIVE_OTHER,        /* uuid of the other leg */
    LIVE_CALLEE,       /* extension that this leg calls */
    LIVE_LAST_BRIDGED, /* extension */
    LIVE_LAST_EVENT,
    LIVE_PLACE_DATA,
    LIVE_PLACE_MODE,  /* of an eavesdropper: listen, whisper or barge */
    LIVE_ADDRESS,     /* the phone's IP address */
    LIVE_GROUP,       /* group or queue that the call has come by */
    LIVE_URL,         /* of a leg to a SIP address that is neither an extension's nor a trunk's */
    LIVE_ORIGINATION, /* these three as BASIX clients read them; set by the dialplan */
    LIVE_END_USER,
    LIVE_TAGS,
    LIVE_CONTACT_REF /* the dialler's name for who is called */
};
#define LIVE_TEXTS 18

/* Elements that a channel is shown as. */
enum live_shown {
    LIVE_AS_CHANNEL,
    LIVE_AS_QUEUED,
    LIVE_AS_PARKED,
    LIVE_AS_WAITING
};
#define LIVE_SHOWN 4

/* Key: uuid. */
struct live_channel {
    struct live_entry entry;
    struct live_leg *leg; /* in `calls`; NULL: of no extension, or over */
    char *texts[LIVE_TEXTS];
    int64_t offered_us, answered_us, hung_up_us;
    int64_t state_us;           /* since when the state is what it is */
    uint64_t state;             /* hash of it */
    uint64_t shown[LIVE_SHOWN]; /* hash of the JSON; 0: not shown */
    enum live_place place;
    unsigned offers; /* agents that this one, in a queue, rings at */
    bool inbound, bridged, held, ended;
    bool proxy;          /* FreeSWITCH's own, busy on behalf of the leg it is bridged to */
    bool borrowed;       /* the place is that of a proxy */
    bool domain_guessed; /* settings.default_domain, for want of better */
    bool listed;         /* in the list that is being put in */
};

/* An agent of a queue. Key: its name there. */
struct live_agent {
    struct live_entry entry;
    char *status, *state;
    const char *told; /* what was last said of it */
};

struct live {
    const struct live_settings *settings;
    const struct live_sink *sink;
    size_t field_count; /* of settings->call_fields */
    struct live_table channels, extensions, phones, agents;
    uint64_t gone[LIVE_GONE]; /* hashes of uuids */
    size_t gone_next;
    uint64_t dropped;
    bool unsure;          /* the last lists did not have what may be over, or too new for them */
    int64_t now_us;       /* of the event, or list, that is being put in */
    struct arena scratch; /* of one event */
};

/* ---- texts (live.c) ---- */

/* *text becomes VALUE, cut; NULL when VALUE is empty. Without memory it stays, and that is counted. */
void live_text_set(struct live *live, char **text, struct slice value);

/* The same, but an empty VALUE changes nothing. */
void live_text_learn(struct live *live, char **text, struct slice value);

/* True when TEXT may name somebody or something: not empty, not too long, without control characters. */
bool live_is_identity(struct slice text);

/* The header as microseconds; 0: none. */
int64_t live_time_of(const struct esl_event *event, const char *name);

/* Cuts "user@domain"; false when it is none. */
bool live_cut_address(struct slice address, struct slice *user, struct slice *domain);

/* ---- extensions (live_calls.c) ---- */

/* The extension, made when there is none. NULL without memory or when the names are none. */
struct live_extension *live_extension_named(struct live *live, struct slice name,
                                            struct slice domain);
/* The extension, or NULL. */
struct live_extension *live_extension_find(struct live *live, struct slice name,
                                           struct slice domain);
/* Frees EXTENSION when it has neither phone nor leg left. */
void live_extension_release(struct live *live, struct live_extension *extension);

/* ---- calls (live_calls.c) ---- */

/* A leg of the extension USER of DOMAIN, not in its record yet. NULL without memory, or when these are no names. */
struct live_leg *live_leg_new(struct live *live, struct slice uuid, struct slice user,
                              struct slice domain);
/* The configured fields, as EVENT has them. */
void live_leg_learn(struct live *live, struct live_leg *leg, const struct esl_event *event);
/* One of them, in another source's words. */
void live_leg_learn_field(struct live *live, struct live_leg *leg, const char *name,
                          struct slice value);
/* The leg's call has come to NOTIFY: "callout", "callin" or "answer"; each is told once. */
void live_leg_notify(struct live *live, struct live_leg *leg, const char *notify);
/* The channel has another uuid now; a record that has the old one is told anew. */
void live_leg_rename(struct live *live, struct live_leg *leg, struct slice uuid);
/* The call is over. LEG is not the caller's any more. */
void live_leg_end(struct live *live, struct live_leg *leg);

/* ---- channels (live_channels.c) ---- */

typedef void live_handler(struct live *live, const struct esl_event *event);

live_handler live_channel_created, live_channel_progress, live_channel_answered,
    live_channel_bridged, live_channel_unbridged, live_channel_held, live_channel_unheld,
    live_channel_parked, live_channel_unparked, live_channel_executes, live_channel_executed,
    live_channel_updated, live_channel_renamed, live_channel_hung_up, live_channel_completed,
    live_channel_destroyed;

/* The channel called UUID; NULL: none. */
struct live_channel *live_channel_find(const struct live *live, struct slice uuid);
/* True when the channel of EVENT is about to go: such an event makes none (live_learn.c). */
bool live_event_ends(const struct esl_event *event);
/* The channel of EVENT, with what the event says of it; made when there is none and it is not ending. NULL: none. */
struct live_channel *live_channel_of(struct live *live, const struct esl_event *event);
/* A new one; NULL without memory, beyond channels_max, or when UUID is of one that has ended, or is no name. */
struct live_channel *live_channel_add(struct live *live, struct slice uuid);
/* It belongs to the extension, from now on; only the first time counts. */
void live_channel_assign(struct live *live, struct live_channel *channel, struct slice name,
                         struct slice domain);
/* Its domain, when that is not known better; GUESSED: for want of better. */
void live_channel_set_domain(struct live *live, struct live_channel *channel, struct slice domain,
                             bool guessed);
/* CHANNEL is called UUID from now on; the channel as it is then, or, without memory, as it was. */
struct live_channel *live_channel_rename(struct live *live, struct live_channel *channel,
                                         struct slice uuid);
/* Its call is over: out of `calls`. */
void live_channel_end(struct live *live, struct live_channel *channel);
/* It is gone: takes it out of `calls`, of what is shown, and frees it. */
void live_channel_remove(struct live *live, struct live_channel *channel);
struct slice live_channel_text(const struct live_channel *channel, enum live_text text);

/* ---- whom it talks to (live_pairs.c) ---- */

/* The other leg, if it is known and there. */
struct live_channel *live_channel_other(const struct live *live,
                                        const struct live_channel *channel);
/* CALLER has made FreeSWITCH call CALLED. */
void live_channel_link(struct live *live, struct live_channel *caller, struct live_channel *called);
/* A and B talk to each other. Who talked to one of them until now does not any more. */
void live_channel_join(struct live *live, struct live_channel *a, struct live_channel *b);
/* It has nobody to talk to any more. */
void live_channel_separate(struct live *live, struct live_channel *channel);
/* The same, if it is OTHER that it talks to, or is called by; shown then. */
void live_channel_part(struct live *live, struct live_channel *channel, struct slice other);

/* ---- what it is busy with (live_places.c) ---- */

/* It is busy with PLACE. */
void live_channel_put(struct live *live, struct live_channel *channel, enum live_place place,
                      struct slice data);
/* What the dialplan's APPLICATION means; LIVE_NOWHERE: nothing that is shown. */
enum live_place live_place_of(struct slice application, struct slice arguments, struct slice *data);
/* True when it is a group, ringing at once or one after the other. */
bool live_place_is_group(enum live_place place);

/* ---- what is shown (live_shown.c, live_state.c) ---- */

/* Tells the sink what has changed of CHANNEL's elements. */
void live_show(struct live *live, struct live_channel *channel);
/* Takes its element away; SHOWN is one of enum live_shown. */
void live_hide(struct live *live, struct live_channel *channel, enum live_shown shown);
/* The state without its time, {"name":…}'s members behind the brace. */
void live_state_write(struct live *live, const struct live_channel *channel, struct buffer *out);
/* Whom a call that came in is for, as another member, `target`; nothing when that is nobody of the PBX. */
void live_target_write(struct live *live, const struct live_channel *channel, struct buffer *out);
/* NAME and TEXT as another member of an object, when there is a text; NAME has comma, quotes and colon. */
void live_member(struct buffer *out, const char *name, struct slice text);

/* ---- the rest ---- */

live_handler live_registered, live_unregistered, live_expired;        /* live_registrations.c */
live_handler live_callcenter, live_fifo, live_valet, live_conference; /* live_queues.c */
live_handler live_agent_status, live_agent_state, live_agent_wrapup;  /* live_agents.c */
void live_agent_remove(struct live *live, struct live_agent *agent);

/* A registration of USER at DOMAIN; NULL without memory, beyond registrations_max, or when it is no such thing. */
struct live_phone *live_phone_find(struct live *live, struct slice user, struct slice domain,
                                   struct slice contact);
struct live_phone *live_phone_add(struct live *live, struct slice user, struct slice domain,
                                  struct slice contact);
/* It is reached at URI now, which is behind the IP address ADDRESS; to be shown anew with live_phone_show. */
void live_phone_move(struct live *live, struct live_phone *phone, struct slice uri,
                     struct slice address);
void live_phone_show(struct live *live, struct live_phone *phone);
/* Takes it away; JSON says why. */
void live_phone_remove(struct live *live, struct live_phone *phone, struct slice json);
/* sip:user@host:port of a contact or of a list's url. */
struct slice live_contact_uri(struct slice contact);

/* live_news.c */
void live_news_call(struct live *live, struct slice agent, struct slice call,
                    struct slice contact_ref, struct slice number);
void live_news_status(struct live *live, struct slice agent, const char *status);
void live_news_cdr(struct live *live, const struct esl_event *event);

#endif
