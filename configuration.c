/*
 * configuration.c - all settings of callboard.fcgi, from one file.
 * Each folder has a table of its own options; here they are put together.
 */
#include "configuration.h"

#include <stdlib.h>

#include "base/listen.h"
#include "base/log.h"

#define MEMBER(name) offsetof(struct configuration, name)

static const char *const log_levels[] = {"error", "warning", "info", "debug", NULL};

static const struct config_option own_options[] = {
    {.section = "callboard",
     .name = "listen",
     .kind = CONFIG_TEXT,
     .offset = MEMBER(listen),
     .standard = "unix:/run/callboard/callboard.sock",
     .check = listen_check},
    {.section = "callboard",
     .name = "workers",
     .kind = CONFIG_NUMBER,
     .offset = MEMBER(workers),
     .standard = "0",
     .maximum = METRICS_WORKERS / 2},
    {.section = "callboard",
     .name = "user",
     .kind = CONFIG_TEXT,
     .offset = MEMBER(user),
     .standard = ""},
    {.section = "callboard",
     .name = "group",
     .kind = CONFIG_TEXT,
     .offset = MEMBER(group),
     .standard = ""},
    {.section = "callboard",
     .name = "socket_group",
     .kind = CONFIG_TEXT,
     .offset = MEMBER(socket_group),
     .standard = ""},
    {.section = "callboard",
     .name = "log",
     .kind = CONFIG_TEXT,
     .offset = MEMBER(log),
     .standard = ""},
    {.section = "callboard",
     .name = "log_level",
     .kind = CONFIG_CHOICE,
     .offset = MEMBER(log_level),
     .standard = "info",
     .choices = log_levels},
    {.section = "callboard",
     .name = "drain_seconds",
     .kind = CONFIG_NUMBER,
     .offset = MEMBER(drain_seconds),
     .standard = "10",
     .minimum = 1,
     .maximum = 3600},
    {.section = "callboard",
     .name = "request_seconds",
     .kind = CONFIG_NUMBER,
     .offset = MEMBER(server.request_seconds),
     .standard = "30",
     .minimum = 1,
     .maximum = 3600},
    {.section = "callboard",
     .name = "connections",
     .kind = CONFIG_NUMBER,
     .offset = MEMBER(server.connections),
     .standard = "4096",
     .minimum = 1,
     .maximum = 1000000},
    {.section = "bench",
     .name = "noop",
     .kind = CONFIG_BOOLEAN,
     .offset = MEMBER(bench_noop),
     .standard = "no"},
};

/* The tables of all folders, with the members of CONFIGURATION that they fill. */
struct tables {
    struct config_group groups[16];
};

static struct tables tables_for(struct configuration *configuration)
{
    return (struct tables){{
        {own_options, sizeof own_options / sizeof *own_options, configuration},
        {store_options, store_option_count, &configuration->store},
        {credentials_options, credentials_option_count, &configuration->credentials},
        {cticache_options, cticache_option_count, &configuration->cticache},
        {directory_options, directory_option_count, &configuration->directory},
        {phonecalls_options, phonecalls_option_count, &configuration->phonecalls},
        {notifications_options, notifications_option_count, &configuration->notifications},
        {cdr_options, cdr_option_count, &configuration->cdr},
        {spool_options, spool_option_count, &configuration->spool},
        {events_options, events_option_count, &configuration->events},
        {live_names_options, live_names_option_count, &configuration->live_names},
        {freeswitch_options, freeswitch_option_count, &configuration->freeswitch},
        {pbx_server_options, pbx_server_option_count, &configuration->freeswitch.servers},
        {directory_elements_options, directory_elements_option_count,
         &configuration->directory_elements},
    }};
}

static size_t table_count(const struct tables *tables)
{
    size_t count = 0;
    while (count < sizeof tables->groups / sizeof *tables->groups && tables->groups[count].options)
        count++;
    return count;
}

static bool load(struct configuration *configuration, const char *path, struct error *error)
{
    const struct tables tables = tables_for(configuration);
    if (!config_load(path, tables.groups, table_count(&tables), &configuration->arena, error) ||
        !config_check_environment(tables.groups, table_count(&tables), error))
        return false;
    if (!store_settings_check(&configuration->store, error) ||
        !credentials_settings_check(&configuration->credentials, error) ||
        !cticache_settings_complete(&configuration->cticache, error) ||
        !notifications_settings_check(&configuration->notifications, error) ||
        !events_settings_check(&configuration->events, error) ||
        !live_names_check(&configuration->live_names, error) ||
        !directory_elements_check(&configuration->directory_elements, error) ||
        !freeswitch_settings_complete(&configuration->freeswitch, &configuration->arena, error))
        return error_prefix(error, "%s", path ? path : "configuration");
    return true;
}

struct configuration *configuration_load(const char *path, struct error *error)
{
    struct configuration *configuration = calloc(1, sizeof *configuration);
    if (!configuration) {
        error_set(error, "out of memory");
        return NULL;
    }
    arena_init(&configuration->arena, (size_t)64 << 20);
    if (load(configuration, path, error))
        return configuration;
    configuration_free(configuration);
    return NULL;
}

void configuration_list_options(FILE *out)
{
    struct configuration unused = {0};
    const struct tables tables = tables_for(&unused);
    config_list(tables.groups, table_count(&tables), out);
}

bool configuration_apply_log(const struct configuration *configuration, struct error *error)
{
    if (!log_open(configuration->log, error))
        return false;
    log_set_level((enum log_level)configuration->log_level);
    return true;
}

void configuration_free(struct configuration *configuration)
{
    if (!configuration)
        return;
    arena_free(&configuration->arena);
    free(configuration);
}
