/*
 * roster.h - who is connected, and how many there may be: all together, of a domain, of an address.
 */
#ifndef CALLBOARD_EVENTS_ROSTER_H
#define CALLBOARD_EVENTS_ROSTER_H

#include "events/client.h"

struct roster {
    struct client *clients; /* newest first */
    size_t count;
    uint64_t numbers;
    json_t *of_domain, *of_address; /* name -> how many, of those who are not being dropped */
};

/* False without memory. */
bool roster_init(struct roster *roster);
void roster_free(struct roster *roster);

/*
 * Makes room for one more, as SETTINGS allow: with `force` others are dropped for ARRIVAL, which are the same application, or,
 * when its domain is full, the oldest one of it. False: there is no room.
 */
bool roster_make_room(struct roster *roster, const struct arrival *arrival,
                      const struct events_settings *settings);

/* CLIENT, with a number from now on, is connected; it is being dropped, which may be said again; it has gone. */
void roster_enter(struct roster *roster, struct client *client);
void roster_discount(struct roster *roster, struct client *client);
void roster_leave(struct roster *roster, struct client *client);

/* How ARRIVAL is connected, as a word: basix, websocket, sse. */
const char *roster_kind(const struct arrival *arrival);

/* The clients whom ACCESS may know of, newest first, as JSON: {"connections":[…],"more":false}. */
void roster_write(const struct roster *roster, const struct access *access, struct buffer *out);

#endif
