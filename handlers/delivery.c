/*
 * delivery.c - brings packets that must not be lost into Redis, or else into the spool.
 */
#include "handlers/delivery.h"

#include "handlers/answer.h"

/* Unique among all requests of all machines; never the client's own X-Request-Id, which may come twice. */
static struct slice packet_id(struct exchange *x, size_t index)
{
    struct buffer id = buffer_in(x->arena);
    buffer_format(&id, "%llx-%llx-%llx.%zu", (unsigned long long)x->request->now_us,
                  (unsigned long long)x->context->origin, (unsigned long long)x->request->serial,
                  index);
    return buffer_slice(&id);
}

static enum handler_next ask_spool(struct exchange *x, const struct delivery *delivery,
                                   bool only_behind)
{
    x->spool = (struct handler_spool){
        .packets = delivery->packets, .count = delivery->count, .only_behind = only_behind};
    return HANDLER_SPOOL;
}

enum handler_next delivery_begin(struct exchange *x, struct delivery *delivery,
                                 struct packet *packets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (packets[i].id.length == 0)
            packets[i].id = packet_id(x, i);
    x->shows_failures = true;
    *delivery = (struct delivery){.packets = packets, .count = count};
    return ask_spool(x, delivery, true);
}

static enum handler_next after_spool(struct exchange *x, struct delivery *delivery)
{
    switch (x->spool.outcome) {
    case SPOOL_EMPTY:
        delivery->pushed = true;
        packet_add_push(&x->batch, delivery->packets, delivery->count, x->context->id_seconds);
        return HANDLER_ASK;
    case SPOOL_WRITTEN: delivery->outcome = DELIVERY_SPOOLED; break;
    case SPOOL_FULL: delivery->outcome = DELIVERY_FULL; break;
    case SPOOL_FAILED: delivery->outcome = DELIVERY_FAILED; break;
    }
    return HANDLER_ANSWER;
}

static enum handler_next refused(struct delivery *delivery, const struct store_reply *reply)
{
    delivery->refusal = *reply;
    delivery->outcome = DELIVERY_REFUSED;
    return HANDLER_ANSWER;
}

static enum handler_next after_push(struct exchange *x, struct delivery *delivery,
                                    const struct store_reply *reply)
{
    if (!reply || store_reply_is_unavailable(reply))
        return ask_spool(x, delivery, false);
    if (reply->kind != STORE_ARRAY || reply->count != delivery->count)
        return refused(delivery, reply);
    delivery->lengths = arena_calloc(x->arena, delivery->count, sizeof *delivery->lengths);
    for (size_t i = 0; delivery->lengths && i < delivery->count; i++)
        delivery->lengths[i] = reply->elements[i].integer;
    delivery->outcome = DELIVERY_QUEUED;
    return HANDLER_ANSWER;
}

enum handler_next delivery_go_on(struct exchange *x, struct delivery *delivery,
                                 const struct store_reply *replies)
{
    bool pushed = delivery->pushed;
    delivery->pushed = false;
    enum handler_next next = pushed ? after_push(x, delivery, replies) : after_spool(x, delivery);
    if (next == HANDLER_ANSWER)
        x->shows_failures = false;
    return next;
}

enum handler_next delivery_fail(struct exchange *x, const struct delivery *delivery)
{
    if (delivery->outcome == DELIVERY_FULL)
        return answer_fail(x, 507, NULL, "storage is away and the spool has no room");
    if (delivery->outcome == DELIVERY_REFUSED)
        return answer_surprise(x, &delivery->refusal, "list of packets");
    return answer_busy(x, 1, "storage is away and the spool cannot be written; try again");
}
