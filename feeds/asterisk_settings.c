/*
 * asterisk_settings.c - the settings of phonecalls, from one file: see phonecalls(1).
 */
#include "base/zone.h"
#include "feeds/asterisk_settings.h"

#include <stdlib.h>

#define ASTERISK(member) .section = "asterisk", .offset = offsetof(struct asterisk_settings, member)
#define CALLBOARD(member)                                                                          \
    .section = "callboard", .offset = offsetof(struct asterisk_settings, sender.member)

static const char *const sources[] = {"odbc", "csv", NULL};
static const char *const methods[] = {"post", "get", NULL};

static bool set_rewrite(void *self, struct slice instance, struct slice value, struct arena *arena,
                        struct error *error)
{
    struct asterisk_settings *settings = self;
    (void)instance;
    return rewrite_add(&settings->rules.rewrite, value, arena, error);
}

static const struct config_option options[] = {
    /* Where the calls come from. */
    {ASTERISK(source), .name = "source", .kind = CONFIG_CHOICE, .standard = "odbc",
     .choices = sources},
    {ASTERISK(csv), .name = "csv", .kind = CONFIG_TEXT,
     .standard = "/var/log/asterisk/cdr-csv/Master.csv"},
    {ASTERISK(odbc.dsn), .name = "dsn", .kind = CONFIG_TEXT, .standard = "asterisk"},
    {ASTERISK(odbc.user), .name = "user", .kind = CONFIG_TEXT, .standard = ""},
    {ASTERISK(odbc.password), .name = "password", .kind = CONFIG_TEXT, .standard = ""},
    {ASTERISK(password_file), .name = "password_file", .kind = CONFIG_TEXT, .standard = ""},
    {ASTERISK(odbc.table), .name = "table", .kind = CONFIG_TEXT, .standard = "cdr"},
    {ASTERISK(odbc.page_rows), .name = "page", .kind = CONFIG_NUMBER, .standard = "5000",
     .minimum = 1, .maximum = 100000},
    /* Which of them, and what becomes of them. */
    {ASTERISK(hours), .name = "hours", .kind = CONFIG_NUMBER, .standard = "4", .minimum = 1,
     .maximum = 87600},
    {ASTERISK(days), .name = "days", .kind = CONFIG_NUMBER, .standard = "360", .minimum = 1,
     .maximum = 36500},
    {ASTERISK(shortest), .name = "shortest", .kind = CONFIG_NUMBER, .standard = "7", .minimum = 1,
     .maximum = 64},
    {ASTERISK(zone), .name = "calldate_zone", .kind = CONFIG_TEXT, .standard = "utc"},
    {ASTERISK(rules.rewrite), .name = "rewrite", .kind = CONFIG_OTHER, .set = set_rewrite},
    {ASTERISK(rules.url_prefix), .name = "url_prefix", .kind = CONFIG_TEXT, .standard = ""},
    /* Where they go. */
    {CALLBOARD(url), .name = "url", .kind = CONFIG_TEXT, .standard = ""},
    {CALLBOARD(token), .name = "token", .kind = CONFIG_TEXT, .standard = ""},
    {.section = "callboard",
     .offset = offsetof(struct asterisk_settings, token_file),
     .name = "token_file",
     .kind = CONFIG_TEXT,
     .standard = ""},
    {CALLBOARD(user), .name = "user", .kind = CONFIG_TEXT, .standard = ""},
    {CALLBOARD(password), .name = "password", .kind = CONFIG_TEXT, .standard = ""},
    {.section = "callboard",
     .offset = offsetof(struct asterisk_settings, basic_password_file),
     .name = "password_file",
     .kind = CONFIG_TEXT,
     .standard = ""},
    {CALLBOARD(ca), .name = "ca", .kind = CONFIG_TEXT, .standard = ""},
    {CALLBOARD(verify), .name = "verify", .kind = CONFIG_BOOLEAN, .standard = "yes"},
    {CALLBOARD(method), .name = "method", .kind = CONFIG_CHOICE, .standard = "post",
     .choices = methods},
    {CALLBOARD(language), .name = "language", .kind = CONFIG_TEXT, .standard = "en"},
    {CALLBOARD(in_flight), .name = "in_flight", .kind = CONFIG_NUMBER, .standard = "64",
     .minimum = 1, .maximum = 256},
    {CALLBOARD(timeout), .name = "timeout", .kind = CONFIG_NUMBER, .standard = "30", .minimum = 1,
     .maximum = 3600},
    {CALLBOARD(patience), .name = "patience", .kind = CONFIG_NUMBER, .standard = "300",
     .minimum = 1, .maximum = 86400},
};

/* As the original did it: a 9 for an outside line, and the area code in front of local numbers. */
static bool set_standard_rewrite(struct asterisk_settings *settings, struct error *error)
{
    struct rewrite *rewrite = &settings->rules.rewrite;
    return rewrite->given ||
           (rewrite_add(rewrite, slice_from("drop 9"), &settings->arena, error) &&
            rewrite_add(rewrite, slice_from("add 0212 if 7 digits"), &settings->arena, error));
}

/* The secret in the file FILE, if one is named; else SECRET as it is, and then it must stand in a private file. */
static bool read_secret(struct asterisk_settings *settings, const char *path, const char *file,
                        const char *variable, const char **secret, struct error *error)
{
    const char *given = getenv(variable);
    if (*file)
        return config_check_private(file, error) &&
               config_read_secret(file, &settings->arena, secret, error);
    if (!**secret || !path || (given && strcmp(given, *secret) == 0))
        return true;
    return config_check_private(path, error);
}

static bool read_secrets(struct asterisk_settings *settings, const char *path, struct error *error)
{
    return read_secret(settings, path, settings->password_file, "CALLBOARD_CONF_ASTERISK_PASSWORD",
                       &settings->odbc.password, error) &&
           read_secret(settings, path, settings->token_file, "CALLBOARD_CONF_TOKEN",
                       &settings->sender.token, error) &&
           read_secret(settings, path, settings->basic_password_file, "CALLBOARD_CONF_PASSWORD",
                       &settings->sender.password, error);
}

/* A connection string may hold a password, too. */
static bool check_connection_string(const struct asterisk_settings *settings, const char *path,
                                    struct error *error)
{
    const char *given = getenv("CALLBOARD_CONF_ASTERISK_DSN");
    if (!path || !strcasestr(settings->odbc.dsn, "pwd=") ||
        (given && strcmp(given, settings->odbc.dsn) == 0))
        return true;
    return config_check_private(path, error);
}

/* "utc", "local", or the name of a zone. */
static bool set_zone(struct asterisk_settings *settings, struct error *error)
{
    settings->rules.zone = CDR_ZONE_LOCAL;
    if (strcmp(settings->zone, "local") == 0)
        return true;
    if (strcmp(settings->zone, "utc") == 0) {
        settings->rules.zone = CDR_ZONE_UTC;
        return true;
    }
    if (!zone_check(settings->zone, error))
        return error_prefix(error, "calldate_zone, if not utc or local");
    zone_use(settings->zone);
    return true;
}

static bool check(const struct asterisk_settings *settings, struct error *error)
{
    struct slice url = slice_from(settings->sender.url);
    struct slice prefix = slice_from(settings->rules.url_prefix);
    if (url.length == 0)
        return error_set(error, "url in [callboard] is missing: where callboard is");
    if (!slice_starts(url, "https://") && !slice_starts(url, "http://"))
        return error_set(error, "url in [callboard] must begin with https:// or http://");
    if (!*settings->sender.token)
        return error_set(error, "token_file in [callboard] is missing: the token for /direct");
    if (prefix.length > 0 && !slice_starts(prefix, "https://") && !slice_starts(prefix, "http://"))
        return error_set(error, "url_prefix in [asterisk] must begin with https:// or http://");
    return true;
}

bool asterisk_settings_load(struct asterisk_settings *settings, const char *path,
                            struct error *error)
{
    *settings = (struct asterisk_settings){0};
    arena_init(&settings->arena, (size_t)1 << 20);
    const struct config_group group = {options, sizeof options / sizeof *options, settings};
    if (!config_load(path, &group, 1, &settings->arena, error))
        return false;
    if (!set_standard_rewrite(settings, error) || !set_zone(settings, error) ||
        !read_secrets(settings, path, error) || !check_connection_string(settings, path, error))
        return false;
    return check(settings, error) || (path && error_prefix(error, "%s", path));
}

void asterisk_settings_free(struct asterisk_settings *settings)
{
    arena_free(&settings->arena);
}
