/*
 * phonecalls.h - phone calls that PBX scripts record, once each, on the wall of the contact they belong to.
 * Compatible with NiMbox' /direct/items/phonecalls.
 *
 * Where calls are, all keys of a day in one hash slot:
 *
 *   phonecalls:{2012-08-23}                  hash  "12:20:33|7222|02122853348" -> [id, contact, duration, url]
 *   callboard:phonecalls:wall:{2012-08-23}   sorted set of the same fields, scored by contact
 *   callboard:phonecalls:hour:{2012-08-23}:N lists of the same fields, by hour of the day, in order of arrival
 *
 * The hash is the truth, and HSETNX the rule that a call is recorded once. The other two are what walls and lists are
 * read by; one script writes all three, so none ever lacks a call. A day is one of the installation's time zone,
 * and the time in a field is the time since that day began: the time of day, but for the hours after clocks have been
 * set, since only so do no two instants of a day look the same. The fraction of a second stands behind "~", which
 * sorts behind "|", so that fields sort as their times. "|" and "%" in numbers are written %7C and %25. An array is
 * the value because a million of them need 48 MB less than objects.
 *
 *   callboard:phonecalls:days   sorted set of all days that ever had a call, scored by days since 1970
 *   callboard:phonecalls:id     the last id given
 */
#ifndef CALLBOARD_PHONECALLS_H
#define CALLBOARD_PHONECALLS_H

#include "base/config.h"
#include "base/rewrite.h"
#include "handlers/handler.h"

struct phonecalls_settings {
    const char *time_zone;  /* of dates and of times that say none */
    int contacts;           /* enum phonecalls_contacts */
    struct rewrite rewrite; /* brings numbers into the form in which contacts are found by them */
};

/* What happens to a call to a number that no contact has. */
enum phonecalls_contacts {
    CONTACTS_REFUSE,
    CONTACTS_CREATE
};

/* [phonecalls] */
extern const struct config_option phonecalls_options[];
extern const size_t phonecalls_option_count;

/*
 * Records a call that another handler has learnt of, as plan_create does for one over /direct, and returns the next step; x->notes
 * is then phonecalls_render_create's, which goes on until it answers. INITIATED_US is since the epoch, DURATION in seconds
 * or -1; a URL that is none is left out.
 */
enum handler_next phonecalls_record(struct exchange *x, int64_t initiated_us, struct slice source,
                                    struct slice destination, int64_t duration, struct slice url);

/* GET and POST /direct/items/phonecalls/create, delete, list */
handler_plan phonecalls_plan_create;
handler_render phonecalls_render_create;
handler_plan phonecalls_plan_delete;
handler_render phonecalls_render_delete;
handler_plan phonecalls_plan_list;
handler_render phonecalls_render_list;

#endif
