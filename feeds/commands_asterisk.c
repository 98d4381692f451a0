/*
 * commands_asterisk.c - commands as actions of the manager interface, for ami_ask. A uuid is a channel's Uniqueid, by which
 * Asterisk finds a channel as well as by its name (ast_channel_get_by_name).
 */
#include "feeds/ami_message.h"
#include "feeds/commands.h"

/* Where in the dialplan eavesdropping is: callboard-freeswitch(8) has the line for it. */
#define SPY_EXTENSION "callboard-eavesdrop"

static struct buffer step(struct arena *arena, const char *action, struct slice uuid)
{
    struct buffer text = buffer_in(arena);
    buffer_add_string(&text, action);
    buffer_add_string(&text, "\r\nChannel: ");
    buffer_add(&text, uuid);
    return text;
}

static void add_line(struct buffer *text, const char *name, struct slice value)
{
    buffer_add_string(text, "\r\n");
    buffer_add_string(text, name);
    buffer_add_string(text, ": ");
    buffer_add(text, value);
}

static void park(struct command *command, struct arena *arena)
{
    struct buffer text = step(arena, "Park", command->uuid);
    struct buffer milliseconds = buffer_in(arena);
    buffer_add_number(&milliseconds, command->seconds * 1000);
    if (command->seconds > 0)
        add_line(&text, "Timeout", buffer_slice(&milliseconds));
    command_add_step(command, &text);
}

static void hang_up(struct command *command, struct arena *arena)
{
    struct buffer text = step(arena, "Hangup", command->uuid);
    command_add_step(command, &text);
}

static void redirect(struct command *command, const char *context, struct slice extension,
                     struct arena *arena)
{
    struct buffer text = step(arena, "Redirect", command->uuid);
    add_line(&text, "Context", slice_from(context));
    add_line(&text, "Exten", extension);
    add_line(&text, "Priority", slice_from("1"));
    command_add_step(command, &text);
}

static void set(struct command *command, const char *name, struct slice value, struct arena *arena)
{
    struct buffer text = step(arena, "Setvar", command->uuid);
    add_line(&text, "Variable", slice_from(name));
    add_line(&text, "Value", value);
    command_add_step(command, &text);
}

/*
 * The own leg goes on in the dialplan, in ChanSpy of the target. Options: its first argument is a Uniqueid (u), no beep (q), the end
 * of the target ends it (E); w speaks to the target, B to both.
 */
static void eavesdrop(struct command *command, const char *context, struct arena *arena)
{
    static const char *const options[] = {
        [COMMAND_LISTEN] = "uqE", [COMMAND_WHISPER] = "uqEw", [COMMAND_BARGE] = "uqEB"};
    set(command, "CALLBOARD_TARGET", command->target, arena);
    set(command, "CALLBOARD_MODE", slice_from(options[command->mode]), arena);
    redirect(command, context, slice_from(SPY_EXTENSION), arena);
}

static void write_steps(struct command *command, const char *context, struct arena *arena)
{
    switch (command->verb) {
    case COMMAND_PARK: park(command, arena); break;
    case COMMAND_HANGUP: hang_up(command, arena); break;
    case COMMAND_TRANSFER: redirect(command, context, command->destination, arena); break;
    case COMMAND_EAVESDROP: eavesdrop(command, context, arena); break;
    }
}

const struct command_dialect command_asterisk = {"Asterisk", write_steps, ami_judge};
