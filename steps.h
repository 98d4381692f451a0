/*
 * steps.h - carries out what handlers ask for beyond Redis: the spool, waiting, and answers that go on.
 * A part of callboard.c's work, apart from it so that each file is one idea.
 */
#ifndef CALLBOARD_STEPS_H
#define CALLBOARD_STEPS_H

#include "fcgi/transport.h"
#include "handlers/handler.h"
#include "store/spool.h"
#include "store/subscriber.h"
#include "waiting.h"

/* What a worker has for it. */
struct steps;

/* One request's place in it, zeroed but for the first four. */
struct step {
    struct exchange *x;
    struct transport_request *transport;
    void *self;
    void (*resume)(void *self); /* dispatch_resume is to be called */
    void (*over)(void *self);   /* a streamed answer has ended; the request is gone */
    struct steps *steps;
    struct waiter waiter;
    bool found; /* was called to look, and has not waited again */
    struct subscription subscription;
    struct step *next, *previous; /* of those that stream */
};

/* NULL without memory. The settings must stay valid. */
struct steps *steps_open(uv_loop_t *loop, const struct spool_settings *spool,
                         const struct store_settings *store, struct metrics_worker *counts);

/* HANDLER_SPOOL. False: it is done already, STEP will not be resumed. */
bool steps_spool(struct steps *steps, struct step *step);

/* HANDLER_WAIT. False: there is no memory for it. */
bool steps_wait(struct steps *steps, struct step *step);

/* HANDLER_STREAM. */
void steps_stream(struct steps *steps, struct step *step);

/* To be called before the request is answered. */
void steps_answered(struct steps *steps, struct step *step);

/* The worker is about to end: those who wait look for the last time, streams end. */
void steps_drain(struct steps *steps);

/* Ends all that is left. No request is at hand any more. */
void steps_close(struct steps *steps);

#endif
