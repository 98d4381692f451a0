/*
 * callboard.c - callboard.fcgi: the program, which is a pool of FastCGI workers or answers one request as a CGI program.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "configuration.h"
#include "fcgi/cgi.h"
#include "fcgi/inherited.h"
#include "handlers/dispatch.h"
#include "pool.h"
#include "worker.h"

/* ---- CGI ---- */

static void on_cgi_answered(void *self)
{
    worker_close(self);
}

static int run_cgi(struct configuration *configuration)
{
    struct worker worker;
    struct doorkeeper doorkeeper;
    struct error error = {"out of memory"};
    struct metrics *metrics = metrics_create();
    struct metrics_worker *counts = metrics ? metrics_take_place(metrics) : NULL;
    if (!counts || !configuration_apply_log(configuration, &error)) {
        fprintf(stderr, "callboard.fcgi: %s\n", counts ? error.text : "no shared memory");
        return 1;
    }
    log_set_process("cgi");
    counts->pid = getpid();
    if (!doorkeeper_open(&configuration->credentials, &doorkeeper, &error) ||
        !worker_prepare(&worker, configuration, metrics, counts, &doorkeeper, &error) ||
        !cgi_serve(&worker.application, configuration->server.request_seconds, on_cgi_answered,
                   &worker, &error)) {
        fprintf(stderr, "callboard.fcgi: %s\n", error.text);
        return 1;
    }
    uv_run(&worker.loop, UV_RUN_DEFAULT);
    uv_loop_close(&worker.loop);
    log_flush();
    configuration_free(configuration);
    return 0;
}

/* Somebody's browser waits: it is told that something is wrong, the site's owner reads what in the error log. */
static int answer_misconfigured(void)
{
    static const char page[] =
        "{\"error\":\"callboard is not configured properly; the web server's "
        "error log says what is wrong\"}\n";
    printf("Status: 500 Internal Server Error\r\nContent-Type: application/json\r\n"
           "Content-Length: %zu\r\n\r\n%s",
           sizeof page - 1, page);
    return 0;
}

/* ---- the program ---- */

struct options {
    const char *config;
    const char *listen;
    const char *workers;
    bool check;
};

static const char usage[] =
    "usage: callboard.fcgi [--config FILE] [--listen ADDRESS] [--workers N] [--check-config]\n"
    "       callboard.fcgi --routes | --list-options | --version | --help\n"
    "\n"
    "  --config FILE     read FILE instead of " DEFAULT_CONFIG "\n"
    "  --listen ADDRESS  listen on unix:/path or 127.0.0.1:port, whatever the file says\n"
    "  --workers N       so many worker processes, whatever the file says\n"
    "  --check-config    say what is wrong with the configuration, and end\n"
    "  --routes          print each method and path that is answered, and end\n"
    "  --list-options    print every key of the configuration with its standard value, and end\n"
    "\n"
    "With a listening socket on descriptor 0 that one is served; started by a web server as a CGI\n"
    "program it answers one request. See callboard.fcgi(8) and callboard.conf(5).\n";

/* A line a method and path; HEAD and OPTIONS go without saying. */
static void list_routes(void)
{
    static const struct {
        enum http_method method;
        const char *name;
    } methods[] = {{HTTP_GET, "GET"},     {HTTP_POST, "POST"},     {HTTP_PUT, "PUT"},
                   {HTTP_PATCH, "PATCH"}, {HTTP_DELETE, "DELETE"}, {HTTP_UNKNOWN_METHOD, "*"}};
    for (size_t route = 0; route < route_count; route++)
        for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
            if (routes[route].methods & methods[i].method)
                printf("%s %s\n", methods[i].name, routes[route].path);
}

/* False: the program ends now with *status. */
static bool read_options(int argc, char **argv, struct options *options, int *status)
{
    static const struct option known[] = {{"config", required_argument, NULL, 'c'},
                                          {"listen", required_argument, NULL, 'l'},
                                          {"workers", required_argument, NULL, 'w'},
                                          {"check-config", no_argument, NULL, 'k'},
                                          {"routes", no_argument, NULL, 'r'},
                                          {"list-options", no_argument, NULL, 'o'},
                                          {"version", no_argument, NULL, 'v'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int option;
    *status = 0;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'c': options->config = optarg; break;
        case 'l': options->listen = optarg; break;
        case 'w': options->workers = optarg; break;
        case 'k': options->check = true; break;
        case 'r': list_routes(); return false;
        case 'o': configuration_list_options(stdout); return false;
        case 'v': puts("callboard " PACKAGE_VERSION); return false;
        case 'h': fputs(usage, stdout); return false;
        default: *status = 2; return false;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "callboard.fcgi: what is \"%s\" for? See --help.\n", argv[optind]);
        *status = 2;
        return false;
    }
    return true;
}

/* The file to read: as told, or the standard one where it is there; NULL for none. */
static const char *config_path(const struct options *options)
{
    const char *path = options->config ? options->config : getenv("CALLBOARD_CONFIG");
    if (path)
        return path;
    return access(DEFAULT_CONFIG, F_OK) == 0 ? DEFAULT_CONFIG : NULL;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct error error;
    int status;
    bool cgi = getenv("REQUEST_METHOD") && getenv("GATEWAY_INTERFACE");
    /* A CGI program's arguments may come from the URL (RFC 3875, section 4.4): they are none of ours. */
    if (!cgi && !read_options(argc, argv, &options, &status))
        return status;
    if (options.workers)
        setenv("CALLBOARD_CONF_WORKERS", options.workers, 1);
    const char *path = config_path(&options);
    struct configuration *configuration = configuration_load(path, &error);
    if (!configuration) {
        fprintf(stderr, "callboard.fcgi: %s\n", error.text);
        return cgi ? answer_misconfigured() : 1;
    }
    if (options.check) {
        printf("%s: good\n", path ? path : "standard configuration");
        configuration_free(configuration);
        return 0;
    }
    if (cgi)
        return run_cgi(configuration);
    bool inherited = !options.listen && listen_inherited();
    return pool_run(path, configuration, options.listen ? options.listen : configuration->listen,
                    inherited);
}
