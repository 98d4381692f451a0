/*
 * command_runner.h - runs the commands that are published to callboard:commands:<server>, on that PBX.
 *
 *     Redis PubSub -> command_read -> source, step by step -> PUBLISH to the answer's channel
 *
 * Whoever can publish there can end any call of that server: Redis has to know whom it lets in, and it is off unless
 * configured. Each command is a line of the log.
 */
#ifndef CALLBOARD_COMMAND_RUNNER_H
#define CALLBOARD_COMMAND_RUNNER_H

#include "feeds/source.h"
#include "store/subscriber.h"

/* Commands under way at a time, for one server; further ones are answered with an error. */
#define COMMANDS_MAX 200

struct command_runner;

/*
 * Listens for commands for SERVER. CONTEXT is where transferred calls go on in the dialplan ("default"). All that is pointed to
 * must outlive it. NULL and *error without memory.
 */
struct command_runner *command_runner_open(const char *server, const char *context,
                                           struct source *source, struct subscriber *subscriber,
                                           struct store *store, struct error *error);

/*
 * Listens no more; of what is under way nobody is told. To be called before its source, subscriber and store are closed;
 * the memory goes when they have let go of what is under way. NULL does nothing.
 */
void command_runner_close(struct command_runner *runner);

#endif
