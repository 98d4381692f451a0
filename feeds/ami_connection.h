/*
 * ami_connection.h - an Asterisk, by its manager interface: connected, logged in, subscribed, and again when it was away.
 *
 *     greeting -> Challenge -> Login (MD5 of challenge and password) -> what endpoints there are -> Filter -> Events
 *
 * The password itself is never sent, and is in no log. Events begin when endpoints are known, as these say whose a channel is.
 * When it is connected again, and how it is noticed that it is gone: link.h.
 */
#ifndef CALLBOARD_AMI_CONNECTION_H
#define CALLBOARD_AMI_CONNECTION_H

#include "feeds/ami_message.h"
#include "feeds/link.h"
#include "feeds/source.h"

struct ami_settings {
    struct link_settings link;
    const char *user;
    const char *password; /* a secret */
};

/* Values that do for all but tests; name, host, user and password are to be set. */
extern const struct ami_settings ami_settings_standard;

/* Each with SELF, from the loop; a message is valid during the call. */
struct ami_hooks {
    void *self;
    void (*ready)(void *self);
    void (*event)(void *self, const struct ami_message *message);
    /* An event of a list that was asked for; before ready too, of endpoints. */
    void (*row)(void *self, const struct ami_message *message);
    void (*away)(void *self, const struct error *reason);
};

struct ami_connection;

/*
 * Starts to connect. SETTINGS and HOOKS must outlive it. NULL and *error when user or password cannot be sent, or without memory;
 * that Asterisk is away is no error.
 */
struct ami_connection *ami_connection_open(uv_loop_t *loop, const struct ami_settings *settings,
                                           const struct ami_hooks *hooks, struct error *error);

/* Ends it. Those who wait for answers are told that there is none, the hooks nothing. */
void ami_connection_close(struct ami_connection *connection);

/*
 * Asks for ACTION: its name, and behind it lines "Name: value", each begun by CR LF. True: DONE will be called with SELF, exactly
 * once, in the order of asking, with the text of the response. False and *error, and nothing is sent, when it is not ready, when too
 * many asks wait, or when ACTION is too long or has other control characters.
 */
bool ami_ask(struct ami_connection *connection, struct slice action, link_answered *done,
             void *self, struct error *error);

const struct source_counts *ami_connection_counts(const struct ami_connection *connection);

void ami_pause(struct ami_connection *connection);
void ami_resume(struct ami_connection *connection);

#endif
