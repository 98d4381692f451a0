/*
 * client.c - one who listens: what he is told, and what waits for him.
 */
#include "events/client.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "events/basix.h"
#include "events/command.h"
#include "events/history.h"
#include "events/plain.h"
#include "events/view.h"

/* One small message. */
#define SMALL_BYTES 65536

enum format client_format(const struct client *client)
{
    return client->outbox.wire == WIRE_BINARY ? FORMAT_BASIX : FORMAT_PLAIN;
}

/* ---- putting into the outbox ---- */

static void push(struct client *client, struct message *message)
{
    bool pushed = message && outbox_push(&client->outbox, message);
    if (client->closing)
        return;
    if (!pushed) {
        client_drop(client, CLOSE_TROUBLE, "out_of_memory");
        return;
    }
    size_t most = (size_t)client->owner->settings->buffer_kilobytes << 10;
    if (client->outbox.news > most) {
        log_info("client %llu of %s does not read: dropped", (unsigned long long)client->number,
                 client->arrival.access.domain);
        client_drop(client, CLOSE_POLICY, "too_slow");
        return;
    }
    client->owner->wake(client);
}

/*
 * BODY, which is released, as a message with the number up to which the client knows everything: while it is told what
 * stands that is 0-0, so that who is cut off in the middle begins anew.
 */
static void push_body(struct client *client, struct frame *body, bool resumable)
{
    char seq[SEQ_BYTES];
    stream_id_write(client->known, seq);
    struct message *message = message_make(body, client_format(client), seq);
    if (message)
        message->resumable = resumable;
    frame_release(body);
    push(client, message);
    message_release(message);
}

typedef void write_text(struct buffer *out, const char *text);

static struct frame *text_frame(write_text *write, const char *text)
{
    struct arena arena;
    arena_init(&arena, SMALL_BYTES);
    struct buffer out = buffer_in(&arena);
    write(&out, text);
    struct frame *frame = frame_make(&out);
    arena_free(&arena);
    return frame;
}

/* TEXT as a system message. */
static void tell(struct client *client, const char *text)
{
    bool basix = client_format(client) == FORMAT_BASIX;
    push_body(client, text_frame(basix ? basix_system_msg : plain_system_msg, text), false);
}

void client_answer(struct client *client, struct frame *body)
{
    if (client->closing)
        frame_release(body);
    else
        push_body(client, body, false);
}

/* The word that what is told begins with, and what the client may ask for. */
static struct frame *beginning_frame(const struct client *client, const char *word)
{
    struct arena arena;
    arena_init(&arena, SMALL_BYTES);
    struct buffer allowed = buffer_in(&arena), out = buffer_in(&arena);
    command_write_allowed(&allowed, &client->arrival.access, client->owner->settings->commands);
    plain_word_with(&out, word, buffer_slice(&allowed));
    struct frame *frame = frame_make(&out);
    arena_free(&arena);
    return frame;
}

static void push_word(struct client *client, const char *word, bool resumable)
{
    if (client_format(client) == FORMAT_PLAIN)
        push_body(client, text_frame(plain_word, word), resumable);
}

/* ---- what stands ---- */

static void push_field_spec(struct client *client, enum element element)
{
    struct arena arena;
    arena_init(&arena, SMALL_BYTES);
    struct buffer out = buffer_in(&arena);
    if (client_format(client) == FORMAT_BASIX)
        basix_field_spec(&out, element);
    else
        plain_field_spec(&out, element);
    struct frame *frame = frame_make(&out);
    arena_free(&arena);
    push_body(client, frame, false);
}

static void push_snapshot(struct client *client)
{
    const struct arrival *arrival = &client->arrival;
    client->started = true;
    client->arrival.resumes = false;
    client->known = (struct stream_id){0, 0};
    if (client_format(client) == FORMAT_PLAIN)
        push_body(client, beginning_frame(client, "snapshot"), false);
    for (int element = 0; element < ELEMENT_COUNT; element++)
        if (view_has_kind(arrival, (enum element)element))
            push_field_spec(client, (enum element)element);
    for (int element = 0; element < ELEMENT_COUNT; element++) {
        bool partial = view_is_partial(arrival, (enum element)element);
        if (view_has_kind(arrival, (enum element)element))
            push_body(client,
                      domain_initial(client->domain, client_format(client), (enum element)element,
                                     partial ? view_shows : NULL, arrival),
                      false);
    }
    client->known = client->domain->seq;
    push_word(client, "ready", true);
}

/* ---- what was missed ---- */

/* Of an element that is not shown, and was perhaps before: no more than that it is gone. */
static struct message *gone_message(struct event *event)
{
    json_t *nothing = json_object();
    const char *key = element_specs[event->element].fields[0].name;
    json_object_set_new(nothing, key, json_string(event->id));
    struct event gone = *event;
    memset(gone.messages, 0, sizeof gone.messages);
    gone.data = nothing;
    struct message *message = message_hold(event_message(&gone, FORMAT_PLAIN, CHANGE_REMOVED));
    event_end(&gone);
    json_decref(nothing);
    return message;
}

/* The message about ENTRY, to be released; NULL: it is none for this client. */
static struct message *missed(const struct client *client, const struct store_reply *entry,
                              struct stream_id *at)
{
    struct event event;
    json_t *data;
    struct message *message = NULL;
    bool good = domain_read_entry(entry, &event, &data);
    *at = event.at;
    if (good && view_has_kind(&client->arrival, event.element)) {
        if (view_shows(&client->arrival, event.element, data))
            message = message_hold(event_message(&event, FORMAT_PLAIN, event.change));
        else if (event.change == CHANGE_UPDATED)
            message = gone_message(&event);
    }
    event_end(&event);
    json_decref(data);
    if (message)
        message->news = false;
    return message;
}

static void push_missed(struct client *client, const struct store_reply *entries, size_t count)
{
    struct message **messages = calloc(count + 1, sizeof *messages);
    size_t used = 0;
    char seq[SEQ_BYTES];
    struct stream_id last = client->arrival.since;
    struct frame *resumed = beginning_frame(client, "resumed");
    stream_id_write(client->arrival.since, seq);
    if (messages)
        messages[used] = message_make(resumed, FORMAT_PLAIN, seq);
    frame_release(resumed);
    if (!messages || !messages[used]) {
        free(messages);
        client_drop(client, CLOSE_TROUBLE, "out_of_memory");
        return;
    }
    messages[used++]->resumable = true;
    for (size_t i = 0; i < count; i++) {
        messages[used] = missed(client, &entries[i], &last);
        used += messages[used] != NULL;
    }
    bool pushed = outbox_push_first(&client->outbox, messages, used);
    while (used > 0)
        message_release(messages[--used]);
    free(messages);
    if (!pushed)
        client_drop(client, CLOSE_TROUBLE, "out_of_memory");
    else if (count > 0 && stream_id_compare(client->known, last) < 0)
        client->known = last;
    client->owner->wake(client);
}

static void on_history(void *self, enum history_found found, const struct store_reply *entries,
                       size_t count)
{
    struct client *client = self;
    client->history = NULL;
    if (found == HISTORY_THERE) {
        push_missed(client, entries, count);
        return;
    }
    outbox_clear(&client->outbox);
    client->started = false;
    if (found == HISTORY_AWAY)
        tell(client, "storage_away"); /* begins again when Redis is back */
    else
        push_snapshot(client);
}

static void start(struct client *client)
{
    if (!client->arrival.resumes) {
        push_snapshot(client);
        return;
    }
    client->started = true;
    client->known = client->arrival.since;
    client->history = history_ask(follow_store(client->owner->follow), client->domain,
                                  client->arrival.since, on_history, client);
    if (!client->history) {
        client->started = false;
        tell(client, "storage_away");
    }
}

/* ---- what is heard ---- */

/* EVENT as CHANGE, but of how the element was before: it is no more one that this client sees. */
static void push_gone(struct client *client, const struct event *event)
{
    struct event gone = *event;
    memset(gone.messages, 0, sizeof gone.messages);
    gone.data = event->before;
    push(client, event_message(&gone, client_format(client), CHANGE_REMOVED));
    event_end(&gone);
}

/* EVENT, to a client that sees some elements of its kind. */
static void push_partial(struct client *client, struct event *event)
{
    enum format format = client_format(client);
    bool now = view_shows(&client->arrival, event->element, event->data);
    bool before = event->before && view_shows(&client->arrival, event->element, event->before);
    if (event->change == CHANGE_REMOVED && now)
        push(client, event_message(event, format, CHANGE_REMOVED));
    else if (event->change != CHANGE_REMOVED && now)
        push(client, event_message(event, format, before ? CHANGE_UPDATED : CHANGE_ADDED));
    else if (before)
        push_gone(client, event);
}

static void heard(void *self, struct event *event)
{
    struct client *client = self;
    enum format format = client_format(client);
    if (!client->started || client->closing || !view_has_kind(&client->arrival, event->element))
        return;
    if (event->difference && format == FORMAT_PLAIN)
        return; /* is told all that stands */
    if (!event->difference) {
        if (client->arrival.resumes && stream_id_compare(event->at, client->arrival.since) <= 0)
            return;
        client->known = event->at;
    }
    if (view_is_partial(&client->arrival, event->element))
        push_partial(client, event);
    else
        push(client, event_message(event, format, event->change));
}

static void told(void *self, enum domain_news news)
{
    struct client *client = self;
    if (client->closing)
        return;
    if (news == DOMAIN_AWAY) {
        tell(client, "storage_away");
        return;
    }
    if (news != DOMAIN_HERE)
        tell(client, "storage_back");
    if (!client->started) {
        start(client);
    } else if (news == DOMAIN_ANEW && client_format(client) == FORMAT_PLAIN) {
        if (client->history)
            history_forget(client->history);
        client->history = NULL;
        push_snapshot(client);
    }
}

/* ---- coming and going ---- */

struct client *client_make(const struct client_owner *owner, const struct arrival *arrival)
{
    struct client *client = calloc(1, sizeof *client);
    if (!client)
        return NULL;
    client->owner = owner;
    client->arrival = *arrival;
    client->since_us = clock_now_us();
    client->outbox.wire = arrival->wire;
    client->listener = (struct listener){.self = client, .heard = heard, .told = told};
    return client;
}

void client_join(struct client *client)
{
    struct follow *follow = client->owner->follow;
    client->domain =
        follow_join(follow, slice_from(client->arrival.access.domain), &client->listener);
    if (!client->domain) {
        client_drop(client, CLOSE_TROUBLE, "out_of_memory");
        return;
    }
    if (client->domain->state == DOMAIN_LIVE) {
        start(client);
        return;
    }
    if (client->domain->state == DOMAIN_STALE || !store_is_up(follow_store(follow)))
        tell(client, "storage_away");
    if (client->domain->state == DOMAIN_STALE && !client->arrival.resumes)
        push_snapshot(client);
}

void client_drop(struct client *client, enum close_code code, const char *reason)
{
    if (client->closing)
        return;
    client->closing = true;
    if (client->history)
        history_forget(client->history);
    client->history = NULL;
    outbox_clear(&client->outbox);
    tell(client, reason);
    client->closing_us = clock_steady_us();
    client->close_code = code;
    client->close_reason = reason;
    client->owner->wake(client);
}

void client_free(struct client *client)
{
    if (client->domain)
        follow_leave(client->domain, &client->listener);
    if (client->history)
        history_forget(client->history);
    outbox_free(&client->outbox);
    free(client->command);
    free(client);
}
