/*
 * store.c - one worker's connection to Redis: asynchronous, pipelined, never hanging.
 * hiredis keeps the pipeline and parses replies; this file adds deadlines, reconnecting and plain replies.
 */
#include "store/store.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>

#include "base/log.h"
#include "store/redis_loop.h"
#include "store/reply.h"
#include "store/settings.h"

#define RECONNECT_FIRST_MS 20

/* A batch on its way. Commands of a batch stand together in the pipeline, so the oldest one is answered first. */
struct waiting {
    struct store *store;
    struct arena *arena;
    store_done *done;
    void *self;
    struct store_reply *replies;
    size_t count;    /* commands */
    size_t answered; /* replies so far, or ends of the connection */
    bool failed;     /* one of them was no reply */
    uint64_t deadline_ms;
    struct waiting *next;
};

enum store_state {
    STORE_PAUSING,    /* until the next attempt to connect */
    STORE_RESOLVING,  /* asking for the address of a host's name */
    STORE_CONNECTING, /* connection begun, hello sent */
    STORE_UP,
    STORE_CLOSED
};

struct store {
    uv_loop_t *loop;
    const struct store_settings *settings;
    struct metrics_worker *counts;
    struct arena arena;
    struct store_address address;
    const char *shown; /* the address for the log */

    enum store_state state;
    redisAsyncContext *redis; /* NULL unless connecting or up */
    uv_timer_t
        timer; /* PAUSING: next attempt; CONNECTING: hello's deadline; UP: the oldest batch's */
    uv_getaddrinfo_t resolving;
    struct addrinfo *found;         /* CONNECTING: the addresses of a host's name */
    const struct addrinfo *untried; /* those of them that are still to be tried */
    int users; /* of this memory: the timer, and a name being resolved, which may not be stopped */
    int64_t pause_ms;
    size_t hello_left; /* replies to hello that are still to come */
    bool reported;     /* the log has been told that Redis is away */
    char refusal[128]; /* what Redis last said to hello, as told to the log */
    struct waiting *oldest, *newest;
    store_change *change;
    void *change_self;
};

static void connect_now(struct store *store);
static void connect_next(struct store *store, const char *why);
static void give_up(struct store *store, const char *why);

/* ---- replies ---- */

static void finish(struct waiting *waiting)
{
    struct store *store = waiting->store;
    /* The pipeline answers in order, and the end of a connection tells all in order too. */
    store->oldest = waiting->next;
    if (!store->oldest)
        store->newest = NULL;
    waiting->done(waiting->self, waiting->failed ? NULL : waiting->replies);
    free(waiting);
}

/* hiredis' callback, once a command: with a reply, or with NULL when the connection has ended. */
static void on_reply(redisAsyncContext *redis, void *reply, void *data)
{
    struct waiting *waiting = data;
    (void)redis;
    if (reply)
        waiting->replies[waiting->answered] = store_reply_from(reply, waiting->arena);
    else
        waiting->failed = true;
    if (++waiting->answered == waiting->count)
        finish(waiting);
}

/* ---- asking ---- */

static bool send_command(struct store *store, const struct store_command *command,
                         redisCallbackFn *callback, void *data)
{
    const char *words[16] = {NULL};
    size_t lengths[16] = {0};
    const char **word = words;
    size_t *length = lengths;
    bool sent = false;
    if (command->count > 16) {
        word = calloc(command->count, sizeof *word);
        length = calloc(command->count, sizeof *length);
    }
    if (word && length) {
        for (size_t i = 0; i < command->count; i++) {
            word[i] = command->words[i].data ? command->words[i].data : "";
            length[i] = command->words[i].length;
        }
        sent = redisAsyncCommandArgv(store->redis, callback, data, (int)command->count, word,
                                     length) == REDIS_OK;
    }
    if (word != words)
        free(word);
    if (length != lengths)
        free(length);
    return sent;
}

static void on_timer(uv_timer_t *timer);

static void watch_deadline(struct store *store)
{
    uint64_t now = uv_now(store->loop);
    uint64_t deadline = store->oldest->deadline_ms;
    uv_timer_start(&store->timer, on_timer, deadline > now ? deadline - now : 0, 0);
}

bool store_ask(struct store *store, const struct store_batch *batch, store_done *done, void *self)
{
    if (store->state != STORE_UP) {
        store->counts->store_unavailable++;
        return false;
    }
    struct waiting *waiting = calloc(1, sizeof *waiting);
    struct store_reply *replies = arena_calloc(batch->arena, batch->count, sizeof *replies);
    if (!waiting || !replies) {
        free(waiting);
        return false;
    }
    *waiting = (struct waiting){.store = store,
                                .arena = batch->arena,
                                .done = done,
                                .self = self,
                                .replies = replies,
                                .count = batch->count,
                                .deadline_ms =
                                    uv_now(store->loop) + (uint64_t)store->settings->deadline_ms};
    const struct store_command *command = batch->first;
    for (; command; command = command->next) {
        if (!send_command(store, command, on_reply, waiting)) {
            /* Out of memory half way, or the connection is ending: this place gets no callback. */
            waiting->failed = true;
            waiting->answered++;
        }
    }
    if (waiting->answered == waiting->count) {
        free(waiting);
        return false;
    }
    if (store->newest)
        store->newest->next = waiting;
    else
        store->oldest = waiting;
    store->newest = waiting;
    store->counts->store_commands += batch->count;
    if (!uv_is_active((uv_handle_t *)&store->timer))
        watch_deadline(store);
    return true;
}

/* ---- coming and going ---- */

static void tell_change(struct store *store, bool up)
{
    store->counts->store_up = up;
    if (store->change)
        store->change(store->change_self, up);
}

static void forget_addresses(struct store *store)
{
    uv_freeaddrinfo(store->found);
    store->found = NULL;
    store->untried = NULL;
}

static void pause_then_connect(struct store *store)
{
    forget_addresses(store);
    store->state = STORE_PAUSING;
    uv_timer_start(&store->timer, on_timer, (uint64_t)store->pause_ms, 0);
    store->pause_ms *= 2;
    if (store->pause_ms > store->settings->reconnect_ms)
        store->pause_ms = store->settings->reconnect_ms;
}

/* Ends the connection, if there is one, telling all batches that wait; tries again after a pause. */
static void give_up(struct store *store, const char *why)
{
    redisAsyncContext *redis = store->redis;
    if (store->state == STORE_CLOSED)
        return;
    if (!store->reported)
        log_warning("Redis at %s is away: %s", store->shown, why);
    store->reported = true;
    store->redis = NULL;
    pause_then_connect(store);
    if (redis) {
        redis->data = NULL;
        redisAsyncFree(redis); /* calls back every batch that waits, and on_disconnect */
    }
    tell_change(store, false);
}

static void on_timer(uv_timer_t *timer)
{
    struct store *store = timer->data;
    if (store->state == STORE_PAUSING) {
        connect_now(store);
    } else if (store->state == STORE_CONNECTING) {
        connect_next(store, "no answer to hello in time");
    } else if (store->state == STORE_UP && store->oldest) {
        if (store->oldest->deadline_ms > uv_now(store->loop)) {
            watch_deadline(store);
            return;
        }
        for (const struct waiting *each = store->oldest; each; each = each->next)
            store->counts->store_deadlines_missed += each->deadline_ms <= uv_now(store->loop);
        give_up(store, "no answer in time");
    }
}

static void on_connect(const redisAsyncContext *redis, int status)
{
    struct store *store = redis->data;
    if (!store || status == REDIS_OK)
        return;
    /* hiredis frees a context whose connect failed by itself, after this. */
    char why[256];
    snprintf(why, sizeof why, "%s", redis->errstr);
    store->redis = NULL;
    connect_next(store, why);
}

static void on_disconnect(const redisAsyncContext *redis, int status)
{
    struct store *store = redis->data;
    if (!store)
        return;
    char why[256];
    snprintf(why, sizeof why, "%s", status == REDIS_OK ? "connection closed" : redis->errstr);
    store->redis = NULL;
    if (store->state == STORE_CONNECTING)
        connect_next(store, why);
    else
        give_up(store, why);
}

static void greeted(struct store *store)
{
    store->state = STORE_UP;
    forget_addresses(store);
    store->pause_ms = RECONNECT_FIRST_MS;
    store->reported = false;
    store->refusal[0] = '\0';
    store->counts->store_reconnects++;
    uv_timer_stop(&store->timer);
    log_info("Redis at %s answers", store->shown);
    tell_change(store, true);
}

/* Redis is there but does not let us in, or still loads: worth a line of its own, once. */
static void refused(struct store *store, const char *why)
{
    char text[sizeof store->refusal];
    snprintf(text, sizeof text, "%s", why);
    if (store->reported && strcmp(text, store->refusal) != 0)
        log_warning("Redis at %s refuses: %s", store->shown, text);
    memcpy(store->refusal, text, sizeof text);
    give_up(store, text);
}

/* A reply to AUTH, SELECT or PING; all must be good. */
static void on_hello(redisAsyncContext *redis, void *data, void *unused)
{
    struct store *store = redis->data;
    const redisReply *reply = data;
    (void)unused;
    if (!store || store->redis != redis || !reply)
        return;
    if (reply->type == REDIS_REPLY_ERROR)
        refused(store, reply->str);
    else if (--store->hello_left == 0)
        greeted(store);
}

/* AUTH and SELECT as needed, then PING: whoever answers that is a Redis that takes commands. */
static bool say_hello(struct store *store)
{
    const struct store_address *address = &store->address;
    char database[16];
    snprintf(database, sizeof database, "%d", address->database);
    struct arena arena;
    arena_init(&arena, 65536);
    struct store_batch hello = store_batch_in(&arena);
    if (address->password && address->user)
        STORE_ADD(&hello, slice_from("AUTH"), slice_from(address->user),
                  slice_from(address->password));
    else if (address->password)
        STORE_ADD(&hello, slice_from("AUTH"), slice_from(address->password));
    if (address->database)
        STORE_ADD(&hello, slice_from("SELECT"), slice_from(database));
    STORE_ADD(&hello, slice_from("PING"));
    store->hello_left = hello.count;
    bool sent = !arena.exhausted;
    for (const struct store_command *each = hello.first; sent && each; each = each->next)
        sent = send_command(store, each, on_hello, NULL);
    arena_free(&arena);
    return sent;
}

/* Else a connection that only listens, as subscriber.c's, never notices that Redis' machine has lost its power. */
static bool keep_alive(struct store *store)
{
    return store->address.path || redisEnableKeepAlive(&store->redis->c) == REDIS_OK;
}

/* Begins a connection to HOST, a number, or to the unix socket. */
static void begin_connection(struct store *store, const char *host)
{
    redisAsyncContext *redis = store->address.path ? redisAsyncConnectUnix(store->address.path)
                                                   : redisAsyncConnect(host, store->address.port);
    if (!redis) {
        give_up(store, "out of memory");
        return;
    }
    if (redis->err) {
        char why[256];
        snprintf(why, sizeof why, "%s", redis->errstr);
        redisAsyncFree(redis);
        connect_next(store, why);
        return;
    }
    redis->data = store;
    store->redis = redis;
    store->state = STORE_CONNECTING;
    struct error error = {"the connection could not be set up"};
    if (!redis_loop_attach(redis, store->loop, &error) || !keep_alive(store) ||
        redisAsyncSetConnectCallback(redis, on_connect) != REDIS_OK ||
        redisAsyncSetDisconnectCallback(redis, on_disconnect) != REDIS_OK || !say_hello(store)) {
        connect_next(store, error.text);
        return;
    }
    uv_timer_start(&store->timer, on_timer, (uint64_t)store->settings->deadline_ms, 0);
}

/* The number of ADDRESS as text; an error of libuv otherwise. */
static int write_number(const struct addrinfo *address, char *text, size_t size)
{
    const void *socket = address->ai_addr;
    return address->ai_family == AF_INET6 ? uv_ip6_name(socket, text, size)
                                          : uv_ip4_name(socket, text, size);
}

/*
 * The address tried last is none: tries the next one of the host's name, if it has one. As localhost may be ::1, and Redis
 * listen at 127.0.0.1.
 */
static void connect_next(struct store *store, const char *why)
{
    redisAsyncContext *redis = store->redis;
    const struct addrinfo *address = store->untried;
    char host[INET6_ADDRSTRLEN];
    if (!address || write_number(address, host, sizeof host) != 0) {
        give_up(store, why);
        return;
    }
    store->untried = address->ai_next;
    store->redis = NULL;
    if (redis) {
        redis->data = NULL;
        redisAsyncFree(redis);
    }
    begin_connection(store, host);
}

static void release(struct store *store)
{
    if (--store->users > 0)
        return;
    arena_free(&store->arena);
    free(store);
}

static void on_resolved(uv_getaddrinfo_t *resolving, int status, struct addrinfo *found)
{
    struct store *store = resolving->data;
    store->found = found;
    store->untried = found;
    if (store->state == STORE_CLOSED) {
        forget_addresses(store);
        release(store);
        return;
    }
    store->users--;
    connect_next(store, status != 0 ? uv_strerror(status) : "its name has no address");
}

/* hiredis would resolve a name while the whole loop waits; so the loop resolves it first. */
static void connect_now(struct store *store)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    if (store->address.path) {
        begin_connection(store, NULL);
        return;
    }
    store->state = STORE_RESOLVING;
    store->resolving.data = store;
    int status = uv_getaddrinfo(store->loop, &store->resolving, on_resolved, store->address.host,
                                NULL, &hints);
    if (status != 0)
        give_up(store, uv_strerror(status));
    else
        store->users++;
}

struct store *store_open(uv_loop_t *loop, const struct store_settings *settings,
                         struct metrics_worker *counts, struct error *error)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store) {
        error_set(error, "out of memory");
        return NULL;
    }
    arena_init(&store->arena, 65536);
    store->loop = loop;
    store->settings = settings;
    store->counts = counts;
    store->pause_ms = RECONNECT_FIRST_MS;
    if (!store_settings_address(settings, &store->arena, &store->address, error)) {
        arena_free(&store->arena);
        free(store);
        return NULL;
    }
    store->shown = store_address_show(&store->address, &store->arena);
    uv_timer_init(loop, &store->timer);
    store->timer.data = store;
    store->users = 1;
    connect_now(store);
    return store;
}

bool store_is_up(const struct store *store)
{
    return store->state == STORE_UP;
}

struct redisAsyncContext *store_connection(const struct store *store)
{
    return store->state == STORE_UP ? store->redis : NULL;
}

void store_on_change(struct store *store, store_change *change, void *self)
{
    store->change = change;
    store->change_self = self;
}

static void on_timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

void store_close(struct store *store)
{
    redisAsyncContext *redis = store->redis;
    if (store->state == STORE_RESOLVING)
        uv_cancel((uv_req_t *)&store->resolving);
    store->state = STORE_CLOSED;
    store->redis = NULL;
    store->counts->store_up = 0;
    forget_addresses(store);
    if (redis) {
        redis->data = NULL;
        redisAsyncFree(redis);
    }
    uv_close((uv_handle_t *)&store->timer, on_timer_closed);
}
