/*
 * settings.c - [redis] of the configuration.
 */
#include "store/settings.h"

static bool check_address(const char *value, struct error *error)
{
    struct store_address address;
    struct arena arena;
    arena_init(&arena, 65536);
    bool good = store_address_parse(value, &arena, &address, error);
    arena_free(&arena);
    return good;
}

const struct config_option store_options[] = {
    {.section = "redis",
     .name = "address",
     .kind = CONFIG_TEXT,
     .offset = offsetof(struct store_settings, address),
     .standard = "unix:/run/redis/redis-server.sock",
     .check = check_address},
    {.section = "redis",
     .name = "password_file",
     .kind = CONFIG_TEXT,
     .offset = offsetof(struct store_settings, password_file),
     .standard = ""},
    {.section = "redis",
     .name = "deadline",
     .kind = CONFIG_NUMBER,
     .offset = offsetof(struct store_settings, deadline_ms),
     .standard = "500",
     .minimum = 10,
     .maximum = 60000},
    {.section = "redis",
     .name = "reconnect",
     .kind = CONFIG_NUMBER,
     .offset = offsetof(struct store_settings, reconnect_ms),
     .standard = "250",
     .minimum = 10,
     .maximum = 60000},
};
const size_t store_option_count = sizeof store_options / sizeof *store_options;

bool store_settings_address(const struct store_settings *settings, struct arena *arena,
                            struct store_address *address, struct error *error)
{
    if (!store_address_parse(settings->address, arena, address, error))
        return false;
    return !*settings->password_file ||
           config_read_secret(settings->password_file, arena, &address->password, error);
}

bool store_settings_check(const struct store_settings *settings, struct error *error)
{
    struct store_address address;
    struct arena arena;
    arena_init(&arena, 65536);
    bool good = store_settings_address(settings, &arena, &address, error);
    arena_free(&arena);
    return good;
}
