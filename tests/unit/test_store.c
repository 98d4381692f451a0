/*
 * test_store.c - tests of store/store.c against a made-up Redis that splits, delays, refuses and dies.
 */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "redis.h"

static uv_loop_t loop;
static struct redis redis;
static struct store *store;
static struct store_settings settings;
static struct metrics_worker counts;

/* A batch that was asked, and what became of it. */
struct asked {
    struct arena arena;
    struct store_batch batch;
    size_t told; /* how often done was called */
    bool away;
    const struct store_reply *replies;
    size_t place;       /* among all that were told */
    struct asked *next; /* to be asked from within done */
    bool next_refused;
};

static size_t places;

static void on_done(void *self, const struct store_reply *replies)
{
    struct asked *asked = self;
    asked->told++;
    asked->away = replies == NULL;
    asked->replies = replies;
    asked->place = places++;
    if (asked->next)
        asked->next_refused = !store_ask(store, &asked->next->batch, on_done, asked->next);
}

static void prepare(struct asked *asked, const char *const *words, size_t count)
{
    *asked = (struct asked){0};
    arena_init(&asked->arena, 1 << 20);
    asked->batch = store_batch_in(&asked->arena);
    for (size_t i = 0; i < count; i++)
        STORE_ADD(&asked->batch, slice_from("GET"), slice_from(words[i]));
}

static bool ask(struct asked *asked, const char *key)
{
    prepare(asked, &key, 1);
    return store_ask(store, &asked->batch, on_done, asked);
}

static void forget(struct asked *asked)
{
    arena_free(&asked->arena);
}

static bool is_up(void)
{
    return counts.store_up == 1;
}

static bool is_away(void)
{
    return counts.store_up == 0;
}

static const struct asked *awaited;

static bool is_told(void)
{
    return awaited->told > 0;
}

static size_t wanted_length;

static bool is_asked(void)
{
    return redis.asked_length >= wanted_length;
}

static size_t wanted_connections;

static bool is_connected(void)
{
    return redis.connections >= wanted_connections;
}

/* Runs the loop until CONDITION; false when that took 10 s. */
static bool until(bool (*condition)(void))
{
    int64_t end = clock_steady_us() + 10000000;
    while (!condition()) {
        if (clock_steady_us() > end)
            return false;
        uv_run(&loop, UV_RUN_NOWAIT);
        usleep(200);
    }
    return true;
}

static void settle(void)
{
    for (int i = 0; i < 30; i++) {
        uv_run(&loop, UV_RUN_NOWAIT);
        usleep(200);
    }
}

static bool told(const struct asked *asked)
{
    awaited = asked;
    return until(is_told);
}

/* Waits until Redis has got the commands that TEXT ends with. */
static bool redis_got(const char *text)
{
    wanted_length = strlen(text);
    return until(is_asked) && strcmp(redis.asked, text) == 0;
}

static void open_store(const char *address, int64_t deadline_ms)
{
    struct error error = {""};
    settings = (struct store_settings){.address = address,
                                       .password_file =
                                           settings.password_file ? settings.password_file : "",
                                       .deadline_ms = deadline_ms,
                                       .reconnect_ms = 20};
    counts = (struct metrics_worker){0};
    store = store_open(&loop, &settings, &counts, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
}

static void begin(void)
{
    uv_loop_init(&loop);
    redis_start(&redis, &loop);
    open_store(redis.address, 5000);
    CU_ASSERT_TRUE_FATAL(until(is_up));
}

static void end(void)
{
    store_close(store);
    redis_stop(&redis);
    uv_run(&loop, UV_RUN_DEFAULT);
    CU_ASSERT_EQUAL(uv_loop_close(&loop), 0);
}

/* ---- replies ---- */

static void test_kinds(void)
{
    static const char *const keys[] = {"a", "b", "c", "d", "e", "f", "g"};
    struct asked asked;
    begin();
    prepare(&asked, keys, 7);
    CU_ASSERT_TRUE(store_ask(store, &asked.batch, on_done, &asked));
    CU_ASSERT_EQUAL(asked.told, 0); /* never from within store_ask */
    CU_ASSERT_TRUE(redis_got("GET a\nGET b\nGET c\nGET d\nGET e\nGET f\nGET g\n"));
    static const char answer[] = "$4\r\na\0\r\n\r\n$-1\r\n:-42\r\n+OK\r\n-WRONGTYPE no\r\n"
                                 "*3\r\n:1\r\n*2\r\n$1\r\nx\r\n$-1\r\n-ERR in\r\n*0\r\n";
    redis_say(&redis, slice_of(answer, sizeof answer - 1));
    CU_ASSERT_TRUE_FATAL(told(&asked));
    CU_ASSERT_FALSE_FATAL(asked.away);
    const struct store_reply *replies = asked.replies;
    CU_ASSERT_EQUAL(replies[0].kind, STORE_STRING);
    CU_ASSERT_TRUE(slice_equal(replies[0].text, slice_of("a\0\r\n", 4)));
    CU_ASSERT_EQUAL(replies[1].kind, STORE_NIL);
    CU_ASSERT_EQUAL(replies[2].kind, STORE_INTEGER);
    CU_ASSERT_EQUAL(replies[2].integer, -42);
    CU_ASSERT_TRUE(store_reply_is_status(&replies[3], "OK"));
    CU_ASSERT_TRUE(store_reply_is_error(&replies[4], "WRONGTYPE"));
    CU_ASSERT_EQUAL(replies[5].kind, STORE_ARRAY);
    CU_ASSERT_EQUAL_FATAL(replies[5].count, 3);
    CU_ASSERT_EQUAL(replies[5].elements[1].count, 2);
    ASSERT_TEXT(replies[5].elements[1].elements[0].text, "x");
    CU_ASSERT_EQUAL(replies[5].elements[2].kind, STORE_ERROR);
    CU_ASSERT_EQUAL(replies[6].kind, STORE_ARRAY);
    CU_ASSERT_EQUAL(replies[6].count, 0);
    CU_ASSERT_EQUAL(counts.store_commands, 7);
    forget(&asked);
    end();
}

static void test_split_replies(void)
{
    static const char *const keys[] = {"a", "b"};
    static const char reply[] = "*2\r\n$3\r\nabc\r\n:7\r\n$5\r\n0\r\n12\r\n";
    struct asked asked;
    begin();
    prepare(&asked, keys, 2);
    CU_ASSERT_TRUE(store_ask(store, &asked.batch, on_done, &asked));
    CU_ASSERT_TRUE(redis_got("GET a\nGET b\n"));
    for (size_t i = 0; i < sizeof reply - 1; i++) {
        CU_ASSERT_EQUAL(asked.told, 0);
        redis_say(&redis, slice_of(reply + i, 1));
        for (int turn = 0; turn < 4; turn++)
            uv_run(&loop, UV_RUN_NOWAIT);
    }
    CU_ASSERT_TRUE_FATAL(told(&asked));
    ASSERT_TEXT(asked.replies[0].elements[0].text, "abc");
    ASSERT_TEXT(asked.replies[1].text, "0\r\n12");
    forget(&asked);
    end();
}

/* Many batches of different sizes: each gets its own replies, in the order asked. */
static void test_order(void)
{
    static struct asked asked[200];
    char reply[40], name[20];
    begin();
    places = 0;
    for (size_t i = 0; i < 200; i++) {
        const char *const keys[] = {"k", "k", "k"};
        prepare(&asked[i], keys, 1 + i % 3);
        CU_ASSERT_TRUE(store_ask(store, &asked[i].batch, on_done, &asked[i]));
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t j = 0; j < 1 + i % 3; j++) {
            snprintf(name, sizeof name, "%zu.%zu", i, j);
            snprintf(reply, sizeof reply, "$%zu\r\n%s\r\n", strlen(name), name);
            redis_say(&redis, slice_from(reply));
        }
    }
    CU_ASSERT_TRUE(told(&asked[199]));
    for (size_t i = 0; i < 200; i++) {
        CU_ASSERT_EQUAL(asked[i].told, 1);
        CU_ASSERT_EQUAL(asked[i].place, i);
        for (size_t j = 0; !asked[i].away && j < 1 + i % 3; j++) {
            snprintf(name, sizeof name, "%zu.%zu", i, j);
            ASSERT_TEXT(asked[i].replies[j].text, name);
        }
        forget(&asked[i]);
    }
    end();
}

/* A command of very many words, and the next batch asked from within the first one's end. */
static void test_next_batch(void)
{
    static struct slice words[500];
    struct asked first, second;
    const char *key = "k";
    begin();
    for (size_t i = 0; i < 500; i++)
        words[i] = slice_from(i ? "x" : "DEL");
    prepare(&first, NULL, 0);
    prepare(&second, &key, 1);
    store_batch_add_words(&first.batch, words, 500);
    first.next = &second;
    CU_ASSERT_TRUE(store_ask(store, &first.batch, on_done, &first));
    redis_say(&redis, slice_from(":499\r\n"));
    CU_ASSERT_TRUE(told(&first));
    CU_ASSERT_FALSE(first.next_refused);
    redis_say(&redis, slice_from("$1\r\nv\r\n"));
    CU_ASSERT_TRUE(told(&second));
    ASSERT_TEXT(second.replies[0].text, "v");
    forget(&first);
    forget(&second);
    end();
}

/* A reply larger than the request may hold leaves its arena exhausted, and harms nobody else. */
static void test_large_reply(void)
{
    struct asked small, other;
    struct buffer reply;
    struct arena arena;
    const char *key = "k";
    begin();
    arena_init(&arena, (size_t)16 << 20);
    reply = buffer_in(&arena);
    buffer_add_string(&reply, "*100000\r\n");
    for (int i = 0; i < 100000; i++)
        buffer_add_string(&reply, "$1\r\nx\r\n");
    buffer_add_string(&reply, "$2\r\nok\r\n");
    prepare(&small, &key, 1);
    CU_ASSERT_TRUE(store_ask(store, &small.batch, on_done, &small));
    CU_ASSERT_TRUE(ask(&other, "other"));
    redis_say(&redis, buffer_slice(&reply));
    CU_ASSERT_TRUE(told(&other));
    CU_ASSERT_EQUAL(small.told, 1);
    CU_ASSERT_TRUE(small.arena.exhausted);
    ASSERT_TEXT(other.replies[0].text, "ok");
    forget(&small);
    forget(&other);
    arena_free(&arena);
    end();
}

/* ---- Redis goes, freezes, comes back ---- */

static void test_closed(void)
{
    struct asked answered, waiting[3], late;
    begin();
    CU_ASSERT_TRUE(ask(&answered, "a"));
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_TRUE(ask(&waiting[i], "b"));
    CU_ASSERT_TRUE(redis_got("GET a\nGET b\nGET b\nGET b\n"));
    redis_say(&redis, slice_from("+1\r\n$100\r\nhalf"));
    CU_ASSERT_TRUE(told(&answered));
    redis_drop(&redis);
    CU_ASSERT_TRUE(told(&waiting[2]));
    CU_ASSERT_FALSE(answered.away);
    CU_ASSERT_TRUE(waiting[0].away && waiting[1].away && waiting[2].away);
    CU_ASSERT_FALSE(ask(&late, "c")); /* refused at once */
    CU_ASSERT_EQUAL(late.told, 0);
    CU_ASSERT_EQUAL(counts.store_unavailable, 1);
    forget(&late);
    CU_ASSERT_TRUE(until(is_up));
    CU_ASSERT_EQUAL(redis.connections, 2);
    redis.asked_length = 0;
    CU_ASSERT_TRUE(ask(&late, "d"));
    CU_ASSERT_TRUE(redis_got("GET d\n"));
    redis_say(&redis, slice_from("+2\r\n"));
    CU_ASSERT_TRUE(told(&late));
    ASSERT_TEXT(late.replies[0].text, "2");
    CU_ASSERT_EQUAL(counts.store_reconnects, 2);
    for (size_t i = 0; i < 3; i++)
        forget(&waiting[i]);
    forget(&answered);
    forget(&late);
    end();
}

/* Those who are told that Redis went may ask again at once: they are refused, once, not for ever. */
static void test_asking_while_it_goes(void)
{
    struct asked first, second;
    const char *key = "k";
    begin();
    prepare(&second, &key, 1);
    CU_ASSERT_TRUE(ask(&first, "a"));
    first.next = &second;
    CU_ASSERT_TRUE(redis_got("GET a\n"));
    redis_drop(&redis);
    CU_ASSERT_TRUE(told(&first));
    CU_ASSERT_TRUE(first.away && first.next_refused);
    CU_ASSERT_EQUAL(second.told, 0);
    forget(&first);
    forget(&second);
    end();
}

static void test_not_redis(void)
{
    struct asked asked;
    begin();
    CU_ASSERT_TRUE(ask(&asked, "a"));
    CU_ASSERT_TRUE(redis_got("GET a\n"));
    redis_say(&redis, slice_from("HTTP/1.1 400 Bad Request\r\n\r\n"));
    CU_ASSERT_TRUE(told(&asked));
    CU_ASSERT_TRUE(asked.away);
    CU_ASSERT_TRUE(until(is_up));
    forget(&asked);
    end();
}

/* Alive, connected, silent: the deadline ends it for all that wait. */
static void test_deadline(void)
{
    struct asked first, second, late;
    uv_loop_init(&loop);
    redis_start(&redis, &loop);
    open_store(redis.address, 100);
    CU_ASSERT_TRUE_FATAL(until(is_up));
    CU_ASSERT_TRUE(ask(&first, "a"));
    CU_ASSERT_TRUE(ask(&second, "b"));
    CU_ASSERT_TRUE(redis_got("GET a\nGET b\n"));
    redis.hello = NULL; /* nor does it answer the next hello */
    CU_ASSERT_TRUE(told(&first));
    CU_ASSERT_TRUE(told(&second));
    CU_ASSERT_TRUE(first.away && second.away);
    CU_ASSERT_EQUAL(counts.store_deadlines_missed, 2);
    CU_ASSERT_FALSE(ask(&late, "c"));
    wanted_connections = 4; /* it is tried again and again */
    CU_ASSERT_TRUE(until(is_connected));
    CU_ASSERT_TRUE(is_away());
    redis.hello = "+PONG\r\n";
    CU_ASSERT_TRUE(until(is_up));
    forget(&first);
    forget(&second);
    forget(&late);
    end();
}

/* An answer in time moves the deadline on to the next batch. */
static void test_deadline_moves(void)
{
    struct asked asked;
    uv_loop_init(&loop);
    redis_start(&redis, &loop);
    open_store(redis.address, 300);
    CU_ASSERT_TRUE_FATAL(until(is_up));
    for (int i = 0; i < 8; i++) {
        CU_ASSERT_TRUE_FATAL(ask(&asked, "a"));
        int64_t until_us = clock_steady_us() + 60000;
        while (clock_steady_us() < until_us)
            settle();
        redis_say(&redis, slice_from("+x\r\n"));
        CU_ASSERT_TRUE(told(&asked));
        CU_ASSERT_FALSE(asked.away);
        forget(&asked);
    }
    CU_ASSERT_EQUAL(redis.connections, 1);
    CU_ASSERT_EQUAL(counts.store_deadlines_missed, 0);
    end();
}

static void test_not_there(void)
{
    struct asked asked;
    uv_loop_init(&loop);
    redis_start(&redis, &loop);
    redis_stop(&redis);
    open_store(redis.address, 1000);
    settle();
    CU_ASSERT_TRUE(is_away());
    CU_ASSERT_FALSE(ask(&asked, "a"));
    redis_start(&redis, &loop);
    CU_ASSERT_TRUE(until(is_up));
    forget(&asked);
    end();
}

static bool heard[20];
static size_t heard_count;

static void on_change(void *self, bool up)
{
    CU_ASSERT_PTR_EQUAL(self, &heard);
    if (heard_count < 20)
        heard[heard_count++] = up;
}

static void test_change(void)
{
    heard_count = 0;
    begin();
    store_on_change(store, on_change, &heard);
    redis_drop(&redis);
    CU_ASSERT_TRUE(until(is_away));
    CU_ASSERT_TRUE(until(is_up));
    CU_ASSERT_EQUAL(heard_count, 2);
    CU_ASSERT_TRUE(!heard[0] && heard[1]);
    store_on_change(store, NULL, NULL);
    redis_drop(&redis);
    CU_ASSERT_TRUE(until(is_away));
    CU_ASSERT_EQUAL(heard_count, 2);
    end();
}

/* Closing tells those who wait, and leaves nothing. */
static void test_close(void)
{
    struct asked asked;
    begin();
    CU_ASSERT_TRUE(ask(&asked, "a"));
    end();
    CU_ASSERT_EQUAL(asked.told, 1);
    CU_ASSERT_TRUE(asked.away);
    forget(&asked);
}

/* ---- hello ---- */

static bool has_greeting(void)
{
    return redis.greeting_length >= wanted_length;
}

/* Says ANSWER to hello, again and again; then lets the store in. Returns what the log said meanwhile. */
static const char *refuse_hello(const char *answer)
{
    static char text[20000];
    char log[64];
    struct error error;
    snprintf(log, sizeof log, "/tmp/callboard-store-log-%ld", (long)getpid());
    CU_ASSERT_TRUE(log_open(log, &error));
    log_set_level(LOG_LEVEL_INFO);
    uv_loop_init(&loop);
    redis_start(&redis, &loop);
    redis.hello = answer;
    open_store(redis.address, 1000);
    wanted_connections = 5;
    CU_ASSERT_TRUE(until(is_connected));
    CU_ASSERT_TRUE(is_away());
    redis.hello = "+PONG\r\n";
    CU_ASSERT_TRUE(until(is_up));
    end();
    log_open("", &error);
    log_set_level(LOG_LEVEL_ERROR);
    FILE *file = fopen(log, "r");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    text[length] = '\0';
    if (file)
        fclose(file);
    unlink(log);
    return text;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    while ((text = strstr(text, part))) {
        count++;
        text += strlen(part);
    }
    return count;
}

static void test_refused(void)
{
    static const char *const answers[] = {"-LOADING Redis is loading the dataset in memory\r\n",
                                          "-NOAUTH Authentication required.\r\n",
                                          "-WRONGPASS invalid username-password pair\r\n"};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        char code[20];
        snprintf(code, sizeof code, "%.6s", answers[i] + 1);
        const char *text = refuse_hello(answers[i]);
        CU_ASSERT_EQUAL(count_of(text, "is away: "), 1); /* once, however often it is tried */
        CU_ASSERT_EQUAL(count_of(text, code), 1);
        CU_ASSERT_EQUAL(count_of(text, " answers"), 1);
    }
}

static void test_password(void)
{
    char secret[64];
    snprintf(secret, sizeof secret, "/tmp/callboard-secret-%ld", (long)getpid());
    FILE *file = fopen(secret, "w");
    fputs("top secret\n", file);
    fclose(file);
    settings.password_file = secret;
    const char *text = refuse_hello("-WRONGPASS invalid username-password pair\r\n");
    CU_ASSERT_EQUAL(strncmp(redis.greeting, "AUTH top secret\nPING\n", 21), 0);
    CU_ASSERT_PTR_NULL(strstr(text, "secret"));
    settings.password_file = "";
    unlink(secret);
}

static void test_database(void)
{
    char address[100];
    uv_loop_init(&loop);
    redis_start(&redis, &loop);
    snprintf(address, sizeof address, "%s?db=3", redis.address);
    open_store(address, 1000);
    wanted_length = 14;
    CU_ASSERT_TRUE(until(has_greeting));
    CU_ASSERT_TRUE(until(is_up));
    CU_ASSERT_STRING_EQUAL(redis.greeting, "SELECT 3\nPING\n");
    end();
}

/* A name is looked up without the loop waiting; closing meanwhile is fine. */
static void test_names(void)
{
    for (int pause_us = 0; pause_us < 4000; pause_us += pause_us < 500 ? 10 : 500) {
        uv_loop_init(&loop);
        open_store("redis://localhost:1/0", 1000);
        usleep((useconds_t)pause_us);
        if (pause_us % 20)
            uv_run(&loop, UV_RUN_NOWAIT);
        CU_ASSERT_TRUE(is_away());
        store_close(store);
        uv_run(&loop, UV_RUN_DEFAULT);
        CU_ASSERT_EQUAL(uv_loop_close(&loop), 0);
    }
}

static void test_settings(void)
{
    static const struct {
        const char *address, *password_file;
        bool good;
    } cases[] = {{"unix:/a", "", true},
                 {"redis://localhost", "", true},
                 {"nonsense", "", false},
                 {"unix:/a", "/nonexistent/secret", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct store_settings each = {.address = cases[i].address,
                                            .password_file = cases[i].password_file};
        struct error error;
        CU_ASSERT_EQUAL(store_settings_check(&each, &error), cases[i].good);
        if (cases[i].good)
            continue;
        uv_loop_init(&loop);
        CU_ASSERT_PTR_NULL(store_open(&loop, &each, &counts, &error));
        CU_ASSERT_EQUAL(uv_loop_close(&loop), 0);
    }
}

static void be_quiet(void)
{
    log_set_level(LOG_LEVEL_ERROR);
}

SUITE("store", {"keeps the log quiet", be_quiet}, {"understands all kinds of replies", test_kinds},
      {"in pieces of one byte", test_split_replies}, {"keeps the order", test_order},
      {"asks the next batch", test_next_batch}, {"bounds what a reply costs", test_large_reply},
      {"tells all when the connection ends", test_closed},
      {"refuses who asks while it ends", test_asking_while_it_goes},
      {"gives up what is not Redis", test_not_redis}, {"keeps a deadline", test_deadline},
      {"a deadline of each batch", test_deadline_moves},
      {"waits for Redis to come", test_not_there}, {"tells of changes", test_change},
      {"closes", test_close}, {"is refused", test_refused}, {"sends its password", test_password},
      {"selects a database", test_database}, {"looks names up", test_names},
      {"checks settings", test_settings})
