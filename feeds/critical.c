/*
 * critical.c - brings packets that must not be lost into a Redis list, once each; while Redis is away into the spool.
 *
 * One packet is under way at a time for the disk, and many for Redis: as they keep their order in the queue and Redis takes a
 * group in one step, no packet overtakes another one.
 *
 *     does the spool hold packets?  -- yes: behind them
 *     no: into Redis                -- away, or it does not say: into the spool
 */
#include "feeds/critical.h"

#include <nettle/base16.h>
#include <nettle/sha2.h>
#include <stdlib.h>

#include "base/log.h"

/* Packets in one group, and those that may wait in memory. */
#define GROUP_MAX   100
#define WAITING_MAX 20000

/* After neither Redis nor the disk has taken a group. */
#define AGAIN_MS 1000

#define GROUP_BYTES_MAX ((size_t)256 << 20)

struct entry {
    struct packet packet; /* its texts stand behind it */
    struct entry *next;
};

struct critical {
    struct store *store;
    struct spool *spool;
    int64_t id_seconds;
    uv_timer_t timer;
    struct entry *first, *last;
    size_t count;
    size_t group; /* entries at the front that are on their way; 0: nothing is */
    struct packet packets[GROUP_MAX];
    struct arena arena; /* of the group */
    bool reported;      /* the log knows that nobody takes packets */
    bool closing;
};

static void go_on(struct critical *critical);

/* ---- the queue ---- */

static void take_off(struct critical *critical)
{
    struct entry *entry = critical->first;
    critical->first = entry->next;
    critical->count--;
    free(entry);
}

static struct slice append(char **at, struct slice text)
{
    struct slice copy = slice_of(*at, text.length);
    memcpy(*at, text.data, text.length);
    *at += text.length;
    return copy;
}

/* Ids that a packet can have are left as they are. */
static struct slice good_id(struct slice id, char digest[2 * SHA256_DIGEST_SIZE])
{
    struct sha256_ctx context;
    uint8_t bytes[SHA256_DIGEST_SIZE];
    if (id.length <= 64 && slice_only(id, "0123456789abcdefghijklmnopqrstuvwxyz.-"))
        return id;
    sha256_init(&context);
    sha256_update(&context, id.length, (const uint8_t *)id.data);
    sha256_digest(&context, sizeof bytes, bytes);
    base16_encode_update(digest, sizeof bytes, bytes);
    return slice_of(digest, 2 * sizeof bytes);
}

void critical_send(struct critical *critical, const struct packet *packet)
{
    char digest[2 * SHA256_DIGEST_SIZE];
    struct slice id = good_id(packet->id, digest);
    bool good = packet->text.length > 0 && packet->text.length <= PACKET_BYTES_MAX &&
                !memchr(packet->text.data, '\n', packet->text.length);
    struct entry *entry =
        good ? malloc(sizeof *entry + id.length + packet->list.length + packet->text.length) : NULL;
    if (!entry) {
        log_error("a record for %.*s is lost: %s", SLICE_ARGUMENTS(packet->list),
                  good ? "out of memory"
                       : "larger than a packet can be, or empty, or of several lines");
        return;
    }
    char *at = (char *)(entry + 1);
    entry->packet.id = append(&at, id);
    entry->packet.list = append(&at, packet->list);
    entry->packet.text = append(&at, packet->text);
    entry->next = NULL;
    if (critical->first)
        critical->last->next = entry;
    else
        critical->first = entry;
    critical->last = entry;
    critical->count++;
    if (critical->group == 0 && !uv_is_active((uv_handle_t *)&critical->timer))
        go_on(critical);
}

size_t critical_waiting(const struct critical *critical)
{
    return critical->count;
}

bool critical_is_full(const struct critical *critical)
{
    return critical->count >= WAITING_MAX;
}

/* ---- a group ---- */

static void on_timer(uv_timer_t *timer)
{
    go_on(timer->data);
}

static void end_group(struct critical *critical, bool taken)
{
    while (taken && critical->group-- > 0)
        take_off(critical);
    critical->group = 0;
    arena_free(&critical->arena);
    if (critical->closing) {
        critical_close(critical);
    } else if (!taken) {
        if (!critical->reported)
            log_error("records of calls wait in memory: neither Redis nor the spool takes them");
        critical->reported = true;
        uv_timer_start(&critical->timer, on_timer, AGAIN_MS, 0);
    } else {
        critical->reported = false;
        if (critical->first)
            go_on(critical);
    }
}

static void on_spooled(void *self, enum spool_outcome outcome)
{
    end_group(self, outcome == SPOOL_WRITTEN);
}

static void spool_group(struct critical *critical)
{
    enum spool_outcome outcome;
    if (!spool_write(critical->spool, &critical->arena, critical->packets, critical->group, false,
                     &outcome, on_spooled, critical))
        end_group(critical, false);
}

static void on_pushed(void *self, const struct store_reply *replies)
{
    struct critical *critical = self;
    if (replies && replies[0].kind == STORE_ARRAY) {
        end_group(critical, true);
        return;
    }
    if (replies && !store_reply_is_unavailable(&replies[0]) && !critical->reported)
        log_error("%.*s: Redis refuses records of calls, which go to the spool: %.*s",
                  SLICE_ARGUMENTS(critical->packets[0].list), SLICE_ARGUMENTS(replies[0].text));
    spool_group(critical);
}

static void push_group(struct critical *critical)
{
    struct store_batch batch = store_batch_in(&critical->arena);
    packet_add_push(&batch, critical->packets, critical->group, critical->id_seconds);
    if (critical->arena.exhausted || !store_ask(critical->store, &batch, on_pushed, critical))
        spool_group(critical);
}

static void on_behind(void *self, enum spool_outcome outcome)
{
    struct critical *critical = self;
    if (outcome == SPOOL_WRITTEN)
        end_group(critical, true);
    else
        push_group(critical);
}

/* The packets at the front that are of one list. */
static void go_on(struct critical *critical)
{
    enum spool_outcome outcome;
    struct entry *entry = critical->first;
    if (!entry)
        return;
    critical->group = 0;
    for (; entry && critical->group < GROUP_MAX; entry = entry->next) {
        if (!slice_equal(entry->packet.list, critical->first->packet.list))
            break;
        critical->packets[critical->group++] = entry->packet;
    }
    arena_init(&critical->arena, GROUP_BYTES_MAX);
    if (!spool_write(critical->spool, &critical->arena, critical->packets, critical->group, true,
                     &outcome, on_behind, critical))
        push_group(critical);
}

/* ---- beginning and end ---- */

struct critical *critical_open(uv_loop_t *loop, struct store *store, struct spool *spool,
                               int64_t id_seconds)
{
    struct critical *critical = calloc(1, sizeof *critical);
    if (!critical)
        return NULL;
    critical->store = store;
    critical->spool = spool;
    critical->id_seconds = id_seconds;
    uv_timer_init(loop, &critical->timer);
    critical->timer.data = critical;
    return critical;
}

static void on_closed(uv_handle_t *handle)
{
    struct critical *critical = handle->data;
    while (critical->first)
        take_off(critical);
    free(critical);
}

void critical_close(struct critical *critical)
{
    critical->closing = true;
    if (critical->group == 0)
        uv_close((uv_handle_t *)&critical->timer, on_closed);
}
