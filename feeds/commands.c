/*
 * commands.c - packets of CTI clients to api commands of mod_commands, and their answers.
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
    const char *context;
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

static struct buffer next_step(const struct reading *reading, const char *verb, struct slice uuid)
{
    struct buffer step = buffer_in(reading->arena);
    buffer_add_string(&step, "api ");
    buffer_add_string(&step, verb);
    buffer_add_byte(&step, ' ');
    buffer_add(&step, uuid);
    return step;
}

static bool end_step(const struct reading *reading, const struct buffer *step)
{
    struct command *command = reading->command;
    command->steps[command->step_count++] = buffer_slice(step);
    return !step->failed || error_set(reading->error, "no room");
}

/* park_timeout is in seconds (switch_ivr_park); without one an earlier one of the channel stays. */
static bool make_park(const struct reading *reading)
{
    struct slice timeout = text_of(reading, "timeout"), uuid = reading->command->uuid;
    const json_t *given = json_object_get(reading->packet, "timeout");
    if (given && !json_is_null(given)) {
        uint64_t seconds;
        if (!slice_number(timeout, PARK_SECONDS, &seconds) || seconds == 0)
            return error_set(reading->error, "timeout is not a number of seconds from 1 to %d",
                             PARK_SECONDS);
        struct buffer step = next_step(reading, "uuid_setvar", uuid);
        buffer_add_string(&step, " park_timeout ");
        buffer_add_number(&step, (int64_t)seconds);
        if (!end_step(reading, &step))
            return false;
    }
    struct buffer step = next_step(reading, "uuid_park", uuid);
    return end_step(reading, &step);
}

static bool make_hangup(const struct reading *reading)
{
    struct buffer step = next_step(reading, "uuid_kill", reading->command->uuid);
    return end_step(reading, &step);
}

static bool make_transfer(const struct reading *reading)
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
    struct buffer step = next_step(reading, "uuid_transfer", reading->command->uuid);
    buffer_add_byte(&step, ' ');
    buffer_add(&step, destination);
    buffer_add_string(&step, " XML ");
    buffer_add_string(&step, reading->context);
    return end_step(reading, &step);
}

/*
 * The own leg goes on in the application eavesdrop (mod_dptools). What the target hears is what eavesdrop writes (whisper_bleg, as its key
 * "2"), what the other side hears is what it reads as the target's (whisper_aleg, key "1"). The keys are off: who may listen
 * only is not to speak by pressing one. All is set each time, as a channel keeps what an earlier eavesdrop has set.
 */
static bool make_eavesdrop(const struct reading *reading)
{
    struct slice mode = text_of(reading, "subcommand"), target;
    bool listen = mode.length == 0 || slice_is(mode, "listen");
    bool barge = slice_is(mode, "barge"), whisper = slice_is(mode, "whisper");
    if (!read_uuid(reading, "target_uuid", &target))
        return false;
    if (!listen && !barge && !whisper)
        return error_set(reading->error, "subcommand is not listen, whisper or barge");
    if (slice_equal(target, reading->command->uuid))
        return error_set(reading->error, "a channel cannot listen to itself");
    struct buffer step = next_step(reading, "uuid_transfer", reading->command->uuid);
    buffer_add_string(&step, " set:eavesdrop_enable_dtmf=false,set:eavesdrop_whisper_aleg=");
    buffer_add_string(&step, barge ? "true" : "false");
    buffer_add_string(&step, ",set:eavesdrop_whisper_bleg=");
    buffer_add_string(&step, listen ? "false" : "true");
    buffer_add_string(&step, ",eavesdrop:");
    buffer_add(&step, target);
    buffer_add_string(&step, " inline");
    return end_step(reading, &step);
}

static const struct verb {
    const char *name;
    bool (*make)(const struct reading *reading);
} verbs[] = {{"park", make_park},
             {"hangup", make_hangup},
             {"transfer", make_transfer},
             {"eavesdrop", make_eavesdrop}};

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

static bool make(const struct reading *reading)
{
    struct command *command = reading->command;
    if (!read_envelope(reading))
        return false;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (slice_is(command->name, verbs[i].name))
            return read_uuid(reading, "uuid", &command->uuid) && verbs[i].make(reading);
    return error_set(reading->error, "cmd is not park, hangup, transfer or eavesdrop");
}

bool command_read(struct slice packet, const char *context, struct arena *arena,
                  struct command *command, struct error *error)
{
    struct error wrong;
    *command = (struct command){0};
    if (packet.length > COMMAND_PACKET_MAX)
        return error_set(error, "a packet of more than %d bytes", COMMAND_PACKET_MAX);
    json_use_arena(arena);
    json_t *json = json_parse(packet, &wrong);
    struct reading reading = {json, context, arena, command, error};
    bool good = json_is_object(json) ? make(&reading) : error_set(error, "not a JSON object");
    json_use_arena(NULL);
    if (good && arena->exhausted)
        good = error_set(error, "no room");
    if (!good)
        command->step_count = 0;
    return good;
}

bool command_judge(const struct slice *answer, struct error *error)
{
    if (!answer)
        return error_set(error, "FreeSWITCH went away meanwhile; it may have been done");
    if (!slice_starts(*answer, "-"))
        return true;
    struct slice rest, line = slice_cut(*answer, '\n', &rest);
    if (slice_starts(line, "-ERR"))
        line = slice_trim(slice_of(line.data + 4, line.length - 4));
    if (line.length > REASON_MAX)
        line.length = REASON_MAX;
    for (size_t cut = 0; cut < 3 && line.length > 0 && !slice_is_utf8(line); cut++)
        line.length--; /* within a character */
    if (line.length == 0 || !slice_is_utf8(line))
        return error_set(error, "FreeSWITCH has refused it");
    return error_set(error, "FreeSWITCH: %.*s", SLICE_ARGUMENTS(line));
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
