/*
 * notifications_packet.c - one packet: which way it goes, and what it may hold.
 */
#include "handlers/notifications.h"

/* The packets that are documented, for `strict`. Types are written in the singular and in the plural. */
static const struct {
    const char *type, *types;
    const char *sub_type;
    const char *fields; /* NULL: free */
    const char *states; /* what `status` may be */
} documented[] = {
    {"campaign", "campaigns", "cdr",
     "extension,call_ref,contact_ref,dialed_at,end_reason,end_code,call_time,call_dir,"
     "recording_url,ref",
     NULL},
    {"campaign", "campaigns", "status", "status,ref", "started,stopping,stopped,completed"},
    {"campaign", "campaigns", "stats", NULL, NULL},
    {"campaign", "campaigns", "dial_preview", "callees,ref", NULL},
    {"agent", "agents", "call", "call_ref,contact_ref,number,ref", NULL},
    {"agent", "agents", "status", "status,campaign_ref,ref",
     "logging_in,available,busy,wrapup,logging_out,offline"},
    {"agent", "agents", "stats", NULL, NULL},
    {"inbound", "inbound", "call", "number,dial_number,hold_time,call_ref,contact_ref,call_dir,ref",
     NULL},
};

/* True when WORD is one of LIST, which has commas between its words and may have blanks. */
static bool is_listed(struct slice word, const char *list)
{
    struct slice rest = slice_from(list);
    while (rest.data)
        if (slice_equal(slice_trim(slice_cut(rest, ',', &rest)), word))
            return true;
    return false;
}

static const char *callees_fault(const json_t *callees)
{
    static const char fault[] = "callees must be an array of {number, contact_ref}";
    size_t i;
    const json_t *callee, *member;
    const char *name;
    if (!json_is_array(callees))
        return fault;
    json_array_foreach((json_t *)callees, i, callee)
    {
        if (!json_is_object(callee))
            return fault;
        json_object_foreach((json_t *)callee, name, member)
        {
            if (!is_listed(slice_from(name), "number,contact_ref") || json_is_object(member) ||
                json_is_array(member))
                return fault;
        }
    }
    return NULL;
}

static const char *fields_fault(const json_t *payload, const char *fields, const char *states,
                                const char **field)
{
    const char *name;
    const json_t *value;
    json_object_foreach((json_t *)payload, name, value)
    {
        *field = name;
        if (!is_listed(slice_from(name), fields))
            return "the payload of this type has no such field";
        if (strcmp(name, "callees") == 0) {
            const char *fault = callees_fault(value);
            if (fault)
                return fault;
        } else if (json_is_object(value) || json_is_array(value)) {
            return "this field must be a text or a number";
        } else if (states && strcmp(name, "status") == 0 &&
                   !(json_is_string(value) && is_listed(json_slice(value), states))) {
            return "status is none of those that this type has";
        }
    }
    *field = states && !json_object_get(payload, "status") ? "status" : "ref";
    return json_object_get(payload, *field) ? NULL : "the payload of this type needs this field";
}

const char *notification_strict_fault(struct slice type, struct slice sub_type,
                                      const json_t *payload, const char **field)
{
    *field = "type";
    for (size_t i = 0; i < sizeof documented / sizeof *documented; i++) {
        if ((!slice_is(type, documented[i].type) && !slice_is(type, documented[i].types)) ||
            !slice_is(sub_type, documented[i].sub_type))
            continue;
        if (!documented[i].fields)
            return NULL;
        return fields_fault(payload, documented[i].fields, documented[i].states, field);
    }
    return "no packet of this type is documented";
}

/* True when "TYPE.SUB_TYPE" is one of LIST. */
static bool is_routed(struct exchange *x, struct slice type, struct slice sub_type,
                      const char *list)
{
    struct buffer word = buffer_in(x->arena);
    buffer_add(&word, type);
    buffer_add_byte(&word, '.');
    buffer_add(&word, sub_type);
    return is_listed(buffer_slice(&word), list);
}

static void refuse(struct notification *notification, const char *field, const char *error)
{
    notification->status = 400;
    notification->field = field;
    notification->error = error;
}

void notification_read(struct exchange *x, struct slice type, struct slice sub_type,
                       const json_t *payload, struct notification *notification)
{
    const struct notifications_settings *settings = x->context->notifications;
    const char *field, *fault = NULL;
    *notification = (struct notification){.receivers = -1, .length = -1};
    if (!notifications_good_name(sub_type)) {
        refuse(notification, "type", "type must be " NOTIFICATIONS_NAME_RULE);
        return;
    }
    if (!json_is_object(payload)) {
        refuse(notification, "payload", "payload must be a JSON object");
        return;
    }
    if (settings->strict)
        fault = notification_strict_fault(type, sub_type, payload, &field);
    if (fault) {
        refuse(notification, field, fault);
        return;
    }
    bool both = is_routed(x, type, sub_type, settings->both);
    notification->queue = both || is_routed(x, type, sub_type, settings->critical);
    notification->publish = both || !notification->queue;
    struct buffer text = buffer_in(x->arena);
    buffer_add_string(&text, "{\"type\":");
    buffer_add_json(&text, sub_type);
    buffer_add_string(&text, ",\"payload\":");
    json_write(&text, payload);
    buffer_add_byte(&text, '}');
    notification->text = buffer_slice(&text);
    if (text.length > PACKET_BYTES_MAX) {
        refuse(notification, "payload", "the packet is larger than 1 MiB");
        notification->status = 413;
    }
}
