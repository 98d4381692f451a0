/*
 * ami_message.h - messages of Asterisk's manager interface (AMI), out of bytes that come in any pieces.
 *
 * A message is lines "Name: value", each ended by CR LF, and an empty line; the first line of a connection is a greeting by itself.
 * Values are chosen by many: callers, phones, and whoever writes channel variables. So: only CR LF ends a line; a header that
 * comes twice counts as it came first, as Asterisk's own headers stand before those of variables; what is not UTF-8 is mended.
 */
#ifndef CALLBOARD_AMI_MESSAGE_H
#define CALLBOARD_AMI_MESSAGE_H

#include "base/buffer.h"
#include "base/error.h"

#define AMI_MESSAGE_MAX 65536 /* bytes; a longer one is passed over, and counted */
#define AMI_HEADERS_MAX 512   /* lines; those behind are not looked at */

struct ami_header {
    struct slice name, value;
};

struct ami_message {
    struct ami_header *headers;
    size_t count;
    struct slice text; /* whole, without the empty line */
};

/* Reads TEXT into *message, which lives in ARENA. False: there is no room. Lines without a colon are passed over. */
bool ami_message_read(struct slice text, struct arena *arena, struct ami_message *message);

/* The value of the header NAME (case does not count), or empty. */
struct slice ami_message_get(const struct ami_message *message, const char *name);

/*
 * True when RESPONSE, the text of a message, says that an action was done; else *reason is what it says, which may be empty. Reads
 * that text as ami_message_read does.
 */
bool ami_judge(struct slice response, struct slice *reason);

/* All zero: of a new connection. */
struct ami_reader {
    size_t length;   /* bytes of a message that is not complete */
    size_t scanned;  /* of them, in which no end was found */
    bool greeted;    /* the greeting has come */
    bool passing;    /* over a message that is too long */
    uint64_t passed; /* so many */
    char data[AMI_MESSAGE_MAX];
};

/* Called with the text of each message, the greeting first. False: no more of them are wanted. */
typedef bool ami_message_told(void *self, struct slice text);

/* Tells of all messages that BYTES complete. False when TOLD returned that. TOLD must not free the reader. */
bool ami_reader_feed(struct ami_reader *reader, struct slice bytes, ami_message_told *told,
                     void *self);

#endif
