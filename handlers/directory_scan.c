/*
 * directory_scan.c - looking through all extensions of a domain for one attribute, at a bounded cost.
 */
#include "handlers/directory_scan.h"

#include "base/log.h"
#include "handlers/directory.h"
#include "store/directory_record.h"

/* Extensions a page: well below a millisecond of Redis' time at 2 KB each. */
#define PAGE 250

/* The cursor, then value and name of each extension of the page that has the attribute. A record is only parsed
 * when the attribute's name is in its text. */
static const char script[] =
    "local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])\n"
    "local found = {page[1]}\n"
    "for i = 1, #page[2], 2 do\n"
    "  if string.find(page[2][i + 1], ARGV[3], 1, true) then\n"
    "    local good, record = pcall(cjson.decode, page[2][i + 1])\n"
    "    local attribute = good and type(record) == 'table' and record.attribute\n"
    "    local value = type(attribute) == 'table' and attribute[ARGV[3]]\n"
    "    if type(value) == 'number' then value = string.format('%.0f', value) end\n"
    "    if type(value) == 'string' and value ~= '' then\n"
    "      found[#found + 1] = value\n"
    "      found[#found + 1] = page[2][i]\n"
    "    end\n"
    "  end\n"
    "end\n"
    "return found\n";

void directory_scan_ask(struct exchange *x, struct directory_scan *scan)
{
    if (scan->cursor.length == 0) {
        scan->cursor = slice_from("0");
        scan->found = buffer_in(x->arena);
    }
    STORE_ADD(&x->batch, slice_from("EVAL"), slice_from(script), slice_from("1"),
              directory_key(x->arena, "cti_exten@", scan->domain), scan->cursor,
              store_number(&x->batch, PAGE), slice_from(scan->attribute));
}

static bool is_plain(struct slice text)
{
    return text.length > 0 && !memchr(text.data, '\0', text.length);
}

bool directory_scan_more(struct exchange *x, struct directory_scan *scan,
                         const struct store_reply *reply)
{
    uint64_t most = (uint64_t)x->context->directory->alias_scan_extensions;
    if (reply->kind != STORE_ARRAY || reply->count == 0) {
        log_warning("id=%.*s cti_exten@%.*s cannot be searched: %.*s",
                    SLICE_ARGUMENTS(x->request->id), SLICE_ARGUMENTS(scan->domain),
                    SLICE_ARGUMENTS(reply->text));
        return false;
    }
    for (size_t i = 1; i + 1 < reply->count; i += 2) {
        struct slice value = reply->elements[i].text, name = reply->elements[i + 1].text;
        if (!is_plain(value) || !is_plain(name))
            continue;
        buffer_add(&scan->found, value);
        buffer_add_byte(&scan->found, '\0');
        buffer_add(&scan->found, name);
        buffer_add_byte(&scan->found, '\0');
    }
    scan->cursor = reply->elements[0].text;
    scan->looked_at += PAGE;
    if (slice_is(scan->cursor, "0") || scan->cursor.length == 0)
        return false;
    if (scan->looked_at < most)
        return true;
    log_warning(
        "cti_exten@%.*s has more extensions than alias_scan_extensions: a %s that is not in "
        "cti_alias@ may be missed",
        SLICE_ARGUMENTS(scan->domain), scan->attribute);
    return false;
}

bool directory_scan_next(struct slice *found, struct slice *value, struct slice *name)
{
    if (found->length == 0)
        return false;
    *value = slice_cut(*found, '\0', found);
    *name = slice_cut(*found, '\0', found);
    return true;
}

static struct slice kept_key(struct exchange *x, const struct directory_scan *scan)
{
    struct buffer key = buffer_in(x->arena);
    buffer_add_string(&key, scan->attribute);
    buffer_add_byte(&key, '\0');
    buffer_add(&key, scan->domain);
    return buffer_slice(&key);
}

void directory_scan_keep(struct exchange *x, const struct directory_scan *scan, int64_t extensions)
{
    struct buffer text = buffer_in(x->arena);
    buffer_add_number(&text, extensions);
    buffer_add_byte(&text, '\0');
    buffer_add(&text, buffer_slice(&scan->found));
    if (!text.failed && !scan->found.failed)
        copies_put(x->context->copies, kept_key(x, scan), buffer_slice(&text), x->request->now_us);
}

bool directory_scan_kept(struct exchange *x, const struct directory_scan *scan, int64_t extensions,
                         struct slice *found)
{
    uint64_t count;
    int64_t put_us;
    if (!copies_get(x->context->copies, x->arena, kept_key(x, scan), found, &put_us))
        return false;
    int64_t age_us = x->request->now_us - put_us;
    return slice_number(slice_cut(*found, '\0', found), INT64_MAX, &count) &&
           (int64_t)count == extensions && age_us >= 0 &&
           age_us < x->context->directory->alias_scan_seconds * 1000000;
}
