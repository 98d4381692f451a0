/*
 * transfer.h - one call on its way to callboard and the answer on its way back, as libcurl wants them.
 */
#ifndef CALLBOARD_TRANSFER_H
#define CALLBOARD_TRANSFER_H

#include <curl/curl.h>

#include "feeds/sender.h"

/* What all transfers share. */
struct transfer_common {
    const struct sender_settings *settings;
    struct arena arena;
    struct buffer url; /* of create, NUL-terminated */
    struct curl_slist *headers;
};

struct transfer {
    CURL *easy;
    struct arena arena; /* of one call: request, answer, whatever else belongs to it */
    struct buffer request, answer;
    char detail[CURL_ERROR_SIZE]; /* what curl says about a failure; or "" */
};

/* Makes *common for SETTINGS, which must outlive it. False without memory. To be cleaned up either way. */
bool transfer_prepare(struct transfer_common *common, const struct sender_settings *settings);
void transfer_clean_up(struct transfer_common *common);

/* A transfer for any number of calls, one after the other. False without memory; else to be closed. */
bool transfer_open(struct transfer *transfer, const struct transfer_common *common);
void transfer_close(struct transfer *transfer);

/* Writes what is to be sent of CALL. False without memory. */
bool transfer_write(struct transfer *transfer, const struct transfer_common *common,
                    const struct phonecall *call);

/* Forgets the last answer: the transfer is about to be sent, or sent again. */
void transfer_start(struct transfer *transfer);

#endif
