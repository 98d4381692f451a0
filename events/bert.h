/*
 * bert.h - terms of Erlang's external format, those of them that clients of the Basix stream read.
 * They are older than the format is: no UTF-8 atoms, no new floats, no maps. See the External Term Format of
 * Erlang/OTP, and http://bert-rpc.org for the name.
 */
#ifndef CALLBOARD_BERT_H
#define CALLBOARD_BERT_H

#include "base/buffer.h"

/* Begins a message, which is one term. */
void bert_begin(struct buffer *out);

/* COUNT terms follow, at most 255. */
void bert_tuple(struct buffer *out, size_t count);

/* COUNT terms follow and then bert_nil; with COUNT 0 just that. */
void bert_list(struct buffer *out, size_t count);
void bert_nil(struct buffer *out);

/* NAME, at most 255 bytes of ASCII. The client sees undefined, a boolean, or the name as a text. */
void bert_atom(struct buffer *out, struct slice name);
void bert_boolean(struct buffer *out, bool value);
void bert_undefined(struct buffer *out);

void bert_integer(struct buffer *out, int64_t value);

/* TEXT as a list of bytes, at most 32 KiB: for names, where the client wants it so. */
void bert_string(struct buffer *out, struct slice text);

/* Any bytes. */
void bert_binary(struct buffer *out, struct slice bytes);

/*
 * TEXT, which is UTF-8, as a binary for a client that reads Latin-1: characters of Latin-1 are kept, letters with marks
 * lose them, typographical signs become plain ones, and what is left is "?", one a character.
 */
void bert_latin1(struct buffer *out, struct slice text);

#endif
