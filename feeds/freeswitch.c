/*
 * freeswitch.c - callboard-freeswitch: what FreeSWITCH and Asterisk servers do, kept true in Redis.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "configuration.h"
#include "feeds/feed.h"
#include "feeds/feed_status.h"

struct options {
    const char *config;
    bool check, status;
};

static const char usage[] =
    "usage: callboard-freeswitch [--config FILE] [--check-config | --status]\n"
    "       callboard-freeswitch --version | --help\n"
    "\n"
    "  --config FILE   read FILE instead of " DEFAULT_CONFIG "\n"
    "  --check-config  say what is wrong with the configuration, and end\n"
    "  --status        say of each PBX whether it is heard; 0 when all are, else 1\n"
    "\n"
    "Keeps Redis true to what the PBXs of the configuration do, until it is ended.\n"
    "See callboard-freeswitch(8) and callboard.conf(5).\n";

/* False: the program ends now with *status. */
static bool read_options(int argc, char **argv, struct options *options, int *status)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'}, {"check-config", no_argument, NULL, 'k'},
        {"status", no_argument, NULL, 's'},       {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    int option;
    *status = 0;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'c': options->config = optarg; break;
        case 'k': options->check = true; break;
        case 's': options->status = true; break;
        case 'v': puts("callboard-freeswitch " PACKAGE_VERSION); return false;
        case 'h': fputs(usage, stdout); return false;
        default: *status = 2; return false;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "callboard-freeswitch: what is \"%s\" for? See --help.\n", argv[optind]);
        *status = 2;
        return false;
    }
    return true;
}

static int print_status(const struct configuration *configuration)
{
    struct error error;
    log_set_level(LOG_LEVEL_ERROR);
    if (feed_status_print(&configuration->freeswitch, &configuration->store, stdout, &error))
        return 0;
    if (*error.text)
        fprintf(stderr, "callboard-freeswitch: %s\n", error.text);
    return 1;
}

/* Until it is ended; frees the configuration. */
static int run(const char *path, struct configuration *configuration)
{
    bool good = true;
    while (configuration) {
        struct configuration *next;
        good = feed_run(path, configuration, &next);
        configuration_free(configuration);
        configuration = next;
    }
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct error error;
    int status;
    if (!read_options(argc, argv, &options, &status))
        return status;
    const char *path = options.config ? options.config : getenv("CALLBOARD_CONFIG");
    if (!path)
        path = DEFAULT_CONFIG;
    struct configuration *configuration = configuration_load(path, &error);
    if (!configuration) {
        fprintf(stderr, "callboard-freeswitch: %s\n", error.text);
        return 1;
    }
    if (options.check) {
        printf("%s: good\n", path);
    } else if (!configuration->freeswitch.servers) {
        fprintf(stderr,
                "callboard-freeswitch: %s has no section [freeswitch.server.NAME] and no "
                "[asterisk.server.NAME]\n",
                path);
        status = 1;
    } else if (options.status) {
        status = print_status(configuration);
    } else {
        return run(path, configuration);
    }
    configuration_free(configuration);
    return status;
}
