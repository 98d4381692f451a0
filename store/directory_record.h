/*
 * directory_record.h - what Redis holds of an extension, a domain or a group: {"param": {…}, "variable": {…}, …}.
 * Several tools write these; nothing is believed.
 */
#ifndef CALLBOARD_DIRECTORY_RECORD_H
#define CALLBOARD_DIRECTORY_RECORD_H

#include "base/json.h"

/* The most bytes of a stored record; FreeSWITCH takes no answer over 1 MiB. */
#define DIRECTORY_RECORD_BYTES ((size_t)512 << 10)

/* The most bytes of a domain's, a user's or a group's name. FreeSWITCH cuts at 511. */
#define DIRECTORY_NAME_BYTES 255

/*
 * Redis channel: {"domain":"pbx.example.com","user":"1000"} for each extension that was written or deleted, "group" in
 * place of "user" for a group, neither for a domain's defaults. Whoever has a FreeSWITCH event socket sends "api
 * xml_flush_cache id 1000 pbx.example.com" for an extension then.
 */
#define DIRECTORY_CHANGES "callboard:directory:changes"

struct directory_record {
    const json_t *param, *variable, *attribute; /* objects, or NULL */
    const json_t *members;                      /* a group's: array, or NULL */
};

/* True when NAME can be a domain's, a user's or a group's: 1 to DIRECTORY_NAME_BYTES of characters that XML carries. */
bool directory_name_is_good(struct slice name);

/* The key of the hash of DOMAIN: prefix is "cti_exten@", "cti_alias@" or "cti_group@". */
struct slice directory_key(struct arena *arena, const char *prefix, struct slice domain);

/* Reads STORED. False and *error when it is not JSON, or not of this form. */
bool directory_record_read(struct slice stored, struct directory_record *record,
                           struct error *error);

/* VALUE, a JSON string, number or boolean, as the text that it is in XML, in ARENA. False for anything else. */
bool directory_text(const json_t *value, struct arena *arena, struct slice *text);

/* The text of the member NAME of OBJECT, whatever the case of its letters; the last one that is not empty, as for
 * FreeSWITCH. The empty slice when there is none, or OBJECT is NULL. */
struct slice directory_member(const json_t *object, const char *name, struct arena *arena);

/* True when FreeSWITCH takes TEXT for true (switch_true). */
bool directory_is_true(struct slice text);

#endif
