/*
 * pbx_server.c - [freeswitch.server.NAME] and [asterisk.server.NAME] of callboard.conf.
 */
#include "feeds/pbx_server.h"

static const struct pbx_server standards[] = {
    [PBX_FREESWITCH] = {.kind = PBX_FREESWITCH, .port = 8021},
    [PBX_ASTERISK] = {.kind = PBX_ASTERISK, .port = 5038},
};

/* The server INSTANCE, made when it is new. Its name becomes part of Redis keys. */
static struct pbx_server *server_named(struct pbx_server **place, enum pbx_kind kind,
                                       struct slice instance, struct arena *arena,
                                       struct error *error)
{
    if (!slice_is_name(instance, "._-")) {
        error_set(error, "a server's name is made of 0-9 A-Z a-z . _ -");
        return NULL;
    }
    while (*place && !slice_is(instance, (*place)->name))
        place = &(*place)->next;
    if (*place && (*place)->kind != kind) {
        error_set(error, "a FreeSWITCH and an Asterisk are both called \"%s\"", (*place)->name);
        return NULL;
    }
    if (*place)
        return *place;
    *place = arena_calloc(arena, 1, sizeof **place);
    if (!*place) {
        error_set(error, "out of memory");
        return NULL;
    }
    **place = standards[kind];
    (*place)->name = instance.data;
    (*place)->host = "127.0.0.1";
    (*place)->password_file = (*place)->user = (*place)->domain = (*place)->trunks = "";
    return *place;
}

static bool is_text(struct pbx_server *server, size_t offset, struct slice value,
                    struct error *error)
{
    (void)error;
    *(const char **)((char *)server + offset) = value.data;
    return true;
}

static bool is_host(struct pbx_server *server, size_t offset, struct slice value,
                    struct error *error)
{
    return value.length > 0 ? is_text(server, offset, value, error)
                            : error_set(error, "host must not be empty");
}

static bool is_port(struct pbx_server *server, size_t offset, struct slice value,
                    struct error *error)
{
    uint64_t port;
    (void)offset;
    if (!slice_number(value, 65535, &port) || port == 0)
        return error_set(error, "port must be a whole number from 1 to 65535, not \"%.*s\"",
                         SLICE_ARGUMENTS(value));
    server->port = (int64_t)port;
    return true;
}

/* A setter of MEMBER, of servers of KIND, that looks at the value with LOOK. */
#define SETTER(name, kind, member, look)                                                           \
    static bool name(void *servers, struct slice instance, struct slice value,                     \
                     struct arena *arena, struct error *error)                                     \
    {                                                                                              \
        struct pbx_server *server = server_named(servers, kind, instance, arena, error);           \
        return server && look(server, offsetof(struct pbx_server, member), value, error);          \
    }

SETTER(set_freeswitch_host, PBX_FREESWITCH, host, is_host)
SETTER(set_freeswitch_port, PBX_FREESWITCH, port, is_port)
SETTER(set_freeswitch_password_file, PBX_FREESWITCH, password_file, is_text)
SETTER(set_asterisk_host, PBX_ASTERISK, host, is_host)
SETTER(set_asterisk_port, PBX_ASTERISK, port, is_port)
SETTER(set_asterisk_user, PBX_ASTERISK, user, is_text)
SETTER(set_asterisk_password_file, PBX_ASTERISK, password_file, is_text)
SETTER(set_asterisk_domain, PBX_ASTERISK, domain, is_text)
SETTER(set_asterisk_trunks, PBX_ASTERISK, trunks, is_text)

#define FREESWITCH .section = "freeswitch.server.*", .kind = CONFIG_OTHER
#define ASTERISK   .section = "asterisk.server.*", .kind = CONFIG_OTHER

const struct config_option pbx_server_options[] = {
    {FREESWITCH, .name = "host", .set = set_freeswitch_host},
    {FREESWITCH, .name = "port", .set = set_freeswitch_port},
    {FREESWITCH, .name = "password_file", .set = set_freeswitch_password_file},
    {ASTERISK, .name = "host", .set = set_asterisk_host},
    {ASTERISK, .name = "port", .set = set_asterisk_port},
    {ASTERISK, .name = "user", .set = set_asterisk_user},
    {ASTERISK, .name = "password_file", .set = set_asterisk_password_file},
    {ASTERISK, .name = "domain", .set = set_asterisk_domain},
    {ASTERISK, .name = "trunks", .set = set_asterisk_trunks},
};
const size_t pbx_server_option_count = sizeof pbx_server_options / sizeof *pbx_server_options;

bool pbx_servers_check(const struct pbx_server *server, struct error *error)
{
    for (; server; server = server->next) {
        bool asterisk = server->kind == PBX_ASTERISK;
        const char *kind = asterisk ? "asterisk" : "freeswitch";
        if (!*server->password_file)
            return error_set(error, "[%s.server.%s] needs a password_file", kind, server->name);
        if (asterisk && !*server->user)
            return error_set(error, "[%s.server.%s] needs a user", kind, server->name);
        if (asterisk && !*server->domain)
            return error_set(error, "[%s.server.%s] needs the domain of its extensions", kind,
                             server->name);
    }
    return true;
}
