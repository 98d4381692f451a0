/*
 * test_commands.c - tests of feeds/commands*.c: what reaches a PBX of a packet, and what never does.
 */
#include "suite.h"

#include <stdio.h>

#include "base/json.h"
#include "feeds/commands.h"

#define UUID   "bb67558d-5784-4911-806d-df5131236d3c"
#define TARGET "c2b1b53e-418d-4635-93c5-b4b60b065190"

static struct arena arena;
static struct command command;
static struct error error;
static const struct command_dialect *dialect = &command_freeswitch;

static bool read_packet(const char *packet)
{
    arena_free(&arena);
    arena_init(&arena, (size_t)1 << 20);
    error.text[0] = '\0';
    return command_read(slice_from(packet), dialect, "default", &arena, &command, &error);
}

/* PACKET becomes the step FIRST and, when it is not NULL, SECOND. */
static void becomes(const char *packet, const char *first, const char *second)
{
    bool good = read_packet(packet);
    if (!good)
        printf("\n%s: %s", packet, error.text);
    CU_ASSERT_TRUE_FATAL(good);
    CU_ASSERT_EQUAL_FATAL(command.step_count, second ? 2 : 1);
    ASSERT_TEXT(command.steps[0], first);
    if (second)
        ASSERT_TEXT(command.steps[1], second);
}

static void test_steps(void)
{
    becomes("{\"cmd\":\"hangup\",\"uuid\":\"" UUID "\"}", "api uuid_kill " UUID, NULL);
    becomes("{\"cmd\":\"park\",\"uuid\":\"" UUID "\"}", "api uuid_park " UUID, NULL);
    becomes("{\"cmd\":\"park\",\"uuid\":\"" UUID "\",\"timeout\":null}", "api uuid_park " UUID,
            NULL);
    becomes("{\"cmd\":\"park\",\"uuid\":\"" UUID "\",\"timeout\":30}",
            "api uuid_setvar " UUID " park_timeout 30", "api uuid_park " UUID);
    becomes("{\"cmd\":\"park\",\"uuid\":\"" UUID "\",\"timeout\":\"45\"}",
            "api uuid_setvar " UUID " park_timeout 45", "api uuid_park " UUID);
    becomes("{\"cmd\":\"transfer\",\"uuid\":\"" UUID "\",\"destination\":\"*98\"}",
            "api uuid_transfer " UUID " *98 XML default", NULL);
    becomes("{\"cmd\":\"transfer\",\"uuid\":\"" UUID
            "\",\"destination\":\"+582122853348\",\"user_name\":\"1\"}",
            "api uuid_transfer " UUID " +582122853348 XML default", NULL);
    becomes("{\"cmd\":\"transfer\",\"uuid\":\"" UUID
            "\",\"destination\":\"\",\"user_name\":\"alice\",\"user_id\":7}",
            "api uuid_transfer " UUID " alice XML default", NULL);
    becomes("{\"cmd\":\"transfer\",\"uuid\":\"" UUID "\",\"user_name\":null,\"user_id\":1002}",
            "api uuid_transfer " UUID " 1002 XML default", NULL);
}

static void test_eavesdrop(void)
{
#define EAVESDROP(aleg, bleg)                                                                      \
    "api uuid_transfer " UUID " set:eavesdrop_enable_dtmf=false,set:eavesdrop_whisper_aleg=" aleg  \
    ",set:eavesdrop_whisper_bleg=" bleg ",eavesdrop:" TARGET " inline"
#define PACKET(more)                                                                               \
    "{\"cmd\":\"eavesdrop\",\"uuid\":\"" UUID "\",\"target_uuid\":\"" TARGET "\"" more "}"
    becomes(PACKET(""), EAVESDROP("false", "false"), NULL);
    becomes(PACKET(",\"subcommand\":\"listen\""), EAVESDROP("false", "false"), NULL);
    becomes(PACKET(",\"subcommand\":\"whisper\""), EAVESDROP("false", "true"), NULL);
    becomes(PACKET(",\"subcommand\":\"barge\""), EAVESDROP("true", "true"), NULL);
}

static void test_envelope(void)
{
    CU_ASSERT_TRUE(read_packet(
        "{\"id\":\"a\\\"\\u00e9\",\"cmd\":\"hangup\",\"uuid\":\"" UUID "\",\"domain\":"
        "\"pbx.example.com\",\"user\":\"1000\",\"answer\":\"callboard:answers:17-2\"}"));
    ASSERT_TEXT(command.id, "\"a\\\"\xc3\xa9\"");
    ASSERT_TEXT(command.name, "hangup");
    ASSERT_TEXT(command.domain, "pbx.example.com");
    ASSERT_TEXT(command.user, "1000");
    ASSERT_TEXT(command.uuid, UUID);
    ASSERT_TEXT(command.answer, "callboard:answers:17-2");
    CU_ASSERT_TRUE(read_packet("{\"id\":5,\"cmd\":\"hangup\",\"uuid\":\"" UUID "\"}"));
    ASSERT_TEXT(command.id, "5");
    CU_ASSERT_TRUE(read_packet("{\"id\":[{}],\"cmd\":\"hangup\",\"uuid\":\"" UUID "\"}"));
    ASSERT_TEXT(command.id, "");
}

/* What is wrong is told to who asked, so far as it is known who that is. */
static void test_refused(void)
{
    static const char *const bad[] = {
        "",
        "[]",
        "null",
        "{",
        "{\"cmd\":\"hangup\"",
        "{}",
        "{\"cmd\":\"shutdown\",\"uuid\":\"" UUID "\"}",
        "{\"cmd\":5,\"uuid\":\"" UUID "\"}",
        "{\"cmd\":\"hangup\"}",
        "{\"cmd\":\"hangup\",\"uuid\":\"\"}",
        "{\"cmd\":\"hangup\",\"uuid\":[\"" UUID "\"]}",
        "{\"cmd\":\"hangup\",\"uuid\":\"" UUID " NORMAL\"}",
        "{\"cmd\":\"hangup\",\"uuid\":\"" UUID "\\n\\napi shutdown\"}",
        "{\"cmd\":\"hangup\",\"uuid\":\"${uuid}\"}",
        "{\"cmd\":\"hangup\",\"uuid\":\"a'b\"}",
        "{\"cmd\":\"hangup\",\"uuid\":\"-bleg\"}",
        "{\"cmd\":\"hangup\",\"uuid\":\"\xc3\xa9\"}",
        "{\"cmd\":\"hangup\",\"uuid\":"
        "\"0123456789012345678901234567890123456789012345678901234567890123456789\"}",
        "{\"cmd\":\"hangup\",\"uuid\":\"" UUID "\",\"answer\":\"other:channel\"}",
        "{\"cmd\":\"hangup\",\"uuid\":\"" UUID "\",\"answer\":\"callboard:a b\"}",
        "{\"cmd\":\"hangup\",\"uuid\":\"" UUID "\",\"uuid\":\"" TARGET "\"}",
        "{\"cmd\":\"park\",\"uuid\":\"" UUID "\",\"timeout\":0}",
        "{\"cmd\":\"park\",\"uuid\":\"" UUID "\",\"timeout\":-1}",
        "{\"cmd\":\"park\",\"uuid\":\"" UUID "\",\"timeout\":86401}",
        "{\"cmd\":\"park\",\"uuid\":\"" UUID "\",\"timeout\":1.5}",
        "{\"cmd\":\"park\",\"uuid\":\"" UUID "\",\"timeout\":\"30:transfer\"}",
        "{\"cmd\":\"transfer\",\"uuid\":\"" UUID "\"}",
        "{\"cmd\":\"transfer\",\"uuid\":\"" UUID "\",\"destination\":\"-both\"}",
        "{\"cmd\":\"transfer\",\"uuid\":\"" UUID "\",\"destination\":\"1 2\"}",
        "{\"cmd\":\"transfer\",\"uuid\":\"" UUID "\",\"destination\":\"system:reboot\"}",
        "{\"cmd\":\"transfer\",\"uuid\":\"" UUID "\",\"destination\":\"answer,hangup\"}",
        "{\"cmd\":\"transfer\",\"uuid\":\"" UUID "\",\"destination\":\"1000\\r\\n\"}",
        "{\"cmd\":\"transfer\",\"uuid\":\"" UUID "\",\"user_name\":\"a@b\"}",
        "{\"cmd\":\"eavesdrop\",\"uuid\":\"" UUID "\"}",
        "{\"cmd\":\"eavesdrop\",\"uuid\":\"" UUID "\",\"target_uuid\":\"all\"}",
        "{\"cmd\":\"eavesdrop\",\"uuid\":\"" UUID "\",\"target_uuid\":\"ALL\"}",
        "{\"cmd\":\"eavesdrop\",\"uuid\":\"" UUID "\",\"target_uuid\":\"" UUID "\"}",
        "{\"cmd\":\"eavesdrop\",\"uuid\":\"" UUID "\",\"target_uuid\":\"" TARGET ",system:x\"}",
        "{\"cmd\":\"eavesdrop\",\"uuid\":\"" UUID "\",\"target_uuid\":\"" TARGET
        "\",\"subcommand\":\"all\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bool good = read_packet(bad[i]);
        if (good)
            printf("\n%s: read", bad[i]);
        CU_ASSERT_FALSE(good);
        CU_ASSERT(error.text[0] && command.step_count == 0);
    }
    CU_ASSERT_FALSE(read_packet("{\"id\":1,\"cmd\":\"x\",\"answer\":\"callboard:a\"}"));
    ASSERT_TEXT(command.id, "1");
    ASSERT_TEXT(command.name, "x");
    ASSERT_TEXT(command.answer, "callboard:a");
}

static void test_large(void)
{
    static char packet[COMMAND_PACKET_MAX + 2];
    memset(packet, ' ', COMMAND_PACKET_MAX + 1);
    CU_ASSERT_FALSE(read_packet(packet));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "16384"));
}

static bool judge(const char *text)
{
    struct slice answer = slice_from(text);
    error.text[0] = '\0';
    return command_judge(dialect, &answer, &error);
}

static void test_judge(void)
{
    CU_ASSERT_TRUE(judge("+OK\n"));
    CU_ASSERT_TRUE(judge("+OK Success\n"));
    CU_ASSERT_TRUE(judge(""));
    CU_ASSERT_FALSE(judge("-ERR No such channel!\n"));
    CU_ASSERT_STRING_EQUAL(error.text, "FreeSWITCH: No such channel!");
    CU_ASSERT_FALSE(judge("-USAGE: <uuid> [cause]\nmore"));
    CU_ASSERT_STRING_EQUAL(error.text, "FreeSWITCH: -USAGE: <uuid> [cause]");
    CU_ASSERT_FALSE(judge("-ERR\n"));
    CU_ASSERT_STRING_EQUAL(error.text, "FreeSWITCH has refused it");
    CU_ASSERT_FALSE(judge("-ERR caf\xe9 \xff\xff\xff!"));
    CU_ASSERT_STRING_EQUAL(error.text, "FreeSWITCH has refused it");
    CU_ASSERT_FALSE(command_judge(dialect, NULL, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "may have been done"));

    char longest[700] = "-ERR a"; /* cut where a character of two bytes begins */
    for (size_t i = 6; i + 2 < sizeof longest; i += 2)
        memcpy(longest + i, "\xc3\xa9", 3);
    CU_ASSERT_FALSE(judge(longest));
    CU_ASSERT(strlen(error.text) > 190 && slice_is_utf8(slice_from(error.text)));
}

static void test_answer(void)
{
    struct buffer out;
    CU_ASSERT_TRUE(read_packet("{\"id\":\"q\",\"cmd\":\"hangup\",\"uuid\":\"" UUID "\"}"));
    out = buffer_in(&arena);
    command_write_answer(&out, &command, NULL);
    ASSERT_TEXT(buffer_slice(&out), "{\"id\":\"q\",\"cmd\":\"hangup\",\"ok\":true}");
    CU_ASSERT_FALSE(read_packet("{\"cmd\":\"\\\"\"}"));
    out = buffer_in(&arena);
    error_set(&error, "a \"quote\"");
    command_write_answer(&out, &command, &error);
    ASSERT_TEXT(buffer_slice(&out),
                "{\"id\":null,\"cmd\":\"\\\"\",\"ok\":false,\"error\":\"a \\\"quote\\\"\"}");
}

/* ---- Asterisk ---- */

#define ID "1795300000.7"

static void becomes_actions(const char *packet, const char *first, const char *second,
                            const char *third)
{
    const char *const wanted[] = {first, second, third};
    size_t count = third ? 3 : second ? 2 : 1;
    CU_ASSERT_TRUE_FATAL(read_packet(packet));
    CU_ASSERT_EQUAL_FATAL(command.step_count, count);
    for (size_t i = 0; i < count; i++)
        ASSERT_TEXT(command.steps[i], wanted[i]);
}

static void test_asterisk(void)
{
    dialect = &command_asterisk;
    becomes_actions("{\"cmd\":\"hangup\",\"uuid\":\"" ID "\"}", "Hangup\r\nChannel: " ID, NULL,
                    NULL);
    becomes_actions("{\"cmd\":\"park\",\"uuid\":\"" ID "\"}", "Park\r\nChannel: " ID, NULL, NULL);
    becomes_actions("{\"cmd\":\"park\",\"uuid\":\"" ID "\",\"timeout\":45}",
                    "Park\r\nChannel: " ID "\r\nTimeout: 45000", NULL, NULL);
    becomes_actions("{\"cmd\":\"transfer\",\"uuid\":\"" ID "\",\"destination\":\"*98\"}",
                    "Redirect\r\nChannel: " ID "\r\nContext: default\r\nExten: *98\r\nPriority: 1",
                    NULL, NULL);
    becomes_actions("{\"cmd\":\"eavesdrop\",\"uuid\":\"" ID
                    "\",\"target_uuid\":\"1.8\",\"subcommand\":\"barge\"}",
                    "Setvar\r\nChannel: " ID "\r\nVariable: CALLBOARD_TARGET\r\nValue: 1.8",
                    "Setvar\r\nChannel: " ID "\r\nVariable: CALLBOARD_MODE\r\nValue: uqEB",
                    "Redirect\r\nChannel: " ID
                    "\r\nContext: default\r\nExten: callboard-eavesdrop\r\nPriority: 1");
    CU_ASSERT_FALSE(read_packet("{\"cmd\":\"hangup\",\"uuid\":\"1.8\\r\\nAction: Originate\"}"));
    CU_ASSERT_FALSE(
        read_packet("{\"cmd\":\"transfer\",\"uuid\":\"1.8\",\"destination\":\"1\\r\\n\\r\\n\"}"));
    CU_ASSERT_FALSE(
        read_packet("{\"cmd\":\"hangup\",\"uuid\":\"/.*/\"}")); /* would be all channels */
    dialect = &command_freeswitch;
}

static void test_asterisk_answers(void)
{
    static const struct slice done =
        SLICE_LITERAL("Response: Success\r\nActionID: 1\r\nMessage: x");
    static const struct slice refused =
        SLICE_LITERAL("Response: Error\r\nActionID: 1\r\nMessage: No such channel");
    static const struct slice silent = SLICE_LITERAL("Response: Error");
    CU_ASSERT_TRUE(command_judge(&command_asterisk, &done, &error));
    CU_ASSERT_FALSE(command_judge(&command_asterisk, &refused, &error));
    CU_ASSERT_STRING_EQUAL(error.text, "Asterisk: No such channel");
    CU_ASSERT_FALSE(command_judge(&command_asterisk, &silent, &error));
    CU_ASSERT_STRING_EQUAL(error.text, "Asterisk has refused it");
    CU_ASSERT_FALSE(command_judge(&command_asterisk, NULL, &error));
    CU_ASSERT_STRING_EQUAL(error.text, "Asterisk went away meanwhile; it may have been done");
}

SUITE("commands", {"Asterisk's actions", test_asterisk},
      {"Asterisk's answers", test_asterisk_answers}, {"steps", test_steps},
      {"eavesdrop", test_eavesdrop}, {"envelope", test_envelope}, {"refused", test_refused},
      {"large", test_large}, {"judge", test_judge}, {"answer", test_answer})
