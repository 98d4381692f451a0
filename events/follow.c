/*
 * follow.c - keeps the domains that clients listen to up to date.
 */
#include "events/follow.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

/* How long Redis waits for news before it says that there is none. */
#define BLOCK_MS   5000
#define BLOCK_TEXT "5000"

/* Entries of one domain at a time. */
#define AT_ONCE_TEXT "500"

#define TICK_MS 100

/* A domain that nobody listens to is kept for a while: who was cut off comes back. */
#define LINGER_US (30 * (int64_t)1000000)

#define QUESTION_BYTES ((size_t)256 << 20)

struct follow {
    uv_loop_t *loop;
    struct store_settings waiting_settings; /* as for others, but that it may take BLOCK_MS */
    struct metrics_worker *counts;          /* which nobody reads */
    struct store *asking, *waiting;
    bool up;            /* the waiting connection is */
    bool reading;       /* Redis waits for news with it */
    int64_t connection; /* its number in Redis; 0: not known */
    struct domain *domains;
    uv_timer_t tick;
    struct arena arena; /* of what is being read */
    bool closing;
};

/* A question on its way. */
struct question {
    struct follow *follow;
    struct domain *domain; /* NULL: none */
    struct arena arena;
};

static void read_on(struct follow *follow);

/* ---- what stands ---- */

static struct question *question_make(struct follow *follow, struct domain *domain)
{
    struct question *question = calloc(1, sizeof *question);
    if (!question)
        return NULL;
    question->follow = follow;
    question->domain = domain;
    arena_init(&question->arena, QUESTION_BYTES);
    return question;
}

static void question_free(struct question *question)
{
    arena_free(&question->arena);
    free(question);
}

static bool ask(struct store *store, struct question *question, const struct store_batch *batch,
                store_done *done)
{
    if (!question->arena.exhausted && store_ask(store, batch, done, question))
        return true;
    question_free(question);
    return false;
}

static void on_looked(void *self, const struct store_reply *replies)
{
    struct question *question = self;
    struct domain *domain = question->domain;
    struct follow *follow = question->follow;
    struct error error = {"Redis is away"};
    domain->asked = false;
    if (!follow->closing && replies) {
        if (!domain_look(domain, replies, &error))
            log_warning("events of %.*s: %s", SLICE_ARGUMENTS(domain->name), error.text);
        else
            read_on(follow);
    }
    question_free(question);
}

static void look(struct follow *follow, struct domain *domain)
{
    struct question *question = question_make(follow, domain);
    if (!question)
        return;
    struct store_batch batch = store_batch_in(&question->arena);
    domain_ask(domain, &batch);
    domain->asked = ask(follow->asking, question, &batch, on_looked);
}

/* ---- the stream ---- */

static struct domain *of_stream(struct follow *follow, struct slice stream)
{
    struct slice name;
    if (!element_stream_read(stream, &name))
        return NULL;
    struct domain *domain = follow->domains;
    while (domain && !slice_equal(domain->name, name))
        domain = domain->next;
    return domain;
}

static void take_streams(struct follow *follow, const struct store_reply *streams)
{
    for (size_t i = 0; i < streams->count; i++) {
        const struct store_reply *stream = &streams->elements[i];
        struct domain *domain =
            stream->count == 2 ? of_stream(follow, stream->elements[0].text) : NULL;
        const struct store_reply *entries = domain ? &stream->elements[1] : NULL;
        for (size_t k = 0; domain && domain->state == DOMAIN_LIVE && k < entries->count; k++)
            domain_take(domain, &entries->elements[k]);
    }
}

/* Redis is away, or has no answer that can be used. */
static void away(struct follow *follow)
{
    follow->connection = 0;
    for (struct domain *domain = follow->domains; domain; domain = domain->next) {
        if (domain->state != DOMAIN_LIVE)
            continue;
        domain->state = DOMAIN_STALE;
        domain_tell(domain, DOMAIN_AWAY);
    }
}

static void on_read(void *self, const struct store_reply *replies)
{
    struct follow *follow = self;
    follow->reading = false;
    if (follow->closing)
        return;
    const struct store_reply *streams = replies ? &replies[0] : NULL;
    if (streams && (streams->kind == STORE_ARRAY || streams->kind == STORE_NIL)) {
        take_streams(follow, streams);
        read_on(follow);
        return;
    }
    if (streams)
        log_warning("events: %.*s", SLICE_ARGUMENTS(streams->text));
    away(follow);
}

/* Redis, which waits for news of some domains, is told to stop that: there is one more. */
static void on_unblocked(void *self, const struct store_reply *replies)
{
    struct question *question = self;
    (void)replies;
    question_free(question);
}

static void interrupt(struct follow *follow)
{
    struct question *question = follow->connection ? question_make(follow, NULL) : NULL;
    if (!question)
        return;
    struct store_batch batch = store_batch_in(&question->arena);
    STORE_ADD(&batch, slice_from("CLIENT"), slice_from("UNBLOCK"),
              store_number(&batch, follow->connection));
    ask(follow->asking, question, &batch, on_unblocked);
}

static void read_on(struct follow *follow)
{
    size_t count = 0, words = 6;
    if (follow->reading) {
        interrupt(follow);
        return;
    }
    for (const struct domain *domain = follow->domains; domain; domain = domain->next)
        count += domain->state == DOMAIN_LIVE;
    if (count == 0 || !follow->up)
        return;
    arena_free(&follow->arena);
    struct slice *word = arena_calloc(&follow->arena, words + 2 * count, sizeof *word);
    if (!word)
        return;
    const char *const begin[] = {"XREAD", "COUNT", AT_ONCE_TEXT, "BLOCK", BLOCK_TEXT, "STREAMS"};
    for (size_t i = 0; i < words; i++)
        word[i] = slice_from(begin[i]);
    for (const struct domain *domain = follow->domains; domain; domain = domain->next) {
        char seq[SEQ_BYTES];
        if (domain->state != DOMAIN_LIVE)
            continue;
        stream_id_write(domain->seq, seq);
        word[words] = element_stream(&follow->arena, domain->name);
        word[words++ + count] = arena_copy(&follow->arena, slice_from(seq));
    }
    struct store_batch batch = store_batch_in(&follow->arena);
    store_batch_add_words(&batch, word, words + count);
    follow->reading =
        !follow->arena.exhausted && store_ask(follow->waiting, &batch, on_read, follow);
}

/* ---- coming and going ---- */

static void on_connection_number(void *self, const struct store_reply *replies)
{
    struct question *question = self;
    if (!question->follow->closing && replies && replies[0].kind == STORE_INTEGER)
        question->follow->connection = replies[0].integer;
    question_free(question);
}

static void on_change(void *self, bool up)
{
    struct follow *follow = self;
    follow->up = up;
    follow->connection = 0;
    if (!up) {
        away(follow);
        return;
    }
    struct question *question = question_make(follow, NULL);
    if (!question)
        return;
    struct store_batch batch = store_batch_in(&question->arena);
    STORE_ADD(&batch, slice_from("CLIENT"), slice_from("ID"));
    ask(follow->waiting, question, &batch, on_connection_number);
}

/* Domains that are not up to date are asked about, and those that nobody listens to are given up. */
static void on_tick(uv_timer_t *timer)
{
    struct follow *follow = timer->data;
    struct domain **place = &follow->domains;
    int64_t now_us = clock_steady_us();
    follow->up = store_is_up(follow->waiting);
    while (*place) {
        struct domain *domain = *place;
        if (!domain->listeners && !domain->asked && now_us - domain->left_us > LINGER_US) {
            *place = domain->next;
            domain_free(domain);
            continue;
        }
        if (domain->state != DOMAIN_LIVE && !domain->asked && follow->up)
            look(follow, domain);
        place = &domain->next;
    }
    if (!follow->reading)
        read_on(follow);
}

struct follow *follow_open(uv_loop_t *loop, const struct store_settings *settings,
                           struct error *error)
{
    struct follow *follow = calloc(1, sizeof *follow);
    struct metrics_worker *counts = calloc(1, sizeof *counts);
    if (!follow || !counts) {
        free(follow);
        free(counts);
        error_set(error, "out of memory");
        return NULL;
    }
    follow->loop = loop;
    follow->counts = counts;
    follow->waiting_settings = *settings;
    follow->waiting_settings.deadline_ms += BLOCK_MS;
    arena_init(&follow->arena, QUESTION_BYTES);
    follow->asking = store_open(loop, settings, counts, error);
    follow->waiting =
        follow->asking ? store_open(loop, &follow->waiting_settings, counts, error) : NULL;
    if (!follow->waiting) {
        if (follow->asking)
            store_close(follow->asking);
        free(follow);
        free(counts);
        return NULL;
    }
    store_on_change(follow->waiting, on_change, follow);
    uv_timer_init(loop, &follow->tick);
    follow->tick.data = follow;
    uv_timer_start(&follow->tick, on_tick, TICK_MS, TICK_MS);
    return follow;
}

struct domain *follow_join(struct follow *follow, struct slice name, struct listener *listener)
{
    struct domain *domain = follow->domains;
    while (domain && !slice_equal(domain->name, name))
        domain = domain->next;
    if (!domain) {
        domain = domain_make(name);
        if (!domain)
            return NULL;
        domain->next = follow->domains;
        follow->domains = domain;
        look(follow, domain);
    }
    domain_listen(domain, listener);
    return domain;
}

void follow_leave(struct domain *domain, struct listener *listener)
{
    domain_leave(domain, listener);
}

struct store *follow_store(struct follow *follow)
{
    return follow->asking;
}

static void on_closed(uv_handle_t *handle)
{
    struct follow *follow = handle->data;
    while (follow->domains) {
        struct domain *next = follow->domains->next;
        domain_free(follow->domains);
        follow->domains = next;
    }
    arena_free(&follow->arena);
    free(follow->counts);
    free(follow);
}

void follow_close(struct follow *follow)
{
    follow->closing = true;
    store_on_change(follow->waiting, NULL, NULL);
    store_close(follow->waiting);
    store_close(follow->asking);
    uv_close((uv_handle_t *)&follow->tick, on_closed);
}
