/*
 * esl_socket.h - one TCP connection to a host by name: resolving, connecting, reading, writing, on a loop.
 * Knows nothing of what is said on it. Has no deadlines: its owner closes it.
 */
#ifndef CALLBOARD_ESL_SOCKET_H
#define CALLBOARD_ESL_SOCKET_H

#include <uv.h>

#include "base/error.h"
#include "base/slice.h"

struct esl_socket;

/* Each function is called with SELF and may close the socket. */
struct esl_socket_hooks {
    void (*opened)(void *self);
    void (*heard)(void *self, struct slice bytes);
    /* It cannot be connected, or has ended; nothing else is told. It is still to be closed. */
    void (*ended)(void *self, const struct error *reason);
};

/*
 * Begins to connect to PORT of HOST, a name or an address; of several addresses one after the other is tried. HOOKS must
 * outlive it. NULL and *error otherwise.
 */
struct esl_socket *esl_socket_open(uv_loop_t *loop, const char *host, int port,
                                   const struct esl_socket_hooks *hooks, void *self,
                                   struct error *error);

/*
 * Sends a copy of BYTES. False, with nothing sent, when it is not open, when more than 1 MiB waits for the other side to
 * read, or without memory.
 */
bool esl_socket_write(struct esl_socket *socket, struct slice bytes);

/* Nothing more is read until resumed. */
void esl_socket_pause(struct esl_socket *socket);
void esl_socket_resume(struct esl_socket *socket);

/* Ends it; no hook is called any more. The memory goes with the loop's closing callbacks. NULL does nothing. */
void esl_socket_close(struct esl_socket *socket);

#endif
