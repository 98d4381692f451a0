/*
 * test_live_writer.c - tests of feeds/live_writer.c, live_pipe.c and live_compare.c against a made-up Redis that is slow, refuses, loses
 * what it had, and goes.
 */
#include "suite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "feeds/live_script.h"
#include "feeds/live_writer.h"
#include "redis.h"

static uv_loop_t loop;
static struct redis redis;
static struct store_settings store = {
    .password_file = "", .deadline_ms = 60000, .reconnect_ms = 20};
static const struct live_names_settings names = {
    .registration = {.hash = "registrations", .channel = "", .list = ""},
    .call = {.hash = "calls", .channel = "", .list = ""}};
static const char *const fields[] = {"Caller-Caller-ID-Number", NULL};
static struct live_writer_settings settings = {.model = {.server = SLICE_LITERAL("pbx1"),
                                                         .call_fields = fields,
                                                         .agents_call = true,
                                                         .channels_max = 10000,
                                                         .registrations_max = 10000},
                                               .names = &names,
                                               .events_kept = 100,
                                               .store = &store,
                                               .news_prefix = "enigma:notifications"};
static struct live_writer *writer;

/* ---- Redis ---- */

static const char *fine(const char *command)
{
    return strncmp(command, "HSCAN", 5) == 0 ? "*2\r\n$1\r\n0\r\n*0\r\n" : ":1\r\n";
}

/* How often TEXT is in what Redis was asked. */
static size_t asked(const char *text)
{
    size_t count = 0;
    for (const char *at = redis.asked; (at = strstr(at, text)); at += strlen(text))
        count++;
    return count;
}

static void forget_asked(void)
{
    redis.asked_length = 0;
    redis.asked[0] = '\0';
}

/* Until the writer is idle, at most SECONDS; what was asked is forgotten before. */
static bool runs_until(bool (*condition)(const struct live_writer *writer))
{
    int64_t end_us = clock_steady_us() + 10000000;
    live_writer_flush(writer);
    while (!condition(writer) && clock_steady_us() < end_us)
        uv_run(&loop, UV_RUN_NOWAIT);
    return condition(writer);
}

static bool is_away(const struct live_writer *of)
{
    return !live_writer_is_up(of);
}

static size_t awaited;

static bool has_asked(const struct live_writer *of)
{
    (void)of;
    return redis.commands >= awaited;
}

/* ---- the PBX ---- */

static void event(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void event(const char *format, ...)
{
    char text[1000];
    struct arena arena;
    struct esl_event read;
    struct error error;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    arena_init(&arena, 1 << 20);
    CU_ASSERT_TRUE_FATAL(esl_event_read(slice_from(text), &arena, &read, &error));
    live_event(live_writer_model(writer), &read);
    arena_free(&arena);
}

static void phone(int number, const char *text)
{
    event("{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"sofia::register\",\"from-user\":\"%d\","
          "\"from-host\":\"a.test\",\"call-id\":\"%d\",\"contact\":\"<sip:%d@host>\",\"text\":\"%"
          "s\"}",
          number, number, number, text);
}

static void leg(const char *name, const char *uuid, const char *number)
{
    event(
        "{\"Event-Name\":\"%s\",\"Unique-ID\":\"%s\",\"Call-Direction\":\"inbound\",\"Event-Date-"
        "Timestamp\":\"1795247731000000\",\"variable_user_name\":\"1000\",\"variable_domain_name\":"
        "\"a.test\",\"Caller-Caller-ID-Number\":\"%s\"}",
        name, uuid, number);
}

static void open_writer(void)
{
    struct error error;
    log_set_level(LOG_LEVEL_ERROR);
    uv_loop_init(&loop);
    redis_start(&redis, &loop);
    redis.answer = fine;
    store.address = redis.address;
    writer = live_writer_open(&loop, &settings, NULL, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(writer);
    CU_ASSERT_TRUE_FATAL(runs_until(live_writer_is_idle));
}

static void close_writer(void)
{
    live_writer_close(writer);
    redis_stop(&redis);
    CU_ASSERT_EQUAL(uv_run(&loop, UV_RUN_NOWAIT), 0);
    CU_ASSERT_EQUAL(uv_loop_close(&loop), 0);
}

/* ---- tests ---- */

static void test_written(void)
{
    open_writer();
    CU_ASSERT_EQUAL(asked("SCRIPT LOAD"), LIVE_SCRIPT_COUNT);
    forget_asked();
    phone(1000, "first");
    CU_ASSERT_EQUAL(redis.commands, LIVE_SCRIPT_COUNT); /* with the others of this turn */
    phone(1000, "again");
    CU_ASSERT_TRUE(runs_until(live_writer_is_idle));
    CU_ASSERT_EQUAL(asked("registrations callboard:feed:pbx1"), 2);
    CU_ASSERT_EQUAL(asked("\"text\":\"again\""), 1);
    CU_ASSERT_EQUAL(asked("callboard:elements:a.test:terminal"), 1);
    CU_ASSERT_EQUAL(live_writer_counts(writer).written, LIVE_SCRIPT_COUNT + 3);
    CU_ASSERT_EQUAL(live_writer_counts(writer).merged, 0);
    close_writer();
}

/* Redis is slow: the latest state wins, and what it has overtaken is counted. */
static void test_latest_wins(void)
{
    open_writer();
    redis.answer = NULL;
    size_t before = redis.commands, on_their_way = 0;
    for (int number = 0; number < 2000; number++)
        phone(10000 + number, "");
    phone(11999, "second");
    phone(11999, "third");
    leg("CHANNEL_CREATE", "one", "1");
    leg("CHANNEL_ANSWER", "one", "2");
    leg("CHANNEL_CREATE", "two", "3");
    leg("CHANNEL_DESTROY", "two", "3");
    awaited = before + 1024;
    CU_ASSERT_TRUE(runs_until(has_asked));
    uv_run(&loop, UV_RUN_NOWAIT);
    on_their_way = redis.commands - before;
    CU_ASSERT_EQUAL(on_their_way, 1024); /* so many, and then they wait */
    /* Of phone 11999 two, of the channel one and of the record one, then of the other channel one; its record two. */
    uint64_t merged = live_writer_counts(writer).merged;
    CU_ASSERT(merged >= 5);
    CU_ASSERT_EQUAL(live_writer_counts(writer).lost, 0);
    forget_asked();
    redis.answer = fine;
    for (size_t i = 0; i < on_their_way; i++)
        redis_say(&redis, slice_from(":1\r\n"));
    CU_ASSERT_TRUE(runs_until(live_writer_is_idle));
    /* 2,000 phones with their terminals, a record and two channels. */
    CU_ASSERT_EQUAL(redis.commands - before, 4000 + 1 + 2);
    CU_ASSERT_EQUAL(live_writer_counts(writer).merged, merged);
    close_writer();
}

static void test_latest_text_wins(void)
{
    open_writer();
    redis.answer = NULL;
    size_t before = redis.commands;
    for (int number = 0; number < 512; number++)
        phone(10000 + number, ""); /* and a terminal each: as many as may be on their way */
    phone(10001, "second");
    phone(10001, "third");
    leg("CHANNEL_CREATE", "one", "1");
    leg("CHANNEL_ANSWER", "one", "2");
    event("{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"sofia::unregister\",\"from-user\":"
          "\"10002\",\"from-host\":\"a.test\",\"call-id\":\"10002\"}");
    phone(10002, "back");
    awaited = before + 1024;
    CU_ASSERT_TRUE(runs_until(has_asked));
    forget_asked();
    redis.answer = fine;
    for (size_t i = 0; i < 1024; i++)
        redis_say(&redis, slice_from(":1\r\n"));
    CU_ASSERT_TRUE(runs_until(live_writer_is_idle));
    CU_ASSERT_EQUAL(asked("\"text\":\"second\""), 0);
    CU_ASSERT_EQUAL(asked("\"text\":\"third\""), 1);
    CU_ASSERT_EQUAL(asked("\"notify\":\"callout\""), 0);
    CU_ASSERT_EQUAL(asked("\"notify\":\"answer\""), 1);
    CU_ASSERT_EQUAL(asked("callboard:elements:a.test:channel"), 1);
    CU_ASSERT_EQUAL(asked("\"last_event\":\"CHANNEL_ANSWER\""), 1);
    CU_ASSERT_EQUAL(asked("\"text\":\"back\""), 1);
    CU_ASSERT_EQUAL(asked("sofia::unregister"), 0);
    CU_ASSERT_EQUAL(live_writer_counts(writer).merged, 5);
    close_writer();
}

/* Redis has lost all: what the writer keeps of a channel, a phone and the calls, and what the model says once more. */
static void test_redis_comes_back(void)
{
    open_writer();
    phone(1000, "");
    leg("CHANNEL_CREATE", "one", "1");
    leg("CHANNEL_CREATE", "two", "2");
    leg("CHANNEL_HANGUP", "two", "2");
    CU_ASSERT_TRUE(runs_until(live_writer_is_idle));
    redis_drop(&redis);
    CU_ASSERT_TRUE(runs_until(is_away));
    leg("CHANNEL_DESTROY", "two", "2"); /* what is gone is found by comparing */
    leg("CHANNEL_ANSWER", "one", "3");
    forget_asked();
    CU_ASSERT_TRUE(runs_until(live_writer_is_idle));
    CU_ASSERT_EQUAL(asked("SCRIPT LOAD"), LIVE_SCRIPT_COUNT);
    CU_ASSERT_EQUAL(asked("callboard:elements:a.test:channel"), 1);
    CU_ASSERT_EQUAL(asked("\"last_event\":\"CHANNEL_ANSWER\""), 1);
    CU_ASSERT_EQUAL(asked("callboard:elements:a.test:terminal"), 1);
    CU_ASSERT_EQUAL(asked("registrations callboard:feed:pbx1"), 1);
    CU_ASSERT_EQUAL(asked("\"notify\":\"answer\""), 1);
    CU_ASSERT_EQUAL(asked("HSCAN"), 0); /* as long as the model is not whole */
    CU_ASSERT_EQUAL(live_writer_counts(writer).lost, 0);
    close_writer();
}

/* The record of a hangup, which the model does not know any more, while another call is up. */
static void test_record_of_a_hangup(void)
{
    open_writer();
    leg("CHANNEL_CREATE", "one", "1");
    leg("CHANNEL_CREATE", "two", "2");
    leg("CHANNEL_HANGUP", "two", "2");
    CU_ASSERT_TRUE(runs_until(live_writer_is_idle));
    redis_drop(&redis);
    CU_ASSERT_TRUE(runs_until(is_away));
    forget_asked();
    CU_ASSERT_TRUE(runs_until(live_writer_is_idle));
    CU_ASSERT_EQUAL(asked("\"current\":\"two\",\"notify\":\"hangup\""), 1);
    CU_ASSERT_EQUAL(asked("\"two\":{\"Caller-Caller-ID-Number\":\"2\"}"), 1);
    close_writer();
}

static const char *with_stale(const char *command)
{
    static const char stale[] = "channel\ta.test\told", known[] = "channel\ta.test\tone",
                      call[] = "call\ta.test\t1009", none[] = "no name";
    static char answer[300];
    if (strncmp(command, "HSCAN", 5) != 0)
        return ":1\r\n";
    if (strstr(command, " 0 COUNT"))
        snprintf(answer, sizeof answer,
                 "*2\r\n$1\r\n7\r\n*4\r\n$%zu\r\n%s\r\n$0\r\n\r\n$%zu\r\n%s\r\n$0\r\n\r\n",
                 sizeof stale - 1, stale, sizeof known - 1, known);
    else
        snprintf(answer, sizeof answer,
                 "*2\r\n$1\r\n0\r\n*4\r\n$%zu\r\n%s\r\n$0\r\n\r\n$%zu\r\n%s\r\n$0\r\n\r\n",
                 sizeof call - 1, call, sizeof none - 1, none);
    return answer;
}

static void test_stale_is_removed(void)
{
    open_writer();
    leg("CHANNEL_CREATE", "one", "1");
    CU_ASSERT_TRUE(runs_until(live_writer_is_idle));
    forget_asked();
    redis.answer = with_stale;
    live_writer_reconcile(writer);
    CU_ASSERT_TRUE(runs_until(live_writer_is_idle));
    CU_ASSERT_EQUAL(asked("HSCAN callboard:feed:pbx1"), 2);
    CU_ASSERT_EQUAL(asked("EVALSHA"), 2);
    CU_ASSERT_EQUAL(asked("channel old  100 channel\ta.test\told"), 1);
    CU_ASSERT_EQUAL(asked("call\ta.test\t1009"), 1);
    redis_drop(&redis); /* and again whenever Redis is back */
    CU_ASSERT_TRUE(runs_until(is_away));
    forget_asked();
    CU_ASSERT_TRUE(runs_until(live_writer_is_idle));
    CU_ASSERT_EQUAL(asked("HSCAN callboard:feed:pbx1"), 2);
    close_writer();
}

static const char *refusal;
static int refusals;

static const char *refuse(const char *command)
{
    return strstr(command, "EVALSHA") && refusals-- > 0 ? refusal : fine(command);
}

/* What Redis refuses for this one key stays refused; what it has forgotten, or cannot do now, is told again. */
static void test_refused(void)
{
    open_writer();
    redis.answer = refuse;
    refusals = 1;
    refusal = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
    event("{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"sofia::register\",\"from-user\":\"1\","
          "\"from-host\":\"a.test\",\"call-id\":\"1\"}");
    CU_ASSERT_TRUE(runs_until(live_writer_is_idle));
    CU_ASSERT_EQUAL(live_writer_counts(writer).refused, 1);
    CU_ASSERT_EQUAL(asked("SCRIPT LOAD"), LIVE_SCRIPT_COUNT);
    refusals = 1;
    refusal = "-NOSCRIPT No matching script.\r\n";
    phone(1000, "");
    awaited = redis.commands + 2 + LIVE_SCRIPT_COUNT + 4;
    CU_ASSERT_TRUE(runs_until(has_asked));
    CU_ASSERT_EQUAL(asked("SCRIPT LOAD"), 2 * LIVE_SCRIPT_COUNT);
    CU_ASSERT_TRUE(runs_until(live_writer_is_idle));
    CU_ASSERT_EQUAL(live_writer_counts(writer).refused, 2);
    close_writer();
}

static void test_server(void)
{
    open_writer();
    live_writer_server_is(writer, true, 5);
    CU_ASSERT_TRUE(runs_until(live_writer_is_idle));
    CU_ASSERT_EQUAL(asked("EVALSHA"), 0); /* there is no domain to say it in */
    phone(1000, "");
    live_writer_server_is(writer, false, 6);
    CU_ASSERT_TRUE(runs_until(live_writer_is_idle));
    CU_ASSERT_EQUAL(asked("callboard:elements:a.test:server"), 2);
    CU_ASSERT_EQUAL(asked("{\"id\":\"pbx1\",\"state\":\"up\",\"since\":5,\"server\":\"pbx1\"}"), 1);
    CU_ASSERT_EQUAL(asked("{\"id\":\"pbx1\",\"state\":\"away\",\"since\":6,\"server\":\"pbx1\"}"),
                    1);
    close_writer();
}

/* News that nobody would hear are counted. */
static void test_news(void)
{
    static const char offered[] =
        "{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"callcenter::info\",\"CC-Action\":\"agent-"
        "offering\",\"CC-Agent\":\"1002\",\"CC-Member-CID-Number\":\"2125551212\"}";
    open_writer();
    event("%s", offered);
    CU_ASSERT_TRUE(runs_until(live_writer_is_idle));
    CU_ASSERT_EQUAL(asked("PUBLISH enigma:notifications:agents:1002 {"), 1);
    redis_drop(&redis);
    CU_ASSERT_TRUE(runs_until(is_away));
    event("%s", offered);
    CU_ASSERT_EQUAL(live_writer_counts(writer).lost, 1);
    close_writer();
}

SUITE("live_writer", {"written", test_written}, {"the latest wins", test_latest_wins},
      {"the latest text wins", test_latest_text_wins}, {"Redis comes back", test_redis_comes_back},
      {"the record of a hangup", test_record_of_a_hangup},
      {"what is stale is removed", test_stale_is_removed}, {"refused", test_refused},
      {"server", test_server}, {"news", test_news})
