/*
 * client.h - one who listens: what he is told, and what waits for him.
 * Knows no socket: server.c takes the bytes of `outbox` when they can be written, and ends what is `closing`.
 */
#ifndef CALLBOARD_EVENTS_CLIENT_H
#define CALLBOARD_EVENTS_CLIENT_H

#include "events/access.h"
#include "events/follow.h"
#include "events/outbox.h"

/* Bytes of an application's name in the log and the list. */
#define CLIENT_NAME_BYTES    65
#define CLIENT_ADDRESS_BYTES 46

/* Bytes of a command. */
#define CLIENT_COMMAND_BYTES 2048

/* Why a WebSocket ends: the status codes that we use (RFC 6455, section 7.4.1). */
enum close_code {
    CLOSE_NORMAL = 1000,
    CLOSE_AWAY = 1001,
    CLOSE_POLICY = 1008,
    CLOSE_TROUBLE = 1011
};

/* What a new client has asked for. */
struct arrival {
    struct access access;
    enum wire wire;
    char address[CLIENT_ADDRESS_BYTES];
    char app_name[CLIENT_NAME_BYTES];                       /* clean */
    char user[CLIENT_NAME_BYTES], group[CLIENT_NAME_BYTES]; /* filters, or "" */
    unsigned elements;                                      /* a bit for each; all: ELEMENTS_ALL */
    bool own;                                               /* hears of his own channels only */
    bool subprotocol;                                       /* offers "events": it is spoken */
    bool force;                                             /* in place of older ones */
    bool resumes;
    struct stream_id since;
};
#define ELEMENTS_ALL ((1u << ELEMENT_COUNT) - 1)

struct client;

struct client_owner {
    const struct events_settings *settings;
    struct follow *follow;
    void *self;
    void (*wake)(struct client *client); /* there is something to be written or ended */
};

/* A client's place among those to be written to: server.c's. */
struct client_link {
    void *connection;
    bool greeted; /* the answer's head is out */
    bool awake;   /* something is to be written */
    bool blocked; /* the connection takes no more for now */
    bool parted;  /* the frame that ends a WebSocket is out */
    int64_t
        heard_us; /* when the client last sent something, or took what it had not taken before */
    int64_t asked_us; /* when it was last asked whether it is there */
    struct client *next, *previous;
};

struct client {
    const struct client_owner *owner;
    struct client_link link;
    struct arrival arrival;
    uint64_t number; /* in the order in which they came */
    int64_t since_us;
    struct domain *domain; /* NULL: hears nothing */
    struct listener listener;
    struct stream_id known; /* what has been told, up to here; 0-0: not all that stands has been */
    struct outbox outbox;
    struct history *history; /* being asked for; what is heard meanwhile waits */
    bool started;            /* what stands has been told, or history is being asked for */
    bool counted;            /* roster.c: among those who take room */
    bool closing;
    enum close_code close_code; /* WebSocket's */
    const char *close_reason;
    int64_t closing_us;
    char *command; /* of CLIENT_COMMAND_BYTES, while one is coming in */
    size_t command_length;
    struct client *next, *previous;
};

/* A client of OWNER that hears nothing yet. NULL without memory. */
struct client *client_make(const struct client_owner *owner, const struct arrival *arrival);

/* It joins its domain. */
void client_join(struct client *client);

enum format client_format(const struct client *client);

/* The answer to a command, as a message whose number is 0. */
void client_answer(struct client *client, struct frame *body);

/* It is told REASON, if it still listens, and then its connection is ended with CODE. */
void client_drop(struct client *client, enum close_code code, const char *reason);

/* Leaves and frees it. */
void client_free(struct client *client);

#endif
