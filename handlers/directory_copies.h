/*
 * directory_copies.h - the last answer to each question, for when Redis is away.
 */
#ifndef CALLBOARD_DIRECTORY_COPIES_H
#define CALLBOARD_DIRECTORY_COPIES_H

#include "handlers/directory_request.h"

/*
 * Keeps DOCUMENT as the answer to QUESTION, as of the request's time. MADE_OF is all that the document was made of, for
 * directory_copy_same; empty: it is not to be used so.
 */
void directory_copy_put(struct exchange *x, const struct directory_question *question,
                        struct slice made_of, struct slice document);

/*
 * True when the last answer to QUESTION was made of the same bytes: *document, in the request's arena, is what would be made of
 * them again, and counts as given now. So a record that has not changed is not parsed again, and one that has is live.
 */
bool directory_copy_same(struct exchange *x, const struct directory_question *question,
                         struct slice made_of, struct slice *document);

/*
 * The last answer to QUESTION, in the request's arena, and its age in seconds. False when there is none that the settings
 * let through: "not found" is only good for some seconds. A member of a group being called may be known by himself only;
 * then he is found without the group.
 */
bool directory_copy_get(struct exchange *x, const struct directory_question *question,
                        struct slice *document, int64_t *age);

/* Forgets the copies of answers about USER (a name or a number-alias) of DOMAIN. */
void directory_forget(struct exchange *x, struct slice domain, struct slice user);

#endif
