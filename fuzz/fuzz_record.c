/*
 * fuzz_record.c - fcgi/record.c: in one piece or byte by byte the same is told.
 */
#include "fuzz/fuzz.h"

#include "fcgi/record.h"

struct told {
    uint64_t hash;
    size_t content_left;
};

static void tell(struct told *told, uint64_t what)
{
    told->hash = (told->hash ^ what) * 0x100000001b3u;
}

static bool on_begin(void *self, const struct record_header *header)
{
    struct told *told = self;
    tell(told, (uint64_t)header->type << 32 | (uint64_t)header->request_id << 16 |
                   header->content_length);
    told->content_left = header->content_length;
    return header->type != 99;
}

static bool on_content(void *self, const struct record_header *header, struct slice part)
{
    struct told *told = self;
    (void)header;
    FUZZ_PROMISE(part.length > 0 && part.length <= told->content_left);
    told->content_left -= part.length;
    for (size_t i = 0; i < part.length; i++)
        tell(told, (unsigned char)part.data[i]);
    struct slice name, value, rest = part;
    bool torn;
    while (record_next_pair(&rest, &name, &value, &torn))
        FUZZ_PROMISE(name.length + value.length <= part.length);
    return true;
}

static bool on_end(void *self, const struct record_header *header)
{
    (void)header;
    FUZZ_PROMISE(((struct told *)self)->content_left == 0);
    return true;
}

static const struct record_events events = {on_begin, on_content, on_end};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct record_reader whole, bytes;
    struct told told_whole = {0}, told_bytes = {0};
    record_reader_init(&whole);
    record_reader_init(&bytes);
    bool good =
        record_reader_feed(&whole, slice_of((const char *)data, size), &events, &told_whole);
    bool good_so_far = true;
    for (size_t i = 0; good_so_far && i < size; i++)
        good_so_far =
            record_reader_feed(&bytes, slice_of((const char *)data + i, 1), &events, &told_bytes);
    FUZZ_PROMISE(good == good_so_far && told_whole.hash == told_bytes.hash);
    return 0;
}

FUZZ_SEEDS(
    SLICE_LITERAL("\1\1\0\1\0\x8\0\0\0\1\1\0\0\0\0\0\1\4\0\1\0\x11\7\0\xe\1REQUEST_METHODG......."
                  "\1\4\0\1\0\0\0\0\1\5\0\1\0\0\0\0"),
    SLICE_LITERAL("\1\x9\0\0\0\x11\0\0\xf\0FCGI_MPXS_CONNS"),
    SLICE_LITERAL("\1\5\1\2\0\3\5\0abc....."), SLICE_LITERAL("\1\x2\0\1\0\0\0\0"));
