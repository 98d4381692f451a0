/*
 * directory_api.h - the directory for people and their scripts: what redis-cli would do, checked.
 *
 *     /directory/{domain}                       its defaults
 *     /directory/{domain}/extensions[/{name}]
 *     /directory/{domain}/groups[/{name}]
 *
 * JSON in the form in which it is stored. GET, PUT, PATCH (RFC 7396) and DELETE of one record, with ETag and If-Match,
 * so that of two who change it at once one is told; lists, a page at a time, without secrets; a PUT of many extensions
 * as NDJSON. What has been changed is told to DIRECTORY_CHANGES, so that FreeSWITCH's own copy can be flushed.
 */
#ifndef CALLBOARD_DIRECTORY_API_H
#define CALLBOARD_DIRECTORY_API_H

#include "handlers/directory_check.h"
#include "handlers/handler.h"

/* The most bytes of a record, and of many at once. */
#define DIRECTORY_RECORD_BODY_BYTES ((size_t)128 << 10)
#define DIRECTORY_BULK_BYTES        ((size_t)1 << 20)
#define DIRECTORY_BULK_LINES        2000

/* GET of one record; which one, the path says. */
handler_plan directory_plan_read_extension, directory_plan_read_group, directory_plan_read_domain;
handler_render directory_render_read;

/* PUT, PATCH and DELETE of one record. */
handler_plan directory_plan_change_extension, directory_plan_change_group,
    directory_plan_change_domain;
handler_render directory_render_change;

/* GET of a page of extensions or groups. */
handler_plan directory_plan_list_extensions, directory_plan_list_groups;
handler_render directory_render_list;

/* PUT of many extensions. */
handler_plan directory_plan_bulk;
handler_render directory_render_bulk;

/* ---- shared by the files of the API ---- */

/* One record: where it is. */
struct directory_record_place {
    enum directory_owner owner;
    struct slice domain, name; /* of a domain's defaults: the same */
    struct slice key;          /* of the hash; the field is `name` */
};

/* Reads the path into *place. False when a name in it cannot be one: then the answer is made. */
bool directory_place_read(struct exchange *x, enum directory_owner owner,
                          struct directory_record_place *place);

/* Adds the PUBLISH that tells of a change of OWNER's record NAME. */
void directory_tell_change(struct exchange *x, enum directory_owner owner, struct slice domain,
                           struct slice name);

/* Adds the command that removes ALIAS, if it is still NAME's. */
void directory_release_alias(struct exchange *x, struct slice domain, struct slice alias,
                             struct slice name);

/* The number-alias in a STORED record; empty when there is none, or the record is broken. */
struct slice directory_alias_of(struct exchange *x, struct slice stored);

/* RECORD, checked already, as it will be stored. Empty, with the answer made, when it is too large. */
struct slice directory_record_text(struct exchange *x, const json_t *record);

#endif
