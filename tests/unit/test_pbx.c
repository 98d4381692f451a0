/*
 * test_pbx.c - tests of feeds/pbx.c with a source of our own, and a made-up Redis.
 */
#include "suite.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "feeds/pbx.h"
#include "redis.h"

static uv_loop_t loop;
static struct redis redis;
static char password_file[40];
static struct pbx_server server = {
    .name = "one", .host = "192.0.2.1", .port = 8021, .password_file = password_file, .domain = ""};
static struct pbx *pbx;

/* ---- the source: it does what the test says ---- */

static struct {
    struct source source;
    const struct source_hooks *hooks;
    struct {
        enum source_list list;
        link_answered *done;
        void *self;
    } asked[10];
    size_t asked_count, answered;
    bool mute; /* nothing can be asked */
    char flushed[200];
    int paused, resumed, closed;
    struct source_counts counts;
} fake;

static bool fake_ask_list(struct source *source, enum source_list list, link_answered *done,
                          void *self, struct error *error)
{
    (void)source;
    if (fake.mute)
        return error_set(error, "it takes no commands");
    fake.asked[fake.asked_count].list = list;
    fake.asked[fake.asked_count].done = done;
    fake.asked[fake.asked_count++].self = self;
    return true;
}

/* The next list that was asked for is JSON; NULL: the connection was lost. */
static void answer(const char *json)
{
    struct slice text = slice_from(json);
    size_t next = fake.answered++;
    fake.asked[next].done(fake.asked[next].self, json ? &text : NULL);
}

static bool fake_flush(struct source *source, struct slice domain, struct slice user,
                       struct error *error)
{
    (void)source;
    (void)error;
    size_t used = strlen(fake.flushed);
    snprintf(fake.flushed + used, sizeof fake.flushed - used, "%.*s@%.*s ", SLICE_ARGUMENTS(user),
             SLICE_ARGUMENTS(domain));
    return true;
}

static void fake_pause(struct source *source)
{
    (void)source;
    fake.paused++;
}

static void fake_resume(struct source *source)
{
    (void)source;
    fake.resumed++;
}

static void fake_close(struct source *source)
{
    (void)source;
    fake.closed++;
}

static const struct source_counts *fake_counts(const struct source *source)
{
    (void)source;
    return &fake.counts;
}

static struct source *fake_open(uv_loop_t *on_loop, const struct pbx_server *its_server,
                                const char *password, size_t channels_max,
                                const struct source_hooks *hooks, struct error *error);

static const struct source_kind fake_kind = {.name = "Fake",
                                             .open = fake_open,
                                             .close = fake_close,
                                             .ask_list = fake_ask_list,
                                             .flush_user = fake_flush,
                                             .pause = fake_pause,
                                             .resume = fake_resume,
                                             .counts = fake_counts};
static const struct source_kind *const kinds[] = {&fake_kind, &fake_kind};

static struct source *fake_open(uv_loop_t *on_loop, const struct pbx_server *its_server,
                                const char *password, size_t channels_max,
                                const struct source_hooks *hooks, struct error *error)
{
    (void)on_loop;
    (void)channels_max;
    (void)error;
    CU_ASSERT_PTR_EQUAL(its_server, &server);
    CU_ASSERT_STRING_EQUAL(password, "Secret");
    fake.hooks = hooks;
    fake.source.kind = &fake_kind;
    return &fake.source;
}

static void event(const char *json)
{
    struct arena arena;
    struct esl_event read;
    struct error error;
    arena_init(&arena, 1 << 20);
    CU_ASSERT_TRUE_FATAL(esl_event_read(slice_from(json), &arena, &read, &error));
    fake.hooks->event(fake.hooks->self, &read);
    arena_free(&arena);
}

#define PHONE(subclass, user)                                                                      \
    "{\"Event-Name\":\"CUSTOM\",\"Event-Subclass\":\"sofia::" subclass "\",\"from-user\":\"" user  \
    "\",\"from-host\":\"a.test\",\"call-id\":\"" user "\"}"
#define NONE "{\"row_count\":0}"
#define PHONE_1000                                                                                 \
    "{\"row_count\":1,\"rows\":[{\"reg_user\":\"1000\",\"realm\":\"a.test\",\"token\":\"1000\","   \
    "\"url\":\"sofia/internal/sip:1000@192.0.2.2\",\"expires\":\"1\",\"network_ip\":"              \
    "\"192.0.2.2\"}]}"

/* ---- Redis ---- */

static const char *take(const char *command)
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

/* Lets the loop run until CONDITION holds, for 10 s at most. */
#define RUN_UNTIL(condition)                                                                       \
    do {                                                                                           \
        int64_t end_us = clock_steady_us() + 10000000;                                             \
        do {                                                                                       \
            uv_run(&loop, UV_RUN_NOWAIT);                                                          \
            usleep(500);                                                                           \
        } while (!(condition) && clock_steady_us() < end_us);                                      \
        CU_ASSERT_TRUE(condition);                                                                 \
    } while (0)

static void run_until_idle(void)
{
    RUN_UNTIL(pbx_is_idle(pbx));
}

/* ---- beginning and end ---- */

static const struct live_names_settings names = {
    .registration = {.hash = "registrations", .channel = "", .list = ""},
    .call = {.hash = "calls", .channel = "", .list = ""}};
static struct freeswitch_settings settings;
static struct store_settings store_settings = {
    .password_file = "", .deadline_ms = 60000, .reconnect_ms = 20};
static struct pbx_common common = {.loop = &loop,
                                   .settings = &settings,
                                   .names = &names,
                                   .store = &store_settings,
                                   .news_prefix = "enigma:notifications",
                                   .kinds = kinds};

static void begin(void)
{
    struct error error;
    log_set_level(LOG_LEVEL_ERROR);
    memset(&fake, 0, sizeof fake);
    settings = (struct freeswitch_settings){.default_domain = "",
                                            .grace = 1,
                                            .events_kept = 100,
                                            .channels_max = 100,
                                            .registrations_max = 100};
    uv_loop_init(&loop);
    redis_start(&redis, &loop);
    redis.answer = take;
    store_settings.address = redis.address;
    strcpy(password_file, "/tmp/callboard-pbx-XXXXXX");
    int file = mkstemp(password_file);
    CU_ASSERT_EQUAL_FATAL(write(file, "Secret\n", 7), 7);
    close(file);
    common.critical = NULL;
    pbx = pbx_open(&common, &server, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pbx);
    run_until_idle();
}

static void end(void)
{
    if (fake.closed == 0)
        pbx_stop(pbx);
    CU_ASSERT_EQUAL(fake.closed, 1);
    pbx_close(pbx);
    redis_stop(&redis);
    uv_run(&loop, UV_RUN_DEFAULT);
    CU_ASSERT_EQUAL(uv_loop_close(&loop), 0);
    unlink(password_file);
}

static void become_ready(void)
{
    fake.hooks->ready(fake.hooks->self);
}

static void answer_all(const char *registrations)
{
    answer(registrations);
    answer(NONE);
    answer(NONE);
}

/* ---- tests ---- */

static void test_lists_first(void)
{
    begin();
    CU_ASSERT_EQUAL(fake.asked_count, 0); /* before it is ready */
    become_ready();
    CU_ASSERT_EQUAL_FATAL(fake.asked_count, 3);
    CU_ASSERT_EQUAL(fake.asked[0].list, SOURCE_REGISTRATIONS);
    CU_ASSERT_EQUAL(fake.asked[2].list, SOURCE_CALLS);
    event(PHONE("register", "1001"));
    event(PHONE("unregister", "1000"));
    answer(PHONE_1000);
    answer(NONE);
    run_until_idle();
    CU_ASSERT_EQUAL(asked("registrations:1001"), 0); /* events wait for the last list */
    CU_ASSERT_EQUAL(asked("HSCAN"), 0);
    answer(NONE);
    run_until_idle();
    /* What the list has, then what has happened since, in order; then what Redis has is looked at. */
    CU_ASSERT_EQUAL(asked("registrations callboard:feed:one"), 3);
    const char *listed = strstr(redis.asked, "registrations:1000 1000");
    const char *came = strstr(redis.asked, "registrations:1001 1001");
    const char *left = strstr(redis.asked, "sofia::unregister");
    const char *looked = strstr(redis.asked, "HSCAN");
    CU_ASSERT_FATAL(listed && came && left && looked);
    CU_ASSERT(listed < came && came < left && left < looked);
    event(PHONE("register", "1002")); /* and at once from now on */
    run_until_idle();
    CU_ASSERT_EQUAL(asked("registrations:1002 1002"), 1);
    end();
}

/* With a list that cannot be used nothing is known to be stale. It is asked for again. */
static void test_bad_list(void)
{
    begin();
    become_ready();
    answer("-ERR no reply");
    answer(NONE);
    answer(NONE);
    run_until_idle();
    CU_ASSERT_EQUAL(asked("HSCAN"), 0);
    RUN_UNTIL(fake.asked_count == 6);
    answer_all(NONE);
    run_until_idle();
    CU_ASSERT_EQUAL(asked("HSCAN"), 1);
    end();
}

static void test_lost_while_asking(void)
{
    struct error reason;
    begin();
    become_ready();
    event(PHONE("register", "1001"));
    answer(NONE);
    error_set(&reason, "it is gone");
    fake.hooks->away(fake.hooks->self, &reason);
    answer(NULL);
    answer(NULL);
    run_until_idle();
    CU_ASSERT_EQUAL(asked("registrations:1001 1001"), 1); /* what was heard is not lost */
    CU_ASSERT_EQUAL(asked("HSCAN"), 0);
    become_ready();
    CU_ASSERT_EQUAL_FATAL(fake.asked_count, 6);
    answer_all(NONE);
    run_until_idle();
    CU_ASSERT_EQUAL(asked("HSCAN"), 1);
    end();
}

static void test_grace(void)
{
    struct error reason;
    begin();
    become_ready();
    answer_all(PHONE_1000);
    run_until_idle();
    CU_ASSERT_EQUAL(asked("\"state\":\"up\""), 1);
    error_set(&reason, "it is gone");
    fake.hooks->away(fake.hooks->self, &reason);
    run_until_idle();
    CU_ASSERT_EQUAL(asked("\"state\":\"away\""), 1);
    CU_ASSERT_EQUAL(asked("registrations:1000 1000"), 1); /* it is kept */
    RUN_UNTIL(asked("registrations:1000 1000") == 2);     /* and then removed */
    end();
}

static void test_flush(void)
{
    begin();
    pbx_flush_user(pbx, slice_from("a.test"), slice_from("1000"));
    CU_ASSERT_STRING_EQUAL(fake.flushed, ""); /* it is away */
    become_ready();
    pbx_flush_user(pbx, slice_from("a.test"), slice_from("1000"));
    pbx_flush_user(pbx, slice_from("a.test"), slice_from("1000\n\nexit"));
    pbx_flush_user(pbx, slice_from("a b"), slice_from("1000"));
    pbx_flush_user(pbx, slice_from("a.test"), slice_from(""));
    CU_ASSERT_STRING_EQUAL(fake.flushed, "1000@a.test ");
    end();
}

static void remove_place(const char *place)
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
    CU_ASSERT_EQUAL(rmdir(place), 0);
}

/* When records of calls have nowhere to go, no events are taken that could bring more. */
static void test_pause(void)
{
    char place[] = "/tmp/callboard-pbx-spool-XXXXXX";
    struct store_settings nowhere = {.address = "unix:/nonexistent/redis",
                                     .password_file = "",
                                     .deadline_ms = 1000,
                                     .reconnect_ms = 100};
    struct spool_settings disk = {.directory = "", .size_limit = 64};
    struct metrics_worker counts = {0};
    struct store *store;
    struct spool *spool;
    struct error error;
    const struct packet packet = {
        .id = SLICE_LITERAL("id"), .list = SLICE_LITERAL("list"), .text = SLICE_LITERAL("{}")};
    begin();
    store = store_open(&loop, &nowhere, &counts, &error);
    spool = spool_open(&loop, &disk, &counts);
    common.critical = critical_open(&loop, store, spool, 300);
    pbx_tick(pbx);
    CU_ASSERT_EQUAL(fake.paused, 0);
    while (!critical_is_full(common.critical))
        critical_send(common.critical, &packet);
    pbx_tick(pbx);
    pbx_tick(pbx);
    CU_ASSERT_EQUAL(fake.paused, 1);
    CU_ASSERT_EQUAL(fake.resumed, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(place));
    disk.directory = place; /* somebody has mended it */
    RUN_UNTIL(critical_waiting(common.critical) == 0);
    pbx_tick(pbx);
    CU_ASSERT_EQUAL(fake.resumed, 1);
    critical_close(common.critical);
    spool_close(spool);
    store_close(store);
    end();
    remove_place(place);
}

static void test_status(void)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    begin();
    become_ready();
    answer_all(PHONE_1000);
    fake.counts = (struct source_counts){.events = 7, .bad_events = 1, .connections = 2};
    struct buffer up = buffer_in(&arena);
    pbx_write_status(pbx, &up);
    CU_ASSERT_PTR_NOT_NULL(memmem(up.data, up.length, "{\"state\":\"up\",\"since\":1", 23));
    const char *told = "\"registrations\":1,\"events\":7,\"bad_events\":1,\"connections\":2";
    CU_ASSERT_PTR_NOT_NULL(memmem(up.data, up.length, told, strlen(told)));
    pbx_stop(pbx);
    struct buffer stopped = buffer_in(&arena);
    pbx_write_status(pbx, &stopped);
    CU_ASSERT_PTR_NOT_NULL(memmem(stopped.data, stopped.length, "{\"state\":\"stopped\"", 18));
    arena_free(&arena);
    end();
}

static void test_no_password(void)
{
    struct error error;
    begin();
    unlink(password_file);
    CU_ASSERT_PTR_NULL(pbx_open(&common, &server, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "password_file of server one"));
    end();
}

SUITE("pbx", {"lists first", test_lists_first}, {"a bad list", test_bad_list},
      {"lost while asking", test_lost_while_asking}, {"grace", test_grace}, {"flush", test_flush},
      {"pause", test_pause}, {"status", test_status}, {"no password", test_no_password})
