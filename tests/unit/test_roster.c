/*
 * test_roster.c - tests of events/roster.c.
 */
#include "suite.h"

#include "events/roster.h"

static struct events_settings settings;
static struct roster roster;

static void wake(struct client *client)
{
    if (client->closing)
        roster_discount(&roster, client);
}

static const struct client_owner owner = {.settings = &settings, .wake = wake};

static struct arrival from(const char *domain, const char *address)
{
    struct arrival arrival = {.wire = WIRE_TEXT, .elements = ELEMENTS_ALL};
    strcpy(arrival.access.domain, domain);
    strcpy(arrival.address, address);
    return arrival;
}

static struct client *enter(struct arrival arrival)
{
    struct client *client = client_make(&owner, &arrival);
    roster_enter(&roster, client);
    return client;
}

static void leave(struct client *client)
{
    roster_leave(&roster, client);
    client_free(client);
}

static bool room_for(struct arrival arrival)
{
    return roster_make_room(&roster, &arrival, &settings);
}

static void begin(void)
{
    settings = (struct events_settings){.connections = 3,
                                        .domain_connections = 3,
                                        .address_connections = 3,
                                        .buffer_kilobytes = 64};
    CU_ASSERT_TRUE(roster_init(&roster));
}

static void end(void)
{
    while (roster.clients)
        leave(roster.clients);
    CU_ASSERT_EQUAL(roster.count, 0);
    CU_ASSERT_EQUAL(json_object_size(roster.of_domain), 0);
    CU_ASSERT_EQUAL(json_object_size(roster.of_address), 0);
    roster_free(&roster);
}

static void test_limits(void)
{
    begin();
    settings.domain_connections = 2;
    struct client *first = enter(from("a", "10.0.0.1"));
    CU_ASSERT_TRUE(room_for(from("a", "10.0.0.1")));
    enter(from("a", "10.0.0.2"));
    CU_ASSERT_FALSE(room_for(from("a", "10.0.0.3"))); /* two of the domain */
    CU_ASSERT_TRUE(room_for(from("b", "10.0.0.3")));
    settings.address_connections = 1;
    CU_ASSERT_FALSE(room_for(from("b", "10.0.0.2"))); /* one of the address */
    enter(from("b", "10.0.0.3"));
    CU_ASSERT_FALSE(room_for(from("c", "10.0.0.4"))); /* three in all */
    leave(first);
    CU_ASSERT_TRUE(room_for(from("a", "10.0.0.1")));
    end();
}

/* One that is being dropped takes no room of its domain and address any more. */
static void test_dropped(void)
{
    begin();
    settings.domain_connections = settings.address_connections = 1;
    struct client *first = enter(from("a", "10.0.0.1"));
    CU_ASSERT_FALSE(room_for(from("a", "10.0.0.1")));
    client_drop(first, 1008, "too_slow");
    CU_ASSERT_TRUE(room_for(from("a", "10.0.0.1")));
    end();
}

static void test_same_application(void)
{
    begin();
    struct arrival desk = from("a", "10.0.0.1"), phone = desk, other = from("b", "10.0.0.1");
    strcpy(desk.app_name, "desk");
    strcpy(other.app_name, "desk");
    struct client *old = enter(desk), *stays = enter(phone), *elsewhere = enter(other);
    CU_ASSERT_FALSE(room_for(desk)); /* three in all */
    CU_ASSERT_FALSE(old->closing);
    desk.force = true;
    settings.connections = 4;
    CU_ASSERT_TRUE(room_for(desk));
    CU_ASSERT_TRUE(old->closing);
    CU_ASSERT_STRING_EQUAL(old->close_reason, "connection_replaced");
    CU_ASSERT_FALSE(stays->closing);
    CU_ASSERT_FALSE(elsewhere->closing);
    end();
}

/* With force, in a full domain, the oldest goes; when an address or all is full it goes not: that would make no room. */
static void test_full_domain(void)
{
    begin();
    settings.domain_connections = 2;
    struct client *oldest = enter(from("a", "10.0.0.1")), *newer = enter(from("a", "10.0.0.1"));
    struct arrival arrival = from("a", "10.0.0.1");
    strcpy(arrival.app_name, "other");
    arrival.force = true;
    settings.address_connections = 2;
    CU_ASSERT_FALSE(room_for(arrival));
    CU_ASSERT_FALSE(oldest->closing);
    settings.address_connections = 3;
    CU_ASSERT_TRUE(room_for(arrival));
    CU_ASSERT_TRUE(oldest->closing);
    CU_ASSERT_FALSE(newer->closing);
    end();
}

static void test_list(void)
{
    struct arena arena;
    const struct access access = {.domain = "a"};
    begin();
    struct arrival desk = from("a", "10.0.0.1");
    strcpy(desk.app_name, "desk");
    strcpy(desk.access.user, "ada");
    enter(desk)->since_us = 7;
    enter(from("b", "10.0.0.2"));
    desk.wire = WIRE_SSE;
    enter(desk)->since_us = 8;
    arena_init(&arena, 65536);
    struct buffer out = buffer_in(&arena);
    roster_write(&roster, &access, &out);
    ASSERT_TEXT(buffer_slice(&out),
                "{\"connections\":[{\"number\":3,\"kind\":\"sse\",\"app_name\":\"desk\",\"user\":"
                "\"ada\",\"address\":\"10.0.0.1\",\"since\":8,\"waiting_bytes\":0},{\"number\":1,"
                "\"kind\":\"websocket\",\"app_name\":\"desk\",\"user\":\"ada\",\"address\":"
                "\"10.0.0.1\",\"since\":7,\"waiting_bytes\":0}],\"more\":false}");
    arena_free(&arena);
    end();
}

SUITE("roster", {"limits", test_limits}, {"one that is dropped takes no room", test_dropped},
      {"the same application is replaced", test_same_application},
      {"the oldest of a full domain is replaced", test_full_domain}, {"list", test_list})
