/*
 * orders.h - commands of clients on their way: to the server's channel in Redis, and the answer back.
 * Every one is a line in the audit log, also one that was refused.
 */
#ifndef CALLBOARD_EVENTS_ORDERS_H
#define CALLBOARD_EVENTS_ORDERS_H

#include "events/client.h"

struct orders;

/* NULL and *error otherwise: the audit log cannot be written, or Redis' address is wrong. STORE must stay. */
struct orders *orders_open(uv_loop_t *loop, const struct store_settings *store,
                           const struct events_settings *settings, struct follow *follow,
                           struct error *error);
void orders_settings(struct orders *orders, const struct events_settings *settings);

/* CLIENT has sent TEXT. It is told what came of it. */
void orders_take(struct orders *orders, struct client *client, struct slice text);

/* CLIENT has gone: nobody is to be told any more. */
void orders_forget(struct orders *orders, const struct client *client);

/* Opens the audit log again, after a rotation. */
void orders_reopen(struct orders *orders);

void orders_close(struct orders *orders);

#endif
