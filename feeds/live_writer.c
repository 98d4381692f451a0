/*
 * live_writer.c - keeps Redis true to the model of what one PBX does.
 */
#include "feeds/live_writer.h"

#include <stdlib.h>

#include "feeds/kept.h"
#include "feeds/live_compare.h"
#include "feeds/live_domains.h"
#include "feeds/live_pipe.h"
#include "feeds/live_script.h"

/* Bytes for a name or a key, in an arena. */
#define NAME_ROOM 32768

struct live_writer {
    const struct live_writer_settings *settings;
    struct critical *critical;
    struct live_scripts scripts;
    struct live_sink sink;
    struct live *live;
    struct live_pipe_hooks hooks;
    struct live_pipe *pipe;
    struct live_compare compare;
    bool up;    /* Redis answers and knows the scripts */
    bool whole; /* the model is all that is live */

    struct live_table kept;
    struct kept *waiting_first, *waiting_last;
    uint64_t merged, lost;

    struct live_domains domains;
};

/* ---- changes on their way ---- */

/*
 * What the model can be asked for is not kept: of each channel only the name. Of `calls` the model knows the record as it is after
 * a call's beginning or its answer; the one of a hangup has fields that nobody knows any more.
 */
static bool can_be_asked_for(const struct kept *kept, struct slice json)
{
    const struct kept_name name = kept_name(kept);
    if (kept->gone)
        return false;
    if (name.kind == KEPT_CALL)
        return !live_call_is_over(json);
    return name.kind == KEPT_ELEMENT && live_tells_again(name.element);
}

static struct slice ask_for(struct live_writer *writer, const struct kept *kept)
{
    const struct kept_name name = kept_name(kept);
    return name.kind == KEPT_CALL ? live_call_again(writer->live, name.domain, name.id)
                                  : live_element_again(writer->live, name.element, name.id);
}

/* Until KEPT is written, or written again. */
static void keep(struct live_writer *writer, struct kept *kept, struct slice json)
{
    if (kept_set_json(kept, can_be_asked_for(kept, json) ? slice_of(NULL, 0) : json))
        return;
    /* Without memory for its text it is as good as gone. */
    writer->lost++;
    kept->gone = true;
}

/* JSON: not empty, unless it is gone. */
static void write_now(struct live_writer *writer, struct kept *kept, struct slice json)
{
    struct store_batch *batch = live_pipe_next(writer->pipe);
    if (batch)
        live_scripts_add(&writer->scripts, batch, kept, json);
    kept->fresh = false;
    /* The record of an extension without calls stays in Redis as it is: nothing can become untrue in it. */
    if (kept->gone || (kept_name(kept).kind == KEPT_CALL && !live_call_is_active(json)))
        kept_remove(&writer->kept, kept);
    else if (kept->json.data != json.data)
        keep(writer, kept, json);
}

static void let_wait(struct live_writer *writer, struct kept *kept)
{
    kept->waits = true;
    kept->next_waiting = NULL;
    if (writer->waiting_first)
        writer->waiting_last->next_waiting = kept;
    else
        writer->waiting_first = kept;
    writer->waiting_last = kept;
}

static struct kept *next_waiting(struct live_writer *writer)
{
    struct kept *kept = writer->waiting_first;
    if (kept) {
        writer->waiting_first = kept->next_waiting;
        kept->waits = false;
    }
    return kept;
}

static void send_waiting(void *self)
{
    struct live_writer *writer = self;
    while (writer->up && writer->waiting_first && live_pipe_has_room(writer->pipe)) {
        struct kept *kept = next_waiting(writer);
        struct slice json = kept->json;
        if (!kept->gone && !json.data)
            json = ask_for(writer, kept);
        if (kept->gone || json.length > 0)
            write_now(writer, kept, json);
        else
            writer->lost++; /* there is no memory to say it */
    }
}

/* KEPT has changed, to JSON. */
static void offer(struct live_writer *writer, struct kept *kept, struct slice json)
{
    if (!writer->up && kept->gone) {
        kept_remove(&writer->kept, kept); /* found and removed when Redis is compared */
    } else if (!writer->up) {
        keep(writer, kept, json);
    } else if (kept->waits) {
        writer->merged++;
        keep(writer, kept, json);
    } else if (!writer->waiting_first && live_pipe_has_room(writer->pipe)) {
        write_now(writer, kept, json);
    } else {
        keep(writer, kept, json);
        let_wait(writer, kept);
    }
}

/* What is called NAME has changed: it is JSON, or is gone and JSON says how. */
static void change(struct live_writer *writer, const struct kept_name *name, struct slice json,
                   bool gone, bool fresh)
{
    struct arena arena;
    arena_init(&arena, NAME_ROOM);
    struct buffer text = buffer_in(&arena);
    struct kept *kept =
        kept_write_name(&text, name) ? kept_take(&writer->kept, buffer_slice(&text)) : NULL;
    arena_free(&arena);
    if (!kept) {
        writer->lost++;
        return;
    }
    if (!fresh && kept->json.data && slice_equal(kept->json, json) && kept->gone == gone)
        return;
    kept->gone = gone;
    kept->fresh |= fresh;
    offer(writer, kept, json);
}

/* ---- Redis comes and goes ---- */

static void forget_waiting(struct live_writer *writer)
{
    struct kept *kept;
    while ((kept = next_waiting(writer)))
        if (kept->gone)
            kept_remove(&writer->kept, kept);
}

/* Redis has what is called NAME. It may not be live any more. */
static void found(void *self, struct slice name)
{
    struct live_writer *writer = self;
    struct kept *kept =
        live_table_find(&writer->kept, name) ? NULL : kept_take(&writer->kept, name);
    if (kept) {
        kept->gone = true;
        offer(writer, kept, slice_of(NULL, 0));
    }
}

/* Tells Redis, which may know nothing, all of it. */
static void begin_again(void *self)
{
    struct live_writer *writer = self;
    forget_waiting(writer);
    struct store_batch *batch = live_pipe_next(writer->pipe);
    if (batch)
        live_scripts_add_load(batch);
    struct kept *kept = NULL;
    while ((kept = live_table_after(&writer->kept, kept)))
        let_wait(writer, kept);
    send_waiting(writer);
    live_pipe_flush(writer->pipe);
    if (writer->whole)
        live_compare_begin(&writer->compare);
}

static void redis_is(void *self, bool up)
{
    struct live_writer *writer = self;
    writer->up = up;
    if (up)
        begin_again(writer);
    else
        forget_waiting(writer);
}

void live_writer_reconcile(struct live_writer *writer)
{
    writer->whole = true;
    if (writer->up)
        live_compare_begin(&writer->compare);
}

/* ---- the sink ---- */

static void change_element(struct live_writer *writer, struct slice domain, enum element element,
                           struct slice id, struct slice json, bool gone)
{
    const struct kept_name name = {
        .kind = KEPT_ELEMENT, .element = element, .domain = domain, .id = id};
    change(writer, &name, json, gone, false);
}

static void tell_server(void *self, struct slice domain, struct slice json)
{
    struct live_writer *writer = self;
    change_element(writer, domain, ELEMENT_SERVER, writer->domains.server, json, false);
}

void live_writer_server_is(struct live_writer *writer, bool up, int64_t since_us)
{
    live_domains_server_is(&writer->domains, up, since_us);
}

static void element_is(void *self, struct slice domain, enum element element, struct slice id,
                       struct slice json)
{
    struct live_writer *writer = self;
    live_domains_note(&writer->domains, domain);
    change_element(writer, domain, element, id, json, false);
}

static void element_gone(void *self, struct slice domain, enum element element, struct slice id,
                         struct slice json)
{
    change_element(self, domain, element, id, json, true);
}

static void registered(void *self, struct slice domain, struct slice extension,
                       struct slice contact, struct slice json, bool fresh)
{
    struct live_writer *writer = self;
    const struct kept_name name = {
        .kind = KEPT_PHONE, .domain = domain, .id = extension, .contact = contact};
    live_domains_note(&writer->domains, domain);
    change(writer, &name, json, false, fresh);
}

static void unregistered(void *self, struct slice domain, struct slice extension,
                         struct slice contact, struct slice json)
{
    const struct kept_name name = {
        .kind = KEPT_PHONE, .domain = domain, .id = extension, .contact = contact};
    change(self, &name, json, true, false);
}

static void call_is(void *self, struct slice domain, struct slice extension, struct slice json)
{
    const struct kept_name name = {.kind = KEPT_CALL, .domain = domain, .id = extension};
    change(self, &name, json, false, false);
}

/* PubSub keeps nothing, so news that cannot go now are lost. */
static void news(void *self, const char *type, struct slice reference, struct slice json)
{
    struct live_writer *writer = self;
    struct store_batch *batch =
        writer->up && live_pipe_has_room(writer->pipe) ? live_pipe_next(writer->pipe) : NULL;
    if (!batch) {
        writer->lost++;
        return;
    }
    STORE_ADD(batch, slice_from("PUBLISH"),
              packet_key(batch->arena, writer->settings->news_prefix, slice_from(type), reference),
              arena_copy(batch->arena, json));
}

static void critical(void *self, const char *type, struct slice id, struct slice json)
{
    struct live_writer *writer = self;
    struct arena arena;
    arena_init(&arena, NAME_ROOM);
    const struct packet packet = {.id = id,
                                  .list = packet_key(&arena, writer->settings->news_prefix,
                                                     slice_from(type), slice_of(NULL, 0)),
                                  .text = json};
    critical_send(writer->critical, &packet);
    arena_free(&arena);
}

/* ---- beginning and end ---- */

struct live_writer *live_writer_open(uv_loop_t *loop, const struct live_writer_settings *settings,
                                     struct critical *critical_list, struct error *error)
{
    struct live_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        error_set(error, "out of memory");
        return NULL;
    }
    writer->settings = settings;
    writer->critical = critical_list;
    writer->sink = (struct live_sink){.self = writer,
                                      .element_is = element_is,
                                      .element_gone = element_gone,
                                      .registered = registered,
                                      .unregistered = unregistered,
                                      .call_is = call_is,
                                      .news = news,
                                      .critical = critical};
    live_scripts_prepare(&writer->scripts, settings->names, settings->events_kept,
                         settings->model.server);
    writer->hooks = (struct live_pipe_hooks){
        .self = writer, .changed = redis_is, .room = send_waiting, .again = begin_again};
    writer->live = live_open(&settings->model, &writer->sink);
    if (writer->live)
        writer->pipe =
            live_pipe_open(loop, settings->model.server, settings->store, &writer->hooks, error);
    else
        error_set(error, "out of memory");
    if (!writer->pipe) {
        live_close(writer->live);
        free(writer);
        return NULL;
    }
    writer->domains = (struct live_domains){
        .server = settings->model.server, .self = writer, .tell = tell_server};
    writer->compare = (struct live_compare){
        .pipe = writer->pipe, .server = settings->model.server, .self = writer, .found = found};
    return writer;
}

struct live *live_writer_model(struct live_writer *writer)
{
    return writer->live;
}

void live_writer_flush(struct live_writer *writer)
{
    live_pipe_flush(writer->pipe);
}

bool live_writer_is_idle(const struct live_writer *writer)
{
    return writer->up && live_pipe_is_idle(writer->pipe) && !writer->waiting_first &&
           !writer->compare.runs;
}

bool live_writer_is_up(const struct live_writer *writer)
{
    return writer->up;
}

struct live_writer_counts live_writer_counts(const struct live_writer *writer)
{
    const struct live_pipe_counts *piped = live_pipe_counts(writer->pipe);
    return (struct live_writer_counts){.written = piped->written,
                                       .refused = piped->refused,
                                       .merged = writer->merged,
                                       .lost = writer->lost + live_dropped(writer->live)};
}

void live_writer_close(struct live_writer *writer)
{
    writer->up = false;
    live_pipe_close(writer->pipe);
    live_close(writer->live);
    kept_free(&writer->kept);
    live_domains_free(&writer->domains);
    free(writer);
}
