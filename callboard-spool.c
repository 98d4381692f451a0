/*
 * callboard-spool.c - a look into the spool, and a hand in it: list, show, replay, drop.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uv.h>

#include "base/log.h"
#include "configuration.h"
#include "store/drain.h"

/* Replaying ends when no packet could be moved for so long. */
#define PATIENCE_MS 10000
#define LOOK_MS     100

/* ---- going through the spool ---- */

/* A line that is a packet. */
struct found {
    const char *file; /* its name */
    int descriptor;
    int64_t place; /* in the file */
    struct packet packet;
    enum packet_state state;
    struct slice time;
};

typedef bool on_packet(void *self, const struct found *found, struct error *error);

static struct slice time_of(struct slice line)
{
    struct slice rest = line;
    slice_cut(rest, '\t', &rest);
    slice_cut(rest, '\t', &rest);
    return slice_cut(rest, '\t', &rest);
}

static bool go_through_lines(struct found *found, struct slice bytes, on_packet *callback,
                             void *self, struct error *error)
{
    const char *start = bytes.data;
    while (bytes.data) {
        found->place = bytes.data - start;
        struct slice line = slice_cut(bytes, '\n', &bytes);
        if (!packet_read_line(line, &found->packet, &found->state))
            continue;
        found->time = time_of(line);
        if (!callback(self, found, error))
            return false;
    }
    return true;
}

static bool go_through_file(struct found *found, on_packet *callback, void *self,
                            struct error *error)
{
    struct stat status;
    if (fstat(found->descriptor, &status) != 0)
        return error_set(error, "%s: %s", found->file, strerror(errno));
    char *bytes = malloc((size_t)status.st_size + 1);
    if (!bytes)
        return error_set(error, "out of memory");
    ssize_t length = pread(found->descriptor, bytes, (size_t)status.st_size, 0);
    bool good = length < 0 ? error_set(error, "%s: %s", found->file, strerror(errno))
                           : go_through_lines(found, slice_of(bytes, (size_t)length), callback,
                                              self, error);
    free(bytes);
    return good;
}

/* Calls CALLBACK for each packet that is in a file, oldest first, whatever its state. */
static bool go_through(const struct spool_files *files, on_packet *callback, void *self,
                       struct error *error)
{
    char before[SPOOL_NAME_LENGTH + 1] = "", name[SPOOL_NAME_LENGTH + 1];
    error->text[0] = '\0';
    while (spool_files_next(files, before, name, NULL, error)) {
        struct found found = {.file = name};
        found.descriptor = openat(files->directory, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        memcpy(before, name, sizeof before);
        if (found.descriptor < 0 && errno == ENOENT)
            continue; /* drained meanwhile */
        bool good = found.descriptor >= 0 ? go_through_file(&found, callback, self, error)
                                          : error_set(error, "%s: %s", name, strerror(errno));
        if (found.descriptor >= 0)
            close(found.descriptor);
        if (!good)
            return false;
    }
    return error->text[0] == '\0';
}

/* ---- list, show, drop ---- */

struct listing {
    struct arena arena;
    struct line {
        struct slice list;
        struct slice since, until;
        size_t packets, bytes;
        struct line *next;
    } * lines;
};

static bool count_packet(void *self, const struct found *found, struct error *error)
{
    struct listing *listing = self;
    struct line *line = listing->lines;
    if (found->state != PACKET_WAITING)
        return true;
    while (line && !slice_equal(line->list, found->packet.list))
        line = line->next;
    if (!line) {
        line = arena_calloc(&listing->arena, 1, sizeof *line);
        if (!line)
            return error_set(error, "out of memory");
        line->list = arena_copy(&listing->arena, found->packet.list);
        line->since = arena_copy(&listing->arena, found->time);
        line->next = listing->lines;
        listing->lines = line;
    }
    line->until = arena_copy(&listing->arena, found->time);
    line->packets++;
    line->bytes += found->packet.text.length;
    return true;
}

static bool list(const struct spool_files *files, struct error *error)
{
    struct listing listing = {0};
    struct spool_measure measure;
    arena_init(&listing.arena, SIZE_MAX);
    bool good = go_through(files, count_packet, &listing, error) &&
                spool_files_measure(files, &measure, error);
    for (const struct line *line = listing.lines; good && line; line = line->next)
        printf("%.*s: %zu packets, %zu bytes, from %.*s to %.*s\n", SLICE_ARGUMENTS(line->list),
               line->packets, line->bytes, SLICE_ARGUMENTS(line->since),
               SLICE_ARGUMENTS(line->until));
    if (good)
        printf("%lld files, %lld bytes on the disk\n", (long long)measure.files,
               (long long)measure.bytes);
    arena_free(&listing.arena);
    return good;
}

static bool show_packet(void *self, const struct found *found, struct error *error)
{
    (void)self;
    (void)error;
    if (found->state == PACKET_WAITING)
        printf("%.*s\t%.*s\t%.*s\t%.*s\n", SLICE_ARGUMENTS(found->time),
               SLICE_ARGUMENTS(found->packet.id), SLICE_ARGUMENTS(found->packet.list),
               SLICE_ARGUMENTS(found->packet.text));
    return true;
}

struct dropping {
    char **ids;
    int count;
    int dropped;
};

static bool drop_packet(void *self, const struct found *found, struct error *error)
{
    struct dropping *dropping = self;
    for (int i = 0; found->state == PACKET_WAITING && i < dropping->count; i++) {
        if (!slice_is(found->packet.id, dropping->ids[i]))
            continue;
        if (pwrite(found->descriptor, packet_state_words[PACKET_DROPPED], PACKET_STATE_LENGTH,
                   found->place) != PACKET_STATE_LENGTH)
            return error_set(error, "%s: %s", found->file, strerror(errno));
        dropping->dropped++;
        break;
    }
    return true;
}

static bool drop(const struct spool_files *files, char **ids, int count, struct error *error)
{
    struct dropping dropping = {.ids = ids, .count = count};
    if (count == 0)
        return error_set(error, "drop wants the ids of packets, as show prints them");
    if (!go_through(files, drop_packet, &dropping, error))
        return false;
    printf("%d dropped\n", dropping.dropped);
    return dropping.dropped == count ||
           error_set(error, "%d of the ids are of no packet that waits", count - dropping.dropped);
}

/* ---- replay ---- */

struct replay {
    uv_loop_t loop;
    uv_timer_t timer;
    struct drain *drain;
    struct store *store;
    uint64_t count; /* at the last look */
    int64_t idle_ms;
    bool over;
};

static void look(uv_timer_t *timer)
{
    struct replay *replay = timer->data;
    uint64_t count = drain_count(replay->drain);
    replay->idle_ms = count == replay->count ? replay->idle_ms + LOOK_MS : 0;
    replay->count = count;
    replay->over = drain_is_over(replay->drain);
    if (!replay->over && replay->idle_ms < PATIENCE_MS)
        return;
    uv_close((uv_handle_t *)timer, NULL);
    drain_stop(replay->drain);
    store_close(replay->store);
}

static bool replay_all(const struct configuration *configuration, struct error *error)
{
    struct replay replay = {0};
    struct metrics *metrics = metrics_create();
    struct metrics_worker *counts = metrics ? metrics_take_place(metrics) : NULL;
    if (!counts || uv_loop_init(&replay.loop) != 0)
        return error_set(error, "out of memory");
    replay.store = store_open(&replay.loop, &configuration->store, counts, error);
    if (!replay.store)
        return false;
    replay.drain = drain_start(&replay.loop, &configuration->spool, replay.store, metrics, counts);
    if (!replay.drain)
        return error_set(error, "out of memory");
    uv_timer_init(&replay.loop, &replay.timer);
    replay.timer.data = &replay;
    uv_timer_start(&replay.timer, look, LOOK_MS, LOOK_MS);
    uv_run(&replay.loop, UV_RUN_DEFAULT);
    uv_loop_close(&replay.loop);
    printf("%llu packets replayed\n", (unsigned long long)replay.count);
    return replay.over || error_set(error, "packets are left: Redis does not take them");
}

/* ---- the program ---- */

static const char usage[] =
    "usage: callboard-spool [--config FILE] list | show | replay | drop ID...\n"
    "       callboard-spool --version | --help\n"
    "\n"
    "  list    how many packets wait for which list, and since when\n"
    "  show    the packets that wait, oldest first: time, id, list and text, with tabs between "
    "them\n"
    "  replay  brings them into Redis now, as a running callboard does by itself\n"
    "  drop    marks packets as not wanted any more\n"
    "\n"
    "See callboard-spool(1).\n";

/* Files of root's would keep the pool out of its own spool: root acts as the directory's owner. */
static bool become_owner(const char *directory, struct error *error)
{
    struct stat status;
    if (geteuid() != 0 || stat(directory, &status) != 0 || status.st_uid == 0)
        return true;
    if (setgid(status.st_gid) == 0 && setuid(status.st_uid) == 0)
        return true;
    return error_set(error, "cannot become the owner of %s: %s", directory, strerror(errno));
}

static bool act(const struct configuration *configuration, char **words, int count,
                struct error *error)
{
    struct spool_files files;
    if (!*configuration->spool.directory)
        return error_set(error, "there is no spool: [spool] directory is empty");
    if (strcmp(words[0], "replay") == 0 && count == 1)
        return replay_all(configuration, error);
    if (!spool_files_open(&files, &configuration->spool, error))
        return false;
    bool good = false;
    if (strcmp(words[0], "list") == 0 && count == 1)
        good = list(&files, error);
    else if (strcmp(words[0], "show") == 0 && count == 1)
        good = go_through(&files, show_packet, NULL, error);
    else if (strcmp(words[0], "drop") == 0)
        good = drop(&files, words + 1, count - 1, error);
    else
        error_set(error, "\"%s\" is none of list, show, replay and drop; see --help", words[0]);
    spool_files_close(&files);
    return good;
}

static const char *config_path(const char *given)
{
    const char *path = given ? given : getenv("CALLBOARD_CONFIG");
    if (path)
        return path;
    return access(DEFAULT_CONFIG, F_OK) == 0 ? DEFAULT_CONFIG : NULL;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {{"config", required_argument, NULL, 'c'},
                                          {"version", no_argument, NULL, 'v'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    const char *config = NULL;
    struct error error;
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'c': config = optarg; break;
        case 'v': puts("callboard-spool " PACKAGE_VERSION); return 0;
        case 'h': fputs(usage, stdout); return 0;
        default: return 2;
        }
    }
    if (optind == argc) {
        fputs(usage, stderr);
        return 2;
    }
    log_set_process("spool");
    log_set_level(LOG_LEVEL_WARNING);
    struct configuration *configuration = configuration_load(config_path(config), &error);
    bool good = configuration && become_owner(configuration->spool.directory, &error) &&
                act(configuration, argv + optind, argc - optind, &error);
    log_flush();
    if (!good)
        fprintf(stderr, "callboard-spool: %s\n", error.text);
    configuration_free(configuration);
    return good ? 0 : 1;
}
