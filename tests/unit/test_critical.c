/*
 * test_critical.c - tests of feeds/critical.c: each packet arrives once and in order, in Redis or in the spool, whatever those do.
 */
#include "suite.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "feeds/critical.h"
#include "redis.h"

static uv_loop_t loop;
static struct redis redis;
static struct store_settings store_settings = {.password_file = "", .reconnect_ms = 20};
static struct store *store;
static char place[40];
static struct spool_settings spool_settings = {.size_limit = 1};
static struct spool *spool;
static struct metrics_worker counts;
static struct critical *critical;

/* ---- Redis and the disk ---- */

static const char *take(const char *command)
{
    (void)command;
    return "*1\r\n:1\r\n";
}

static const char *refuse(const char *command)
{
    (void)command;
    return "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
}

/* The packets' numbers in TEXT, in order, with a blank behind each. */
static void read_numbers(const char *text, char *numbers, size_t size)
{
    size_t used = 0;
    numbers[0] = '\0';
    for (const char *at = text; (at = strstr(at, "{\"n\":")); at++)
        used += (size_t)snprintf(numbers + used, size - used, "%d ", atoi(at + 5));
}

/* What is in the spool's files. */
static void read_spool(char *text, size_t size)
{
    char path[400];
    DIR *directory = opendir(place);
    const struct dirent *entry;
    size_t used = 0;
    while (directory && (entry = readdir(directory))) {
        if (!strstr(entry->d_name, ".spool"))
            continue;
        snprintf(path, sizeof path, "%s/%s", place, entry->d_name);
        FILE *file = fopen(path, "r");
        used += file ? fread(text + used, 1, size - 1 - used, file) : 0;
        if (file)
            fclose(file);
    }
    if (directory)
        closedir(directory);
    text[used] = '\0';
}

static void remove_place(void)
{
    char path[400];
    DIR *directory = opendir(place);
    const struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        snprintf(path, sizeof path, "%s/%s", place, entry->d_name);
        unlink(path);
    }
    if (directory)
        closedir(directory);
    rmdir(place);
}

static void check(const char *text, const char *wanted, int line)
{
    char numbers[1000];
    read_numbers(text, numbers, sizeof numbers);
    if (strcmp(numbers, wanted) != 0)
        printf("\n%d: got %s", line, numbers);
    CU_ASSERT_STRING_EQUAL(numbers, wanted);
}

static void check_spool(const char *wanted, int line)
{
    static char text[100000];
    read_spool(text, sizeof text);
    check(text, wanted, line);
}

#define IN_REDIS(wanted) check(redis.asked, (wanted), __LINE__)
#define IN_SPOOL(wanted) check_spool((wanted), __LINE__)

/* ---- what is sent ---- */

static void send_packet(int number)
{
    char id[20], text[40];
    snprintf(id, sizeof id, "id-%d", number);
    snprintf(text, sizeof text, "{\"n\":%d}", number);
    const struct packet packet = {
        .id = slice_from(id), .list = SLICE_LITERAL("enigma:list"), .text = slice_from(text)};
    critical_send(critical, &packet);
}

/* Runs until no packet waits, for 10 s at most. */
static bool all_arrive(void)
{
    int64_t end_us = clock_steady_us() + 10000000;
    while (critical_waiting(critical) > 0 && clock_steady_us() < end_us)
        uv_run(&loop, UV_RUN_ONCE);
    return critical_waiting(critical) == 0;
}

static void run_until_redis_is(bool up)
{
    int64_t end_us = clock_steady_us() + 10000000;
    while (store_is_up(store) != up && clock_steady_us() < end_us)
        uv_run(&loop, UV_RUN_ONCE);
    CU_ASSERT_EQUAL_FATAL(store_is_up(store), up);
}

static void begin(bool with_redis, bool with_disk)
{
    struct error error;
    log_set_level(LOG_LEVEL_ERROR);
    uv_loop_init(&loop);
    redis_start(&redis, &loop);
    redis.answer = take;
    strcpy(place, "/tmp/callboard-critical-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(place));
    spool_settings.directory = with_disk ? place : "";
    store_settings.address = with_redis ? redis.address : "unix:/nonexistent/redis";
    store_settings.deadline_ms = 200;
    store = store_open(&loop, &store_settings, &counts, &error);
    spool = spool_open(&loop, &spool_settings, &counts);
    critical = critical_open(&loop, store, spool, 300);
    CU_ASSERT_PTR_NOT_NULL_FATAL(critical);
    if (with_redis)
        run_until_redis_is(true);
}

static void end(void)
{
    critical_close(critical);
    spool_close(spool);
    store_close(store);
    redis_stop(&redis);
    uv_run(&loop, UV_RUN_DEFAULT);
    CU_ASSERT_EQUAL(uv_loop_close(&loop), 0);
    remove_place();
}

/* ---- tests ---- */

static void test_into_redis(void)
{
    begin(true, true);
    for (int number = 0; number < 5; number++)
        send_packet(number);
    CU_ASSERT_TRUE(all_arrive());
    IN_REDIS("0 1 2 3 4 ");
    IN_SPOOL("");
    CU_ASSERT_PTR_NOT_NULL(strstr(redis.asked, "callboard:packet:{enigma:list}:id-4"));
    end();
}

static void test_redis_is_away(void)
{
    begin(false, true);
    for (int number = 0; number < 250; number++)
        send_packet(number);
    CU_ASSERT_FALSE(critical_is_full(critical));
    CU_ASSERT_TRUE(all_arrive());
    static char text[100000], wanted[2000];
    size_t used = 0;
    for (int number = 0; number < 250; number++)
        used += (size_t)snprintf(wanted + used, sizeof wanted - used, "%d ", number);
    static char numbers[2000];
    read_spool(text, sizeof text);
    read_numbers(text, numbers, sizeof numbers);
    CU_ASSERT_STRING_EQUAL(numbers, wanted);
    end();
}

/* Redis takes them and does not say so in time: they may be there, and their ids keep them from being there twice. */
static void test_redis_is_slow(void)
{
    begin(true, true);
    redis.answer = NULL;
    for (int number = 0; number < 3; number++)
        send_packet(number);
    CU_ASSERT_TRUE(all_arrive());
    IN_REDIS("0 "); /* the others came behind it */
    IN_SPOOL("0 1 2 ");
    /* Redis is back; but they are still in the spool, and none may overtake them. */
    redis.answer = take;
    run_until_redis_is(true);
    send_packet(3);
    CU_ASSERT_TRUE(all_arrive());
    IN_REDIS("0 ");
    IN_SPOOL("0 1 2 3 ");
    end();
}

static void test_redis_refuses(void)
{
    begin(true, true);
    redis.answer = refuse;
    send_packet(1);
    CU_ASSERT_TRUE(all_arrive());
    IN_SPOOL("1 ");
    end();
}

/* Neither takes them: they wait, and those who bring more are told to stop. */
static void test_nobody_takes(void)
{
    begin(true, false);
    redis.answer = refuse;
    for (int number = 0; number < 20000; number++)
        send_packet(number);
    int64_t end_us = clock_steady_us() + 300000;
    while (clock_steady_us() < end_us)
        uv_run(&loop, UV_RUN_NOWAIT);
    CU_ASSERT_EQUAL(critical_waiting(critical), 20000);
    CU_ASSERT_TRUE(critical_is_full(critical));
    redis.answer = take;
    CU_ASSERT_TRUE(all_arrive());
    CU_ASSERT_FALSE(critical_is_full(critical));
    end();
}

static void test_what_is_no_packet(void)
{
    begin(true, true);
    const struct packet lines = {
        .id = SLICE_LITERAL("a"), .list = SLICE_LITERAL("l"), .text = SLICE_LITERAL("{\n}")};
    critical_send(critical, &lines);
    CU_ASSERT_EQUAL(critical_waiting(critical), 0);
    /* An id that packets cannot have, as a stranger's call leg may, becomes its digest. */
    const struct packet strange = {.id = SLICE_LITERAL("A\t{b}"),
                                   .list = SLICE_LITERAL("l"),
                                   .text = SLICE_LITERAL("{\"n\":1}")};
    critical_send(critical, &strange);
    CU_ASSERT_TRUE(all_arrive());
    CU_ASSERT_PTR_NULL(strstr(redis.asked, "{b}"));
    const char *key = strstr(redis.asked, "callboard:packet:{l}:");
    CU_ASSERT_PTR_NOT_NULL_FATAL(key);
    CU_ASSERT_EQUAL(strspn(key + 21, "0123456789abcdef"), 64);
    end();
}

SUITE("critical", {"into Redis", test_into_redis}, {"Redis is away", test_redis_is_away},
      {"Redis is slow", test_redis_is_slow}, {"Redis refuses", test_redis_refuses},
      {"nobody takes them", test_nobody_takes}, {"what is no packet", test_what_is_no_packet})
