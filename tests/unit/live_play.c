/*
 * live_play.c - captured sessions for the live model, and the lines of its sink.
 */
#include "live_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "feeds/esl_frame.h"

static const char *const fields[] = {"Caller-Destination-Number",    "Caller-Caller-ID-Number",
                                     "Caller-Callee-ID-Number",      "Caller-Profile-Created-Time",
                                     "Caller-Channel-Answered-Time", NULL};

/* ---- the sink ---- */

static void note(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note(struct play *play, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *line = NULL;
    int length = vasprintf(&line, format, arguments);
    va_end(arguments);
    if (length < 0)
        abort();
    if (play->length + (size_t)length + 2 > play->capacity) {
        play->capacity = (play->length + (size_t)length + 2) * 2;
        play->log = realloc(play->log, play->capacity);
    }
    memcpy(play->log + play->length, line, (size_t)length);
    play->length += (size_t)length;
    play->log[play->length++] = '\n';
    play->log[play->length] = '\0';
    free(line);
}

#define S(slice) SLICE_ARGUMENTS(slice)

static void element_is(void *self, struct slice domain, enum element element, struct slice id,
                       struct slice json)
{
    note(self, "is %.*s %s %.*s %.*s", S(domain), element_specs[element].name, S(id), S(json));
}

static void element_gone(void *self, struct slice domain, enum element element, struct slice id,
                         struct slice json)
{
    note(self, "gone %.*s %s %.*s %.*s", S(domain), element_specs[element].name, S(id), S(json));
}

static void registered(void *self, struct slice domain, struct slice extension,
                       struct slice contact, struct slice json, bool fresh)
{
    (void)json;
    note(self, "reg %.*s %.*s %.*s %s", S(domain), S(extension), S(contact),
         fresh ? "fresh" : "again");
}

static void unregistered(void *self, struct slice domain, struct slice extension,
                         struct slice contact, struct slice json)
{
    (void)json;
    note(self, "unreg %.*s %.*s %.*s", S(domain), S(extension), S(contact));
}

static void call_is(void *self, struct slice domain, struct slice extension, struct slice json)
{
    note(self, "call %.*s %.*s %.*s", S(domain), S(extension), S(json));
}

static void news(void *self, const char *type, struct slice reference, struct slice json)
{
    note(self, "news %s %.*s %.*s", type, S(reference), S(json));
}

static void critical(void *self, const char *type, struct slice id, struct slice json)
{
    note(self, "keep %s %.*s %.*s", type, S(id), S(json));
}

/* ---- the model ---- */

void play_start(struct play *play)
{
    *play = (struct play){
        .settings = {.server = SLICE_LITERAL("pbx1"),
                     .default_domain = SLICE_LITERAL("pbx.example.com"),
                     .call_fields = fields,
                     .agents_call = true,
                     .agents_status = true,
                     .campaigns_cdr = true,
                     .channels_max = 100,
                     .registrations_max = 100},
        .sink = {play, element_is, element_gone, registered, unregistered, call_is, news, critical},
        .log = calloc(1, 1),
        .capacity = 1};
    play->live = live_open(&play->settings, &play->sink);
}

void play_stop(struct play *play)
{
    live_close(play->live);
    free(play->log);
}

void play_clear(struct play *play)
{
    play->length = 0;
    play->log[0] = '\0';
}

char *play_lines(const struct play *play, const char *prefix)
{
    char *lines = calloc(1, play->length + 1), *end = lines;
    for (const char *line = play->log; *line; line = strchr(line, '\n') + 1) {
        size_t length = (size_t)(strchr(line, '\n') - line) + 1;
        if (strncmp(line, prefix, strlen(prefix)) == 0) {
            memcpy(end, line + strlen(prefix), length - strlen(prefix));
            end += length - strlen(prefix);
        }
    }
    return lines;
}

bool play_event(struct play *play, struct slice json)
{
    struct arena arena;
    struct esl_event event;
    struct error error;
    arena_init(&arena, (size_t)4 << 20);
    bool good = esl_event_read(json, &arena, &event, &error);
    if (good)
        live_event(play->live, &event);
    arena_free(&arena);
    return good;
}

/* ---- captures ---- */

static const char *fixtures(void)
{
    static char path[300];
    const char *source = getenv("srcdir");
    snprintf(path, sizeof path, "%s/tests/fixtures/freeswitch/esl", source ? source : ".");
    return path;
}

static struct slice read_all(FILE *file)
{
    char *data = NULL;
    size_t length = 0, got;
    do {
        data = realloc(data, length + 65536);
        got = fread(data + length, 1, 65536, file);
        length += got;
    } while (got > 0);
    return slice_of(data, length);
}

struct slice play_file(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", fixtures(), name);
    FILE *file = fopen(path, "r");
    struct slice text = {0};
    if (file) {
        text = read_all(file);
        fclose(file);
    }
    return text;
}

static struct slice read_session(const char *name)
{
    char command[512];
    snprintf(command, sizeof command, "gzip -dcf '%s/session-%s.raw'*", fixtures(), name);
    FILE *pipe = popen(command, "r");
    struct slice text = pipe ? read_all(pipe) : slice_of(NULL, 0);
    if (pipe)
        pclose(pipe);
    return text;
}

struct playing {
    struct play *play;
    size_t left;
};

static bool play_frame(void *self, const struct esl_frame *frame)
{
    struct playing *playing = self;
    if (slice_is(frame->type, "text/event-json"))
        play_event(playing->play, frame->body);
    return --playing->left > 0;
}

void play_session(struct play *play, const char *name, size_t count)
{
    struct playing playing = {play, count ? count : SIZE_MAX};
    struct esl_reader reader;
    struct error error;
    struct slice bytes = read_session(name);
    esl_reader_init(&reader, ESL_BODY_MAX);
    esl_reader_feed(&reader, bytes, play_frame, &playing, &error);
    esl_reader_free(&reader);
    free((char *)bytes.data);
}

/* ---- in short ---- */

static json_t *parse_line(char *line)
{
    struct error error = {""};
    json_t *json = json_parse(slice_from(line), &error);
    if (!json)
        printf("\n%s: %s", error.text, line);
    return json;
}

/* Adds to the text of a list, which is long enough. */
static void add(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(char *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsprintf(text + strlen(text), format, arguments);
    va_end(arguments);
}

static void add_call(char *text, json_t *record)
{
    const char *key;
    json_t *value;
    size_t i;
    add(text, "%s %s %.8s", json_string_value(json_object_get(record, "username")),
        json_string_value(json_object_get(record, "notify")),
        json_string_value(json_object_get(record, "current")));
    json_object_foreach(record, key, value)
    {
        if (json_is_object(value))
            add(text, " %.8s", key);
    }
    add(text, " |");
    json_array_foreach(json_object_get(record, "activity"), i, value)
    {
        add(text, " %.8s", json_string_value(value));
    }
    add(text, "\n");
}

char *play_calls(const struct play *play)
{
    char *lines = play_lines(play, "call "), *text = calloc(1, play->length * 2 + 1), *rest;
    for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        json_t *record = parse_line(strchr(line, '{'));
        add_call(text, record);
        json_decref(record);
    }
    free(lines);
    return text;
}

static void add_state(char *text, const char *event, json_t *element)
{
    static const char *const details[] = {"id",        "address",     "queue_id", "slot",
                                          "target_id", "target_name", "room_id"};
    const char *user = json_string_value(json_object_get(element, "user_id"));
    json_t *state = json_object_get(element, "state");
    const char *detail = NULL;
    for (size_t i = 0; i < sizeof details / sizeof *details && !detail; i++) {
        detail = json_string_value(json_object_get(state, details[i]));
        if (!detail)
            detail = json_string_value(json_object_get(json_object_get(state, "data"), details[i]));
    }
    add(text, "%s %.8s %s %s%s%s%s\n", event, json_string_value(json_object_get(element, "uuid")),
        user ? user : "-", json_string_value(json_object_get(state, "name")), detail ? " " : "",
        detail ? detail : "", json_object_get(element, "hold") ? " hold" : "");
}

/* The last line of TEXT about what NEW is about says the same. */
static bool is_told(const char *text, const char *new)
{
    size_t about = strcspn(strchr(new, ' ') + 1, " ") + (size_t)(strchr(new, ' ') + 1 - new);
    const char *last = NULL;
    for (const char *line = text; *line; line = strchr(line, '\n') + 1)
        if (strncmp(line, new, about) == 0)
            last = line;
    return last && strncmp(last, new, strlen(new)) == 0;
}

char *play_states(const struct play *play, const char *element)
{
    char *lines = play_lines(play, ""), *text = calloc(1, play->length * 2 + 1), *rest, one[512];
    for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char event[8], domain[64], name[32];
        if (sscanf(line, "%7s %63s %31s", event, domain, name) != 3 || strcmp(name, element) != 0 ||
            (strcmp(event, "is") != 0 && strcmp(event, "gone") != 0))
            continue;
        json_t *json = parse_line(strchr(line, '{'));
        one[0] = '\0';
        add_state(one, event, json);
        if (!is_told(text, one))
            add(text, "%s", one);
        json_decref(json);
    }
    free(lines);
    return text;
}

char *play_short(const struct play *play)
{
    static const char *const elements[][2] = {{"- channel\n", "channel"},
                                              {"- queued\n", "queued_channel"},
                                              {"- parked\n", "parked_channel"},
                                              {"- waiting\n", "channel_waiting"}};
    char *text = calloc(1, play->length * 8 + 200), *part = play_calls(play);
    strcat(strcpy(text, "- calls\n"), part);
    free(part);
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
        strcat(text, elements[i][0]);
        part = play_states(play, elements[i][1]);
        strcat(text, part);
        free(part);
    }
    part = play_lines(play, "news ");
    strcat(strcat(text, "- news\n"), part);
    free(part);
    return text;
}
