/*
 * live_writer.c - keeps Redis true to what one PBX does.
 */
#include "feeds/live_writer.h"

#include <stdlib.h>

#include "base/log.h"

/* Commands in one batch, and those that Redis has not answered yet before changes wait. */
#define BATCH_MAX     256
#define IN_FLIGHT_MAX 1024

#define BATCH_BYTES_MAX ((size_t)64 << 20)

/* Fields looked at in one go when Redis is compared with what is kept. */
#define COMPARE_COUNT "500"

/* After Redis has refused a command for a reason that passes. */
#define AGAIN_MS 1000

/* Domains for which there is an element `server`. */
#define DOMAINS_MAX 1000

/* Bytes for a name or a key, in an arena. */
#define NAME_ROOM 32768

/* Commands of one turn of the loop, in their own arena. */
struct sent {
    struct live_writer *writer;
    struct arena arena;
    struct store_batch batch;
};

struct live_writer {
    const struct live_writer_settings *settings;
    struct critical *critical;
    struct live_scripts scripts;
    struct live_sink sink;
    struct store *store;
    struct metrics_worker *store_counts; /* of this connection */
    uv_check_t turn_end;
    uv_timer_t again;
    int handles; /* not closed yet */

    struct kept_table kept;
    struct kept *waiting_first, *waiting_last;
    struct sent *gathering; /* NULL: nothing has been told since the last batch */
    size_t in_flight;       /* commands asked and not answered */
    bool up;                /* Redis answers and knows the scripts */
    bool whole;             /* what is kept is all that is live */
    bool compares;          /* a look at Redis' hash is under way */

    struct slice domains[DOMAINS_MAX]; /* malloc'd */
    size_t domain_count;
    bool server_told, server_up;
    int64_t server_since_us;
    struct live_writer_counts counts;
    struct error reported; /* the refusal that the log knows of */
};

static void on_again(uv_timer_t *again);
static void send_waiting(struct live_writer *writer);

/* ---- batches ---- */

static void free_sent(struct sent *sent)
{
    arena_free(&sent->arena);
    free(sent);
}

/* All of it is written again after MS milliseconds, unless that is to happen sooner. */
static void again_after(struct live_writer *writer, uint64_t ms)
{
    if (!uv_is_closing((uv_handle_t *)&writer->again) &&
        !uv_is_active((uv_handle_t *)&writer->again))
        uv_timer_start(&writer->again, on_again, ms, 0);
}

/* An error is about Redis, which then is told all of it again later, or about this one key, which stays as it is. */
static void take_error(struct live_writer *writer, const struct store_reply *reply)
{
    struct error text;
    error_set(&text, "%.*s", SLICE_ARGUMENTS(reply->text));
    writer->counts.refused++;
    if (strcmp(text.text, writer->reported.text) != 0)
        log_error("%.*s: Redis refuses a change: %s", SLICE_ARGUMENTS(writer->settings->server),
                  text.text);
    writer->reported = text;
    if (store_reply_is_error(reply, "NOSCRIPT"))
        again_after(writer, 0);
    else if (store_reply_is_unavailable(reply))
        again_after(writer, AGAIN_MS);
}

static void on_done(void *self, const struct store_reply *replies)
{
    struct sent *sent = self;
    struct live_writer *writer = sent->writer;
    writer->in_flight -= sent->batch.count;
    for (size_t i = 0; replies && i < sent->batch.count; i++) {
        if (replies[i].kind == STORE_ERROR)
            take_error(writer, &replies[i]);
        else
            writer->counts.written++;
    }
    free_sent(sent);
    if (replies)
        send_waiting(writer);
}

void live_writer_flush(struct live_writer *writer)
{
    struct sent *sent = writer->gathering;
    writer->gathering = NULL;
    if (!sent)
        return;
    writer->in_flight += sent->batch.count;
    if (sent->batch.count > 0 && !sent->arena.exhausted &&
        store_ask(writer->store, &sent->batch, on_done, sent))
        return;
    /* Redis is away, or memory is. */
    writer->in_flight -= sent->batch.count;
    if (store_is_up(writer->store))
        again_after(writer, AGAIN_MS);
    free_sent(sent);
}

/* The batch for the next command, or NULL when there is no memory. */
static struct store_batch *next_batch(struct live_writer *writer)
{
    struct sent *sent = writer->gathering;
    if (sent && sent->batch.count >= BATCH_MAX) {
        live_writer_flush(writer);
        sent = NULL;
    }
    if (!sent) {
        sent = calloc(1, sizeof *sent);
        if (!sent) {
            again_after(writer, AGAIN_MS);
            return NULL;
        }
        sent->writer = writer;
        arena_init(&sent->arena, BATCH_BYTES_MAX);
        sent->batch = store_batch_in(&sent->arena);
        writer->gathering = sent;
    }
    return &sent->batch;
}

static bool has_room(const struct live_writer *writer)
{
    size_t gathered = writer->gathering ? writer->gathering->batch.count : 0;
    return writer->in_flight + gathered < IN_FLIGHT_MAX;
}

/* ---- changes on their way ---- */

static void write_now(struct live_writer *writer, struct kept *kept)
{
    struct store_batch *batch = next_batch(writer);
    if (batch)
        live_scripts_add(&writer->scripts, batch, kept);
    kept->fresh = false;
    /* The record of an extension without calls stays in Redis as it is: nothing can become untrue in it. */
    if (kept->gone || (kept->name.kind == KEPT_CALL && !live_call_is_active(kept->json)))
        kept_remove(&writer->kept, kept);
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

static void send_waiting(struct live_writer *writer)
{
    while (writer->up && writer->waiting_first && has_room(writer))
        write_now(writer, next_waiting(writer));
}

/* KEPT has changed. */
static void offer(struct live_writer *writer, struct kept *kept)
{
    if (!writer->up) {
        if (kept->gone)
            kept_remove(&writer->kept, kept); /* found and removed when Redis' hash is compared */
    } else if (kept->waits) {
        writer->counts.merged++;
    } else if (!writer->waiting_first && has_room(writer)) {
        write_now(writer, kept);
    } else {
        let_wait(writer, kept);
    }
}

/* ---- comparing: what Redis has of this PBX, and is not live ---- */

struct look {
    struct live_writer *writer;
    struct arena arena;
};

static void compare(struct live_writer *writer, struct slice cursor);

static void remove_stale(struct live_writer *writer, const struct store_reply *fields)
{
    for (size_t i = 0; i + 1 < fields->count; i += 2) {
        struct slice name = fields->elements[i].text;
        struct kept *kept = kept_find(&writer->kept, name) ? NULL : kept_take(&writer->kept, name);
        if (kept) {
            kept->gone = true;
            offer(writer, kept);
        }
    }
}

static void on_fields(void *self, const struct store_reply *replies)
{
    struct look *look = self;
    struct live_writer *writer = look->writer;
    writer->compares = false;
    if (replies && replies[0].kind == STORE_ERROR)
        take_error(writer, &replies[0]);
    if (replies && replies[0].kind == STORE_ARRAY && replies[0].count == 2) {
        remove_stale(writer, &replies[0].elements[1]);
        if (!slice_is(replies[0].elements[0].text, "0"))
            compare(writer, replies[0].elements[0].text);
    }
    arena_free(&look->arena);
    free(look);
}

/* Goes on with comparing at CURSOR. What is on its way to Redis then has been asked before. */
static void compare(struct live_writer *writer, struct slice cursor)
{
    struct look *look = calloc(1, sizeof *look);
    live_writer_flush(writer);
    if (!look)
        return again_after(writer, AGAIN_MS);
    look->writer = writer;
    arena_init(&look->arena, BATCH_BYTES_MAX);
    struct store_batch batch = store_batch_in(&look->arena);
    STORE_ADD(&batch, slice_from("HSCAN"), live_feed_key(&look->arena, writer->settings->server),
              cursor, slice_from("COUNT"), slice_from(COMPARE_COUNT));
    writer->compares = batch.count > 0 && store_ask(writer->store, &batch, on_fields, look);
    if (!writer->compares) {
        arena_free(&look->arena);
        free(look);
    }
}

void live_writer_reconcile(struct live_writer *writer)
{
    writer->whole = true;
    if (writer->up && !writer->compares)
        compare(writer, slice_from("0"));
}

/* ---- Redis comes and goes ---- */

static void forget_waiting(struct live_writer *writer)
{
    struct kept *kept;
    while ((kept = next_waiting(writer)))
        if (kept->gone)
            kept_remove(&writer->kept, kept);
}

static void wait_again(void *self, struct kept *kept)
{
    let_wait(self, kept);
}

/* Tells Redis, which may know nothing, all of it. */
static void begin_again(struct live_writer *writer)
{
    forget_waiting(writer);
    struct store_batch *batch = next_batch(writer);
    if (batch)
        live_scripts_add_load(batch);
    kept_each(&writer->kept, wait_again, writer);
    send_waiting(writer);
    live_writer_flush(writer);
    if (writer->whole && !writer->compares)
        compare(writer, slice_from("0"));
}

static void on_again(uv_timer_t *again)
{
    struct live_writer *writer = again->data;
    if (writer->up)
        begin_again(writer);
}

static void on_store_change(void *self, bool up)
{
    struct live_writer *writer = self;
    writer->up = up;
    writer->reported.text[0] = '\0';
    if (up) {
        begin_again(writer);
        return;
    }
    forget_waiting(writer);
    if (writer->gathering)
        free_sent(writer->gathering);
    writer->gathering = NULL;
}

/* ---- the sink ---- */

/* Says in DOMAIN whether the PBX is heard. */
static void tell_server(struct live_writer *writer, struct slice domain);

static void note_domain(struct live_writer *writer, struct slice domain)
{
    for (size_t i = 0; i < writer->domain_count; i++)
        if (slice_equal(writer->domains[i], domain))
            return;
    char *copy = writer->domain_count < DOMAINS_MAX ? malloc(domain.length) : NULL;
    if (!copy)
        return;
    memcpy(copy, domain.data, domain.length);
    writer->domains[writer->domain_count++] = slice_of(copy, domain.length);
    if (writer->server_told)
        tell_server(writer, slice_of(copy, domain.length));
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
        writer->counts.lost++;
        return;
    }
    bool same = kept->json.data && slice_equal(kept->json, json) && kept->gone == gone;
    if (same && !fresh)
        return;
    if (!same && !kept_set_json(kept, json))
        writer->counts.lost++;
    kept->gone = gone;
    kept->fresh |= fresh;
    /* Without memory for its text it is as good as gone. */
    if (!kept->json.data)
        kept->gone = true;
    offer(writer, kept);
}

static void change_element(struct live_writer *writer, struct slice domain, enum element element,
                           struct slice id, struct slice json, bool gone)
{
    const struct kept_name name = {
        .kind = KEPT_ELEMENT, .element = element, .domain = domain, .id = id};
    change(writer, &name, json, gone, false);
}

static void tell_server(struct live_writer *writer, struct slice domain)
{
    struct arena arena;
    arena_init(&arena, NAME_ROOM);
    struct buffer json = buffer_in(&arena);
    struct slice server = writer->settings->server;
    buffer_format(&json, "{\"id\":\"%.*s\",\"state\":\"%s\",\"since\":%lld,\"server\":\"%.*s\"}",
                  SLICE_ARGUMENTS(server), writer->server_up ? "up" : "away",
                  (long long)writer->server_since_us, SLICE_ARGUMENTS(server));
    change_element(writer, domain, ELEMENT_SERVER, server, buffer_slice(&json), false);
    arena_free(&arena);
}

void live_writer_server_is(struct live_writer *writer, bool up, int64_t since_us)
{
    writer->server_told = true;
    writer->server_up = up;
    writer->server_since_us = since_us;
    for (size_t i = 0; i < writer->domain_count; i++)
        tell_server(writer, writer->domains[i]);
}

static void element_is(void *self, struct slice domain, enum element element, struct slice id,
                       struct slice json)
{
    note_domain(self, domain);
    change_element(self, domain, element, id, json, false);
}

static void element_gone(void *self, struct slice domain, enum element element, struct slice id,
                         struct slice json)
{
    change_element(self, domain, element, id, json, true);
}

static void registered(void *self, struct slice domain, struct slice extension,
                       struct slice contact, struct slice json, bool fresh)
{
    const struct kept_name name = {
        .kind = KEPT_PHONE, .domain = domain, .id = extension, .contact = contact};
    note_domain(self, domain);
    change(self, &name, json, false, fresh);
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

static struct slice news_key(struct live_writer *writer, struct arena *arena, const char *type,
                             struct slice reference)
{
    struct buffer key = buffer_in(arena);
    buffer_add_string(&key, writer->settings->news_prefix);
    buffer_add_byte(&key, ':');
    buffer_add_string(&key, type);
    if (reference.length > 0) {
        buffer_add_byte(&key, ':');
        buffer_add(&key, reference);
    }
    return buffer_slice(&key);
}

/* PubSub keeps nothing, so news that cannot go now are lost. */
static void news(void *self, const char *type, struct slice reference, struct slice json)
{
    struct live_writer *writer = self;
    struct store_batch *batch = writer->up && has_room(writer) ? next_batch(writer) : NULL;
    if (!batch) {
        writer->counts.lost++;
        return;
    }
    STORE_ADD(batch, slice_from("PUBLISH"), news_key(writer, batch->arena, type, reference),
              arena_copy(batch->arena, json));
}

static void critical(void *self, const char *type, struct slice id, struct slice json)
{
    struct live_writer *writer = self;
    struct arena arena;
    arena_init(&arena, NAME_ROOM);
    const struct packet packet = {
        .id = id, .list = news_key(writer, &arena, type, slice_of(NULL, 0)), .text = json};
    critical_send(writer->critical, &packet);
    arena_free(&arena);
}

/* ---- beginning and end ---- */

static void on_turn_end(uv_check_t *turn_end)
{
    live_writer_flush(turn_end->data);
}

struct live_writer *live_writer_open(uv_loop_t *loop, const struct live_writer_settings *settings,
                                     struct critical *critical_list, struct error *error)
{
    struct live_writer *writer = calloc(1, sizeof *writer);
    if (writer)
        writer->store_counts = calloc(1, sizeof *writer->store_counts);
    if (writer && writer->store_counts)
        writer->store = store_open(loop, settings->store, writer->store_counts, error);
    else
        error_set(error, "out of memory");
    if (!writer || !writer->store) {
        free(writer ? writer->store_counts : NULL);
        free(writer);
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
                         settings->server);
    uv_check_init(loop, &writer->turn_end);
    uv_check_start(&writer->turn_end, on_turn_end);
    uv_timer_init(loop, &writer->again);
    writer->turn_end.data = writer->again.data = writer;
    writer->handles = 2;
    store_on_change(writer->store, on_store_change, writer);
    return writer;
}

const struct live_sink *live_writer_sink(const struct live_writer *writer)
{
    return &writer->sink;
}

bool live_writer_is_idle(const struct live_writer *writer)
{
    return writer->up && writer->in_flight == 0 && !writer->gathering && !writer->waiting_first &&
           !writer->compares;
}

bool live_writer_is_up(const struct live_writer *writer)
{
    return writer->up;
}

const struct live_writer_counts *live_writer_counts(const struct live_writer *writer)
{
    return &writer->counts;
}

static void on_closed(uv_handle_t *handle)
{
    struct live_writer *writer = handle->data;
    if (--writer->handles > 0)
        return;
    for (size_t i = 0; i < writer->domain_count; i++)
        free((char *)writer->domains[i].data);
    kept_free(&writer->kept);
    free(writer->store_counts);
    free(writer);
}

void live_writer_close(struct live_writer *writer)
{
    writer->up = false;
    store_on_change(writer->store, NULL, NULL);
    store_close(writer->store);
    if (writer->gathering)
        free_sent(writer->gathering);
    uv_close((uv_handle_t *)&writer->turn_end, on_closed);
    uv_close((uv_handle_t *)&writer->again, on_closed);
}
