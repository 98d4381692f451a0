/*
 * fuzz_esl.c - frames and events of the event socket, and commands: in one piece or byte by byte the same is told, and what
 * is told of an event is JSON.
 */
#include "fuzz/fuzz.h"

#include "base/json.h"
#include "feeds/commands.h"
#include "feeds/esl_event.h"
#include "feeds/esl_frame.h"

struct told {
    uint64_t hash;
    size_t bytes;
};

static void tell(struct told *told, struct slice s)
{
    for (size_t i = 0; i < s.length; i++)
        told->hash = (told->hash ^ (unsigned char)s.data[i]) * 0x100000001b3u;
    told->hash = (told->hash ^ s.length) * 0x100000001b3u;
    told->bytes += s.length;
}

static bool on_frame(void *self, const struct esl_frame *frame)
{
    tell(self, frame->head);
    tell(self, frame->body);
    tell(self, frame->type);
    tell(self, esl_frame_header(frame, "content-length"));
    return frame->type.length != 5;
}

static void try_event(struct slice body)
{
    struct arena arena;
    struct esl_event event;
    struct error error;
    arena_init(&arena, (size_t)4 << 20);
    if (esl_event_read(body, &arena, &event, &error)) {
        json_t *json = json_parse(event.json, &error);
        FUZZ_PROMISE(json && json_object_size(json) == event.count);
        json_decref(json);
        for (size_t i = 0; i < event.count; i++) {
            const struct esl_header *header = &event.headers[i];
            FUZZ_PROMISE(slice_is_utf8(header->name) && slice_is_utf8(header->value));
            FUZZ_PROMISE(slice_equal(esl_event_get(&event, arena_copy(&arena, header->name).data),
                                     header->value));
        }
    }
    arena_free(&arena);
}

static bool is_plain(struct slice s)
{
    for (size_t i = 0; i < s.length; i++)
        if (s.data[i] < 0x20 || s.data[i] == 0x7f || s.data[i] == '$' || s.data[i] == '\'' ||
            s.data[i] == '"')
            return false;
    return true;
}

/* Each line of an action is plain. */
static void try_action(struct slice packet)
{
    struct arena arena;
    struct command command;
    struct error error;
    arena_init(&arena, (size_t)1 << 18);
    command_read(packet, &command_asterisk, "default", &arena, &command, &error);
    for (size_t i = 0; i < command.step_count; i++) {
        for (struct slice rest = command.steps[i]; rest.data;) {
            struct slice line = slice_cut(rest, '\r', &rest);
            FUZZ_PROMISE(line.length > 0 && is_plain(line));
            FUZZ_PROMISE(!rest.data || slice_starts(rest, "\n"));
            rest = rest.data ? slice_of(rest.data + 1, rest.length - 1) : rest;
        }
    }
    arena_free(&arena);
}

static void try_command(struct slice packet)
{
    struct arena arena;
    struct command command;
    struct error error = {""};
    arena_init(&arena, (size_t)1 << 18);
    bool good = command_read(packet, &command_freeswitch, "default", &arena, &command, &error);
    FUZZ_PROMISE(good == (command.step_count > 0));
    for (size_t i = 0; i < command.step_count; i++)
        FUZZ_PROMISE(slice_starts(command.steps[i], "api uuid_") && is_plain(command.steps[i]));
    struct buffer out = buffer_in(&arena);
    command_write_answer(&out, &command, good ? NULL : &error);
    if (!out.failed) {
        json_t *json = json_parse(buffer_slice(&out), &error);
        FUZZ_PROMISE(json);
        json_decref(json);
    }
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice all = slice_of((const char *)data, size);
    struct esl_reader whole, bytes;
    struct told told_whole = {0}, told_bytes = {0};
    struct error error;
    esl_reader_init(&whole, 5000);
    esl_reader_init(&bytes, 5000);
    bool good = esl_reader_feed(&whole, all, on_frame, &told_whole, &error);
    bool good_so_far = true;
    for (size_t i = 0; good_so_far && i < size; i++)
        good_so_far =
            esl_reader_feed(&bytes, slice_of(all.data + i, 1), on_frame, &told_bytes, &error);
    FUZZ_PROMISE(good == good_so_far && told_whole.hash == told_bytes.hash);
    FUZZ_PROMISE(told_whole.bytes <= 4 * size);
    esl_reader_free(&whole);
    esl_reader_free(&bytes);
    try_event(all);
    try_command(all);
    try_action(all);
    return 0;
}

FUZZ_SEEDS(
    SLICE_LITERAL("Content-Type: auth/request\n\nContent-Type: command/reply\nReply-Text: +OK\n\n"),
    SLICE_LITERAL("Content-Length: 12\nContent-Type: text/event-json\n\n{\"A\":\"b\"}...X: y\n\n"),
    SLICE_LITERAL("{\"Event-Name\":\"CUSTOM\",\"X\":\"\\u00e9\\ud83d\\ude00\\n\",\"X\":\"\",\"L\":["
                  "\"a\",\"\xff\"]}"),
    SLICE_LITERAL("{\"a\":\"\xf0\x9f\x98\x80\\u0000\\ud800\"}"),
    SLICE_LITERAL(
        "{\"id\":1,\"cmd\":\"transfer\",\"uuid\":\"bb67558d-5784\",\"destination\":\"1001\","
        "\"answer\":\"callboard:a\"}"),
    SLICE_LITERAL("{\"id\":\"x\",\"cmd\":\"eavesdrop\",\"uuid\":\"a\",\"target_uuid\":\"b\","
                  "\"subcommand\":\"whisper\"}"),
    SLICE_LITERAL("{\"cmd\":\"park\",\"uuid\":\"a\",\"timeout\":30}"));
