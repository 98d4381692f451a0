/*
 * live_domains.c - the domains that one PBX serves, and its element `server` in each of them.
 */
#include "feeds/live_domains.h"

#include "base/buffer.h"

#define DOMAINS_MAX 1000

/* Bytes, with room to spare: a server's name is short. */
#define JSON_ROOM 32768

static void tell(const struct live_domains *domains, struct slice domain)
{
    struct arena arena;
    arena_init(&arena, JSON_ROOM);
    struct buffer json = buffer_in(&arena);
    buffer_add_string(&json, "{\"id\":");
    buffer_add_json(&json, domains->server);
    buffer_format(&json,
                  ",\"state\":\"%s\",\"since\":%lld,\"server\":", domains->up ? "up" : "away",
                  (long long)domains->since_us);
    buffer_add_json(&json, domains->server);
    buffer_add_byte(&json, '}');
    if (!json.failed)
        domains->tell(domains->self, domain, buffer_slice(&json));
    arena_free(&arena);
}

void live_domains_note(struct live_domains *domains, struct slice domain)
{
    if (live_table_find(&domains->table, domain) || domains->table.count >= DOMAINS_MAX)
        return;
    if (live_table_add(&domains->table, domain, sizeof(struct live_entry)) && domains->known)
        tell(domains, domain);
}

void live_domains_server_is(struct live_domains *domains, bool up, int64_t since_us)
{
    const struct live_entry *domain = NULL;
    domains->known = true;
    domains->up = up;
    domains->since_us = since_us;
    while ((domain = live_table_after(&domains->table, domain)))
        tell(domains, domain->key);
}

void live_domains_free(struct live_domains *domains)
{
    struct live_entry *domain;
    while ((domain = live_table_after(&domains->table, NULL)))
        live_table_remove(&domains->table, domain);
    live_table_close(&domains->table);
}
