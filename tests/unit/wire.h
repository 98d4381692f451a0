/*
 * wire.h - a FastCGI server on a unix socket in /tmp, with a made-up application, and clients of it.
 */
#ifndef CALLBOARD_TEST_WIRE_H
#define CALLBOARD_TEST_WIRE_H

#include "fcgi/record.h"
#include "fcgi/server.h"

#define WIRE_HELD 200

/* The server and what its application was given. */
struct wire {
    uv_loop_t loop;
    char path[64];
    int listening;
    struct fcgi_server_settings settings;
    struct metrics *metrics;
    struct metrics_worker *counts;
    struct transport_application application;
    struct fcgi_server *server; /* NULL: it drains */
    size_t body_limit;          /* what the application allows; 1,000 to begin with */
    bool hold;                  /* keep requests instead of answering them at once */
    struct transport_request *held[WIRE_HELD];
    size_t held_count;
    size_t handed;      /* requests that the application was given */
    size_t answer_size; /* bytes of "x" behind the answer's text */
    bool drained;
};

/* Starts the server; requests have one second. False, with all undone, when it cannot. */
bool wire_start(struct wire *wire);

/* Drains the server and frees all; false when it did not drain, or its counts are not 0 again. */
bool wire_stop(struct wire *wire);

/* Begins to drain the server; wire->drained says when it has. */
void wire_drain(struct wire *wire);

/*
 * Answers the held request number INDEX as the application does at once: a text
 * "METHOD path fault=N length=BYTES body=…"; status 200, or the fault.
 */
void wire_answer(struct wire *wire, size_t index);

/* Runs the loop until CONDITION of SELF is true; false when that took 10 s. */
bool wire_until(struct wire *wire, bool (*condition)(void *self), void *self);

/* Runs the loop for a few turns, for what must not happen. */
void wire_settle(struct wire *wire);

/* Runs the loop until the application has been given COUNT requests. */
bool wire_handed(struct wire *wire, size_t count);

/* One client's connection. */
struct wire_client {
    struct wire *wire;
    int descriptor;
    struct arena arena;
    struct buffer out; /* bytes to be sent by wire_send */
    struct buffer in;  /* all that has come */
    size_t taken;      /* bytes of it that wire_next has gone over */
    bool ended;        /* the server has closed the connection */
    bool deaf;         /* does not read */
};

void wire_connect(struct wire *wire, struct wire_client *client);
void wire_disconnect(struct wire_client *client);

/* Adds records to client->out: FCGI_BEGIN_REQUEST, parameters in one record, their end, the body and its end. */
void wire_add_begin(struct wire_client *client, uint16_t id, int role, bool keep);
void wire_add_parameters(struct wire_client *client, uint16_t id, const char *method,
                         const char *uri, const char *length);
void wire_add_end_of(struct wire_client *client, uint8_t type, uint16_t id);
void wire_add_body(struct wire_client *client, uint16_t id, struct slice body);

/* All of that: a RESPONDER request with CONTENT_LENGTH as BODY is long. */
void wire_add_request(struct wire_client *client, uint16_t id, bool keep, const char *method,
                      const char *uri, const char *body);

/* Sends client->out, running the loop meanwhile, and empties it. */
bool wire_send(struct wire_client *client);

/* One record from the server. */
struct wire_record {
    uint8_t type;
    uint16_t id;
    struct slice content;
};

/* Waits for the next record. False: the connection ended, or nothing came. */
bool wire_next(struct wire_client *client, struct wire_record *record);

/*
 * Waits for all records of the answer to request ID, which must come in one go, and returns what its FCGI_STDOUT held,
 * the head too; *protocol_status is that of FCGI_END_REQUEST, or -1 when the connection ended before.
 */
struct slice wire_receive(struct wire_client *client, uint16_t id, int *protocol_status);

/* Waits for the server to close the connection. */
bool wire_ended(struct wire_client *client);

#endif
