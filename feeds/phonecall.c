/*
 * phonecall.c - a finished call as /direct/items/phonecalls/create takes it.
 */
#include "feeds/phonecall.h"

/* What may stand in a url as it is (RFC 3986) and occurs in the names of channels: SIP/7222-1b;1 */
#define CHANNEL_KEEPS "/:@;,=+!$&'()*"

static struct slice recording_url(const char *prefix, struct slice channel, struct arena *arena)
{
    struct buffer url = buffer_in(arena);
    if (!*prefix || channel.length == 0)
        return slice_from("");
    buffer_add_string(&url, prefix);
    buffer_add_percent(&url, channel, CHANNEL_KEEPS);
    return buffer_slice(&url);
}

bool phonecall_from_cdr(const struct phonecall_rules *rules, const struct cdr *record,
                        struct arena *arena, struct phonecall *call, struct error *error)
{
    struct slice dst = arena_copy(arena, record->dst);
    *call = (struct phonecall){.source = arena_copy(arena, record->src),
                               .destination = rewrite_apply(&rules->rewrite, dst, arena),
                               .duration = arena_copy(arena, record->duration),
                               .url = recording_url(rules->url_prefix, record->channel, arena)};
    if (!cdr_initiated(record->calldate, (enum cdr_zone)rules->zone, arena, &call->initiated,
                       error))
        return false;
    return !arena->exhausted || error_set(error, "the record is too long");
}

static void add_field(struct buffer *form, const char *name, struct slice value)
{
    buffer_add_byte(form, '&');
    buffer_add_string(form, name);
    buffer_add_byte(form, '=');
    buffer_add_percent(form, value, "");
}

void phonecall_add_fields(struct buffer *form, const struct phonecall *call)
{
    add_field(form, "initiated", call->initiated);
    add_field(form, "source", call->source);
    add_field(form, "destination", call->destination);
    if (call->duration.length)
        add_field(form, "duration", call->duration);
    if (call->url.length)
        add_field(form, "url", call->url);
}
