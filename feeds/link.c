/*
 * link.c - when a connection to a PBX is made, how it is known to be there, and when it is begun again.
 */
#include "feeds/link.h"

#include <stdlib.h>

#include "base/log.h"
#include "feeds/esl_socket.h"

#define FIRST_PAUSE_MS 100

enum state {
    WAITING, /* for the next attempt */
    OPENING, /* connecting, logging in */
    READY
};

struct link {
    uv_loop_t *loop;
    const struct link_settings *settings;
    const struct link_hooks *hooks;
    uv_timer_t timer; /* WAITING: ends it; otherwise ticks, to look at deadlines */
    struct esl_socket *socket;
    struct link_asks asks;
    enum state state;
    uint64_t attempts;
    uint64_t since_ms;                 /* when the attempt began */
    uint64_t ready_ms;                 /* when it became ready */
    uint64_t heard_ms;                 /* the last byte, or resuming */
    int64_t pause_ms;                  /* before the next attempt */
    char reason[sizeof(struct error)]; /* that was logged; "" while ready */
    bool paused, refused, told_away, closed;
};

static void on_timer(uv_timer_t *timer);

/* ---- away, and again ---- */

/* PAUSE_MS with a fifth of it more or less, so that many do not come back at one moment. */
static uint64_t with_chance(int64_t pause_ms)
{
    uint32_t chance = 0;
    uv_random(NULL, NULL, &chance, sizeof chance, 0, NULL);
    int64_t spread = pause_ms * 2 / 5;
    return (uint64_t)(pause_ms - spread / 2 + (spread > 0 ? (int64_t)(chance % spread) : 0));
}

void link_drop(struct link *link, const struct error *reason)
{
    const struct link_settings *settings = link->settings;
    if (link->closed)
        return;
    /* One that is lost as soon as it is ready is waited for longer and longer too. */
    if (link->state == READY &&
        uv_now(link->loop) - link->ready_ms >= (uint64_t)settings->reconnect_ms)
        link->pause_ms = FIRST_PAUSE_MS;
    esl_socket_close(link->socket);
    link->socket = NULL;
    link->state = WAITING;
    int64_t pause = link->refused ? settings->refused_ms : link->pause_ms;
    link->pause_ms =
        link->pause_ms * 2 < settings->reconnect_ms ? link->pause_ms * 2 : settings->reconnect_ms;
    uv_timer_start(&link->timer, on_timer, with_chance(pause), 0);
    if (strcmp(link->reason, reason->text) != 0) {
        memcpy(link->reason, reason->text, sizeof link->reason);
        log_warning("%s %s at %s:%d is away: %s", settings->kind, settings->name, settings->host,
                    (int)settings->port, reason->text);
    }
    link_asks_give_up(&link->asks); /* who is told cannot ask anew: it is not ready */
    if (!link->told_away && !link->closed) {
        link->told_away = true;
        link->hooks->away(link->hooks->self, reason);
    }
}

void link_drop_for(struct link *link, const char *reason)
{
    struct error error;
    error_set(&error, "%s", reason);
    link_drop(link, &error);
}

void link_refuse(struct link *link, const char *reason)
{
    link->refused = true;
    link_drop_for(link, reason);
}

void link_become_ready(struct link *link)
{
    const struct link_settings *settings = link->settings;
    link->state = READY;
    link->ready_ms = uv_now(link->loop);
    link->reason[0] = '\0';
    link->told_away = false;
    log_info("%s %s at %s:%d is connected", settings->kind, settings->name, settings->host,
             (int)settings->port);
}

bool link_is_ready(const struct link *link)
{
    return link->state == READY;
}

uint64_t link_connection(const struct link *link)
{
    return link->socket ? link->attempts : 0;
}

/* ---- asks ---- */

bool link_send(struct link *link, struct slice bytes, struct link_waiting waiting)
{
    if (!link->socket || link_asks_full(&link->asks) || !esl_socket_write(link->socket, bytes))
        return false;
    waiting.since_ms = uv_now(link->loop);
    link_asks_add(&link->asks, waiting);
    return true;
}

bool link_take_waiting(struct link *link, struct link_waiting *waiting)
{
    if (link->asks.count == 0) {
        link_drop_for(link, "it answers what was not asked");
        return false;
    }
    *waiting = link_asks_take(&link->asks);
    return true;
}

/* ---- the socket ---- */

static void on_opened(void *self)
{
    struct link *link = self;
    link->heard_ms = uv_now(link->loop);
    link->hooks->opened(link->hooks->self);
}

static void on_heard(void *self, struct slice bytes)
{
    struct link *link = self;
    link->heard_ms = uv_now(link->loop);
    link->hooks->heard(link->hooks->self, bytes);
}

static void on_ended(void *self, const struct error *reason)
{
    link_drop(self, reason);
}

static const struct esl_socket_hooks socket_hooks = {on_opened, on_heard, on_ended};

/* ---- time ---- */

static void connect_now(struct link *link)
{
    const struct link_settings *settings = link->settings;
    struct error error;
    link->refused = false;
    link->state = OPENING;
    link->attempts++;
    link->since_ms = link->heard_ms = uv_now(link->loop);
    link->socket = esl_socket_open(link->loop, settings->host, (int)settings->port, &socket_hooks,
                                   link, &error);
    if (!link->socket) {
        link_drop(link, &error);
        return;
    }
    if (link->paused)
        esl_socket_pause(link->socket);
    int64_t least =
        settings->quiet_ms < settings->deadline_ms ? settings->quiet_ms : settings->deadline_ms;
    uint64_t tick = least < 200 ? 20 : least < 4000 ? (uint64_t)least / 8 : 500;
    uv_timer_start(&link->timer, on_timer, tick, tick);
}

/* Is it there? Any byte says so; when none comes by itself, one is asked for. A long answer may take its time. */
static void look_for_life(struct link *link, uint64_t now)
{
    const struct link_settings *settings = link->settings;
    const struct link_waiting *oldest = link_asks_oldest(&link->asks);
    uint64_t silent = now - link->heard_ms;
    if (oldest && now - oldest->since_ms >= (uint64_t)settings->answer_ms)
        link_drop_for(link, "it does not answer");
    else if (oldest && oldest->probe &&
             silent >= (uint64_t)(settings->quiet_ms + settings->deadline_ms))
        link_drop_for(link, "it gives no sign of life");
    else if (!oldest && silent >= (uint64_t)settings->quiet_ms &&
             !link->hooks->probe(link->hooks->self))
        link_drop_for(link, "it takes no commands");
}

static void on_timer(uv_timer_t *timer)
{
    struct link *link = timer->data;
    uint64_t now = uv_now(link->loop);
    if (link->state == WAITING)
        connect_now(link);
    else if (link->paused)
        return;
    else if (link->state == READY)
        look_for_life(link, now);
    else if (now - link->since_ms >= (uint64_t)link->settings->deadline_ms)
        link_drop_for(link, "connecting takes too long");
}

/* ---- for its owner ---- */

struct link *link_open(uv_loop_t *loop, const struct link_settings *settings,
                       const struct link_hooks *hooks, struct error *error)
{
    struct link *link = calloc(1, sizeof *link);
    if (!link || uv_timer_init(loop, &link->timer) != 0) {
        free(link);
        error_set(error, "no memory for %s %s", settings->kind, settings->name);
        return NULL;
    }
    link->loop = loop;
    link->settings = settings;
    link->hooks = hooks;
    link->pause_ms = FIRST_PAUSE_MS;
    link->timer.data = link;
    uv_timer_start(&link->timer, on_timer, 0, 0);
    return link;
}

static void on_closed(uv_handle_t *handle)
{
    struct link *link = handle->data;
    const struct link_hooks *hooks = link->hooks;
    free(link);
    hooks->closed(hooks->self);
}

void link_close(struct link *link)
{
    if (link->closed)
        return;
    link->closed = true;
    link->state = WAITING;
    esl_socket_close(link->socket);
    link->socket = NULL;
    link_asks_give_up(&link->asks);
    uv_close((uv_handle_t *)&link->timer, on_closed);
}

void link_pause(struct link *link)
{
    link->paused = true;
    if (link->socket)
        esl_socket_pause(link->socket);
}

void link_resume(struct link *link)
{
    uint64_t now = uv_now(link->loop);
    link->paused = false;
    link->heard_ms = link->since_ms = now;
    link_asks_renew(&link->asks, now);
    if (link->socket)
        esl_socket_resume(link->socket);
}
