/*
 * directory_request.h - what FreeSWITCH asks of the directory, out of the fields of its request.
 */
#ifndef CALLBOARD_DIRECTORY_REQUEST_H
#define CALLBOARD_DIRECTORY_REQUEST_H

#include "handlers/handler.h"
#include "store/directory_record.h"

enum directory_kind {
    DIRECTORY_NOTHING,     /* nothing that this directory holds */
    DIRECTORY_USER,        /* one user, by name or by number-alias */
    DIRECTORY_GROUP,       /* the members of a group */
    DIRECTORY_DOMAIN,      /* whether there is such a domain, and its defaults */
    DIRECTORY_NETWORK_LIST /* which users of a domain have an address of their own (cidr) */
};

struct directory_question {
    enum directory_kind kind;
    struct slice domain;
    struct slice user;  /* DIRECTORY_USER */
    struct slice group; /* DIRECTORY_GROUP; DIRECTORY_USER: the group being called, or empty */
    bool by_alias;      /* only a user whose number-alias this is */
    bool event_socket;  /* for somebody who wants to command the FreeSWITCH server */
};

/* Reads the fields of X's request. What is asked in no way known is DIRECTORY_NOTHING. */
void directory_request_read(const struct exchange *x, struct directory_question *question);

#endif
