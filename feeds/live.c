/*
 * live.c - the live model: opened, closed, and each event to where it belongs.
 */
#include "feeds/live_model.h"

#include <stdlib.h>

/* Of one event: the largest text that is made, a terminal or a channel, is a few KiB. */
#define SCRATCH_BYTES ((size_t)1 << 20)

/* ---- texts ---- */

static struct slice cut(struct slice text, size_t length)
{
    if (text.length <= length)
        return text;
    while (length > 0 && ((unsigned char)text.data[length] & 0xc0) == 0x80)
        length--;
    return slice_of(text.data, length);
}

void live_text_set(struct live *live, char **text, struct slice value)
{
    value = cut(value, LIVE_TEXT_MAX);
    if (*text && slice_is(value, *text))
        return;
    char *copy = value.length > 0 ? strndup(value.data, value.length) : NULL;
    if (value.length > 0 && !copy) {
        live->dropped++;
        return;
    }
    free(*text);
    *text = copy;
}

void live_text_learn(struct live *live, char **text, struct slice value)
{
    if (value.length > 0)
        live_text_set(live, text, value);
}

bool live_is_identity(struct slice text)
{
    return text.length > 0 && text.length <= LIVE_IDENTITY_MAX && !slice_has_control(text);
}

int64_t live_time_of(const struct esl_event *event, const char *name)
{
    uint64_t us;
    return slice_number(esl_event_get(event, name), INT64_MAX, &us) ? (int64_t)us : 0;
}

bool live_cut_address(struct slice address, struct slice *user, struct slice *domain)
{
    *user = slice_cut(address, '@', domain);
    return user->length > 0 && domain->length > 0;
}

/* ---- events ---- */

struct route {
    const char *name; /* Event-Name, or Event-Subclass of CUSTOM */
    live_handler *handler;
};

static const struct route events[] = {
    {"CHANNEL_CREATE", live_channel_created},
    {"CHANNEL_PROGRESS", live_channel_progress},
    {"CHANNEL_PROGRESS_MEDIA", live_channel_progress},
    {"CHANNEL_ANSWER", live_channel_answered},
    {"CHANNEL_BRIDGE", live_channel_bridged},
    {"CHANNEL_UNBRIDGE", live_channel_unbridged},
    {"CHANNEL_HOLD", live_channel_held},
    {"CHANNEL_UNHOLD", live_channel_unheld},
    {"CHANNEL_PARK", live_channel_parked},
    {"CHANNEL_UNPARK", live_channel_unparked},
    {"CHANNEL_EXECUTE", live_channel_executes},
    {"CHANNEL_EXECUTE_COMPLETE", live_channel_executed},
    {"CALL_UPDATE", live_channel_updated},
    {"CHANNEL_UUID", live_channel_renamed},
    {"CHANNEL_HANGUP", live_channel_hung_up},
    {"CHANNEL_HANGUP_COMPLETE", live_channel_completed},
    {"CHANNEL_DESTROY", live_channel_destroyed},
};

static const struct route customs[] = {
    {"sofia::register", live_registered},
    {"sofia::unregister", live_unregistered},
    {"sofia::expire", live_expired},
    {"callcenter::info", live_callcenter},
    {"fifo::info", live_fifo},
    {"valet_parking::info", live_valet},
    {"conference::maintenance", live_conference},
};

/*
 * CHANNEL_DESTROY is left out: HANGUP_COMPLETE comes just before it, and is as long. Of applications only those are asked for
 * that a channel is shown in: live_filters.
 */
const char *const live_events =
    "CHANNEL_CREATE CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_ANSWER "
    "CHANNEL_BRIDGE CHANNEL_UNBRIDGE CHANNEL_HOLD CHANNEL_UNHOLD CHANNEL_PARK CHANNEL_UNPARK "
    "CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CALL_UPDATE CHANNEL_UUID CHANNEL_HANGUP "
    "CHANNEL_HANGUP_COMPLETE HEARTBEAT MESSAGE_WAITING "
    "CUSTOM sofia::register sofia::unregister sofia::expire callcenter::info fifo::info "
    "valet_parking::info conference::maintenance";

const char *const live_filters[] = {
    "filter Event-Name CHANNEL_CREATE",
    "filter Event-Name CHANNEL_PROGRESS",
    "filter Event-Name CHANNEL_PROGRESS_MEDIA",
    "filter Event-Name CHANNEL_ANSWER",
    "filter Event-Name CHANNEL_BRIDGE",
    "filter Event-Name CHANNEL_UNBRIDGE",
    "filter Event-Name CHANNEL_HOLD",
    "filter Event-Name CHANNEL_UNHOLD",
    "filter Event-Name CHANNEL_PARK",
    "filter Event-Name CHANNEL_UNPARK",
    "filter Event-Name CALL_UPDATE",
    "filter Event-Name CHANNEL_UUID",
    "filter Event-Name CHANNEL_HANGUP",
    "filter Event-Name CHANNEL_HANGUP_COMPLETE",
    "filter Event-Name HEARTBEAT",
    "filter Event-Name MESSAGE_WAITING",
    "filter Event-Name CUSTOM",
    "filter Application bridge",
    "filter Application voicemail",
    "filter Application conference",
    "filter Application eavesdrop",
    "filter Application ivr",
    "filter Application httapi",
    "filter Application echo",
    "filter Application delay_echo",
    "filter Application record",
    NULL,
};

static live_handler *find(const struct route *routes, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++)
        if (slice_is(name, routes[i].name))
            return routes[i].handler;
    return NULL;
}

void live_event(struct live *live, const struct esl_event *event)
{
    struct slice name = esl_event_get(event, "Event-Name");
    live_handler *handler = slice_is(name, "CUSTOM")
                                ? find(customs, sizeof customs / sizeof *customs,
                                       esl_event_get(event, "Event-Subclass"))
                                : find(events, sizeof events / sizeof *events, name);
    if (!handler)
        return;
    live->now_us = live_time_of(event, "Event-Date-Timestamp");
    handler(live, event);
    live->dropped += live->scratch.exhausted;
    arena_free(&live->scratch);
}

/* ---- the whole ---- */

struct live *live_open(const struct live_settings *settings, const struct live_sink *sink)
{
    struct live *live = calloc(1, sizeof *live);
    if (!live)
        return NULL;
    live->settings = settings;
    live->sink = sink;
    while (settings->call_fields && settings->call_fields[live->field_count])
        live->field_count++;
    arena_init(&live->scratch, SCRATCH_BYTES);
    return live;
}

static void clear(struct live *live)
{
    static const struct slice no_event = SLICE_LITERAL("{}");
    void *entry;
    while ((entry = live_table_after(&live->channels, NULL)))
        live_channel_remove(live, entry);
    while ((entry = live_table_after(&live->phones, NULL)))
        live_phone_remove(live, entry, no_event);
    while ((entry = live_table_after(&live->agents, NULL)))
        live_agent_remove(live, entry);
    arena_free(&live->scratch);
}

void live_forget(struct live *live, int64_t now_us)
{
    live->now_us = now_us;
    clear(live);
}

void live_close(struct live *live)
{
    static const struct live_sink deaf = {0};
    if (!live)
        return;
    live->sink = &deaf;
    clear(live);
    live_table_close(&live->channels);
    live_table_close(&live->phones);
    live_table_close(&live->agents);
    live_table_close(&live->extensions);
    free(live);
}

size_t live_channel_count(const struct live *live)
{
    return live->channels.count;
}

size_t live_registration_count(const struct live *live)
{
    return live->phones.count;
}

uint64_t live_dropped(const struct live *live)
{
    return live->dropped;
}
