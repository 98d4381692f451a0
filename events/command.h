/*
 * command.h - what a client asks of the PBX: {"cmd":"park"|"hangup"|"transfer"|"eavesdrop","uuid":…,…}.
 * Checked against what stands: whose the channel is and on which server. Pure; orders.c sends it on.
 */
#ifndef CALLBOARD_EVENTS_COMMAND_H
#define CALLBOARD_EVENTS_COMMAND_H

#include "base/buffer.h"
#include "base/error.h"
#include "events/access.h"
#include "events/domain.h"

#define COMMAND_WORD_BYTES 65

struct command_request {
    char name[COMMAND_WORD_BYTES]; /* "" when it could not be read */
    char uuid[COMMAND_WORD_BYTES];
    char server[ACCESS_NAME_BYTES];
    json_t *packet; /* what goes to the server, but for id and answer; to be released */
};

/*
 * Reads TEXT, what a client that is ACCESS sent; DOMAIN is where it listens. False and *error, a text for the client:
 * it is no command, or one that this client may not give; `name` and `uuid` hold what could be read, for the audit log.
 */
bool command_check(struct slice text, const struct access *access, const struct domain *domain,
                   struct command_request *request, struct error *error);

/*
 * Adds what ACCESS may ask for, as members of a JSON object: "commands":[...],"channels":"all", or "own" for those of its
 * user. Of commands there are none unless they are ON.
 */
void command_write_allowed(struct buffer *out, const struct access *access, bool on);

#endif
