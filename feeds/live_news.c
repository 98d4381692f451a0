/*
 * live_news.c - packets of notifications: agents/call, agents/status, campaigns/cdr.
 */
#include "feeds/live_model.h"

#include <stdio.h>

#include "base/call_record.h"

static void publish(struct live *live, const char *type, struct slice reference,
                    const struct buffer *packet)
{
    if (!packet->failed && live->sink->news)
        live->sink->news(live->sink->self, type, reference, buffer_slice(packet));
}

static void add(struct buffer *out, const char *name, struct slice text)
{
    buffer_add_string(out, name);
    buffer_add_json(out, text);
}

void live_news_call(struct live *live, struct slice agent, struct slice call,
                    struct slice contact_ref, struct slice number)
{
    struct buffer out = buffer_in(&live->scratch);
    if (!live->settings->agents_call || !live_is_identity(agent))
        return;
    add(&out, "{\"type\":\"call\",\"payload\":{\"call_ref\":", call);
    add(&out, ",\"contact_ref\":", contact_ref);
    add(&out, ",\"number\":", number);
    add(&out, ",\"ref\":", agent);
    buffer_add_string(&out, "}}");
    publish(live, "agents", agent, &out);
}

void live_news_status(struct live *live, struct slice agent, const char *status)
{
    struct buffer out = buffer_in(&live->scratch);
    if (!live->settings->agents_status || !live_is_identity(agent))
        return;
    add(&out, "{\"type\":\"status\",\"payload\":{\"status\":", slice_from(status));
    add(&out, ",\"campaign_ref\":\"\",\"ref\":", agent);
    buffer_add_string(&out, "}}");
    publish(live, "agents", agent, &out);
}

/* ---- campaigns/cdr ---- */

static struct slice variable(const void *event, const char *name)
{
    char header[64];
    snprintf(header, sizeof header, "variable_%s", name);
    return esl_event_get(event, header);
}

void live_news_cdr(struct live *live, const struct esl_event *event)
{
    struct call_record record;
    struct buffer out = buffer_in(&live->scratch);
    if (!live->settings->campaigns_cdr)
        return;
    if (!call_record_read(&record, variable, event)) {
        live->dropped++;
        return;
    }
    /* FreeSWITCH's own header, whatever a variable says. */
    record.call_ref = esl_event_get(event, "Unique-ID");
    call_record_write(&out, &record);
    if (!out.failed && live->sink->critical)
        live->sink->critical(live->sink->self, "campaigns", record.call_ref, buffer_slice(&out));
}
