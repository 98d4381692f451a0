/*
 * address.c - where Redis is.
 */
#include "store/address.h"

#include <stdio.h>

#include "base/buffer.h"
#include "base/form.h"

#define DATABASES  16384
#define PATH_BYTES 107 /* what a unix socket's address holds */

static bool read_database(struct slice text, int *database, struct error *error)
{
    uint64_t number = 0;
    if (text.length > 0 && !slice_number(text, DATABASES - 1, &number))
        return error_set(error, "the database must be a number from 0 to %d", DATABASES - 1);
    *database = (int)number;
    return true;
}

static bool parse_unix(struct slice rest, struct arena *arena, struct store_address *address,
                       struct error *error)
{
    struct slice query, path = slice_cut(rest, '?', &query);
    if (path.length == 0 || path.data[0] != '/' || path.length > PATH_BYTES)
        return error_set(error, "unix: needs an absolute path of at most %d bytes", PATH_BYTES);
    if (query.data && !slice_starts(query, "db="))
        return error_set(error, "after the path only ?db=N may follow");
    struct slice database = query.data ? slice_of(query.data + 3, query.length - 3) : query;
    address->path = arena_copy(arena, path).data;
    if (!address->path)
        return error_set(error, "out of memory");
    return read_database(database, &address->database, error);
}

static bool parse_credential(struct slice text, struct arena *arena, struct store_address *address,
                             struct error *error)
{
    struct slice password, decoded, user = slice_cut(text, ':', &password);
    if (!password.data)
        return error_set(error, "in front of \"@\" there must be user:password");
    if (!percent_decode(arena, user, &decoded, error))
        return error_prefix(error, "user");
    if (decoded.length)
        address->user = arena_copy(arena, decoded).data;
    if (!percent_decode(arena, password, &decoded, error))
        return error_prefix(error, "password");
    address->password = arena_copy(arena, decoded).data;
    return address->password ? true : error_set(error, "out of memory");
}

/* host, host:port, [::1], [::1]:port */
static bool parse_host(struct slice text, struct arena *arena, struct store_address *address,
                       struct error *error)
{
    struct slice host, port;
    uint64_t number = 6379;
    if (text.length && text.data[0] == '[') {
        host = slice_cut(slice_of(text.data + 1, text.length - 1), ']', &port);
        if (!port.data || (port.length && port.data[0] != ':'))
            return error_set(error, "an IPv6 address stands in brackets: [::1]:6379");
        port = port.length ? slice_of(port.data + 1, port.length - 1) : slice_of(NULL, 0);
    } else {
        host = slice_cut(text, ':', &port);
    }
    if (host.length == 0 || host.length > 255)
        return error_set(error, "redis:// needs a host of at most 255 bytes");
    if (port.data && (!slice_number(port, 65535, &number) || number == 0))
        return error_set(error, "the port must be a number from 1 to 65535");
    address->host = arena_copy(arena, host).data;
    address->port = (int)number;
    return address->host ? true : error_set(error, "out of memory");
}

static bool parse_tcp(struct slice rest, struct arena *arena, struct store_address *address,
                      struct error *error)
{
    struct slice database, authority = slice_cut(rest, '/', &database);
    size_t at = authority.length;
    while (at > 0 && authority.data[at - 1] != '@')
        at--;
    if (at > 0) {
        if (!parse_credential(slice_of(authority.data, at - 1), arena, address, error))
            return false;
        authority = slice_of(authority.data + at, authority.length - at);
    }
    return parse_host(authority, arena, address, error) &&
           read_database(database, &address->database, error);
}

bool store_address_parse(const char *text, struct arena *arena, struct store_address *address,
                         struct error *error)
{
    static const char tcp[] = "redis://", local[] = "unix:";
    struct slice all = slice_from(text);
    *address = (struct store_address){0};
    if (slice_starts(all, local))
        return parse_unix(slice_of(text + sizeof local - 1, all.length - sizeof local + 1), arena,
                          address, error);
    if (slice_starts(all, tcp))
        return parse_tcp(slice_of(text + sizeof tcp - 1, all.length - sizeof tcp + 1), arena,
                         address, error);
    if (slice_starts(all, "sentinel://") || slice_starts(all, "cluster://"))
        return error_set(error, "Redis behind sentinel:// or cluster:// is not supported yet");
    return error_set(error, "Redis' address must be unix:/path or redis://host:port/db");
}

const char *store_address_show(const struct store_address *address, struct arena *arena)
{
    struct buffer text = buffer_in(arena);
    if (address->path)
        buffer_format(&text, "unix:%s, database %d", address->path, address->database);
    else
        buffer_format(&text, "%s port %d, database %d", address->host, address->port,
                      address->database);
    return arena_copy(arena, buffer_slice(&text)).data;
}
