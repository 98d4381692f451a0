/*
 * ami_model.h - what the files of the translator share.
 *
 *     ami_translator.c   open, close, an event, a list
 *     ami_events.c       what each event means
 *     ami_places.c       what a channel is busy with
 *     ami_phones.c       who is registered
 *     ami_channels.c     channels, whose they are, and the bridges they are in
 *     ami_tell.c         an event in FreeSWITCH's words
 *     ami_rows.c         lists
 */
#ifndef CALLBOARD_AMI_MODEL_H
#define CALLBOARD_AMI_MODEL_H

#include "feeds/ami_translator.h"
#include "feeds/live_table.h"

#define AMI_NAME_MAX 256 /* bytes of a name that is used; longer ones are not */

/* AST_STATE_* of Asterisk's channelstate.h. */
enum ami_state {
    AMI_DOWN = 0,
    AMI_DIALING = 3,
    AMI_RING = 4,    /* it has called */
    AMI_RINGING = 5, /* the far end rings */
    AMI_UP = 6
};

enum ami_text {
    AMI_NAME,   /* PJSIP/1001-0000002a */
    AMI_NUMBER, /* its own: CallerIDNum */
    AMI_LABEL,  /* CallerIDName */
    AMI_PEER,   /* the other side's: ConnectedLineNum */
    AMI_PEER_LABEL,
    AMI_DIALLED,   /* what it dialled, or was dialled */
    AMI_CALLER,    /* the Uniqueid of whose dial calls it */
    AMI_LINKED,    /* Linkedid: of the oldest channel of the call */
    AMI_PLACE,     /* an application of FreeSWITCH's that says where it is; */
    AMI_PLACE_DATA /* and its arguments */
};
#define AMI_TEXTS 10

enum ami_way {
    AMI_UNKNOWN,
    AMI_IN,
    AMI_OUT
};

/* Key: bridge's unique id. */
struct ami_bridge {
    struct live_entry entry;
    struct ami_channel *members;
};

/* Key: Uniqueid. */
struct ami_channel {
    struct live_entry entry;
    char *texts[AMI_TEXTS];
    struct ami_bridge *bridge;
    struct ami_channel *next; /* in the bridge */
    struct ami_channel *peer; /* whom it is told to talk to; in the same bridge */
    int64_t created_us, answered_us;
    int state; /* enum ami_state, or another of Asterisk's */
    enum ami_way way;
    bool told;        /* CHANNEL_CREATE was sent, or it was in a list */
    bool caller_told; /* with its caller */
    bool held;        /* by whoever it belongs to */
    bool fresh;       /* it has come since the list began */
    bool listed;      /* in the list that is being heard */
};

/* Key: technology and name of an endpoint, PJSIP/1001. */
struct ami_endpoint {
    struct live_entry entry;
    bool trunk;
};

struct ami_translator {
    const struct ami_translator_settings *settings;
    struct live_table channels, bridges, endpoints;
    int64_t now_us;
    struct arena scratch;    /* of one event */
    struct arena list_arena; /* of one list */
    struct buffer rows;      /* of it */
    size_t row_count;
};

/* ---- values (ami_channels.c) ---- */

/* The header, but nothing for "<unknown>", "<none>" and "(null)". */
struct slice ami_value(const struct ami_message *message, const char *prefix, const char *name);
void ami_text_set(char **text, struct slice value);
struct slice ami_text(const struct ami_channel *channel, enum ami_text text);

/* ---- channels (ami_channels.c) ---- */

/* True: the endpoint NAME of TECHNOLOGY ("PJSIP") is a phone. */
bool ami_is_phone(struct ami_translator *translator, struct slice technology, struct slice name);
void ami_endpoint_is(struct ami_translator *translator, const char *technology, struct slice name,
                     bool trunk);

struct ami_channel *ami_channel_find(struct ami_translator *translator, struct slice id);
/*
 * The channel that MESSAGE is of, with what its headers, whose names begin with PREFIX, say; made when there is none. NULL: none.
 */
struct ami_channel *ami_channel_of(struct ami_translator *translator,
                                   const struct ami_message *message, const char *prefix);
void ami_channel_remove(struct ami_translator *translator, struct ami_channel *channel);
/* The extension it belongs to, or empty. */
struct slice ami_channel_user(struct ami_translator *translator, const struct ami_channel *channel);
/* The channel that MESSAGE is of, told of: one that nobody has called was made by Asterisk itself, if it is not known better. */
struct ami_channel *ami_channel_told(struct ami_translator *translator,
                                     const struct ami_message *message, const char *prefix);
/*
 * Says which way it goes, when that is not known yet, and tells of the channel; of one that was told of before its caller was
 * known, again.
 */
void ami_channel_goes(struct ami_translator *translator, struct ami_channel *channel,
                      enum ami_way way);
/* CHANNEL is in BRIDGE now, in the place of SWAPPED, which may be NULL. */
void ami_channel_enter(struct ami_translator *translator, struct ami_channel *channel,
                       struct slice bridge, struct ami_channel *swapped);
void ami_channel_leave(struct ami_translator *translator, struct ami_channel *channel);

/* AMI_PLACE of a parked channel. */
#define AMI_PARKED "valet_park"

/* ---- telling (ami_tell.c) ---- */

struct ami_pair {
    const char *name;
    struct slice value;
};

/* An event NAME, with PAIRS; those with an empty value are left out. SUBCLASS: of CUSTOM, or NULL. */
void ami_tell(struct ami_translator *translator, const char *name, const char *subclass,
              const struct ami_pair *pairs, size_t count);

/* An event of CHANNEL, with all that is known of it, and PAIRS behind. */
void ami_tell_channel(struct ami_translator *translator, const char *name, const char *subclass,
                      const struct ami_channel *channel, const struct ami_pair *pairs,
                      size_t count);

/* The numbers and names as FreeSWITCH has them: of whom the call is from, of what was dialled, of whom it came to. */
struct slice ami_calling_number(const struct ami_channel *channel);
struct slice ami_calling_name(const struct ami_channel *channel);
struct slice ami_dialled(const struct ami_channel *channel);
struct slice ami_callee(const struct ami_channel *channel);

/* US as digits, in the translator's scratch. */
struct slice ami_digits(struct ami_translator *translator, int64_t us);
/* A "@" B. */
struct slice ami_address(struct ami_translator *translator, struct slice user);

/* "name":"value" behind a comma, when there is a value. */
void ami_member(struct buffer *out, const char *name, struct slice value);

/* ---- what happens ---- */

typedef void ami_handler(struct ami_translator *translator, const struct ami_message *message);

/* Of places (ami_places.c) and of phones (ami_phones.c). */
ami_handler ami_on_queue_join, ami_on_queue_leave, ami_on_agent_called, ami_on_agent_silent,
    ami_on_parked, ami_on_unparked, ami_on_conference_join, ami_on_conference_leave,
    ami_on_application, ami_on_spy, ami_on_spied;
ami_handler ami_on_contact, ami_on_peer;

/* CHANNEL is in STATE, one of enum ami_state or another of Asterisk's. */
void ami_channel_state(struct ami_translator *translator, struct ami_channel *channel, int state);

/* Asterisk's APPLICATION with DATA, as an application of FreeSWITCH's that live.h knows; NULL: nothing that is shown. *data: its arguments. */
const char *ami_place_of(struct ami_translator *translator, struct slice application,
                         struct slice data, struct slice *arguments);

/* An event, to where it belongs (ami_events.c). */
void ami_event(struct ami_translator *translator, const struct ami_message *message);

/* The channels' list begins (ami_rows.c). */
void ami_rows_begin(struct ami_translator *translator);
/* A row of a list. */
void ami_row(struct ami_translator *translator, const struct ami_message *message);
/* Adds the rows of what the channels' list has told, and forgets channels that it has not. */
void ami_rows_channels(struct ami_translator *translator);
void ami_rows_calls(struct ami_translator *translator);

#endif
