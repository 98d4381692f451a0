/*
 * roster.c - who is connected, and how many there may be.
 */
#include "events/roster.h"

/* Clients shown in one list. */
#define LIST_MOST 1000

bool roster_init(struct roster *roster)
{
    *roster = (struct roster){.of_domain = json_object(), .of_address = json_object()};
    return roster->of_domain && roster->of_address;
}

void roster_free(struct roster *roster)
{
    json_decref(roster->of_domain);
    json_decref(roster->of_address);
}

/* ---- counting ---- */

static int64_t counted(const json_t *counts, const char *name)
{
    return json_integer_value(json_object_get(counts, name));
}

static void count(json_t *counts, const char *name, int more)
{
    int64_t number = counted(counts, name) + more;
    if (number == 0)
        json_object_del(counts, name);
    else if (json_integer_set(json_object_get(counts, name), number) != 0)
        json_object_set_new(counts, name, json_integer(number));
}

static void count_client(struct roster *roster, const struct client *client, int more)
{
    count(roster->of_domain, client->arrival.access.domain, more);
    count(roster->of_address, client->arrival.address, more);
}

/* ---- coming and going ---- */

void roster_enter(struct roster *roster, struct client *client)
{
    client->number = ++roster->numbers;
    client->previous = NULL;
    client->next = roster->clients;
    if (client->next)
        client->next->previous = client;
    roster->clients = client;
    roster->count++;
    client->counted = true;
    count_client(roster, client, 1);
}

void roster_discount(struct roster *roster, struct client *client)
{
    if (client->counted)
        count_client(roster, client, -1);
    client->counted = false;
}

void roster_leave(struct roster *roster, struct client *client)
{
    roster_discount(roster, client);
    if (client->previous)
        client->previous->next = client->next;
    else
        roster->clients = client->next;
    if (client->next)
        client->next->previous = client->previous;
    roster->count--;
}

/* ---- room ---- */

static bool same_application(const struct arrival *a, const struct arrival *b)
{
    return (a->wire == WIRE_BINARY) == (b->wire == WIRE_BINARY) &&
           strcmp(a->access.domain, b->access.domain) == 0 &&
           strcmp(a->access.user, b->access.user) == 0 && strcmp(a->app_name, b->app_name) == 0;
}

static void replace(struct roster *roster, struct client *client)
{
    client_drop(client, CLOSE_NORMAL, "connection_replaced");
    roster_discount(roster, client);
}

/* Drops all that ARRIVAL replaces. Returns the oldest client of its domain that stays, or NULL. */
static struct client *replace_same(struct roster *roster, const struct arrival *arrival)
{
    struct client *oldest = NULL;
    for (struct client *each = roster->clients; each; each = each->next) {
        if (each->closing)
            continue;
        if (same_application(&each->arrival, arrival))
            replace(roster, each);
        else if (strcmp(each->arrival.access.domain, arrival->access.domain) == 0)
            oldest = each;
    }
    return oldest;
}

bool roster_make_room(struct roster *roster, const struct arrival *arrival,
                      const struct events_settings *settings)
{
    struct client *oldest = arrival->force ? replace_same(roster, arrival) : NULL;
    if (counted(roster->of_address, arrival->address) >= settings->address_connections ||
        roster->count >= (size_t)settings->connections)
        return false;
    if (counted(roster->of_domain, arrival->access.domain) < settings->domain_connections)
        return true;
    if (oldest)
        replace(roster, oldest);
    return oldest;
}

/* ---- the list ---- */

const char *roster_kind(const struct arrival *arrival)
{
    static const char *const wires[] = {"basix", "websocket", "sse"};
    return wires[arrival->wire];
}

static void write_client(const struct client *client, struct buffer *out)
{
    const struct arrival *arrival = &client->arrival;
    buffer_add_string(out, "{\"number\":");
    buffer_add_number(out, (int64_t)client->number);
    buffer_add_string(out, ",\"kind\":");
    buffer_add_json(out, slice_from(roster_kind(arrival)));
    buffer_add_string(out, ",\"app_name\":");
    buffer_add_json(out, slice_from(arrival->app_name));
    buffer_add_string(out, ",\"user\":");
    buffer_add_json(out, slice_from(arrival->access.user));
    buffer_add_string(out, ",\"address\":");
    buffer_add_json(out, slice_from(arrival->address));
    buffer_add_string(out, ",\"since\":");
    buffer_add_number(out, client->since_us);
    buffer_add_string(out, ",\"waiting_bytes\":");
    buffer_add_number(out, (int64_t)client->outbox.news);
    buffer_add_byte(out, '}');
}

void roster_write(const struct roster *roster, const struct access *access, struct buffer *out)
{
    const struct client *each = roster->clients;
    size_t listed = 0;
    buffer_add_string(out, "{\"connections\":[");
    for (; each && listed < LIST_MOST; each = each->next) {
        if (strcmp(each->arrival.access.domain, access->domain) != 0)
            continue;
        buffer_add_string(out, listed++ ? "," : "");
        write_client(each, out);
    }
    buffer_add_string(out, each ? "],\"more\":true}" : "],\"more\":false}");
}
