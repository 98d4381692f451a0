/*
 * commands.h - what a CTI client asks of a call, in the words of the PBX that it is on.
 * A packet is JSON, published to callboard:commands:<server> by whoever has checked that the client may do it:
 *
 *     {"id": …, "cmd": "park", "uuid": …, "timeout": seconds, "answer": channel}    timeout may be left out
 *     {"id": …, "cmd": "hangup", "uuid": …, "answer": channel}
 *     {"id": …, "cmd": "transfer", "uuid": …, "destination": …, "answer": channel}  else "user_name", else "user_id"
 *     {"id": …, "cmd": "eavesdrop", "uuid": own leg, "target_uuid": …, "subcommand": "listen"|"whisper"|"barge", "answer": channel}
 *
 * "domain" and "user" say who asks, for the log. What came of it is published to the channel "answer", which begins with
 * "callboard:": {"id": …, "cmd": …, "ok": true} or {"id": …, "cmd": …, "ok": false, "error": …}. Pure: runs nothing.
 *
 * Nothing of a packet reaches a PBX that could be more than one word of it: blanks, quotes, line ends, "$", "," and
 * ":" are refused, and so is what would be an option ("-both") or all calls ("eavesdrop all").
 */
#ifndef CALLBOARD_COMMANDS_H
#define CALLBOARD_COMMANDS_H

#include "base/buffer.h"
#include "base/error.h"

#define COMMAND_PACKET_MAX 16384 /* bytes */
#define COMMAND_STEPS_MAX  3

enum command_verb {
    COMMAND_PARK,
    COMMAND_HANGUP,
    COMMAND_TRANSFER,
    COMMAND_EAVESDROP
};

/* Whom an eavesdropper may speak to: nobody, the target, both sides. */
enum command_mode {
    COMMAND_LISTEN,
    COMMAND_WHISPER,
    COMMAND_BARGE
};

struct command {
    struct slice id, name; /* of the packet: JSON text of "id", the value of "cmd" */
    struct slice answer;   /* the channel; empty: nobody is to be told */
    struct slice domain, user;
    enum command_verb verb;
    struct slice uuid;        /* of whom it is about */
    struct slice destination; /* of transfer */
    struct slice target;      /* of eavesdrop */
    enum command_mode mode;
    int64_t seconds;                       /* of park; 0: not given */
    struct slice steps[COMMAND_STEPS_MAX]; /* to be asked one after the other; an error ends it */
    size_t step_count;
};

/* The words of one kind of PBX. */
struct command_dialect {
    const char *pbx; /* "FreeSWITCH", for people */
    /* Writes the steps of COMMAND, whose other members are read and checked, into ARENA. CONTEXT: see command_read. */
    void (*write)(struct command *command, const char *context, struct arena *arena);
    /* True when ANSWER to a step says that it was done; else *reason is what it says, which may be empty or no UTF-8. */
    bool (*judge)(struct slice answer, struct slice *reason);
};

extern const struct command_dialect command_freeswitch, command_asterisk;

/* Adds TEXT as a step. */
void command_add_step(struct command *command, const struct buffer *text);

/*
 * Reads PACKET into *command, in ARENA, with its steps in DIALECT. CONTEXT is that of the dialplan in which transferred calls go on, a setting. False and
 * *error, a text for the client, otherwise; id, name and answer then hold what could be read of them, so that it can be told.
 */
bool command_read(struct slice packet, const struct command_dialect *dialect, const char *context,
                  struct arena *arena, struct command *command, struct error *error);

/*
 * What the PBX's ANSWER to a step means: true when it was done, else *error has its reason. ANSWER NULL: the connection
 * was lost meanwhile.
 */
bool command_judge(const struct command_dialect *dialect, const struct slice *answer,
                   struct error *error);

/* Adds the packet that says what came of COMMAND: ERROR NULL when all was done. */
void command_write_answer(struct buffer *out, const struct command *command,
                          const struct error *error);

#endif
