/*
 * directory_answer.h - the documents that FreeSWITCH is answered with.
 */
#ifndef CALLBOARD_DIRECTORY_ANSWER_H
#define CALLBOARD_DIRECTORY_ANSWER_H

#include "store/directory_record.h"
#include "handlers/handler.h"

/* Where an answer's user stands, and what is inherited there. */
struct directory_place {
    struct slice domain;                     /* as FreeSWITCH has asked for it */
    const struct directory_record *defaults; /* of the domain */
    struct slice group;                      /* the group being called; empty: none */
    const struct directory_record *common;   /* of the group; NULL: none */
};

/* One document: <document><section name="directory"><domain> with … */
struct slice directory_write_user(struct exchange *x, const struct directory_place *place,
                                  struct slice name, const struct directory_record *record);

/* … the members of the place's group, as pointers. FreeSWITCH asks for each of them then. */
struct slice directory_write_group(struct exchange *x, const struct directory_place *place);

/* … no user at all. */
struct slice directory_write_domain(struct exchange *x, const struct directory_place *place);

/* … users with nothing but their id and cidr: COUNT pairs of name and network. */
struct slice directory_write_networks(struct exchange *x, const struct directory_place *place,
                                      const struct slice *pairs, size_t count);

/* "Not found", as FreeSWITCH understands it. */
extern const struct slice directory_not_found;

/* The most bytes of a document that mod_xml_curl takes. */
#define DIRECTORY_DOCUMENT_BYTES (((size_t)1 << 20) - 1)

#endif
