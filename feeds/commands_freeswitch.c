/*
 * commands_freeswitch.c - commands as api commands of mod_commands.
 */
#include "feeds/commands.h"

static struct buffer step(struct arena *arena, const char *verb, struct slice uuid)
{
    struct buffer text = buffer_in(arena);
    buffer_add_string(&text, "api ");
    buffer_add_string(&text, verb);
    buffer_add_byte(&text, ' ');
    buffer_add(&text, uuid);
    return text;
}

/* park_timeout is in seconds (switch_ivr_park); without one an earlier one of the channel stays. */
static void park(struct command *command, struct arena *arena)
{
    struct buffer timeout = step(arena, "uuid_setvar", command->uuid);
    struct buffer text = step(arena, "uuid_park", command->uuid);
    buffer_add_string(&timeout, " park_timeout ");
    buffer_add_number(&timeout, command->seconds);
    if (command->seconds > 0)
        command_add_step(command, &timeout);
    command_add_step(command, &text);
}

static void hang_up(struct command *command, struct arena *arena)
{
    struct buffer text = step(arena, "uuid_kill", command->uuid);
    command_add_step(command, &text);
}

static void transfer(struct command *command, const char *context, struct arena *arena)
{
    struct buffer text = step(arena, "uuid_transfer", command->uuid);
    buffer_add_byte(&text, ' ');
    buffer_add(&text, command->destination);
    buffer_add_string(&text, " XML ");
    buffer_add_string(&text, context);
    command_add_step(command, &text);
}

/*
 * The own leg goes on in the application eavesdrop (mod_dptools). What the target hears is what eavesdrop writes (whisper_bleg, as its key
 * "2"), what the other side hears is what it reads as the target's (whisper_aleg, key "1"). The keys are off: who may listen
 * only is not to speak by pressing one. All is set each time, as a channel keeps what an earlier eavesdrop has set.
 */
static void eavesdrop(struct command *command, struct arena *arena)
{
    struct buffer text = step(arena, "uuid_transfer", command->uuid);
    buffer_add_string(&text, " set:eavesdrop_enable_dtmf=false,set:eavesdrop_whisper_aleg=");
    buffer_add_string(&text, command->mode == COMMAND_BARGE ? "true" : "false");
    buffer_add_string(&text, ",set:eavesdrop_whisper_bleg=");
    buffer_add_string(&text, command->mode == COMMAND_LISTEN ? "false" : "true");
    buffer_add_string(&text, ",eavesdrop:");
    buffer_add(&text, command->target);
    buffer_add_string(&text, " inline");
    command_add_step(command, &text);
}

static void write_steps(struct command *command, const char *context, struct arena *arena)
{
    switch (command->verb) {
    case COMMAND_PARK: park(command, arena); break;
    case COMMAND_HANGUP: hang_up(command, arena); break;
    case COMMAND_TRANSFER: transfer(command, context, arena); break;
    case COMMAND_EAVESDROP: eavesdrop(command, arena); break;
    }
}

/* "-ERR No such channel!" */
static bool judge(struct slice answer, struct slice *reason)
{
    struct slice rest, line = slice_cut(answer, '\n', &rest);
    if (!slice_starts(answer, "-"))
        return true;
    *reason =
        slice_starts(line, "-ERR") ? slice_trim(slice_of(line.data + 4, line.length - 4)) : line;
    return false;
}

const struct command_dialect command_freeswitch = {"FreeSWITCH", write_steps, judge};
