/*
 * directory.h - the FreeSWITCH directory: who a user is, asked by mod_xml_curl, answered from Redis.
 *
 *     cti_exten@<domain>   hash name -> {"param": {…}, "variable": {…}, "attribute": {…}}
 *     cti_alias@<domain>   hash number-alias -> name
 *     cti_domain           hash domain -> {"param": {…}, "variable": {…}}, the defaults of its users
 *     cti_group@<domain>   hash group -> {"members": [name…], "param": {…}, "variable": {…}}
 *
 * Several tools write these. A change counts at the next lookup.
 */
#ifndef CALLBOARD_DIRECTORY_H
#define CALLBOARD_DIRECTORY_H

#include "base/config.h"
#include "base/copies.h"
#include "handlers/handler.h"

struct directory_settings {
    int64_t stale_seconds;           /* how long an answer may be repeated while Redis is away */
    int64_t stale_not_found_seconds; /* the same for "not found" */
    int64_t copies_megabytes;        /* room for these answers, of all workers together */
    int64_t alias_scan_extensions;   /* of a domain that are searched for an alias; 0: none */
    int64_t alias_scan_seconds;      /* how long what was found is good */
};

/* [directory] */
extern const struct config_option directory_options[];
extern const size_t directory_option_count;

/* GET, POST and PUT /directory */
handler_plan directory_plan;
handler_render directory_render;

/*
 * handler_fail of /directory. FreeSWITCH reads only a 200, and refuses the phone for all else: what cannot be
 * answered is "not found". Only what is not FreeSWITCH's question (401, 405, 413, 503 …) keeps its status.
 */
handler_fail directory_fail;

#endif
