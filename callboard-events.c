/*
 * callboard-events.c - the event stream's gateway: Redis' streams to WebSocket and server-sent events.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/listen.h"
#include "base/log.h"
#include "configuration.h"
#include "events/door.h"
#include "events/request.h"

struct program {
    uv_loop_t loop;
    const char *path;                    /* of the configuration file */
    struct configuration *configuration; /* that of the start: the stores use it */
    struct configuration *current;       /* after a reload */
    struct follow *follow;
    struct access_control *control;
    struct orders *orders;
    struct server *server;
    struct door *door;
    uv_signal_t on_term, on_interrupt, on_reload, on_reopen;
    uv_prepare_t before_waiting;
    uv_timer_t patience; /* with clients that do not go */
    bool ending, ended;
};

/* ---- the end ---- */

static void end(void *self)
{
    struct program *program = self;
    if (program->ended)
        return;
    program->ended = true;
    server_close(program->server);
    follow_close(program->follow);
    orders_close(program->orders);
    uv_close((uv_handle_t *)&program->on_term, NULL);
    uv_close((uv_handle_t *)&program->on_interrupt, NULL);
    uv_close((uv_handle_t *)&program->on_reload, NULL);
    uv_close((uv_handle_t *)&program->on_reopen, NULL);
    uv_close((uv_handle_t *)&program->before_waiting, NULL);
    uv_close((uv_handle_t *)&program->patience, NULL);
}

static void on_patience_over(uv_timer_t *timer)
{
    log_info("some clients do not go: they are cut off");
    end(timer->data);
}

static void on_end(uv_signal_t *signal, int number)
{
    struct program *program = signal->data;
    (void)number;
    if (program->ending)
        return;
    program->ending = true;
    log_info("ending");
    door_close(program->door);
    uv_timer_start(&program->patience, on_patience_over,
                   (uint64_t)program->current->drain_seconds * 1000, 0);
    server_drain(program->server, end, program);
}

/* ---- while it runs ---- */

static void use(struct program *program, struct configuration *fresh)
{
    server_settings(program->server, &fresh->events);
    orders_settings(program->orders, &fresh->events);
    access_settings(program->control, &fresh->events);
    if (!program->ending)
        door_settings(program->door, &fresh->events);
    if (program->current != program->configuration)
        configuration_free(program->current);
    program->current = fresh;
}

static void on_reload(uv_signal_t *signal, int number)
{
    struct program *program = signal->data;
    struct error error;
    (void)number;
    struct configuration *fresh = configuration_load(program->path, &error);
    if (!fresh || !configuration_apply_log(fresh, &error)) {
        log_error("the new configuration is not used: %s", error.text);
        configuration_free(fresh);
        return;
    }
    use(program, fresh);
    log_info("configuration read again");
}

static void on_reopen(uv_signal_t *signal, int number)
{
    struct program *program = signal->data;
    struct error error;
    (void)number;
    orders_reopen(program->orders);
    if (!log_reopen(&error))
        log_error("%s", error.text);
}

static void before_waiting(uv_prepare_t *prepare)
{
    (void)prepare;
    log_flush();
}

static void watch_signal(struct program *program, uv_signal_t *signal, int number,
                         uv_signal_cb callback)
{
    uv_signal_init(&program->loop, signal);
    signal->data = program;
    uv_signal_start(signal, callback, number);
}

static void watch(struct program *program)
{
    watch_signal(program, &program->on_term, SIGTERM, on_end);
    watch_signal(program, &program->on_interrupt, SIGINT, on_end);
    watch_signal(program, &program->on_reload, SIGHUP, on_reload);
    watch_signal(program, &program->on_reopen, SIGUSR1, on_reopen);
    uv_prepare_init(&program->loop, &program->before_waiting);
    uv_prepare_start(&program->before_waiting, before_waiting);
    uv_timer_init(&program->loop, &program->patience);
    program->patience.data = program;
    signal(SIGPIPE, SIG_IGN);
}

/* ---- the start ---- */

/* Each client is a descriptor. */
static void raise_limit(int64_t connections)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)connections + 256;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
        log_warning("the system allows %llu open files; [events] connections wants %lld more",
                    (unsigned long long)limit.rlim_cur, (long long)(wanted - limit.rlim_cur));
}

static bool open_program(struct program *program, struct error *error)
{
    const struct configuration *configuration = program->configuration;
    const struct events_settings *settings = &configuration->events;
    if (!configuration_apply_log(configuration, error))
        return false;
    int listening = listen_open(settings->listen, configuration->socket_group, error);
    if (listening < 0)
        return false;
    raise_limit(settings->connections);
    if (!listen_leave_root(configuration->user, configuration->group, error))
        return false;
    uv_loop_init(&program->loop);
    program->control = access_open(&program->loop, settings, error);
    program->follow =
        program->control ? follow_open(&program->loop, &configuration->store, error) : NULL;
    program->orders = program->follow ? orders_open(&program->loop, &configuration->store, settings,
                                                    program->follow, error)
                                      : NULL;
    program->server = program->orders ? server_open(&program->loop, settings, program->follow,
                                                    program->orders, error)
                                      : NULL;
    program->door = program->server ? door_open(&program->loop, listening, settings,
                                                program->control, program->server, error)
                                    : NULL;
    return program->door != NULL;
}

static int run(const char *path, struct configuration *configuration)
{
    struct program program = {
        .path = path, .configuration = configuration, .current = configuration};
    struct error error;
    log_set_process("events");
    if (!open_program(&program, &error)) {
        fprintf(stderr, "callboard-events: %s\n", error.text);
        listen_remove(configuration->events.listen);
        return 1;
    }
    watch(&program);
    log_info("listening on %s", configuration->events.listen);
    uv_run(&program.loop, UV_RUN_DEFAULT);
    listen_remove(configuration->events.listen);
    log_info("ended");
    log_flush();
    if (program.ended) {
        access_close(program.control);
        server_free(program.server);
        uv_loop_close(&program.loop);
    }
    if (program.current != configuration)
        configuration_free(program.current);
    configuration_free(configuration);
    return 0;
}

static const char usage[] = "usage: callboard-events [--config FILE] [--check-config]\n"
                            "       callboard-events --routes | --version | --help\n"
                            "\n"
                            "  --config FILE   read FILE instead of " DEFAULT_CONFIG "\n"
                            "  --check-config  say what is wrong with the configuration, and end\n"
                            "  --routes        print what is served, a line each, and end\n"
                            "\n"
                            "See callboard-events(8) and callboard.conf(5).\n";

static int print_routes(void)
{
    struct arena arena;
    arena_init(&arena, 65536);
    struct buffer out = buffer_in(&arena);
    request_write_paths(&out);
    printf("%.*s", SLICE_ARGUMENTS(buffer_slice(&out)));
    arena_free(&arena);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'}, {"check-config", no_argument, NULL, 'k'},
        {"routes", no_argument, NULL, 'r'},       {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    const char *path = getenv("CALLBOARD_CONFIG");
    struct error error;
    bool check = false;
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'c': path = optarg; break;
        case 'k': check = true; break;
        case 'r': return print_routes();
        case 'v': puts("callboard-events " PACKAGE_VERSION); return 0;
        case 'h': fputs(usage, stdout); return 0;
        default: return 2;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "callboard-events: what is \"%s\" for? See --help.\n", argv[optind]);
        return 2;
    }
    if (!path && access(DEFAULT_CONFIG, F_OK) == 0)
        path = DEFAULT_CONFIG;
    struct configuration *configuration = configuration_load(path, &error);
    if (!configuration) {
        fprintf(stderr, "callboard-events: %s\n", error.text);
        return 1;
    }
    if (!check)
        return run(path, configuration);
    printf("%s: good\n", path ? path : "standard configuration");
    configuration_free(configuration);
    return 0;
}
