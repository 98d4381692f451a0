/*
 * call_record.c - the record of a finished call leg: from FreeSWITCH's variables, and as JSON.
 */
#include "base/call_record.h"

#include <time.h>

/* ---- from FreeSWITCH ---- */

static struct slice first_of(call_record_variable *variable, const void *self,
                             const char *const *names)
{
    struct slice text = {0};
    for (; *names && text.length == 0; names++)
        text = variable(self, *names);
    return text;
}

static int64_t number_of(struct slice text)
{
    uint64_t number;
    return slice_number(text, INT64_MAX, &number) ? (int64_t)number : -1;
}

/* 486 of "sip:486", or what the far end's INVITE came to. */
static int64_t sip_code(call_record_variable *variable, const void *self)
{
    struct slice text = variable(self, "proto_specific_hangup_cause");
    uint64_t code;
    if (slice_starts(text, "sip:") &&
        slice_number(slice_of(text.data + 4, text.length - 4), 999, &code))
        return (int64_t)code;
    int64_t status = number_of(variable(self, "sip_term_status"));
    return status >= 0 ? status : number_of(variable(self, "sip_invite_failure_status"));
}

bool call_record_read(struct call_record *record, call_record_variable *variable, const void *self)
{
    static const char *const extensions[] = {"user_name", "dialed_user", "sip_to_user", NULL};
    static const char *const references[] = {"campaign_ref", "ref", NULL};
    static const char *const recordings[] = {"recording_url", "record_url", NULL};
    *record = (struct call_record){.extension = first_of(variable, self, extensions),
                                   .call_ref = variable(self, "uuid"),
                                   .contact_ref = variable(self, "contact_ref"),
                                   .dialed_us = number_of(variable(self, "start_uepoch")),
                                   .end_reason = variable(self, "hangup_cause"),
                                   .end_code = sip_code(variable, self),
                                   .call_time = number_of(variable(self, "billsec")),
                                   .call_dir = variable(self, "direction"),
                                   .recording_url = first_of(variable, self, recordings),
                                   .ref = first_of(variable, self, references)};
    return record->call_ref.length > 0 && record->dialed_us >= 0;
}

/* ---- as JSON ---- */

static void add_text(struct buffer *out, const char *name, struct slice text)
{
    buffer_add_string(out, name);
    buffer_add_json(out, text);
}

static void add_number(struct buffer *out, const char *name, int64_t number)
{
    buffer_add_string(out, name);
    if (number < 0)
        buffer_add_string(out, "null");
    else
        buffer_add_number(out, number);
}

static void add_time(struct buffer *out, const char *name, int64_t us)
{
    struct tm tm;
    char text[32];
    time_t seconds = (time_t)(us / 1000000);
    if (!gmtime_r(&seconds, &tm) || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        text[0] = '\0';
    add_text(out, name, slice_from(text));
}

void call_record_write(struct buffer *out, const struct call_record *record)
{
    add_text(out, "{\"type\":\"cdr\",\"payload\":{\"extension\":", record->extension);
    add_text(out, ",\"call_ref\":", record->call_ref);
    add_text(out, ",\"contact_ref\":", record->contact_ref);
    add_time(out, ",\"dialed_at\":", record->dialed_us);
    add_text(out, ",\"end_reason\":", record->end_reason);
    add_number(out, ",\"end_code\":", record->end_code);
    add_number(out, ",\"call_time\":", record->call_time);
    add_text(out, ",\"call_dir\":", record->call_dir);
    add_text(out, ",\"recording_url\":", record->recording_url);
    add_text(out, ",\"ref\":", record->ref);
    buffer_add_string(out, "}}");
}
