/*
 * packet.h - a packet on its way to a Redis list, where it must arrive once.
 *
 * Every packet has an id. Redis remembers the ids of the last minutes in keys of their own, so a packet that is sent
 * a second time, because nobody knows what became of the first try, is recognised. What stands in braces decides on the
 * hash slot (Redis Cluster Specification, "Hash tags"), so the id's key shares the list's and one script writes both:
 *
 *     callboard:packet:{<list>}:<id>
 *
 * In the spool a packet is one line of six fields with tabs between them; the checksum is of all that follows it:
 *
 *     wait <crc32> <time> <id> <list> <text>
 */
#ifndef CALLBOARD_PACKET_H
#define CALLBOARD_PACKET_H

#include "store/batch.h"

/* Bytes of a packet's text. */
#define PACKET_BYTES_MAX ((size_t)1 << 20)

/* Bytes of its line in the spool, with the line's end. */
#define PACKET_LINE_MAX (PACKET_BYTES_MAX + 1024)

/* Packets in one command, so that Redis is never held up for more than a few milliseconds. */
#define PACKET_PUSH_MAX 1000

struct packet {
    struct slice id;   /* 1-64 of 0-9 a-z . - */
    struct slice list; /* the key of the list; 1-250 bytes without braces and control characters */
    struct slice text; /* JSON without line ends */
};

/*
 * Where news and records of TYPE are, in ARENA: <prefix>:<type>, with REFERENCE <prefix>:<type>:<reference>. The list for
 * packets and the channel for news have the same name.
 */
struct slice packet_key(struct arena *arena, const char *prefix, struct slice type,
                        struct slice reference);

/*
 * Adds the command that LPUSHes COUNT packets, all of one list, in order, but for those whose id Redis remembers;
 * it will for ID_SECONDS. The reply is an array of COUNT lengths of the list, or an error; after an error some may be
 * in, and it is right to send all of them again. What they point to must outlive the batch.
 */
void packet_add_push(struct store_batch *batch, const struct packet *packets, size_t count,
                     int64_t id_seconds);

/* What became of packets that were to go to the spool. */
enum spool_outcome {
    SPOOL_WRITTEN, /* synced to the disk */
    SPOOL_EMPTY,   /* not written: nothing is in the spool that they would have to stay behind */
    SPOOL_FULL,    /* not written: the disk, or what the spool may take of it, is full */
    SPOOL_FAILED   /* written or not, but not known to be on the disk */
};

/* What a line of the spool says of its packet. */
enum packet_state {
    PACKET_WAITING,
    PACKET_DONE,   /* Redis has it */
    PACKET_DROPPED /* somebody did not want it any more */
};

/* The words for the states, all of one length, with which a line begins. */
#define PACKET_STATE_LENGTH 4
extern const char *const packet_state_words[];

/* Adds PACKET's line, waiting since NOW_US, with its line end. */
void packet_write_line(struct buffer *out, const struct packet *packet, int64_t now_us);

/*
 * Reads LINE, without its line end. The slices point into it. False when it is not such a line or its checksum is wrong: torn,
 * damaged, or not ours.
 */
bool packet_read_line(struct slice line, struct packet *packet, enum packet_state *state);

#endif
