/*
 * message.h - what is sent to clients, made once and shared by all who are to have it.
 * A frame is the part that is the same whoever hears it and whenever he came; a message is a frame and what stands in front
 * of it. Both are counted: whoever holds one releases it.
 */
#ifndef CALLBOARD_MESSAGE_H
#define CALLBOARD_MESSAGE_H

#include "base/buffer.h"

enum format {
    FORMAT_BASIX, /* BERT terms */
    FORMAT_PLAIN  /* JSON */
};
#define FORMATS 2

/* A stream's id as text, with its NUL: two numbers of 64 bits and "-". */
#define SEQ_BYTES 42

struct frame {
    size_t references;
    size_t length;
    char bytes[];
};

struct message {
    size_t references;
    struct frame *body;
    bool news;           /* counts against what may wait for a client; of a snapshot nothing does */
    bool resumable;      /* who has heard it can go on from its number */
    char seq[SEQ_BYTES]; /* "" for none */
    size_t head_length;
    char head[SEQ_BYTES + 16];
};

/* A copy of what BUFFER holds, with one reference. NULL without memory, or when the buffer is incomplete. */
struct frame *frame_make(const struct buffer *buffer);
struct frame *frame_hold(struct frame *frame);
void frame_release(struct frame *frame); /* NULL is none */

/* BODY (held, or NULL: then NULL) in FORMAT, of the time SEQ. NULL without memory. */
struct message *message_make(struct frame *body, enum format format, const char *seq);
struct message *message_hold(struct message *message);
void message_release(struct message *message);

#endif
