/*
 * handover.h - kept connections go from a worker that ends to those that stay.
 * A web server uses a kept connection again at any moment; closing one that looks idle loses the request that is already on its
 * way. So on a reload the connection itself is passed on (SCM_RIGHTS, unix(7)), with whatever stands in its buffer.
 */
#ifndef CALLBOARD_HANDOVER_H
#define CALLBOARD_HANDOVER_H

#include "base/error.h"

/* Both ends are shared by all workers: any one gives, any one takes. */
struct handover {
    int give, take;
};

/* To be called before workers are forked. */
bool handover_open(struct handover *handover, struct error *error);

/* Passes DESCRIPTOR on; it stays the caller's to close. False: not now, too many are on their way. */
bool handover_give(const struct handover *handover, int descriptor);

/* The next one, non-blocking, which is the caller's; -1: there is none. */
int handover_take(const struct handover *handover);

#endif
