/*
 * pbx_server.h - [freeswitch.server.NAME] and [asterisk.server.NAME] of callboard.conf: the PBXs that are heard.
 */
#ifndef CALLBOARD_PBX_SERVER_H
#define CALLBOARD_PBX_SERVER_H

#include "base/config.h"

enum pbx_kind {
    PBX_FREESWITCH,
    PBX_ASTERISK
};

struct pbx_server {
    enum pbx_kind kind;
    const char *name; /* of both kinds no two have the same */
    const char *host;
    int64_t port;
    const char *password_file; /* its first line is the password */
    const char *user;          /* of Asterisk's manager interface */
    const char *domain;        /* of Asterisk's extensions; of FreeSWITCH "": it says it itself */
    const char *trunks; /* Asterisk's endpoints that are no extensions; "": see ami_translator.h */
    struct pbx_server *next;
};

/* Their options; what is filled is a struct pbx_server *: the first one, in the order of the file. */
extern const struct config_option pbx_server_options[];
extern const size_t pbx_server_option_count;

/* True when all of SERVERS have what they need. */
bool pbx_servers_check(const struct pbx_server *servers, struct error *error);

#endif
