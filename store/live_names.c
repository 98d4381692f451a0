/*
 * live_names.c - the names in Redis of the live state that existing applications read.
 */
#include "store/live_names.h"

#include "base/buffer.h"

#define NAME(option, member, value)                                                                \
    {                                                                                              \
        .section = "freeswitch", .name = option, .kind = CONFIG_TEXT,                              \
        .offset = offsetof(struct live_names_settings, member), .standard = value                  \
    }
#define PER_DOMAIN(option, member)                                                                 \
    {                                                                                              \
        .section = "freeswitch", .name = option, .kind = CONFIG_BOOLEAN,                           \
        .offset = offsetof(struct live_names_settings, member), .standard = "no"                   \
    }

const struct config_option live_names_options[] = {
    NAME("registration_hash", registration.hash, "registrations"),
    NAME("registration_channel", registration.channel, ""),
    NAME("registration_list", registration.list, ""),
    PER_DOMAIN("registration_per_domain", registration.per_domain),
    NAME("call_hash", call.hash, "calls"),
    NAME("call_channel", call.channel, ""),
    NAME("call_list", call.list, ""),
    PER_DOMAIN("call_per_domain", call.per_domain),
};

const size_t live_names_option_count = sizeof live_names_options / sizeof *live_names_options;

/* Channels are no keys, and registrations and calls may well go onto one list. */
bool live_names_check(const struct live_names_settings *settings, struct error *error)
{
    const struct {
        const char *option, *key;
        bool list;
    } keys[] = {{"registration_hash", settings->registration.hash, false},
                {"registration_list", settings->registration.list, true},
                {"call_hash", settings->call.hash, false},
                {"call_list", settings->call.list, true}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (size_t j = 0; j < i; j++)
            if (*keys[i].key && strcmp(keys[i].key, keys[j].key) == 0 &&
                !(keys[i].list && keys[j].list))
                return error_set(error, "%s and %s in [freeswitch] must not be the same",
                                 keys[j].option, keys[i].option);
    return true;
}

struct slice live_names_hash(struct arena *arena, const struct live_names *names,
                             struct slice domain)
{
    struct buffer key = buffer_in(arena);
    if (!*names->hash)
        return slice_of(NULL, 0);
    buffer_add_string(&key, names->hash);
    if (names->per_domain) {
        buffer_add_byte(&key, '@');
        buffer_add(&key, domain);
    }
    buffer_add_byte(&key, '\0');
    return key.failed ? slice_of(NULL, 0) : slice_of(key.data, key.length - 1);
}
