/*
 * sender.c - sends phone calls to callboard: several at a time, over kept connections.
 *
 * Two things hold a call back. Its own pause, after it failed; and the gate, which closes for all calls when callboard
 * is away and opens for one at a time until one gets through.
 */
#include "feeds/sender.h"

#include "base/clock.h"
#include "feeds/transfer.h"

#include <stdlib.h>

#define ATTEMPTS         6 /* of a call that fails while others get through */
#define FIRST_PAUSE_US   100000
#define LONGEST_PAUSE_US 10000000
#define TICK_MS          200

/* A call under way, or a place for one. */
struct slot {
    struct transfer transfer;
    enum {
        SLOT_FREE,
        SLOT_WAITING, /* to be sent again */
        SLOT_FLYING
    } state;
    struct phonecall call; /* in the transfer's arena */
    struct error reason;   /* of the last failure */
    int attempts;          /* that failed */
    int64_t sent_us, not_before_us;
    uint64_t through_then; /* how many had got through when it failed last */
};

struct sender {
    const struct sender_settings *settings;
    const struct sender_hooks *hooks;
    const volatile sig_atomic_t *stop;
    struct error *error;
    CURLM *multi;
    struct transfer_common common;
    struct slot *slots;
    size_t count, flying, waiting;
    bool supply_ended, failed;
    int troubles;               /* failures since a call got through; the gate is open at 0 */
    int64_t closed_us, gate_us; /* when it closed, and when it will open for a trial */
    int64_t through_us;         /* when a call got through last */
    uint64_t through;           /* how many did */
};

static bool give_up(struct sender *sender, const struct error *reason)
{
    if (!sender->failed)
        *sender->error = *reason;
    sender->failed = true;
    return false;
}

static bool ending(const struct sender *sender)
{
    return sender->failed || *sender->stop;
}

/* ---- one call ---- */

static void fly(struct sender *sender, struct slot *slot)
{
    if (sender->flying + sender->waiting == 0)
        sender->through_us = clock_steady_us(); /* there was nothing to be patient about */
    transfer_start(&slot->transfer);
    curl_multi_add_handle(sender->multi, slot->transfer.easy);
    slot->state = SLOT_FLYING;
    slot->sent_us = clock_steady_us();
    sender->flying++;
}

/* The slot is free again. */
static void release(struct slot *slot)
{
    arena_free(&slot->transfer.arena);
    slot->state = SLOT_FREE;
}

static void finish(struct sender *sender, struct slot *slot, enum verdict verdict)
{
    sender->hooks->done(sender->hooks->self, &slot->call, verdict, &slot->reason);
    release(slot);
}

/* ---- what came of it ---- */

/* The N-th pause, counted from 1. */
static int64_t pause_us(int n)
{
    return n > 7 ? LONGEST_PAUSE_US : (int64_t)FIRST_PAUSE_US << (n - 1);
}

/* Callboard answers: the gate is open, whatever it says of the call. */
static void got_through(struct sender *sender)
{
    sender->through++;
    sender->through_us = clock_steady_us();
    sender->gate_us = 0;
    if (sender->troubles)
        sender->hooks->away(sender->hooks->self, NULL);
    sender->troubles = 0;
}

/* Calls that were under way when the gate closed say nothing new when they fail. */
static void close_gate(struct sender *sender, const struct slot *slot, int64_t pause)
{
    int64_t now_us = clock_steady_us();
    if (sender->troubles == 0)
        sender->hooks->away(sender->hooks->self, &slot->reason);
    if (sender->troubles == 0 || slot->sent_us > sender->closed_us) {
        sender->troubles++;
        sender->closed_us = now_us;
    }
    if (pause < pause_us(sender->troubles))
        pause = pause_us(sender->troubles);
    sender->gate_us = now_us + pause;
}

/*
 * The call will be sent again, later than the gate opens so that others go first: it may be the only one that does not
 * get through. It is given up after some attempts between which others did get through.
 */
static void send_later(struct sender *sender, struct slot *slot, enum verdict verdict)
{
    curl_off_t wanted_seconds = 0;
    curl_easy_getinfo(slot->transfer.easy, CURLINFO_RETRY_AFTER, &wanted_seconds);
    int64_t wanted_us = wanted_seconds < 86400 ? wanted_seconds * 1000000 : 86400000000;
    if (verdict == VERDICT_AWAY)
        close_gate(sender, slot, wanted_us);
    if (verdict == VERDICT_LATER || sender->through > slot->through_then)
        slot->attempts++;
    slot->through_then = sender->through;
    if (slot->attempts >= ATTEMPTS) {
        finish(sender, slot, VERDICT_REJECTED);
        return;
    }
    int64_t pause = pause_us(slot->attempts > 0 ? slot->attempts : 1);
    if (pause < wanted_us)
        pause = wanted_us;
    slot->not_before_us = clock_steady_us() + 2 * pause;
    slot->state = SLOT_WAITING;
    sender->waiting++;
}

static void judge(struct sender *sender, struct slot *slot, CURLcode result)
{
    long status = 0;
    curl_easy_getinfo(slot->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    enum verdict verdict =
        verdict_of(result, slot->transfer.detail, status, buffer_slice(&slot->transfer.answer),
                   &slot->transfer.arena, &slot->reason);
    switch (verdict) {
    case VERDICT_ACCEPTED:
    case VERDICT_REJECTED:
        got_through(sender);
        finish(sender, slot, verdict);
        break;
    case VERDICT_LATER:
    case VERDICT_AWAY: send_later(sender, slot, verdict); break;
    case VERDICT_HOPELESS:
        give_up(sender, &slot->reason);
        release(slot);
        break;
    }
}

static void take_results(struct sender *sender)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(sender->multi, &left))) {
        struct slot *slot = NULL;
        CURLcode result = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
        curl_multi_remove_handle(sender->multi, slot->transfer.easy);
        sender->flying--;
        judge(sender, slot, result);
    }
}

/* ---- what is sent next ---- */

/* Fills a free slot with the next call; false when there is none. */
static bool take_call(struct sender *sender, struct slot *slot)
{
    struct error reason = {"out of memory"};
    if (sender->supply_ended)
        return false;
    slot->attempts = 0;
    slot->through_then = sender->through;
    if (!sender->hooks->supply(sender->hooks->self, &slot->transfer.arena, &slot->call,
                               &sender->supply_ended, &reason) ||
        (!sender->supply_ended && !transfer_write(&slot->transfer, &sender->common, &slot->call))) {
        release(slot);
        return give_up(sender, &reason);
    }
    if (sender->supply_ended)
        release(slot);
    return !sender->supply_ended;
}

/* The waiting slot whose turn comes first; NULL when none waits. */
static struct slot *first_waiting(const struct sender *sender)
{
    struct slot *first = NULL;
    for (size_t i = 0; sender->waiting > 0 && i < sender->count; i++) {
        struct slot *slot = &sender->slots[i];
        if (slot->state == SLOT_WAITING && (!first || slot->not_before_us < first->not_before_us))
            first = slot;
    }
    return first;
}

static struct slot *free_slot(const struct sender *sender)
{
    if (sender->flying + sender->waiting < sender->count)
        for (size_t i = 0; i < sender->count; i++)
            if (sender->slots[i].state == SLOT_FREE)
                return &sender->slots[i];
    return NULL;
}

static bool gate_open(const struct sender *sender, int64_t now_us)
{
    return sender->troubles == 0 || (now_us >= sender->gate_us && sender->flying == 0);
}

/* Sends one call if one may be: one that has waited long enough, or a new one. */
static bool send_one(struct sender *sender, int64_t now_us)
{
    if (ending(sender) || !gate_open(sender, now_us))
        return false;
    struct slot *slot = first_waiting(sender);
    if (slot && slot->not_before_us <= now_us) {
        sender->waiting--;
        fly(sender, slot);
        return true;
    }
    slot = free_slot(sender);
    if (!slot || !take_call(sender, slot))
        return false;
    fly(sender, slot);
    return true;
}

static void check_patience(struct sender *sender, int64_t now_us)
{
    struct error reason;
    if (now_us - sender->through_us < sender->settings->patience * 1000000 ||
        sender->flying + sender->waiting == 0)
        return;
    const struct slot *slot = first_waiting(sender);
    error_set(&reason, "no call got through for %lld seconds%s%s",
              (long long)sender->settings->patience, slot ? ": " : "",
              slot ? slot->reason.text : "");
    give_up(sender, &reason);
}

/* How long nothing can happen but an answer, in milliseconds. */
static int idle_ms(const struct sender *sender, int64_t now_us)
{
    int64_t until_us = now_us + TICK_MS * 1000;
    const struct slot *slot = first_waiting(sender);
    if (slot && slot->not_before_us < until_us)
        until_us = slot->not_before_us;
    if (sender->gate_us > now_us && sender->gate_us < until_us)
        until_us = sender->gate_us;
    return until_us <= now_us ? 1 : (int)((until_us - now_us) / 1000 + 1);
}

static bool finished(const struct sender *sender)
{
    if (*sender->stop >= 2)
        return true;
    if (sender->flying > 0)
        return false;
    return ending(sender) || (sender->supply_ended && sender->waiting == 0);
}

static void run(struct sender *sender)
{
    int running;
    sender->through_us = clock_steady_us();
    for (;;) {
        int64_t now_us = clock_steady_us();
        while (send_one(sender, now_us)) {
        }
        if (finished(sender))
            return;
        curl_multi_perform(sender->multi, &running);
        take_results(sender);
        check_patience(sender, clock_steady_us());
        sender->hooks->tick(sender->hooks->self);
        if (sender->flying == (size_t)running)
            curl_multi_poll(sender->multi, NULL, 0, idle_ms(sender, now_us), NULL);
    }
}

/* ---- setting up ---- */

static bool prepare(struct sender *sender)
{
    size_t most = (size_t)sender->settings->in_flight;
    sender->multi = curl_multi_init();
    sender->slots = calloc(most, sizeof *sender->slots);
    if (!transfer_prepare(&sender->common, sender->settings) || !sender->multi || !sender->slots)
        return false;
    curl_multi_setopt(sender->multi, CURLMOPT_MAXCONNECTS, (long)most);
    for (; sender->count < most; sender->count++) {
        struct slot *slot = &sender->slots[sender->count];
        if (!transfer_open(&slot->transfer, &sender->common))
            return false;
        curl_easy_setopt(slot->transfer.easy, CURLOPT_PRIVATE, slot);
    }
    return true;
}

static void clean_up(struct sender *sender)
{
    for (size_t i = 0; i < sender->count; i++) {
        struct slot *slot = &sender->slots[i];
        if (slot->state == SLOT_FLYING)
            curl_multi_remove_handle(sender->multi, slot->transfer.easy);
        transfer_close(&slot->transfer);
    }
    curl_multi_cleanup(sender->multi);
    free(sender->slots);
    transfer_clean_up(&sender->common);
}

bool sender_run(const struct sender_settings *settings, const struct sender_hooks *hooks,
                const volatile sig_atomic_t *stop, struct error *error)
{
    struct sender sender = {.settings = settings, .hooks = hooks, .stop = stop, .error = error};
    bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK && prepare(&sender);
    if (ready)
        run(&sender);
    else
        give_up(&sender, &(struct error){"libcurl cannot be used"});
    clean_up(&sender);
    if (!sender.failed && *stop)
        error_set(error, "interrupted");
    return !sender.failed && !*stop;
}
