/*
 * phonecalls_data.c - how a phone call is written in Redis.
 */
#include "handlers/phonecalls_data.h"

#include "base/form.h"
#include "base/instant.h"
#include "base/json.h"

/* The mark of a fraction; see phonecalls.h. */
#define FRACTION '~'

static struct slice day_key(struct arena *arena, const char *prefix, int64_t day, int hour)
{
    struct buffer key = buffer_in(arena);
    buffer_add_string(&key, prefix);
    buffer_add_byte(&key, '{');
    day_write(&key, day);
    buffer_add_byte(&key, '}');
    if (hour >= 0) {
        buffer_add_byte(&key, ':');
        buffer_add_number(&key, hour);
    }
    return buffer_slice(&key);
}

struct slice phonecalls_day_key(struct arena *arena, int64_t day)
{
    return day_key(arena, "phonecalls:", day, -1);
}

struct slice phonecalls_wall_key(struct arena *arena, int64_t day)
{
    return day_key(arena, "callboard:phonecalls:wall:", day, -1);
}

struct slice phonecalls_hour_key(struct arena *arena, int64_t day, int hour)
{
    return day_key(arena, "callboard:phonecalls:hour:", day, hour);
}

/* ---- the field ---- */

static void add_escaped(struct buffer *out, struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '|')
            buffer_add_string(out, "%7C");
        else if (text.data[i] == '%')
            buffer_add_string(out, "%25");
        else
            buffer_add_byte(out, text.data[i]);
    }
}

struct slice phonecalls_field(struct arena *arena, const struct phonecall *call)
{
    struct buffer field = buffer_in(arena);
    clock_write(&field, call->since_us, FRACTION);
    buffer_add_byte(&field, '|');
    add_escaped(&field, call->source);
    buffer_add_byte(&field, '|');
    add_escaped(&field, call->destination);
    return buffer_slice(&field);
}

bool phonecalls_read_field(struct arena *arena, struct slice field, struct phonecall *call)
{
    struct slice rest = field;
    struct slice time = slice_cut(rest, '|', &rest);
    struct slice source = slice_cut(rest, '|', &rest);
    return rest.data && clock_parse(time, FRACTION, &call->since_us) &&
           percent_decode(arena, source, &call->source, NULL) &&
           percent_decode(arena, rest, &call->destination, NULL);
}

/* ---- the value ---- */

struct slice phonecalls_value(struct arena *arena, const struct phonecall *call)
{
    struct buffer value = buffer_in(arena);
    buffer_add_byte(&value, '[');
    buffer_add_number(&value, call->id);
    buffer_add_byte(&value, ',');
    buffer_add_number(&value, call->contact);
    if (call->duration >= 0) {
        buffer_add_byte(&value, ',');
        buffer_add_number(&value, call->duration);
    } else if (call->url.data) {
        buffer_add_string(&value, ",null");
    }
    if (call->url.data) {
        buffer_add_byte(&value, ',');
        buffer_add_json(&value, call->url);
    }
    buffer_add_byte(&value, ']');
    return buffer_slice(&value);
}

bool phonecalls_read_value(struct slice value, struct phonecall *call)
{
    struct error error;
    const json_t *array = json_parse(value, &error);
    if (!json_is_array(array))
        return false;
    const json_t *id = json_array_get(array, 0), *contact = json_array_get(array, 1);
    const json_t *duration = json_array_get(array, 2), *url = json_array_get(array, 3);
    call->id = json_integer_value(id);
    call->contact = json_integer_value(contact);
    call->duration = json_is_integer(duration) ? json_integer_value(duration) : -1;
    call->url = json_is_string(url) ? json_slice(url) : slice_of(NULL, 0);
    return json_is_integer(id) && json_is_integer(contact);
}
