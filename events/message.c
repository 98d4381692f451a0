/*
 * message.c - what is sent to clients, made once and shared by all who are to have it.
 */
#include "events/message.h"

#include <stdio.h>
#include <stdlib.h>

struct frame *frame_make(const struct buffer *buffer)
{
    struct frame *frame = buffer->failed ? NULL : malloc(sizeof *frame + buffer->length);
    if (!frame)
        return NULL;
    frame->references = 1;
    frame->length = buffer->length;
    if (buffer->length)
        memcpy(frame->bytes, buffer->data, buffer->length);
    return frame;
}

struct frame *frame_hold(struct frame *frame)
{
    if (frame)
        frame->references++;
    return frame;
}

void frame_release(struct frame *frame)
{
    if (frame && --frame->references == 0)
        free(frame);
}

struct message *message_make(struct frame *body, enum format format, const char *seq)
{
    struct message *message = body ? calloc(1, sizeof *message) : NULL;
    if (!message)
        return NULL;
    message->references = 1;
    message->body = frame_hold(body);
    snprintf(message->seq, sizeof message->seq, "%s", seq);
    if (format == FORMAT_PLAIN)
        message->head_length =
            (size_t)snprintf(message->head, sizeof message->head, "{\"seq\":\"%s\",", message->seq);
    return message;
}

struct message *message_hold(struct message *message)
{
    if (message)
        message->references++;
    return message;
}

void message_release(struct message *message)
{
    if (!message || --message->references > 0)
        return;
    frame_release(message->body);
    free(message);
}
