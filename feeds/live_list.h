/*
 * live_list.h - the rows of FreeSWITCH's lists, {"row_count":N,"rows":[{…},…]}; rows is left out when there are none.
 * A list of 100,000 registrations is 27 MB: rows are read one after the other, so that it takes hardly more memory than its text.
 */
#ifndef CALLBOARD_LIVE_LIST_H
#define CALLBOARD_LIVE_LIST_H

#include "base/json.h"
#include "feeds/live_model.h"

/* ROW is an object, and valid during the call; what is left in live->scratch goes after it. */
typedef void live_list_row(struct live *live, const json_t *row);

/*
 * Calls TAKE with each row of JSON. Fails, with no call, when that is no such list. A row that is broken within is left out
 * and counted.
 */
bool live_list_read(struct live *live, struct slice json, live_list_row *take, struct error *error);

#endif
