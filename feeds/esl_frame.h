/*
 * esl_frame.h - the frames of FreeSWITCH's event socket, out of bytes that come in any pieces.
 * A frame is lines NAME: VALUE, each ended by LF, an empty line, and Content-Length bytes of body when that header is there
 * (mod_event_socket.c). Memory is taken as bytes come, never because a header announces them.
 */
#ifndef CALLBOARD_ESL_FRAME_H
#define CALLBOARD_ESL_FRAME_H

#include "base/error.h"
#include "base/slice.h"

#define ESL_HEAD_MAX     65536              /* bytes of the lines of a frame */
#define ESL_BODY_MAX     ((size_t)16 << 20) /* usual bound of a body */
#define ESL_ANSWER_TIMES 16 /* an answer to an api command, a list, may be so many times as long */

/* Its slices are valid during the call that hands it out. */
struct esl_frame {
    struct slice type;  /* Content-Type; empty when there is none */
    struct slice reply; /* Reply-Text */
    struct slice head;  /* all lines, with their line ends */
    struct slice body;
};

/* The value of the line called NAME (case does not count), or empty; of several the first. */
struct slice esl_frame_header(const struct esl_frame *frame, const char *name);

struct esl_reader {
    size_t body_max;
    char *data; /* of a frame that is not complete */
    size_t length, capacity;
    size_t scanned; /* bytes of it in which the head's end was looked for */
    size_t head;    /* bytes of its head with the empty line; 0: not known yet */
    size_t body;    /* bytes of its body, once the head is known */
    bool broken;
};

/* An empty reader of frames with bodies of at most BODY_MAX bytes, answers ESL_ANSWER_TIMES that. Takes no memory yet. */
void esl_reader_init(struct esl_reader *reader, size_t body_max);
/* Gives the memory back; the reader is empty and may be used again. */
void esl_reader_free(struct esl_reader *reader);

/* Called with each frame. False: no more of them are wanted. */
typedef bool esl_frame_told(void *self, const struct esl_frame *frame);

/*
 * Tells of all frames that BYTES complete. False, and *error: these bytes are no frames, one is too large, or there is no memory;
 * nothing more can be read from this connection then. False without a text: TOLD returned false. TOLD must not free the reader.
 */
bool esl_reader_feed(struct esl_reader *reader, struct slice bytes, esl_frame_told *told,
                     void *self, struct error *error);

#endif
