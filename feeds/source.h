/*
 * source.h - where the news of one PBX comes from, in the same words whatever the PBX is: events as FreeSWITCH's event socket
 * has them (esl_event.h), and its lists.
 *
 *     freeswitch_source.c    FreeSWITCH, by its event socket
 *     asterisk_source.c      Asterisk, by its manager interface
 *
 * All functions are called from the loop. A source connects by itself, and again when it was away.
 */
#ifndef CALLBOARD_SOURCE_H
#define CALLBOARD_SOURCE_H

#include <uv.h>

#include "feeds/commands.h"
#include "feeds/esl_event.h"
#include "feeds/link_asks.h"
#include "feeds/pbx_server.h"

/* What is told of it; each with SELF, never from within source_open or one of the asks. */
struct source_hooks {
    void *self;
    /* From now on all events come. Here the lists of what is there already are to be asked for. */
    void (*ready)(void *self);
    /* EVENT is valid during the call. */
    void (*event)(void *self, const struct esl_event *event);
    /* It was ready and is not any more; or the first attempt to connect has failed. Once until it is ready again. */
    void (*away)(void *self, const struct error *reason);
};

/* What has come since it was opened. */
struct source_counts {
    uint64_t bytes, events;
    uint64_t bad_events;  /* not told: they could not be read */
    uint64_t connections; /* how often it was ready */
};

/* In the order in which they are to be asked for. */
enum source_list {
    SOURCE_REGISTRATIONS,
    SOURCE_CHANNELS,
    SOURCE_CALLS
};
#define SOURCE_LISTS 3

struct source {
    const struct source_kind *kind;
};

/* One file a kind. */
struct source_kind {
    const char *name; /* "FreeSWITCH", for people */
    /*
     * Starts to connect to SERVER, of which CHANNELS_MAX channels are of interest at the most. All that is pointed to must outlive it. NULL and *error when it cannot be set up; that
     * the PBX is away is no error.
     */
    struct source *(*open)(uv_loop_t *loop, const struct pbx_server *server, const char *password,
                           size_t channels_max, const struct source_hooks *hooks,
                           struct error *error);
    /* Ends it: those who wait for answers are told that there is none, the hooks nothing. */
    void (*close)(struct source *source);
    /*
     * True: DONE will be called once, with the list as live_snapshot_* reads it, or NULL when the connection was lost. False and
     * *error: it cannot be asked now.
     */
    bool (*ask_list)(struct source *source, enum source_list list, link_answered *done, void *self,
                     struct error *error);
    /* Asks it to forget what it has cached of USER of DOMAIN; both are words without blanks. NULL: it caches nothing. */
    bool (*flush_user)(struct source *source, struct slice domain, struct slice user,
                       struct error *error);
    const struct command_dialect *commands; /* in which commands are put to it */
    /* Runs one step of a command. */
    bool (*ask)(struct source *source, struct slice step, link_answered *done, void *self,
                struct error *error);
    /* Takes no more news, until resumed; what was read before is still told. */
    void (*pause)(struct source *source);
    void (*resume)(struct source *source);
    const struct source_counts *(*counts)(const struct source *source);
};

extern const struct source_kind freeswitch_source, asterisk_source;

#endif
