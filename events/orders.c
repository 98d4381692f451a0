/*
 * orders.c - commands of clients on their way.
 */
#include "events/orders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/log.h"
#include "events/basix.h"
#include "events/command.h"
#include "htpasswd/fingerprint.h"
#include "store/subscriber.h"

/* Of one process; more are refused. */
#define ORDERS_MOST 1000

#define SWEEP_MS    100
#define ORDER_BYTES 65536

struct order {
    struct orders *orders;
    struct client *client; /* NULL: has gone */
    uint64_t number;
    int64_t since_us;
    bool asked; /* the store has not answered yet */
    bool over;
    char name[COMMAND_WORD_BYTES];
    struct arena arena; /* of the question */
    struct order *next;
};

struct orders {
    const struct events_settings *settings;
    struct follow *follow;
    struct subscriber *subscriber;
    struct subscription answers;
    char channel[64];
    char *audit_path;
    int audit; /* descriptor, or -1: the log */
    uint64_t numbers;
    size_t count;
    struct order *first;
    uv_timer_t sweep;
    bool closing;
};

/* ---- the audit log ---- */

static bool open_audit(struct orders *orders, struct error *error)
{
    int fresh = -1;
    if (!*orders->audit_path)
        return true;
    fresh = open(orders->audit_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fresh < 0)
        return error_set(error, "%s: %s", orders->audit_path, strerror(errno));
    if (orders->audit >= 0)
        close(orders->audit);
    orders->audit = fresh;
    return true;
}

/* WHAT holds names that have been checked, and our own words. */
static void audit(const struct orders *orders, const struct client *client, const char *name,
                  const char *uuid, const char *what)
{
    const struct access *access = &client->arrival.access;
    struct arena arena;
    arena_init(&arena, ORDER_BYTES);
    struct buffer line = buffer_in(&arena);
    if (orders->audit >= 0) {
        instant_write(&line, clock_now_us(), 0);
        buffer_add_byte(&line, ' ');
    }
    buffer_format(&line, "command %s of %s%s%s from %s, channel %s: %s", *name ? name : "?",
                  access->user, *access->user ? "@" : "", access->domain, client->arrival.address,
                  *uuid ? uuid : "?", what);
    struct slice text = buffer_slice(&line);
    if (orders->audit < 0)
        log_info("%.*s", SLICE_ARGUMENTS(text));
    buffer_add_byte(&line, '\n');
    if (orders->audit >= 0 && write(orders->audit, line.data, line.length) != (ssize_t)line.length)
        log_error("%s: %s; not written: %.*s", orders->audit_path, strerror(errno),
                  SLICE_ARGUMENTS(text));
    arena_free(&arena);
}

/* ---- the answer ---- */

/* ERROR NULL: it was done. A client of the Basix stream hears of what went wrong only. */
static void tell(struct client *client, const char *name, const char *error)
{
    struct arena arena;
    arena_init(&arena, ORDER_BYTES);
    struct buffer out = buffer_in(&arena);
    bool basix = client_format(client) == FORMAT_BASIX;
    if (basix && error) {
        basix_msg(&out, error);
    } else if (!basix) {
        buffer_add_string(&out, "\"message\":\"answer\",\"cmd\":");
        buffer_add_json(&out, slice_from(name));
        buffer_add_string(&out, error ? ",\"ok\":false,\"error\":" : ",\"ok\":true");
        if (error)
            buffer_add_json(&out, slice_from(error));
        buffer_add_byte(&out, '}');
    }
    if (out.length > 0)
        client_answer(client, frame_make(&out));
    arena_free(&arena);
}

/* ---- orders ---- */

static void remove_order(struct order *order)
{
    struct order **place = &order->orders->first;
    while (*place != order)
        place = &(*place)->next;
    *place = order->next;
    order->orders->count--;
    arena_free(&order->arena);
    free(order);
}

/* The store may still hold the order's question. */
static void finish(struct order *order, const char *error)
{
    if (!order->over && order->client)
        tell(order->client, order->name, error);
    order->over = true;
    if (!order->asked)
        remove_order(order);
}

static void on_published(void *self, const struct store_reply *replies)
{
    struct order *order = self;
    order->asked = false;
    if (order->over)
        remove_order(order);
    else if (!replies || replies[0].kind != STORE_INTEGER)
        finish(order, "storage is away; the command may or may not have been carried out");
    else if (replies[0].integer == 0)
        finish(order, "nobody listens for commands to that server");
}

static void heard(void *self, struct slice channel, struct slice text)
{
    struct orders *orders = self;
    struct error error;
    (void)channel;
    json_t *answer = json_parse_lenient(text, &error);
    const json_t *id = json_object_get(answer, "id");
    struct order *order = orders->first;
    while (order && !(json_is_integer(id) && order->number == (uint64_t)json_integer_value(id)))
        order = order->next;
    const json_t *why = json_object_get(answer, "error");
    if (order && json_is_true(json_object_get(answer, "ok")))
        finish(order, NULL);
    else if (order)
        finish(order, json_is_string(why) ? json_string_value(why) : "the server refused");
    json_decref(answer);
}

static struct slice packet_text(struct order *order, json_t *packet)
{
    struct buffer text = buffer_in(&order->arena);
    json_object_set_new(packet, "id", json_integer((json_int_t)order->number));
    json_object_set_new(packet, "answer", json_string(order->orders->channel));
    json_write(&text, packet);
    return buffer_slice(&text);
}

/* Sends what has been found good. False: Redis is away. */
static bool send_order(struct orders *orders, struct client *client,
                       struct command_request *request)
{
    struct order *order = calloc(1, sizeof *order);
    if (!order)
        return false;
    *order = (struct order){.orders = orders,
                            .client = client,
                            .number = ++orders->numbers,
                            .since_us = clock_steady_us(),
                            .next = orders->first};
    memcpy(order->name, request->name, sizeof order->name);
    arena_init(&order->arena, ORDER_BYTES);
    orders->first = order;
    orders->count++;
    struct store_batch batch = store_batch_in(&order->arena);
    STORE_ADD(&batch, slice_from("PUBLISH"),
              element_commands(&order->arena, slice_from(request->server)),
              packet_text(order, request->packet));
    order->asked = !order->arena.exhausted &&
                   store_ask(follow_store(orders->follow), &batch, on_published, order);
    if (order->asked)
        return true;
    remove_order(order);
    return false;
}

void orders_take(struct orders *orders, struct client *client, struct slice text)
{
    struct command_request request = {0};
    struct error error;
    bool good;
    if (!orders->settings->commands)
        good = error_set(&error, "commands are switched off");
    else if (!client->domain || client->domain->state != DOMAIN_LIVE)
        good = error_set(&error, "storage is away");
    else
        good = command_check(text, &client->arrival.access, client->domain, &request, &error) &&
               (orders->count < ORDERS_MOST || error_set(&error, "too many commands wait")) &&
               (send_order(orders, client, &request) || error_set(&error, "storage is away"));
    audit(orders, client, request.name, request.uuid, good ? "sent" : error.text);
    if (!good)
        tell(client, request.name, error.text);
    json_decref(request.packet);
}

void orders_forget(struct orders *orders, const struct client *client)
{
    for (struct order *each = orders->first; each; each = each->next)
        if (each->client == client)
            each->client = NULL;
}

/* ---- the rest ---- */

static void on_sweep(uv_timer_t *timer)
{
    struct orders *orders = timer->data;
    int64_t late_us = clock_steady_us() - orders->settings->command_seconds * 1000000;
    struct order *next;
    for (struct order *each = orders->first; each; each = next) {
        next = each->next;
        if (each->since_us < late_us && !each->over)
            finish(each, "the server did not answer in time");
    }
}

/* Nobody else can guess where answers are awaited. */
static bool name_channel(struct orders *orders, struct error *error)
{
    struct fingerprint_key key;
    if (!fingerprint_key_make(&key, error))
        return false;
    const struct slice part = slice_from("answers");
    struct fingerprint name = fingerprint_of(&key, &part, 1);
    snprintf(orders->channel, sizeof orders->channel, "callboard:answers:%016llx%016llx",
             (unsigned long long)name.words[0], (unsigned long long)name.words[1]);
    return true;
}

static void orders_free(struct orders *orders)
{
    if (orders->audit >= 0)
        close(orders->audit);
    free(orders->audit_path);
    free(orders);
}

struct orders *orders_open(uv_loop_t *loop, const struct store_settings *store,
                           const struct events_settings *settings, struct follow *follow,
                           struct error *error)
{
    struct orders *orders = calloc(1, sizeof *orders);
    if (!orders) {
        error_set(error, "out of memory");
        return NULL;
    }
    *orders = (struct orders){.settings = settings, .follow = follow, .audit = -1};
    orders->audit_path = strdup(settings->audit_log);
    orders->subscriber = subscriber_open(loop, store);
    if (!orders->audit_path || !orders->subscriber)
        error_set(error, "out of memory");
    else if (open_audit(orders, error) && name_channel(orders, error)) {
        orders->answers = (struct subscription){
            .channel = slice_from(orders->channel), .self = orders, .heard = heard};
        if (subscriber_add(orders->subscriber, &orders->answers, error)) {
            uv_timer_init(loop, &orders->sweep);
            orders->sweep.data = orders;
            uv_timer_start(&orders->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
            return orders;
        }
    }
    if (orders->subscriber)
        subscriber_close(orders->subscriber);
    orders_free(orders);
    return NULL;
}

void orders_settings(struct orders *orders, const struct events_settings *settings)
{
    orders->settings = settings;
}

void orders_reopen(struct orders *orders)
{
    struct error error;
    if (!open_audit(orders, &error))
        log_error("%s", error.text);
}

static void on_closed(uv_handle_t *handle)
{
    struct orders *orders = handle->data;
    while (orders->first)
        remove_order(orders->first);
    orders_free(orders);
}

/* The store that holds questions is closed before: it has answered all of them. */
void orders_close(struct orders *orders)
{
    subscriber_remove(orders->subscriber, &orders->answers);
    subscriber_close(orders->subscriber);
    uv_close((uv_handle_t *)&orders->sweep, on_closed);
}
