/*
 * pbx.h - one PBX: the source of its news, the model of what it does, and the writer that keeps Redis true to it.
 */
#ifndef CALLBOARD_PBX_H
#define CALLBOARD_PBX_H

#include "feeds/freeswitch_settings.h"
#include "feeds/live_writer.h"
#include "feeds/source.h"

/* What all of them share; it must outlive them. */
struct pbx_common {
    uv_loop_t *loop;
    const struct freeswitch_settings *settings;
    const struct live_names_settings *names;
    const struct store_settings *store;
    const char *news_prefix;
    struct critical *critical;
    struct directory_elements *directory;   /* hears of mailboxes; NULL: nobody does */
    const struct source_kind *const *kinds; /* by enum pbx_kind */
};

struct pbx;

/* Starts to connect to SERVER. NULL and *error when it cannot be set up; that the server is away is no error. */
struct pbx *pbx_open(const struct pbx_common *common, const struct pbx_server *server,
                     struct error *error);

/* Asks the PBX to forget what it has cached of USER of DOMAIN. Nothing is asked while it is away, or for what cannot be a user. */
void pbx_flush_user(struct pbx *pbx, struct slice domain, struct slice user);

/* To be called about once a second: takes no more events while records of calls have nowhere to go. */
void pbx_tick(struct pbx *pbx);

/* Until pbx_stop. */
struct source *pbx_source(const struct pbx *pbx);
const char *pbx_name(const struct pbx *pbx);

/* Its status as a JSON object, for `callboard:feeds`. */
void pbx_write_status(const struct pbx *pbx, struct buffer *out);

/* Hears nothing any more, and says so in Redis; then pbx_is_idle is true when Redis knows all of it. */
void pbx_stop(struct pbx *pbx);
bool pbx_is_idle(const struct pbx *pbx);

/* After pbx_stop. The memory goes with the loop's closing callbacks. */
void pbx_close(struct pbx *pbx);

#endif
