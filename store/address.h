/*
 * address.h - where Redis is.
 *   unix:/path[?db=N]
 *   redis://[user:password@]host[:port][/db]
 * sentinel:// and cluster:// are known words that nothing serves yet.
 */
#ifndef CALLBOARD_ADDRESS_H
#define CALLBOARD_ADDRESS_H

#include "base/arena.h"
#include "base/error.h"

struct store_address {
    const char *path; /* of the unix socket; NULL: TCP */
    const char *host; /* name or number, without brackets */
    int port;
    const char *user;     /* NULL: Redis' default user */
    const char *password; /* NULL: none */
    int database;
};

/*
 * Reads TEXT into *address; the texts live in ARENA. Fails, with an error that never holds the password, on
 * anything else than the forms above.
 */
bool store_address_parse(const char *text, struct arena *arena, struct store_address *address,
                         struct error *error);

/* ADDRESS for a log: without user and password. In ARENA; NULL without memory. */
const char *store_address_show(const struct store_address *address, struct arena *arena);

#endif
