/*
 * steps.c - carries out what handlers ask for beyond Redis: the spool, waiting, and answers that go on.
 */
#include "steps.h"

#include <stdlib.h>

#include "base/log.h"

/* A stream says something at least so often: what stands between gives up after a minute, and a client that left is found. */
#define ALIVE_MS 15000

struct steps {
    uv_loop_t *loop;
    struct spool *spool;
    struct waiting_room *waiting;
    struct subscriber *subscriber;
    uv_timer_t alive;
    struct step *streams;
    bool draining;
};

static void on_alive(uv_timer_t *timer);

static void on_alive_closed(uv_handle_t *handle)
{
    free(handle->data);
}

struct steps *steps_open(uv_loop_t *loop, const struct spool_settings *spool,
                         const struct store_settings *store, struct metrics_worker *counts)
{
    struct steps *steps = calloc(1, sizeof *steps);
    if (!steps)
        return NULL;
    steps->loop = loop;
    steps->spool = spool_open(loop, spool, counts);
    steps->waiting = waiting_open(loop);
    steps->subscriber = subscriber_open(loop, store);
    uv_timer_init(loop, &steps->alive);
    steps->alive.data = steps;
    if (steps->spool && steps->waiting && steps->subscriber)
        return steps;
    steps_close(steps);
    return NULL;
}

/* ---- the spool ---- */

static void on_spooled(void *self, enum spool_outcome outcome)
{
    struct step *step = self;
    step->x->spool.outcome = outcome;
    step->resume(step->self);
}

bool steps_spool(struct steps *steps, struct step *step)
{
    struct handler_spool *spool = &step->x->spool;
    return spool_write(steps->spool, step->x->arena, spool->packets, spool->count,
                       spool->only_behind, &spool->outcome, on_spooled, step);
}

/* ---- waiting ---- */

static void look(void *self, bool over)
{
    struct step *step = self;
    step->x->wait.over = over;
    step->found = true;
    step->resume(step->self);
}

static bool wanted(void *self)
{
    const struct step *step = self;
    return step->transport->wanted(step->transport);
}

bool steps_wait(struct steps *steps, struct step *step)
{
    step->found = false;
    step->waiter.name = step->x->wait.name;
    step->waiter.until_us = step->x->wait.until_us;
    step->waiter.self = step;
    step->waiter.look = look;
    step->waiter.wanted = wanted;
    return waiting_enter(steps->waiting, &step->waiter);
}

void steps_answered(struct steps *steps, struct step *step)
{
    if (step->found && !step->x->wait.over)
        waiting_leave(steps->waiting, &step->waiter);
}

/* ---- streams ---- */

static void end_stream(struct step *step)
{
    struct steps *steps = step->steps;
    struct transport_request *transport = step->transport;
    subscriber_remove(steps->subscriber, &step->subscription);
    if (step->previous)
        step->previous->next = step->next;
    else
        steps->streams = step->next;
    if (step->next)
        step->next->previous = step->previous;
    step->over(step->self);
    transport->end(transport);
}

/* False: the stream has ended. */
static bool send_event(struct step *step, struct slice channel, struct slice text)
{
    struct arena arena;
    arena_init(&arena, (size_t)4 << 20);
    struct buffer out = buffer_in(&arena);
    step->x->stream.event(&out, channel, text);
    bool sent = out.failed || step->transport->send(step->transport, buffer_slice(&out));
    arena_free(&arena);
    if (!sent)
        end_stream(step);
    return sent;
}

static void heard(void *self, struct slice channel, struct slice text)
{
    send_event(self, channel, text);
}

static void on_alive(uv_timer_t *timer)
{
    struct steps *steps = timer->data;
    struct step *step = steps->streams;
    while (step) {
        struct step *next = step->next;
        send_event(step, slice_of(NULL, 0), slice_of(NULL, 0));
        step = next;
    }
    if (!steps->streams)
        uv_timer_stop(timer);
}

void steps_stream(struct steps *steps, struct step *step)
{
    struct transport_request *transport = step->transport;
    struct error error;
    step->x->response.streamed = true;
    step->steps = steps;
    step->subscription = (struct subscription){.channel = step->x->stream.channel,
                                               .pattern = step->x->stream.pattern,
                                               .self = step,
                                               .heard = heard};
    bool begun = transport->begin(transport, &step->x->response);
    if (!begun || steps->draining ||
        !subscriber_add(steps->subscriber, &step->subscription, &error)) {
        step->over(step->self);
        transport->end(transport);
        return;
    }
    step->previous = NULL;
    step->next = steps->streams;
    if (step->next)
        step->next->previous = step;
    steps->streams = step;
    if (!uv_is_active((uv_handle_t *)&steps->alive))
        uv_timer_start(&steps->alive, on_alive, ALIVE_MS, ALIVE_MS);
    send_event(step, slice_of(NULL, 0),
               slice_of(NULL, 0)); /* so that a client sees that it listens */
}

/* ---- the end ---- */

void steps_drain(struct steps *steps)
{
    steps->draining = true;
    waiting_end(steps->waiting);
    while (steps->streams)
        end_stream(steps->streams);
}

void steps_close(struct steps *steps)
{
    while (steps->streams)
        end_stream(steps->streams);
    if (steps->spool)
        spool_close(steps->spool);
    if (steps->waiting)
        waiting_close(steps->waiting);
    if (steps->subscriber)
        subscriber_close(steps->subscriber);
    uv_close((uv_handle_t *)&steps->alive, on_alive_closed);
}
