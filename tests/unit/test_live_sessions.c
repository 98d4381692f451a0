/*
 * test_live_sessions.c - sessions written by hand, for what the captured ones do not have: tests/fixtures/live/NAME.events, an event
 * a line with the headers as FreeSWITCH sends them, and NAME.story, what is to be shown of it.
 */
#include "live_checks.h"

#include "base/json.h"

/* ---- a story: a line for each change of a channel that tells something new ---- */

static void add_text(struct buffer *out, const json_t *element, const char *member)
{
    const char *text = json_string_value(json_object_get(element, member));
    bool uuid = strcmp(member, "other_uuid") == 0;
    if (text)
        buffer_format(out, " %s=%.*s", member, uuid ? 8 : 200, text);
}

/* The state without its time, which is the event's. */
static void add_state(struct buffer *out, json_t *element)
{
    json_t *state = json_object_get(element, "state");
    json_object_del(state, "ts");
    char *text = json_dumps(state, JSON_COMPACT);
    buffer_format(out, " %s", text);
    free(text);
}

static void add_line(struct buffer *out, const char *event, const char *kind, json_t *element)
{
    static const char *const members[] = {"other_uuid", "group_id",    "last_bridged_user_id",
                                          "end_user",   "origination", "tags"};
    const json_t *target = json_object_get(element, "target");
    const json_t *info = json_object_get(element, "other_info");
    const char *user = json_string_value(json_object_get(element, "user_id"));
    const char *number = json_string_value(json_object_get(element, "peer_number"));
    buffer_format(out, "%s %s %.8s %s", event, kind,
                  json_string_value(json_object_get(element, "uuid")),
                  user     ? user
                  : number ? number
                           : "-");
    add_state(out, element);
    if (strcmp(kind, "channel") == 0)
        buffer_format(out, " %s>%s", json_string_value(json_object_get(element, "calling_number")),
                      json_string_value(json_object_get(element, "called_number")));
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        add_text(out, element, members[i]);
    if (target)
        buffer_format(out, " target=%s:%s", json_string_value(json_object_get(target, "type")),
                      json_string_value(json_object_get(target, "id")));
    if (info) {
        buffer_format(out, " peer=%s", json_string_value(json_object_get(info, "type")));
        add_text(out, info, "user_id");
        add_text(out, info, "end_user");
    }
    if (json_object_get(element, "hold"))
        buffer_add_string(out, " hold");
    buffer_add_byte(out, '\n');
}

static bool is_of_channel(const char *kind)
{
    return strstr(kind, "channel") != NULL;
}

/* Behind the word "is" or "gone": kind and leg, which are always as long for the same channel. */
static struct slice about(struct slice line)
{
    struct slice rest;
    slice_cut(line, ' ', &rest);
    struct slice all = rest;
    slice_cut(rest, ' ', &rest);
    slice_cut(rest, ' ', &rest);
    return slice_of(all.data, rest.data ? (size_t)(rest.data - all.data) : 0);
}

/* True when the last line of STORY about the channel that LINE is about says the same. */
static bool was_told(struct slice story, struct slice line)
{
    struct slice last = {0};
    while (story.data) {
        struct slice one = slice_cut(story, '\n', &story);
        if (one.length > 0 && slice_equal(about(one), about(line)))
            last = one;
    }
    return slice_equal(last, slice_of(line.data, line.length - 1));
}

static void tell(struct buffer *story, struct arena *arena, char *line)
{
    char event[8], domain[64], kind[32];
    struct buffer one = buffer_in(arena);
    struct error error;
    if (sscanf(line, "%7s %63s %31s", event, domain, kind) != 3 ||
        (strcmp(event, "is") != 0 && strcmp(event, "gone") != 0) || !is_of_channel(kind))
        return;
    CU_ASSERT_STRING_EQUAL(domain, "pbx.example.com");
    json_t *element = json_parse(slice_from(strchr(line, '{')), &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(element);
    add_line(&one, event, kind, element);
    json_decref(element);
    if (!was_told(buffer_slice(story), buffer_slice(&one)))
        buffer_add(story, buffer_slice(&one));
}

static struct slice story_of(struct arena *arena)
{
    struct buffer story = buffer_in(arena);
    char *lines = play_lines(&play, ""), *rest;
    char *calls = play_calls(&play);
    for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        tell(&story, arena, line);
    buffer_add_string(&story, calls);
    free(calls);
    free(lines);
    return buffer_slice(&story);
}

/* ---- the sessions ---- */

static void play_events(const char *name)
{
    char path[100];
    snprintf(path, sizeof path, "../../live/%s.events", name);
    struct slice all = play_file(path);
    CU_ASSERT_TRUE_FATAL(all.length > 0);
    for (struct slice rest = all; rest.data;) {
        struct slice line = slice_cut(rest, '\n', &rest);
        CU_ASSERT_TRUE(line.length == 0 || play_event(&play, line));
    }
    free((char *)all.data);
}

static void check_session(const char *name)
{
    char path[100];
    struct arena arena;
    snprintf(path, sizeof path, "../../live/%s.story", name);
    arena_init(&arena, (size_t)16 << 20);
    start();
    play_events(name);
    struct slice wanted = play_file(path), got = story_of(&arena);
    bool same = slice_equal(wanted, got);
    if (!same)
        printf("\n%s: got\n%.*s", name, SLICE_ARGUMENTS(got));
    CU_ASSERT_TRUE(same);
    free((char *)wanted.data);
    stop();
    arena_free(&arena);
}

static void test_groups(void)
{
    check_session("ring-group");
    check_session("hunt-group-voicemail");
}

static void test_transfers(void)
{
    check_session("attended-transfer");
    check_session("pickup");
    check_session("parked-by");
}

static void test_others(void)
{
    check_session("hold");
    check_session("other-uuid");
    check_session("outside");
    check_session("applications");
}

SUITE("live sessions", {"groups", test_groups}, {"transfers", test_transfers},
      {"hold, another uuid, calls from and to outside, applications", test_others})
