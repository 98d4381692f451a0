/*
 * record.c - FastCGI records, read and written.
 * Section numbers are those of the FastCGI Specification 1.0.
 */
#include "fcgi/record.h"

void record_reader_init(struct record_reader *reader)
{
    *reader = (struct record_reader){0};
}

/* Takes header bytes off *bytes; true once all eight are there. Section 3.3. */
static bool take_head(struct record_reader *reader, struct slice *bytes)
{
    size_t missing = FCGI_HEADER_LEN - reader->head_length;
    size_t taken = bytes->length < missing ? bytes->length : missing;
    memcpy(reader->head + reader->head_length, bytes->data, taken);
    reader->head_length += taken;
    bytes->data += taken;
    bytes->length -= taken;
    return reader->head_length == FCGI_HEADER_LEN;
}

static bool open_record(struct record_reader *reader, const struct record_events *events,
                        void *self)
{
    const unsigned char *head = reader->head;
    reader->head_length = 0;
    if (head[0] != FCGI_VERSION_1)
        return false;
    reader->header = (struct record_header){.type = head[1],
                                            .request_id = (uint16_t)(head[2] << 8 | head[3]),
                                            .content_length = (uint16_t)(head[4] << 8 | head[5]),
                                            .padding_length = head[6]};
    reader->content_left = reader->header.content_length;
    reader->padding_left = reader->header.padding_length;
    reader->in_record = true;
    if (!events->begin(self, &reader->header))
        return false;
    return reader->content_left > 0 || events->end(self, &reader->header);
}

static struct slice take_part(struct slice *bytes, size_t *left)
{
    struct slice part = slice_of(bytes->data, bytes->length < *left ? bytes->length : *left);
    bytes->data += part.length;
    bytes->length -= part.length;
    *left -= part.length;
    return part;
}

bool record_reader_feed(struct record_reader *reader, struct slice bytes,
                        const struct record_events *events, void *self)
{
    while (bytes.length > 0) {
        if (!reader->in_record) {
            if (take_head(reader, &bytes) && !open_record(reader, events, self))
                return false;
        } else if (reader->content_left > 0) {
            struct slice part = take_part(&bytes, &reader->content_left);
            if (!events->content(self, &reader->header, part))
                return false;
            if (reader->content_left == 0 && !events->end(self, &reader->header))
                return false;
        } else {
            take_part(&bytes, &reader->padding_left);
        }
        if (reader->content_left == 0 && reader->padding_left == 0)
            reader->in_record = false;
    }
    return true;
}

/* One length of a pair: one byte below 128, else four with the highest bit set. Section 3.4. */
static bool take_length(struct slice *rest, size_t *length)
{
    const unsigned char *p = (const unsigned char *)rest->data;
    size_t width = rest->length > 0 && p[0] >> 7 ? 4 : 1;
    if (rest->length < width)
        return false;
    *length = width == 1 ? p[0]
                         : (size_t)(p[0] & 0x7f) << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 |
                               (size_t)p[3];
    rest->data += width;
    rest->length -= width;
    return true;
}

bool record_next_pair(struct slice *rest, struct slice *name, struct slice *value, bool *torn)
{
    size_t name_length, value_length;
    *torn = false;
    if (rest->length == 0)
        return false;
    if (!take_length(rest, &name_length) || !take_length(rest, &value_length) ||
        name_length > rest->length || value_length > rest->length - name_length) {
        *torn = true;
        return false;
    }
    *name = slice_of(rest->data, name_length);
    *value = slice_of(rest->data + name_length, value_length);
    rest->data += name_length + value_length;
    rest->length -= name_length + value_length;
    return true;
}

static void add_length(struct buffer *out, size_t length)
{
    if (length > 127) {
        buffer_add_byte(out, (char)(0x80 | (length >> 24 & 0x7f)));
        buffer_add_byte(out, (char)(length >> 16));
        buffer_add_byte(out, (char)(length >> 8));
    }
    buffer_add_byte(out, (char)length);
}

void record_add_pair(struct buffer *out, struct slice name, struct slice value)
{
    add_length(out, name.length);
    add_length(out, value.length);
    buffer_add(out, name);
    buffer_add(out, value);
}

void record_add(struct buffer *out, uint8_t type, uint16_t request_id, struct slice content)
{
    static const char zeros[8] = {0};
    size_t padding = (8 - content.length % 8) % 8;
    const char head[FCGI_HEADER_LEN] = {FCGI_VERSION_1,
                                        (char)type,
                                        (char)(request_id >> 8),
                                        (char)request_id,
                                        (char)(content.length >> 8),
                                        (char)content.length,
                                        (char)padding,
                                        0};
    buffer_add(out, slice_of(head, sizeof head));
    buffer_add(out, content);
    buffer_add(out, slice_of(zeros, padding));
}

void record_add_stream(struct buffer *out, uint8_t type, uint16_t request_id, struct slice content,
                       bool close)
{
    const size_t most = FCGI_MAX_LENGTH - FCGI_MAX_LENGTH % 8; /* so that only the last is padded */
    while (content.length > 0) {
        size_t length = content.length < most ? content.length : most;
        record_add(out, type, request_id, slice_of(content.data, length));
        content.data += length;
        content.length -= length;
    }
    if (close)
        record_add(out, type, request_id, slice_of("", 0));
}

void record_add_end(struct buffer *out, uint16_t request_id, uint8_t protocol_status)
{
    const char body[sizeof(FCGI_EndRequestBody)] = {0, 0, 0, 0, (char)protocol_status, 0, 0, 0};
    record_add(out, FCGI_END_REQUEST, request_id, slice_of(body, sizeof body));
}
