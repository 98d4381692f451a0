/*
 * notifications.h - news and records of calls, for whoever listens on Redis or over HTTP.
 *
 * A packet is {"type":<sub type>,"payload":{…}}. News is published to the channel <prefix>:<type>[:<reference>]; what must not
 * be lost (critical) is LPUSHed to the list <prefix>:<type>, whose consumers BRPOP.
 */
#ifndef CALLBOARD_NOTIFICATIONS_H
#define CALLBOARD_NOTIFICATIONS_H

#include "base/config.h"
#include "base/json.h"
#include "handlers/handler.h"

/* Packets in one request. */
#define NOTIFICATIONS_BATCH_MAX PACKET_PUSH_MAX

/* Bytes of a body. */
#define NOTIFICATIONS_BODY_BYTES PACKET_BYTES_MAX

struct notifications_settings {
    const char *prefix;
    const char *critical; /* "type.sub type, …" that go to the list */
    const char *both;     /* those that go to the list and are published */
    bool strict;          /* payloads are checked against the table in notifications_packet.c */
    int64_t lease_max;    /* seconds */
    int64_t wait_max;     /* seconds */
};

/* [notifications] */
extern const struct config_option notifications_options[];
extern const size_t notifications_option_count;

/* Checks what no single option shows; called once after loading. */
bool notifications_settings_check(const struct notifications_settings *settings,
                                  struct error *error);

/* 1 to 64 of 0-9 A-Z a-z . _ - */
#define NOTIFICATIONS_NAME_RULE "1 to 64 characters of 0-9 A-Z a-z . _ -"
bool notifications_good_name(struct slice name);

/* The key of TYPE's list, and, with a REFERENCE, the name of its channel. */
struct slice notifications_key(struct exchange *x, struct slice type, struct slice reference);

/* ---- one packet (notifications_packet.c) ---- */

/* One packet of a request, on its way through it. */
struct notification {
    struct slice text; /* the packet */
    bool publish;
    bool queue;
    int status; /* of the answer; 0: not known yet */
    const char *field, *error;
    int64_t receivers; /* -1: not published */
    int64_t length;    /* of the list; -1: not in it */
    bool spooled;
};

/*
 * Makes of SUB_TYPE and PAYLOAD, either of which may be missing (data NULL, NULL), a packet of TYPE. What is wrong becomes
 * notification->status and error.
 */
void notification_read(struct exchange *x, struct slice type, struct slice sub_type,
                       const json_t *payload, struct notification *notification);

/* What is wrong with the PAYLOAD of (TYPE, SUB_TYPE), and in *field where; NULL: nothing. */
const char *notification_strict_fault(struct slice type, struct slice sub_type,
                                      const json_t *payload, const char **field);

/* ---- routes ---- */

/* POST /notifications/{type}[/{reference}] */
handler_plan notifications_plan_post;
handler_render notifications_render_post;

/* GET /notifications/{type}: packets of the list, under a lease, or news as server-sent events */
handler_plan notifications_plan_take;
handler_render notifications_render_take;

/* GET /notifications/{type}/{reference}: news as server-sent events */
handler_plan notifications_plan_news;

/* DELETE /notifications/{type}/{id}: confirms packets that were taken */
handler_plan notifications_plan_confirm;
handler_render notifications_render_confirm;

#endif
