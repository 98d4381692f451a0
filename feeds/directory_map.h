/*
 * directory_map.h - elements user, group, group_member and domain, made of the directory's records.
 *
 * Of a record only what is listed here gets in, so no password can. Where a record does not say, the field is left out.
 *
 *     user          id, name               the extension's name
 *                   label                  variable effective_caller_id_name
 *                   language               default_language
 *                   main_extension         main_extension, else the extension's name
 *                   email                  email, else param vm-mailto
 *                   mwi_target             mwi_target, else param MWI-Account
 *                   do_not_disturb_status  do_not_disturb_status or do_not_disturb; fwd_always_status and followme likewise
 *                   presence, role, park_group, flags, avatar   the variable of that name
 *                   mwi                    not of the record: directory_mailbox.h
 *     group         id, name               the group's name
 *                   type                   variable group_type: hunt or 1 is 1, all else 0 (ring)
 *                   queue                  variable queue: true unless it is a word for no; a queue's name, say
 *                   label                  label, else effective_caller_id_name
 *                   check_login_status, language (default_language), main_extension, flags
 *     group_member  id                     "<group>:<user>"
 *                   group_id, user_id, priority: the place in the list of members, from 1
 *     domain        id, name
 */
#ifndef CALLBOARD_DIRECTORY_MAP_H
#define CALLBOARD_DIRECTORY_MAP_H

#include "base/buffer.h"

/*
 * The element of what is called NAME, a good name, and whose record is STORED; in ARENA. A broken record says nothing: then there is
 * id and name. Empty without memory, and the arena is exhausted then.
 */
struct slice directory_map_user(struct arena *arena, struct slice name, struct slice stored);
struct slice directory_map_group(struct arena *arena, struct slice name, struct slice stored);
struct slice directory_map_domain(struct arena *arena, struct slice name);

struct directory_member_element {
    struct slice id, json;
};

/* The members of the group NAME, each once, into *members, in ARENA; returns how many. */
size_t directory_map_members(struct arena *arena, struct slice name, struct slice stored,
                             struct directory_member_element **members);

#endif
