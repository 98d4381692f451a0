/*
 * directory_field.h - the fields of an extension whose values FreeSWITCH reads in a way of its own.
 * What is stored in a form that would lock a phone out, or let everybody in, is repaired on its way to FreeSWITCH.
 */
#ifndef CALLBOARD_DIRECTORY_FIELD_H
#define CALLBOARD_DIRECTORY_FIELD_H

#include "base/arena.h"

/* More networks than FreeSWITCH reads of one auth-acl. */
#define DIRECTORY_NETWORKS_MAX 100

/*
 * The param NAME's TEXT as FreeSWITCH must be given it, in ARENA; the empty slice when it must be left out.
 *   any           empty: left out. An empty auth-acl or a1-hash refuses the phone.
 *   auth-acl      each bare address gets its /32 or /128, without which the phone is refused
 *   a1-hash       in lower case, the only one that FreeSWITCH compares with
 */
struct slice directory_repair_param(struct slice name, struct slice text, struct arena *arena);

/*
 * As directory_repair_param, for an attribute of <user>.
 *   id, ip, type  left out: they say whom the answer is about
 *   cacheable     milliseconds or "true"; all else would be kept for ever, so it is left out
 *   cidr          as auth-acl
 */
struct slice directory_repair_attribute(struct slice name, struct slice text, struct arena *arena);

/* True when TEXT is "address/bits", IPv4 or IPv6. */
bool directory_is_network(struct slice text);

/* True when TEXT, which has been repaired, is one name of an ACL, or networks separated by commas. */
bool directory_is_acl(struct slice text);

/* True when TEXT is 32 hexadecimal digits. */
bool directory_is_hash(struct slice text);

#endif
