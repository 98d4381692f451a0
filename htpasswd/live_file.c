/*
 * live_file.c - a file of NAME:HASH lines that is read again when it changes.
 */
#include "htpasswd/live_file.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/log.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_US 1000

/*
 * Apache's htpasswd writes into the file that is there. What looks like half of a file (it is empty, or its last line
 * has no end) is believed only when it has stayed like that for so long.
 */
#define HALF_WRITTEN_NS NS_PER_S

/* The kernel's clock for files moves in steps: a file this young may change once more and look the same. */
#define UNSETTLED_NS (50 * 1000000)

struct live_file live_file_at(const char *path)
{
    return (struct live_file){.path = path};
}

static int64_t nanoseconds(struct timespec time)
{
    return time.tv_sec * NS_PER_S + time.tv_nsec;
}

static bool look(const char *path, struct live_state *state)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return false;
    *state = (struct live_state){.device = status.st_dev,
                                 .inode = status.st_ino,
                                 .size = status.st_size,
                                 .modified_ns = nanoseconds(status.st_mtim),
                                 .changed_ns = nanoseconds(status.st_ctim)};
    return true;
}

static bool same_state(const struct live_state *a, const struct live_state *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->modified_ns == b->modified_ns && a->changed_ns == b->changed_ns;
}

static void complain(struct live_file *live, const char *text)
{
    if (live->complained)
        return;
    live->complained = true;
    log_error("%s; %s", text,
              live->loaded ? "what was read before stays in use" : "nobody is let in by it");
}

static bool looks_half_written(struct slice text)
{
    return text.length == 0 || text.data[text.length - 1] != '\n';
}

static void take(struct live_file *live, struct passwd_file *fresh)
{
    if (live->loaded && slice_equal(fresh->text, live->content.text)) {
        passwd_file_free(fresh);
        return;
    }
    passwd_file_free(&live->content);
    live->content = *fresh;
    live->loaded = true;
    log_info("%s: %zu names", live->path, live->content.name_count);
}

static void read_again(struct live_file *live, const struct live_state *before, int64_t now_ns)
{
    struct passwd_file fresh;
    struct live_state after;
    struct error error;
    int64_t age_ns = now_ns - before->changed_ns;
    bool young = age_ns < HALF_WRITTEN_NS && age_ns > -HALF_WRITTEN_NS;
    bool good = passwd_file_read(&fresh, live->path, false, &error);
    bool being_written = !look(live->path, &after) || !same_state(before, &after);
    if (good && (being_written || (live->loaded && young && looks_half_written(fresh.text)))) {
        passwd_file_free(&fresh);
        return;
    }
    if (!good) {
        if (!young)
            live->refused = *before;
        if (!being_written)
            complain(live, error.text);
        return;
    }
    take(live, &fresh);
    live->complained = false;
    live->refused = (struct live_state){0};
    live->state = *before;
    if (age_ns < UNSETTLED_NS)
        live->state.size = -1; /* no file's: it is read once more */
}

void live_file_refresh(struct live_file *live, int64_t now_us)
{
    struct live_state state;
    struct error error;
    if (live->looked_us && now_us >= live->looked_us &&
        now_us - live->looked_us < LIVE_FILE_LOOK_US)
        return;
    live->looked_us = now_us;
    if (!look(live->path, &state)) {
        error_set(&error, "cannot read %s: %s", live->path, strerror(errno));
        complain(live, error.text);
        return;
    }
    if (live->loaded && same_state(&state, &live->state)) {
        live->complained = false;
        return;
    }
    if (!same_state(&state, &live->refused))
        read_again(live, &state, now_us * NS_PER_US);
}

void live_file_close(struct live_file *live)
{
    passwd_file_free(&live->content);
    live->loaded = false;
}
