/*
 * asterisk.c - phonecalls: sends Asterisk's finished calls to callboard's /direct/items/phonecalls.
 * It keeps nothing between runs: callboard takes a call once, so each run sends all of its window again.
 */
#include "feeds/asterisk_settings.h"
#include "feeds/progress.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    STATUS_DONE = 0,
    STATUS_REJECTED = 1, /* some calls were */
    STATUS_FAILED = 2    /* could not run, or not to the end */
};

/* ---- replication ---- */

/* How often SIGINT or SIGTERM came: the first lets what is under way end, the second does not. */
static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    if (stop < 2)
        stop++;
}

struct replication {
    const struct asterisk_settings *settings;
    struct cdr_source *source;
    struct progress progress;
};

static bool supply(void *self, struct arena *arena, struct phonecall *call, bool *end,
                   struct error *error)
{
    struct replication *replication = self;
    struct cdr record;
    for (;;) {
        switch (replication->source->next(replication->source, &record, error)) {
        case CDR_ROW:
            if (phonecall_from_cdr(&replication->settings->rules, &record, arena, call, error))
                return true;
            arena_free(arena);
            progress_rejected(&replication->progress, NULL, error);
            break;
        case CDR_BROKEN: progress_rejected(&replication->progress, NULL, error); break;
        case CDR_END: *end = true; return true;
        case CDR_FAILED: return false;
        }
    }
}

static void done(void *self, const struct phonecall *call, enum verdict verdict,
                 const struct error *reason)
{
    struct replication *replication = self;
    if (verdict == VERDICT_ACCEPTED)
        progress_accepted(&replication->progress, call);
    else
        progress_rejected(&replication->progress, call, reason);
}

static void away(void *self, const struct error *reason)
{
    struct replication *replication = self;
    if (reason)
        progress_warn(&replication->progress, "callboard is away, trying on: %s", reason->text);
    else
        progress_warn(&replication->progress, "callboard is back");
}

static void tick(void *self)
{
    struct replication *replication = self;
    progress_tick(&replication->progress);
}

static struct cdr_source *open_source(const struct asterisk_settings *settings, bool full,
                                      struct error *error)
{
    int64_t back = full ? settings->days * 86400 : settings->hours * 3600;
    struct cdr_window window = cdr_window_since(
        (int64_t)time(NULL), back, (enum cdr_zone)settings->rules.zone, settings->shortest);
    return settings->source == ASTERISK_CSV ? cdr_csv_open(settings->csv, &window, error)
                                            : cdr_odbc_open(&settings->odbc, &window, error);
}

static int replicate(const struct asterisk_settings *settings, bool full, bool verbose,
                     struct error *error)
{
    struct replication replication = {.settings = settings};
    const struct sender_hooks hooks = {
        .self = &replication, .supply = supply, .done = done, .away = away, .tick = tick};
    replication.source = open_source(settings, full, error);
    if (!replication.source)
        return STATUS_FAILED;
    progress_start(&replication.progress, replication.source->total, verbose);
    bool to_the_end = sender_run(&settings->sender, &hooks, &stop, error);
    progress_end(&replication.progress);
    replication.source->close(replication.source);
    if (!to_the_end) {
        error_prefix(error, "stopped before the end; run it again, no call is lost");
        return STATUS_FAILED;
    }
    return replication.progress.rejected ? STATUS_REJECTED : STATUS_DONE;
}

/* ---- the program ---- */

struct options {
    const char *config;
    bool full, verbose;
};

static const char usage[] =
    "usage: phonecalls [-full] [-verbose] [-config FILE]\n"
    "       phonecalls -help | -man | -version\n"
    "\n"
    "Sends the calls that Asterisk has finished to callboard, those of the last hours or, with "
    "-full, of\n"
    "the last days.\n"
    "\n"
    "  -f, -full         the last days (360 unless configured), not the last hours (4)\n"
    "  -v, -verbose      a line for each call: OK or ERROR\n"
    "  -c, -config FILE  read FILE instead of " PHONECALLS_CONFIG "\n"
    "  -h, -help         print this\n"
    "  -m, -man          show the manual page\n"
    "      -version      print the version\n";

static int show_manual(void)
{
    execlp("man", "man", "phonecalls", (char *)NULL);
    execlp("mandoc", "mandoc", "-a", PHONECALLS_PAGE, (char *)NULL);
    fprintf(stderr, "phonecalls: there is no man program here; the page is %s\n", PHONECALLS_PAGE);
    return STATUS_FAILED;
}

/* False: the program ends now with *status. */
static bool read_options(int argc, char **argv, struct options *options, int *status)
{
    static const struct option known[] = {{"full", no_argument, NULL, 'f'},
                                          {"verbose", no_argument, NULL, 'v'},
                                          {"config", required_argument, NULL, 'c'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"man", no_argument, NULL, 'm'},
                                          {"version", no_argument, NULL, 'V'},
                                          {NULL, 0, NULL, 0}};
    int option;
    *status = STATUS_DONE;
    while ((option = getopt_long_only(argc, argv, "fvc:hm", known, NULL)) != -1) {
        switch (option) {
        case 'f': options->full = true; break;
        case 'v': options->verbose = true; break;
        case 'c': options->config = optarg; break;
        case 'h': fputs(usage, stdout); return false;
        case 'm': *status = show_manual(); return false;
        case 'V': puts("phonecalls (callboard) " PACKAGE_VERSION); return false;
        default:
            fputs(usage, stderr);
            *status = STATUS_FAILED;
            return false;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "phonecalls: what is \"%s\" for? See -help.\n", argv[optind]);
        *status = STATUS_FAILED;
        return false;
    }
    return true;
}

/* A second signal of the same kind that comes while the first is handled waits for it. */
static void watch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct asterisk_settings settings;
    struct error error = {""};
    int status;
    if (!read_options(argc, argv, &options, &status))
        return status;
    const char *path = options.config;
    if (!path && access(PHONECALLS_CONFIG, F_OK) == 0)
        path = PHONECALLS_CONFIG;
    watch_signals();
    status = STATUS_FAILED;
    if (asterisk_settings_load(&settings, path, &error))
        status = replicate(&settings, options.full, options.verbose, &error);
    if (status == STATUS_FAILED)
        fprintf(stderr, "phonecalls: %s\n", error.text);
    asterisk_settings_free(&settings);
    return status;
}
