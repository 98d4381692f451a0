/*
 * cdr.h - records of finished calls as packets {"type":"cdr","payload":{…}} of `campaigns`.
 */
#ifndef CALLBOARD_CDR_H
#define CALLBOARD_CDR_H

#include "base/call_record.h"
#include "base/config.h"
#include "handlers/delivery.h"

struct cdr_settings {
    bool freeswitch; /* POST /cdr/freeswitch makes packets */
    bool calls;      /* and phone calls */
    bool phonecalls; /* phone calls that are created over /direct make packets */
};

/* [cdr] */
extern const struct config_option cdr_options[];
extern const size_t cdr_option_count;

/*
 * Sets out to deliver CDR; go on with delivery_go_on. ID, when it is not empty, is what the call is known by, of the
 * characters of a packet's id: the same call sent again within [spool] id_seconds is one packet.
 */
enum handler_next cdr_deliver(struct exchange *x, struct delivery *delivery,
                              const struct call_record *cdr, struct slice id);

/* ---- mod_json_cdr (cdr_freeswitch.c) ---- */

/* A call as FreeSWITCH reports it. */
struct cdr_freeswitch {
    struct call_record cdr;
    bool b_leg; /* made by another leg, which has a report of its own */
    struct slice source, destination;
};

/*
 * Reads a body of mod_json_cdr in any of its encodings: JSON, whatever it is labelled; cdr= and a form; cdr= and base64.
 * False and *error when it is none. What is read lives in ARENA and in jansson's, which must be set.
 */
bool cdr_read_freeswitch(struct arena *arena, struct slice body, struct cdr_freeswitch *call,
                         struct error *error);

/* POST /cdr/freeswitch */
handler_plan cdr_plan_freeswitch;
handler_render cdr_render_freeswitch;

#endif
