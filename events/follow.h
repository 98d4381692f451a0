/*
 * follow.h - keeps the domains that clients listen to up to date: what stands, read once, and then the stream.
 * One connection asks; another one waits for news, of all domains together. So Redis is read once a process, however many
 * clients there are. When Redis goes, listeners are told; when it is back, the stream is read on where it was left, or what
 * stands is read anew.
 */
#ifndef CALLBOARD_FOLLOW_H
#define CALLBOARD_FOLLOW_H

#include "events/domain.h"
#include "store/store.h"

struct follow;

/* NULL and *error otherwise. SETTINGS must stay. */
struct follow *follow_open(uv_loop_t *loop, const struct store_settings *settings,
                           struct error *error);

/* The domain NAME, which LISTENER hears from now on. NULL without memory. */
struct domain *follow_join(struct follow *follow, struct slice name, struct listener *listener);
void follow_leave(struct domain *domain, struct listener *listener);

/* The connection that asks, for others who have a question. */
struct store *follow_store(struct follow *follow);

/* All listeners have left. The memory goes with the loop's closing callbacks. */
void follow_close(struct follow *follow);

#endif
