/*
 * server.h - all clients: their connections, kept by libwebsockets, and how many there may be.
 */
#ifndef CALLBOARD_EVENTS_SERVER_H
#define CALLBOARD_EVENTS_SERVER_H

#include "events/client.h"
#include "events/orders.h"

struct server;

/* SETTINGS may change later (server_settings). NULL and *error otherwise. */
struct server *server_open(uv_loop_t *loop, const struct events_settings *settings,
                           struct follow *follow, struct orders *orders, struct error *error);
void server_settings(struct server *server, const struct events_settings *settings);

/*
 * Takes over DESCRIPTOR, a connection whose request has been read and found good. KEY is the WebSocket's
 * Sec-WebSocket-Key; of SSE it is empty.
 */
void server_admit(struct server *server, int descriptor, const struct arrival *arrival,
                  struct slice key);

/* The clients whom ACCESS may know of, as JSON: {"connections":[…],"more":false}. */
void server_list(const struct server *server, const struct access *access, struct buffer *out);

/* Tells all clients to go; ENDED is called when none is left, and the server is to be closed then. */
void server_drain(struct server *server, void (*ended)(void *self), void *self);

/* Takes it off the loop, which ends some turns later; then it is to be freed. */
void server_close(struct server *server);
void server_free(struct server *server);

#endif
