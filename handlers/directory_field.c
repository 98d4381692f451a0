/*
 * directory_field.c - the fields of an extension whose values FreeSWITCH reads in a way of its own.
 */
#include "handlers/directory_field.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/buffer.h"
#include "store/directory_record.h"

/* Milliseconds: ten years. More would overflow FreeSWITCH's microseconds at last. */
#define CACHEABLE_MAX 315360000000u

static const struct slice nothing = {0};

static bool is(struct slice name, const char *wanted)
{
    return slice_equal_nocase(name, slice_from(wanted));
}

/* 32 or 128, the bits of the address TEXT; 0 when it is none. */
static unsigned address_bits(struct slice text)
{
    char address[INET6_ADDRSTRLEN];
    unsigned char binary[sizeof(struct in6_addr)];
    if (text.length == 0 || text.length >= sizeof address)
        return 0;
    memcpy(address, text.data, text.length);
    address[text.length] = '\0';
    if (inet_pton(AF_INET, address, binary) == 1)
        return 32;
    return inet_pton(AF_INET6, address, binary) == 1 ? 128 : 0;
}

bool directory_is_network(struct slice text)
{
    struct slice bits;
    uint64_t number;
    unsigned most = address_bits(slice_cut(text, '/', &bits));
    return most > 0 && bits.data && slice_number(bits, most, &number);
}

static struct slice repair_acl(struct slice text, struct arena *arena)
{
    struct buffer list = buffer_in(arena);
    for (struct slice rest = text; rest.data;) {
        struct slice element = slice_trim(slice_cut(rest, ',', &rest));
        if (element.length == 0)
            continue;
        if (list.length)
            buffer_add_byte(&list, ',');
        buffer_add(&list, element);
        unsigned bits = address_bits(element);
        if (bits)
            buffer_add_string(&list, bits == 32 ? "/32" : "/128");
    }
    return buffer_slice(&list);
}

bool directory_is_acl(struct slice text)
{
    size_t count = 0;
    if (!memchr(text.data, ',', text.length) && !memchr(text.data, '/', text.length))
        return slice_only(text,
                          "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-");
    for (struct slice rest = text; rest.data; count++)
        if (!directory_is_network(slice_cut(rest, ',', &rest)))
            return false;
    return count <= DIRECTORY_NETWORKS_MAX;
}

bool directory_is_hash(struct slice text)
{
    return text.length == 32 && slice_only(text, "0123456789abcdefABCDEF");
}

static struct slice repair_hash(struct slice text, struct arena *arena)
{
    struct buffer lower = buffer_in(arena);
    if (!directory_is_hash(text))
        return text;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        buffer_add_byte(&lower, c >= 'A' && c <= 'F' ? (char)(c + 32) : c);
    }
    return buffer_slice(&lower);
}

struct slice directory_repair_param(struct slice name, struct slice text, struct arena *arena)
{
    if (is(name, "auth-acl"))
        return repair_acl(text, arena);
    if (is(name, "a1-hash"))
        return repair_hash(text, arena);
    return text;
}

/* A number may be written as a real: 10000.0 and 10000.5 are 10000 ms. */
static struct slice repair_cacheable(struct slice text)
{
    struct slice fraction, whole = slice_cut(text, '.', &fraction);
    uint64_t ms;
    if (fraction.data && !slice_only(fraction, "0123456789"))
        return nothing;
    if (slice_number(whole, CACHEABLE_MAX, &ms))
        return ms > 0 ? whole : nothing;
    return directory_is_true(text) ? slice_from("true") : nothing;
}

struct slice directory_repair_attribute(struct slice name, struct slice text, struct arena *arena)
{
    if (is(name, "id") || is(name, "ip") || is(name, "type"))
        return nothing;
    if (is(name, "cacheable"))
        return repair_cacheable(text);
    if (is(name, "cidr"))
        return repair_acl(text, arena);
    return text;
}
