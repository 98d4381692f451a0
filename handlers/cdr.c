/*
 * cdr.c - records of finished calls as packets, and POST /cdr/freeswitch.
 *
 * mod_json_cdr keeps no replay of its own, so 200 means: the packet is in Redis or synced to the spool. The packet's id is the
 * leg's uuid: when FreeSWITCH tries again, because it did not hear the answer, it is the same packet.
 */
#include "handlers/cdr.h"

#include "base/log.h"
#include "handlers/answer.h"
#include "handlers/notifications.h"
#include "handlers/phonecalls.h"

#define OPTION(name_, standard_)                                                                   \
    {                                                                                              \
        .section = "cdr", .name = #name_, .kind = CONFIG_BOOLEAN,                                  \
        .offset = offsetof(struct cdr_settings, name_), .standard = standard_                      \
    }

const struct config_option cdr_options[] = {
    OPTION(freeswitch, "yes"),
    OPTION(calls, "no"),
    OPTION(phonecalls, "no"),
};
const size_t cdr_option_count = sizeof cdr_options / sizeof *cdr_options;

/* ---- the packet ---- */

enum handler_next cdr_deliver(struct exchange *x, struct delivery *delivery,
                              const struct call_record *cdr, struct slice id)
{
    struct packet *packet = arena_calloc(x->arena, 1, sizeof *packet);
    struct buffer text = buffer_in(x->arena);
    if (!packet)
        return HANDLER_ANSWER;
    call_record_write(&text, cdr);
    packet->id = id;
    packet->list = notifications_key(x, slice_from("campaigns"), slice_of(NULL, 0));
    packet->text = buffer_slice(&text);
    return delivery_begin(x, delivery, packet, 1);
}

/* ---- POST /cdr/freeswitch ---- */

enum report_phase {
    REPORT_PACKET,
    REPORT_CALL
};

struct report {
    struct cdr_freeswitch call;
    struct delivery delivery;
    enum report_phase phase;
    void *recording; /* phonecalls.c's notes */
};

/* The id of the leg's packet; empty when the uuid is no uuid. */
static struct slice report_id(struct exchange *x, const struct report *report)
{
    struct slice uuid = report->call.cdr.call_ref;
    struct buffer id = buffer_in(x->arena);
    if (uuid.length > 50 || !slice_only(uuid, "0123456789abcdefghijklmnopqrstuvwxyz-"))
        return slice_of(NULL, 0);
    buffer_add_string(&id, "freeswitch-");
    buffer_add(&id, uuid);
    return buffer_slice(&id);
}

static enum handler_next answer_report(struct exchange *x, const struct report *report)
{
    struct buffer body = buffer_in(x->arena);
    buffer_add_string(&body, report->delivery.outcome == DELIVERY_SPOOLED ? "{\"spooled\":true}"
                             : x->context->cdr->freeswitch                ? "{\"queued\":true}"
                                                                          : "{}");
    x->response = (struct http_response){0};
    return answer_json(x, 200, &body);
}

/* What phonecalls.c does next, or our own answer when it has one. */
static enum handler_next keep_recording(struct exchange *x, struct report *report,
                                        enum handler_next next)
{
    report->recording = x->notes;
    x->notes = report;
    if (next != HANDLER_ANSWER)
        return next;
    if (x->response.status == 503 || x->response.status == 500)
        return next; /* FreeSWITCH tries again, and the packet is known by its id */
    return answer_report(x, report);
}

static enum handler_next record_call(struct exchange *x, struct report *report)
{
    const struct cdr_freeswitch *call = &report->call;
    if (!x->context->cdr->calls || call->b_leg)
        return answer_report(x, report);
    report->phase = REPORT_CALL;
    return keep_recording(x, report,
                          phonecalls_record(x, call->cdr.dialed_us, call->source, call->destination,
                                            call->cdr.call_time, call->cdr.recording_url));
}

enum handler_next cdr_plan_freeswitch(struct exchange *x)
{
    struct report *report = arena_calloc(x->arena, 1, sizeof *report);
    struct error error;
    if (!report)
        return HANDLER_ANSWER;
    if (!cdr_read_freeswitch(x->arena, x->request->body, &report->call, &error))
        return answer_fail(x, 400, NULL, error.text);
    x->notes = report;
    if (!x->context->cdr->freeswitch)
        return record_call(x, report);
    return cdr_deliver(x, &report->delivery, &report->call.cdr, report_id(x, report));
}

enum handler_next cdr_render_freeswitch(struct exchange *x, const struct store_reply *replies)
{
    struct report *report = x->notes;
    if (report->phase == REPORT_CALL) {
        x->notes = report->recording;
        return keep_recording(x, report, phonecalls_render_create(x, replies));
    }
    enum handler_next next = delivery_go_on(x, &report->delivery, replies);
    if (next != HANDLER_ANSWER)
        return next;
    if (report->delivery.outcome == DELIVERY_QUEUED)
        return record_call(x, report);
    if (report->delivery.outcome != DELIVERY_SPOOLED)
        return delivery_fail(x, &report->delivery);
    /* Not a yes while half of it is missing. The packet, which is safe, is known by its id when the report comes again. */
    if (x->context->cdr->calls && !report->call.b_leg)
        return answer_busy(x, 1, "the phone call cannot be recorded now; send the report again");
    return answer_report(x, report);
}
