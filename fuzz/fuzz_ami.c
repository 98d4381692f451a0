/*
 * fuzz_ami.c - messages of Asterisk's manager interface, and what is made of them: in one piece or byte by byte the same is told,
 * every event that is told is JSON, and so is every list.
 */
#include "fuzz/fuzz.h"

#include "base/json.h"
#include "feeds/ami_translator.h"

struct told {
    struct ami_translator *translator;
    uint64_t hash;
    int64_t now_us;
};

static void hash(struct told *told, struct slice s)
{
    for (size_t i = 0; i < s.length; i++)
        told->hash = (told->hash ^ (unsigned char)s.data[i]) * 0x100000001b3u;
    told->hash = (told->hash ^ s.length) * 0x100000001b3u;
}

static void on_event(void *self, const struct esl_event *event)
{
    struct error error;
    json_t *json = json_parse(event->json, &error);
    FUZZ_PROMISE(json && json_object_size(json) == event->count);
    json_decref(json);
    hash(self, event->json);
}

static void read_message(struct told *told, struct slice text)
{
    struct ami_message message;
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    if (ami_message_read(text, &arena, &message)) {
        FUZZ_PROMISE(message.count <= AMI_HEADERS_MAX && slice_is_utf8(message.text));
        if (ami_message_get(&message, "ActionID").length > 0)
            ami_translator_row(told->translator, &message, told->now_us);
        else
            ami_translator_event(told->translator, &message, told->now_us);
        told->now_us += 1000000;
    }
    arena_free(&arena);
}

static bool on_message(void *self, struct slice text)
{
    FUZZ_PROMISE(text.length <= AMI_MESSAGE_MAX);
    hash(self, text);
    read_message(self, text);
    return true;
}

static void try_list(struct told *told, enum source_list list)
{
    struct error error;
    struct slice text = ami_translator_list(told->translator, list);
    json_t *json = json_parse(text, &error);
    FUZZ_PROMISE(json && json_is_array(json_object_get(json, "rows")));
    json_decref(json);
    ami_translator_begin(told->translator, list);
}

static uint64_t try(struct slice bytes, size_t piece)
{
    static struct ami_reader reader;
    struct told told = {.now_us = 1795300000000000};
    struct ami_translator_settings settings = {.domain = SLICE_LITERAL("pbx.example.com"),
                                               .trunks = SLICE_LITERAL("provider*"),
                                               .channels_max = 8,
                                               .self = &told,
                                               .told = on_event};
    memset(&reader, 0, offsetof(struct ami_reader, data));
    reader.greeted = true;
    told.translator = ami_translator_open(&settings);
    if (!told.translator)
        return 0;
    ami_translator_begin(told.translator, SOURCE_CHANNELS);
    while (bytes.length > 0) {
        size_t length = bytes.length < piece ? bytes.length : piece;
        ami_reader_feed(&reader, slice_of(bytes.data, length), on_message, &told);
        bytes = slice_of(bytes.data + length, bytes.length - length);
    }
    for (int list = 0; list < SOURCE_LISTS; list++)
        try_list(&told, (enum source_list)list);
    ami_translator_close(told.translator);
    return told.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = slice_of((const char *)data, size);
    FUZZ_PROMISE(try(bytes, SIZE_MAX) == try(bytes, 1));
    return 0;
}

#define CALL(name, state, id)                                                                      \
    "Event: " name "\r\nChannel: PJSIP/1000-00000001\r\nChannelState: " state                      \
    "\r\nCallerIDNum: 1000\r\nExten: 1001\r\nUniqueid: " id "\r\nLinkedid: 1.1\r\n"
#define BRIDGE "BridgeType: basic\r\nBridgeUniqueid: b\r\n"

/* clang-format off */
static const char seed_call[] =
    CALL("Newchannel", "4", "1.1") "\r\n"
    CALL("Newchannel", "0", "1.2") "\r\n"
    CALL("DialBegin", "4", "1.1") "DestChannel: PJSIP/1001-00000002\r\nDestUniqueid: 1.2\r\n\r\n"
    CALL("Newstate", "5", "1.2") "\r\n"
    CALL("BridgeEnter", "6", "1.1") BRIDGE "\r\n"
    CALL("BridgeEnter", "6", "1.2") BRIDGE "\r\n"
    CALL("BridgeEnter", "6", "1.3") BRIDGE "SwapUniqueid: 1.1\r\n\r\n"
    CALL("BridgeLeave", "6", "1.2") BRIDGE "\r\n"
    CALL("Hangup", "6", "1.2") "Cause: 16\r\n\r\n";

static const char seed_channels[] =
    CALL("CoreShowChannel", "6", "1.1") "ActionID: 1\r\nBridgeId: b\r\nDuration: 00:00:09\r\n"
    "Application: Queue\r\nApplicationData: q,t\r\n\r\n"
    CALL("CoreShowChannel", "5", "1.2") "ActionID: 1\r\nBridgeId: b\r\nApplication: AppDial\r\n\r\n";

static const char seed_phones[] =
    "Event: ContactStatus\r\nURI: sip:1000@192.0.2.1\r\nContactStatus: Reachable\r\n"
    "EndpointName: 1000\r\n\r\n"
    "Event: PeerStatus\r\nPeer: SIP/1000\r\nPeerStatus: Registered\r\nAddress: 192.0.2.1:5060\r\n\r\n"
    "Event: ContactList\r\nActionID: 2\r\nObjectName: 1000;@1\r\nUri: sip:1000@192.0.2.1\r\n\r\n"
    "Event: PeerEntry\r\nActionID: 2\r\nChanneltype: SIP\r\nObjectName: 1\r\nIPaddress: 192.0.2.1\r\n"
    "Dynamic: no\r\n\r\n"
    "Event: EndpointList\r\nActionID: 2\r\nObjectName: 1000\r\nOutboundAuths: x\r\n\r\n";

static const char seed_places[] =
    CALL("QueueCallerJoin", "6", "1.1") "Queue: sales\r\n\r\n"
    CALL("Newexten", "6", "1.1") "Application: VoiceMail\r\nAppData: 1@default,u\r\n\r\n"
    CALL("ConfbridgeJoin", "6", "1.1") "Conference: 6\r\n\r\n"
    "Event: ParkedCall\r\nParkeeUniqueid: 1.1\r\nParkinglot: l\r\nParkingSpace: 7\r\n\r\n"
    "Event: ParkedCall\r\nActionID: 1\r\nParkeeUniqueid: 1.4\r\nParkingSpace: 8\r\n\r\n";
/* clang-format on */

FUZZ_SEEDS(SLICE_LITERAL(seed_call), SLICE_LITERAL(seed_channels), SLICE_LITERAL(seed_phones),
           SLICE_LITERAL(seed_places));
