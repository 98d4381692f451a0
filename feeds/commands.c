/*
 * commands.c - packets of CTI clients, and the answers to them.
 */
#include "feeds/commands.h"

#include "base/json.h"

#define WORD_MAX         64
#define CHANNEL_MAX      256
#define REASON_MAX       200
#define PARK_SECONDS     86400
#define ANSWER_BEGINNING "callboard:"

/* What a command is made of. */
struct reading {
    const json_t *packet;
    struct arena *arena;
    struct command *command;
    struct error *error;
};

/* The member NAME as text; of a number its digits; else empty. */
static struct slice text_of(const struct reading *reading, const char *name)
{
    const json_t *value = json_object_get(reading->packet, name);
    if (json_is_string(value))
        return arena_copy(reading->arena, json_slice(value));
    if (!json_is_integer(value))
        return slice_of(NULL, 0);
    struct buffer digits = buffer_in(reading->arena);
    buffer_add_number(&digits, json_integer_value(value));
    return buffer_slice(&digits);
}

/* True when S is one word of a command: of letters, digits and OTHERS, and no option. */
static bool is_word(struct slice s, const char *others)
{
    return s.length <= WORD_MAX && slice_is_name(s, others) && s.data[0] != '-';
}

static bool read_uuid(const struct reading *reading, const char *name, struct slice *uuid)
{
    *uuid = text_of(reading, name);
    if (!is_word(*uuid, "-_.") || slice_equal_nocase(*uuid, slice_from("all")))
        return error_set(reading->error, "%s is not the uuid of a channel", name);
    return true;
}

static bool read_park(const struct reading *reading)
{
    struct slice timeout = text_of(reading, "timeout");
    const json_t *given = json_object_get(reading->packet, "timeout");
    uint64_t seconds;
    if (!given || json_is_null(given))
        return true;
    if (!slice_number(timeout, PARK_SECONDS, &seconds) || seconds == 0)
        return error_set(reading->error, "timeout is not a number of seconds from 1 to %d",
                         PARK_SECONDS);
    reading->command->seconds = (int64_t)seconds;
    return true;
}

static bool read_hangup(const struct reading *reading)
{
    (void)reading; /* the uuid is all */
    return true;
}

static bool read_transfer(const struct reading *reading)
{
    static const char *const names[] = {"destination", "user_name", "user_id"};
    const char *name = names[0];
    struct slice destination = {0};
    for (size_t i = 0; destination.length == 0 && i < sizeof names / sizeof *names; i++) {
        name = names[i];
        destination = text_of(reading, name);
    }
    if (destination.length == 0)
        return error_set(reading->error, "destination is missing");
    if (!is_word(destination, "*#+_.-"))
        return error_set(reading->error, "%s is not a number or name that can be called", name);
    reading->command->destination = destination;
    return true;
}

static bool read_eavesdrop(const struct reading *reading)
{
    struct slice mode = text_of(reading, "subcommand");
    struct command *command = reading->command;
    bool listen = mode.length == 0 || slice_is(mode, "listen");
    bool barge = slice_is(mode, "barge"), whisper = slice_is(mode, "whisper");
    if (!read_uuid(reading, "target_uuid", &command->target))
        return false;
    if (!listen && !barge && !whisper)
        return error_set(reading->error, "subcommand is not listen, whisper or barge");
    if (slice_equal(command->target, command->uuid))
        return error_set(reading->error, "a channel cannot listen to itself");
    command->mode = barge ? COMMAND_BARGE : whisper ? COMMAND_WHISPER : COMMAND_LISTEN;
    return true;
}

static const struct {
    const char *name;
    enum command_verb verb;
    bool (*read)(const struct reading *reading);
} verbs[] = {{"park", COMMAND_PARK, read_park},
             {"hangup", COMMAND_HANGUP, read_hangup},
             {"transfer", COMMAND_TRANSFER, read_transfer},
             {"eavesdrop", COMMAND_EAVESDROP, read_eavesdrop}};

/* Where the answer goes and what is said there of whom it answers. */
static bool read_envelope(const struct reading *reading)
{
    struct command *command = reading->command;
    struct buffer id = buffer_in(reading->arena);
    const json_t *given = json_object_get(reading->packet, "id");
    if (json_is_string(given) || json_is_integer(given))
        json_write(&id, given);
    command->id = buffer_slice(&id);
    command->name = text_of(reading, "cmd");
    command->domain = text_of(reading, "domain");
    command->user = text_of(reading, "user");
    struct slice answer = text_of(reading, "answer");
    if (answer.length == 0)
        return true;
    if (answer.length > CHANNEL_MAX || !slice_starts(answer, ANSWER_BEGINNING) ||
        !slice_is_name(answer, ":-_.@{}"))
        return error_set(reading->error, "answer is not a channel of " ANSWER_BEGINNING);
    command->answer = answer;
    return true;
}

static bool read_all(const struct reading *reading)
{
    struct command *command = reading->command;
    if (!read_envelope(reading))
        return false;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (!slice_is(command->name, verbs[i].name))
            continue;
        command->verb = verbs[i].verb;
        return read_uuid(reading, "uuid", &command->uuid) && verbs[i].read(reading);
    }
    return error_set(reading->error, "cmd is not park, hangup, transfer or eavesdrop");
}

void command_add_step(struct command *command, const struct buffer *text)
{
    if (!text->failed && command->step_count < COMMAND_STEPS_MAX)
        command->steps[command->step_count++] = buffer_slice(text);
}

bool command_read(struct slice packet, const struct command_dialect *dialect, const char *context,
                  struct arena *arena, struct command *command, struct error *error)
{
    struct error wrong;
    *command = (struct command){0};
    if (packet.length > COMMAND_PACKET_MAX)
        return error_set(error, "a packet of more than %d bytes", COMMAND_PACKET_MAX);
    json_use_arena(arena);
    json_t *json = json_parse(packet, &wrong);
    struct reading reading = {json, arena, command, error};
    bool good = json_is_object(json) ? read_all(&reading) : error_set(error, "not a JSON object");
    json_use_arena(NULL);
    if (good)
        dialect->write(command, context, arena);
    if (good && arena->exhausted)
        good = error_set(error, "no room");
    if (!good)
        command->step_count = 0;
    return good;
}

bool command_judge(const struct command_dialect *dialect, const struct slice *answer,
                   struct error *error)
{
    struct slice reason = {0};
    if (!answer)
        return error_set(error, "%s went away meanwhile; it may have been done", dialect->pbx);
    if (dialect->judge(*answer, &reason))
        return true;
    if (reason.length > REASON_MAX)
        reason.length = REASON_MAX;
    for (size_t cut = 0; cut < 3 && reason.length > 0 && !slice_is_utf8(reason); cut++)
        reason.length--; /* within a character */
    if (reason.length == 0 || !slice_is_utf8(reason))
        return error_set(error, "%s has refused it", dialect->pbx);
    return error_set(error, "%s: %.*s", dialect->pbx, SLICE_ARGUMENTS(reason));
}

void command_write_answer(struct buffer *out, const struct command *command,
                          const struct error *error)
{
    buffer_add_string(out, "{\"id\":");
    if (command->id.length > 0)
        buffer_add(out, command->id);
    else
        buffer_add_string(out, "null");
    buffer_add_string(out, ",\"cmd\":");
    buffer_add_json(out, command->name);
    buffer_add_string(out, error ? ",\"ok\":false,\"error\":" : ",\"ok\":true");
    if (error)
        buffer_add_json(out, slice_from(error->text));
    buffer_add_byte(out, '}');
}
