/*
 * packet.c - a packet on its way to a Redis list, where it must arrive once.
 */
#include "store/packet.h"

#include <stdio.h>
#include <time.h>

const char *const packet_state_words[] = {
    [PACKET_WAITING] = "wait", [PACKET_DONE] = "done", [PACKET_DROPPED] = "drop"};

/*
 * KEYS: the list, then a key an id. ARGV: seconds, then a packet an id. pcall hands errors through with their codes (OOM,
 * READONLY, WRONGTYPE); an id is not remembered for a packet that did not get in.
 */
static const char push_script[] =
    "local lengths = {} "
    "for i = 2, #KEYS do "
    "local n = redis.pcall('SET', KEYS[i], '', 'NX', 'EX', ARGV[1]) "
    "if type(n) == 'table' and n.err then return n end "
    "if n then "
    "n = redis.pcall('LPUSH', KEYS[1], ARGV[i]) "
    "if type(n) == 'table' then redis.call('DEL', KEYS[i]) return n end "
    "else "
    "n = redis.pcall('LLEN', KEYS[1]) "
    "if type(n) == 'table' then return n end "
    "end "
    "lengths[i - 1] = n "
    "end "
    "return lengths";

struct slice packet_key(struct arena *arena, const char *prefix, struct slice type,
                        struct slice reference)
{
    struct buffer key = buffer_in(arena);
    buffer_add_string(&key, prefix);
    buffer_add_byte(&key, ':');
    buffer_add(&key, type);
    if (reference.length > 0) {
        buffer_add_byte(&key, ':');
        buffer_add(&key, reference);
    }
    return buffer_slice(&key);
}

static struct slice id_key(struct arena *arena, const struct packet *packet)
{
    struct buffer key = buffer_in(arena);
    buffer_reserve(&key, packet->list.length + packet->id.length + 32);
    buffer_add_string(&key, "callboard:packet:{");
    buffer_add(&key, packet->list);
    buffer_add_string(&key, "}:");
    buffer_add(&key, packet->id);
    return buffer_slice(&key);
}

void packet_add_push(struct store_batch *batch, const struct packet *packets, size_t count,
                     int64_t id_seconds)
{
    size_t words = 3 + 1 + count + 1 + count;
    struct slice *word = arena_calloc(batch->arena, words, sizeof *word);
    if (!word)
        return;
    word[0] = slice_from("EVAL");
    word[1] = slice_of(push_script, sizeof push_script - 1);
    word[2] = store_number(batch, (int64_t)count + 1);
    word[3] = packets[0].list;
    word[4 + count] = store_number(batch, id_seconds);
    for (size_t i = 0; i < count; i++) {
        word[4 + i] = id_key(batch->arena, &packets[i]);
        word[5 + count + i] = packets[i].text;
    }
    store_batch_add_words(batch, word, words);
}

/* ---- lines ---- */

/* CRC-32 as in gzip and PNG (ISO 3309), so that a person can check a line too. */
static uint32_t crc32_of(struct slice s)
{
    static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                       0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                       0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < s.length; i++) {
        crc ^= (unsigned char)s.data[i];
        crc = table[crc & 15] ^ crc >> 4;
        crc = table[crc & 15] ^ crc >> 4;
    }
    return crc ^ 0xffffffffu;
}

static void add_time(struct buffer *out, int64_t us)
{
    struct tm tm;
    time_t seconds = (time_t)(us / 1000000);
    gmtime_r(&seconds, &tm);
    buffer_format(out, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                  tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(us % 1000000));
}

void packet_write_line(struct buffer *out, const struct packet *packet, int64_t now_us)
{
    char head[PACKET_STATE_LENGTH + 16];
    buffer_reserve(out, packet->text.length + packet->list.length + packet->id.length + 64);
    buffer_format(out, "%s\t%08x\t", packet_state_words[PACKET_WAITING], 0);
    size_t start = out->length;
    add_time(out, now_us);
    buffer_add_byte(out, '\t');
    buffer_add(out, packet->id);
    buffer_add_byte(out, '\t');
    buffer_add(out, packet->list);
    buffer_add_byte(out, '\t');
    buffer_add(out, packet->text);
    if (out->failed)
        return;
    uint32_t crc = crc32_of(slice_of(out->data + start, out->length - start));
    int length = snprintf(head, sizeof head, "%08x", crc);
    memcpy(out->data + start - 9, head, (size_t)length);
    buffer_add_byte(out, '\n');
}

static bool read_state(struct slice word, enum packet_state *state)
{
    for (int each = PACKET_WAITING; each <= PACKET_DROPPED; each++) {
        if (slice_is(word, packet_state_words[each])) {
            *state = (enum packet_state)each;
            return true;
        }
    }
    return false;
}

static bool good_id(struct slice id)
{
    return id.length <= 64 && slice_only(id, "0123456789abcdefghijklmnopqrstuvwxyz.-");
}

bool packet_read_line(struct slice line, struct packet *packet, enum packet_state *state)
{
    char crc[9];
    struct slice rest, word = slice_cut(line, '\t', &rest);
    if (!read_state(word, state))
        return false;
    word = slice_cut(rest, '\t', &rest);
    snprintf(crc, sizeof crc, "%08x", crc32_of(rest));
    if (!slice_is(word, crc))
        return false;
    slice_cut(rest, '\t', &rest); /* the time is for people */
    packet->id = slice_cut(rest, '\t', &rest);
    packet->list = slice_cut(rest, '\t', &rest);
    packet->text = rest;
    return good_id(packet->id) && packet->list.length > 0 && packet->text.length > 0 &&
           packet->text.length <= PACKET_BYTES_MAX;
}
