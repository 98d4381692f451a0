/*
 * worker.h - one process that answers requests: of the pool, or a CGI program.
 * Wires transport, handlers, credentials and store together.
 */
#ifndef CALLBOARD_WORKER_H
#define CALLBOARD_WORKER_H

#include <uv.h>

#include "configuration.h"
#include "handlers/dispatch.h"
#include "htpasswd/credentials.h"
#include "steps.h"
#include "store/drain.h"

/* What processes that check credentials have in common; made before they are forked. */
struct doorkeeper {
    struct credentials_memory *memory;
    int pam_door; /* of the PAM helper; -1: nothing asks PAM */
};

/* Makes it for SETTINGS; as root this starts the PAM helper, if anything asks PAM. */
bool doorkeeper_open(const struct credentials_settings *settings, struct doorkeeper *doorkeeper,
                     struct error *error);

struct worker {
    uv_loop_t loop;
    const struct configuration *configuration;
    struct metrics_worker *counts;
    struct handler_context context;
    struct transport_application application;
    const struct fcgi_sockets *sockets;
    struct fcgi_server *server; /* NULL until it takes connections, and in a CGI program */
    bool ending;                /* told to end */
    struct credentials *credentials;
    struct store *store;     /* in a CGI program NULL until it is needed */
    struct call *connecting; /* CGI: what waits until Redis is there, or known to be away */
    struct steps *steps;
    struct drain *drain; /* NULL in a CGI program */
    uint64_t serial;     /* of the last request */
    uv_signal_t on_term, on_interrupt, on_reopen;
    uv_prepare_t before_waiting;
};

/*
 * Makes *worker ready to be given requests through worker->application. CONFIGURATION, METRICS and DOORKEEPER must stay valid; COUNTS
 * is the process' place in METRICS. The pool opens worker->store itself; where it is NULL, it is opened when it is needed.
 */
bool worker_prepare(struct worker *worker, const struct configuration *configuration,
                    const struct metrics *metrics, struct metrics_worker *counts,
                    const struct doorkeeper *doorkeeper, struct error *error);

/* Lets go of all that keeps worker->loop running, once no request is left. */
void worker_close(struct worker *worker);

#endif
