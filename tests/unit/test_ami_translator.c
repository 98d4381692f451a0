/*
 * test_ami_translator.c - tests of the translator: tests/fixtures/asterisk/ami/NAME.txt, what Asterisk sends, and NAME.story,
 * what the live model's sink is to be told of it, with the phones behind.
 */
#include "live_checks.h"

#include "feeds/ami_translator.h"

#define NOW_US 1795300000000000

static struct ami_translator_settings settings;
static struct ami_translator *translator;

static void tell_model(void *self, const struct esl_event *event)
{
    (void)self;
    CU_ASSERT_TRUE(slice_is_utf8(event->json));
    live_event(play.live, event);
}

static void begin(void)
{
    start();
    settings = (struct ami_translator_settings){.domain = SLICE_LITERAL("pbx.example.com"),
                                                .trunks = SLICE_LITERAL("provider, gw-*"),
                                                .channels_max = 100,
                                                .told = tell_model};
    translator = ami_translator_open(&settings);
    CU_ASSERT_PTR_NOT_NULL_FATAL(translator);
}

static void end(void)
{
    ami_translator_close(translator);
    play_stop(&play);
}

/* ---- sessions ---- */

static bool on_message(void *self, struct slice text)
{
    struct ami_message message;
    struct arena arena;
    (void)self;
    arena_init(&arena, (size_t)1 << 20);
    CU_ASSERT_TRUE(ami_message_read(text, &arena, &message));
    if (ami_message_get(&message, "ActionID").length > 0)
        ami_translator_row(translator, &message, NOW_US);
    else
        ami_translator_event(translator, &message, NOW_US);
    arena_free(&arena);
    return true;
}

static void feed(struct slice text, size_t piece)
{
    struct ami_reader *reader = calloc(1, sizeof *reader);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader);
    reader->greeted = true;
    while (text.length > 0) {
        size_t length = text.length < piece ? text.length : piece;
        CU_ASSERT_TRUE(ami_reader_feed(reader, slice_of(text.data, length), on_message, NULL));
        text = slice_of(text.data + length, text.length - length);
    }
    free(reader);
}

static char *story(void)
{
    char *told = play_short(&play);
    char *added = play_lines(&play, "reg "), *removed = play_lines(&play, "unreg ");
    char *text = calloc(1, strlen(told) + strlen(added) + strlen(removed) + 40);
    sprintf(text, "%s- phones\n%s- phones gone\n%s", told, added, removed);
    free(told);
    free(added);
    free(removed);
    return text;
}

static void check_session(const char *name, size_t piece)
{
    char path[100];
    snprintf(path, sizeof path, "../../asterisk/ami/%s.txt", name);
    struct slice text = play_file(path);
    snprintf(path, sizeof path, "../../asterisk/ami/%s.story", name);
    struct slice wanted = play_file(path);
    CU_ASSERT_TRUE_FATAL(text.length > 0 && wanted.length > 0);
    begin();
    feed(text, piece);
    char *got = story();
    if (!slice_is(wanted, got))
        printf("\n%s in pieces of %zu: got\n%s", name, piece, got);
    CU_ASSERT_TRUE(slice_is(wanted, got));
    CU_ASSERT_EQUAL(live_channel_count(play.live), 0);
    CU_ASSERT_EQUAL(live_dropped(play.live), 0);
    free(got);
    free((char *)text.data);
    free((char *)wanted.data);
    end();
}

static void test_sessions(void)
{
    static const char *const names[] = {"call-answered",  "call-busy-voicemail",
                                        "call-cancelled", "attended-transfer",
                                        "parked",         "queue",
                                        "conference",     "originate-spy",
                                        "chan-sip",       "ring-group-local",
                                        "phones",         "odd"};
    static const size_t pieces[] = {SIZE_MAX, 1, 2, 7, 1000};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t j = 0; j < sizeof pieces / sizeof *pieces; j++)
            check_session(names[i], pieces[j]);
}

/* ---- what of a session the story does not say ---- */

static void play_text(const char *name)
{
    char path[100];
    snprintf(path, sizeof path, "../../asterisk/ami/%s.txt", name);
    struct slice text = play_file(path);
    feed(text, SIZE_MAX);
    free((char *)text.data);
}

#define CALLED_BY_1000                                                                             \
    "\"Caller-Destination-Number\":\"1001\",\"Caller-Caller-ID-Number\":\"1000\","                 \
    "\"Caller-Callee-ID-Number\":\"1001\",\"Caller-Profile-Created-Time\":\"1795300003100000\","

static void test_fields(void)
{
    begin();
    play_text("call-answered");
    LINES("call pbx.example.com 1001 ",
          "{\"username\":\"1001\",\"current\":\"100000.2\",\"notify\":\"callin\",\"100000.2\":"
          "{" CALLED_BY_1000
          "\"Caller-Channel-Answered-Time\":\"0\"},\"activity\":[\"100000.2\"]}\n"
          "{\"username\":\"1001\",\"current\":\"100000.2\",\"notify\":\"answer\",\"100000.2\":"
          "{" CALLED_BY_1000
          "\"Caller-Channel-Answered-Time\":\"1795300008100000\"},\"activity\":[\"100000.2\"]}\n"
          "{\"username\":\"1001\",\"current\":\"100000.2\",\"notify\":\"hangup\",\"100000.2\":"
          "{" CALLED_BY_1000
          "\"Caller-Channel-Answered-Time\":\"1795300008100000\"},\"activity\":[]}\n");
    LINES("keep campaigns 100000.2 ",
          "{\"type\":\"cdr\",\"payload\":{\"extension\":\"1001\",\"call_ref\":\"100000.2\","
          "\"contact_ref\":\"\",\"dialed_at\":\"2026-11-21T22:26:43Z\",\"end_reason\":"
          "\"NORMAL_CLEARING\",\"end_code\":null,\"call_time\":12,\"call_dir\":\"outbound\","
          "\"recording_url\":\"\",\"ref\":\"\"}}\n");
    end();
}

static void test_queue_offers(void)
{
    begin();
    play_text("queue");
    char *is = play_lines(&play, "is pbx.example.com channel_waiting 100000.1 ");
    char *gone = play_lines(&play, "gone pbx.example.com channel_waiting 100000.1 ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(strchr(is, '\n'));
    CU_ASSERT_STRING_NOT_EQUAL(strchr(is, '\n') + 1,
                               ""); /* twice: two agents, one after the other */
    CU_ASSERT_STRING_NOT_EQUAL(strchr(gone, '\n') + 1, "");
    free(is);
    free(gone);
    end();
}

/* ---- lists ---- */

static const char contacts[] =
    "Event: EndpointList\r\nActionID: 1\r\nObjectName: 1000\r\nAuths: 1000\r\nOutboundAuths: "
    "\r\n\r\n"
    "Event: EndpointList\r\nActionID: 1\r\nObjectName: byaddress\r\nAuths: \r\nOutboundAuths: "
    "\r\n\r\n"
    "Event: EndpointList\r\nActionID: 1\r\nObjectName: carrier\r\nAuths: c\r\nOutboundAuths: "
    "c\r\n\r\n"
    "Event: ContactList\r\nActionID: 2\r\nObjectType: contact\r\nObjectName: 1000;@0a1b\r\n"
    "ViaAddr: 192.0.2.10\r\nViaPort: 5060\r\nCallId: x\r\nEndpoint: 1000\r\n"
    "Uri: sip:1000@192.0.2.10:5060\r\nUserAgent: Phone \"One\"/1.0\r\nExpirationTime: "
    "1795303600\r\n\r\n"
    "Event: ContactList\r\nActionID: 2\r\nObjectName: 1001;@0a1c\r\nUri: "
    "sip:1001@192.0.2.11\r\n\r\n"
    "Event: ContactList\r\nActionID: 2\r\nObjectName: byaddress@@1\r\nEndpoint: byaddress\r\n"
    "Uri: sip:198.51.100.1\r\n\r\n"
    "Event: ContactList\r\nActionID: 2\r\nEndpoint: carrier\r\nUri: sip:198.51.100.2\r\n\r\n"
    "Event: PeerEntry\r\nActionID: 3\r\nChanneltype: SIP\r\nObjectName: 2000\r\nIPaddress: "
    "192.0.2.20\r\n"
    "IPport: 5060\r\nDynamic: yes\r\nStatus: OK (3 ms)\r\n\r\n"
    "Event: PeerEntry\r\nActionID: 3\r\nChanneltype: SIP\r\nObjectName: 2001\r\nIPaddress: "
    "-none-\r\n"
    "IPport: 0\r\nDynamic: yes\r\nStatus: UNKNOWN\r\n\r\n"
    "Event: PeerEntry\r\nActionID: 3\r\nChanneltype: SIP\r\nObjectName: gate\r\nIPaddress: "
    "192.0.2.9\r\n"
    "IPport: 5060\r\nDynamic: no\r\nStatus: Unmonitored\r\n\r\n";

#define CHANNEL(name, state, number, exten, id, linked, application, data, bridge)                 \
    "Event: CoreShowChannel\r\nActionID: 4\r\nChannel: " name "\r\nChannelState: " state           \
    "\r\nCallerIDNum: " number "\r\nCallerIDName: <unknown>\r\nConnectedLineNum: <unknown>\r\n"    \
    "Exten: " exten "\r\nUniqueid: " id "\r\nLinkedid: " linked "\r\nApplication: " application    \
    "\r\nApplicationData: " data "\r\nDuration: 00:01:30\r\nBridgeId: " bridge "\r\n\r\n"

static const char channels[] =
    "Event: ParkedCall\r\nActionID: 4\r\nParkeeChannel: PJSIP/1003-00000007\r\nParkeeUniqueid: "
    "100000.7\r\n"
    "ParkeeCallerIDNum: 1003\r\nParkinglot: default\r\nParkingSpace: 701\r\n\r\n" CHANNEL(
        "PJSIP/1000-00000001", "6", "1000", "1001", "100000.1", "100000.1", "Dial", "PJSIP/1001",
        "br-1") CHANNEL("PJSIP/1001-00000002", "6", "1001", "", "100000.2", "100000.1", "AppDial",
                        "(Outgoing Line)", "br-1")
        CHANNEL("PJSIP/1002-00000003", "5", "1002", "", "100000.3", "100000.4", "AppQueue",
                "(Outgoing Line)", "") CHANNEL("PJSIP/carrier-00000004", "6", "5551234", "4000",
                                               "100000.4", "100000.4", "Queue", "sales,t", "")
            CHANNEL("PJSIP/1004-00000005", "6", "1004", "6000", "100000.5", "100000.5",
                    "ConfBridge", "6000,default", "cb-1")
                CHANNEL("PJSIP/1005-00000006", "6", "1005", "*97", "100000.6", "100000.6",
                        "VoiceMailMain", "1005@default", "")
                    CHANNEL("PJSIP/1003-00000007", "6", "1003", "1001", "100000.7", "100000.7",
                            "Park", "", "park-1");

/* Each list is put in ten seconds after the one before. */
static void put_list(enum source_list list, const char *rows,
                     bool (*put)(struct live *live, struct slice json, int64_t now_us,
                                 struct error *error))
{
    static int64_t now_us = NOW_US;
    struct error error = {""};
    ami_translator_begin(translator, list);
    feed(slice_from(rows), SIZE_MAX);
    struct slice json = ami_translator_list(translator, list);
    CU_ASSERT_TRUE(put(play.live, json, now_us += 10000000, &error));
    CU_ASSERT_STRING_EQUAL(error.text, "");
}

static void test_registrations_listed(void)
{
    begin();
    settings.trunks = slice_from(NULL); /* so that Asterisk's own settings say what is a trunk */
    put_list(SOURCE_REGISTRATIONS, contacts, live_snapshot_registrations);
    char *registered = play_lines(&play, "reg ");
    CU_ASSERT_STRING_EQUAL(registered, "pbx.example.com 1000 sip:1000@192.0.2.10:5060 fresh\n"
                                       "pbx.example.com 1001 sip:1001@192.0.2.11 fresh\n"
                                       "pbx.example.com 2000 SIP/2000 fresh\n");
    free(registered);
    char *terminal = play_lines(&play, "is pbx.example.com terminal 1000:");
    CU_ASSERT_PTR_NOT_NULL(strstr(terminal, "\"user_agent\":\"Phone \\\"One\\\"/1.0\""));
    free(terminal);
    play_clear(&play);
    put_list(SOURCE_REGISTRATIONS, contacts, live_snapshot_registrations);
    CU_ASSERT_STRING_EQUAL(play.log, ""); /* nothing is new */
    put_list(SOURCE_REGISTRATIONS, "", live_snapshot_registrations);
    CU_ASSERT_EQUAL(live_registration_count(play.live), 0);
    end();
}

static void put_channels(void)
{
    put_list(SOURCE_CHANNELS, channels, live_snapshot_channels);
    put_list(SOURCE_CALLS, "", live_snapshot_calls);
}

static int order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines of TEXT that say the last of each channel, in the order of their text. */
static void check_states(const char *const *wanted, size_t count)
{
    char *text = play_states(&play, "channel"), *lines[50], *rest;
    size_t found = 0;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        for (size_t i = 0; i < found; i++)
            if (strncmp(lines[i], line, strlen("is 100000.1")) == 0)
                lines[i] = lines[--found];
        lines[found++] = line;
    }
    qsort(lines, found, sizeof *lines, order);
    CU_ASSERT_EQUAL(found, count);
    for (size_t i = 0; i < found && i < count; i++)
        CU_ASSERT_STRING_EQUAL(lines[i], wanted[i]);
    free(text);
}

static void test_channels_listed(void)
{
    static const char *const wanted[] = {
        "is 100000.1 1000 bridged",         "is 100000.2 1001 bridged",
        "is 100000.3 1002 calling 1002",    "is 100000.4 - calling sales",
        "is 100000.5 1004 conference 6000", "is 100000.6 1005 checking_voicemail 1005",
        "is 100000.7 1003 park 701"};
    begin();
    settings.trunks = slice_from("carrier");
    put_channels();
    check_states(wanted, sizeof wanted / sizeof *wanted);
    play_clear(&play);
    put_channels();
    CU_ASSERT_STRING_EQUAL(play.log, ""); /* nothing is new */
    /* Events go on where the list has ended. */
    feed(slice_from("Event: BridgeLeave\r\nBridgeUniqueid: br-1\r\nUniqueid: 100000.1\r\n\r\n"
                    "Event: Hangup\r\nUniqueid: 100000.1\r\nCause: 16\r\n\r\n"),
         SIZE_MAX);
    CU_ASSERT_EQUAL(live_channel_count(play.live), 6);
    put_list(SOURCE_CHANNELS, "", live_snapshot_channels);
    CU_ASSERT_EQUAL(live_channel_count(play.live), 0);
    end();
}

/* What was missed while it was away is made up for. */
static void test_channels_listed_again(void)
{
    static const char *const wanted[] = {"is 100000.1 1000 bridged", "is 100000.2 1001 bridged"};
    static const char up[] =
        CHANNEL("PJSIP/1000-00000001", "6", "1000", "1001", "100000.1", "100000.1", "Dial",
                "PJSIP/1001", "br-9") CHANNEL("PJSIP/1001-00000002", "6", "1001", "", "100000.2",
                                              "100000.1", "AppDial", "(Outgoing Line)", "br-9");
    struct slice text = play_file("../../asterisk/ami/call-answered.txt");
    begin();
    const char *ringing = strstr(text.data, "ChannelState: 5");
    CU_ASSERT_PTR_NOT_NULL_FATAL(ringing);
    feed(slice_of(text.data, (size_t)(strstr(ringing, "\r\n\r\n") + 4 - text.data)), SIZE_MAX);
    CU_ASSERT_EQUAL(live_channel_count(play.live), 2);
    put_list(SOURCE_CHANNELS, up, live_snapshot_channels);
    put_list(SOURCE_CALLS, "", live_snapshot_calls);
    check_states(wanted, 2);
    check_calls("1000 callout 100000.1 100000.1 | 100000.1\n"
                "1001 callin 100000.2 100000.2 | 100000.2\n"
                "1000 answer 100000.1 100000.1 | 100000.1\n"
                "1001 answer 100000.2 100000.2 | 100000.2\n",
                __LINE__);
    free((char *)text.data);
    end();
}

/* ---- bounds ---- */

static void test_many_channels(void)
{
    begin();
    for (int i = 0; i < 300; i++) {
        char text[200];
        snprintf(text, sizeof text,
                 "Event: Newchannel\r\nChannel: PJSIP/1000-%08x\r\nChannelState: 4\r\nUniqueid: "
                 "9.%d\r\n\r\n",
                 (unsigned)i, i);
        feed(slice_from(text), SIZE_MAX);
    }
    CU_ASSERT_EQUAL(live_channel_count(play.live), 100);
    end();
}

static void test_trunks(void)
{
    static const struct {
        const char *channel;
        const char *user;
    } cases[] = {{"PJSIP/1000-00000001", "1000"},
                 {"PJSIP/front-desk-00000001", "front-desk"},
                 {"PJSIP/provider-00000001", NULL},
                 {"PJSIP/gw-london-00000001", NULL},
                 {"Local/1001@internal-0000;1", NULL},
                 {"DAHDI/1-1", NULL},
                 {"PJSIP/nosuffix", NULL},
                 {"SIP/1000-0000a", "1000"},
                 {"", NULL},
                 {"-", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        begin();
        snprintf(text, sizeof text,
                 "Event: Newchannel\r\nChannel: %s\r\nChannelState: 4\r\nUniqueid: 9.9\r\n\r\n",
                 cases[i].channel);
        feed(slice_from(text), SIZE_MAX);
        char *call = play_lines(&play, "call pbx.example.com ");
        CU_ASSERT_EQUAL(*call != '\0', cases[i].user != NULL);
        CU_ASSERT_TRUE(!cases[i].user || strncmp(call, cases[i].user, strlen(cases[i].user)) == 0);
        free(call);
        end();
    }
}

SUITE("ami translator", {"sessions", test_sessions}, {"fields and records", test_fields},
      {"a queue's agents", test_queue_offers}, {"registrations listed", test_registrations_listed},
      {"channels listed", test_channels_listed},
      {"channels listed again", test_channels_listed_again}, {"many channels", test_many_channels},
      {"trunks", test_trunks})
