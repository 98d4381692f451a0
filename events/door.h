/*
 * door.h - where connections come in: reads each one's request, finds out who it is from, and refuses it or hands it on.
 *
 *     /basix/api/ws_cti     WebSocket, the Basix stream
 *     /events               WebSocket or server-sent events
 *     /events/connections   who is connected, for administrators and with the domain's token
 *
 * Listens for a web server in front; so the client's address is what that one says in X-Forwarded-For.
 */
#ifndef CALLBOARD_EVENTS_DOOR_H
#define CALLBOARD_EVENTS_DOOR_H

#include "events/server.h"

struct door;

/* On LISTENING, a descriptor that becomes the door's. NULL and *error otherwise. */
struct door *door_open(uv_loop_t *loop, int listening, const struct events_settings *settings,
                       struct access_control *control, struct server *server, struct error *error);
void door_settings(struct door *door, const struct events_settings *settings);

/* Takes no more connections and ends those that are not handed on yet. */
void door_close(struct door *door);

#endif
