/*
 * element.h - what of a PBX is shown: channels, terminals, users and the like, as they stand in Redis.
 *
 *     callboard:elements:<domain>:<element>   hash id -> JSON object, one member a field
 *     callboard:events:<domain>               stream; an entry a change, appended in the transaction that makes it:
 *                                             element <name> id <id> event added|updated|removed data <JSON>
 *
 * data is the whole element after the change; of one that was removed, as it last was. A field that is not known is
 * left out of the object. An object may have more members than the fields named here (`server`: the PBX it is on).
 */
#ifndef CALLBOARD_ELEMENT_H
#define CALLBOARD_ELEMENT_H

#include "base/arena.h"

enum element {
    ELEMENT_CHANNEL,
    ELEMENT_QUEUED_CHANNEL,
    ELEMENT_PARKED_CHANNEL,
    ELEMENT_CHANNEL_WAITING, /* rings a group or a queue's agents and belongs to nobody yet */
    ELEMENT_USER,
    ELEMENT_GROUP,
    ELEMENT_GROUP_MEMBER,
    ELEMENT_TERMINAL,
    ELEMENT_DOMAIN,
    ELEMENT_SERVER /* a PBX and whether it is heard: id, state ("up", "away"), since (microseconds); not for Basix clients */
};
#define ELEMENT_COUNT 10

/* How a field's value is written. Times are microseconds since the epoch. */
enum element_kind {
    ELEMENT_TEXT,    /* JSON string */
    ELEMENT_LABEL,   /* JSON string that Basix clients read as UTF-8 */
    ELEMENT_NUMBER,  /* JSON integer */
    ELEMENT_BOOLEAN, /* true, false */
    /*
     * {"ts": µs, "name": N, …}; N and its further members:
     *   calling                {"location": "int"|"ext", "type": T, "data": {…}}; T and its data:
     *                              user {"id"}; group {"group_type": "ring"|"hunt", "group_id", "queue_id": with ring only};
     *                              pstn {"address"};
     *                              bridged_endpoint {"a", "b"}
     *   park                   slot, parker_id, parker_name
     *   voicemail              target_type, target_id, target_name
     *   checking_voicemail     target_name
     *   calling_siptermination url
     *   ivr                    ivr_id
     *   system_operation       operation
     *   conference             room_id
     *   eavesdrop              uuid, state
     *   bridged, xml_ivr       nothing
     */
    ELEMENT_STATE,
    ELEMENT_TARGET,    /* {"type", "id", "name", "address"} */
    ELEMENT_OTHER_INFO /* {"type", "user_id" or "end_user", "direction", "peer_location", "address",
                          "offer_timestamp", "group_id", "whoscall"} */
};

struct element_field {
    const char *name;
    enum element_kind kind;
};

/* One kind of element: its name and its fields in the order in which Basix clients are told of them. */
struct element_spec {
    const char *name;
    const struct element_field *fields;
    size_t field_count;
    bool basix; /* clients of the Basix stream are told of it */
};

/* By enum element. The first field of each is what its id in Redis is, but for group_member, whose id is "<group>:<user>". */
extern const struct element_spec element_specs[ELEMENT_COUNT];

/* The element called NAME. False: there is none. */
bool element_named(struct slice name, enum element *element);

/* Key of the hash and of the stream; NUL-terminated, in ARENA. */
struct slice element_key(struct arena *arena, struct slice domain, enum element element);
struct slice element_stream(struct arena *arena, struct slice domain);

/* The domain whose stream STREAM is. False: it is no such key. */
bool element_stream_read(struct slice stream, struct slice *domain);

/* The channel to which commands for SERVER's channels are published (feeds/commands.h); NUL-terminated, in ARENA. */
struct slice element_commands(struct arena *arena, struct slice server);

#endif
