/*
 * notifications_settings.c - [notifications] of the configuration, and the names and keys of news.
 */
#include "handlers/notifications.h"
#include "store/packet.h"

static const char name_characters[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-";

#define MEMBER(name) offsetof(struct notifications_settings, name)

const struct config_option notifications_options[] = {
    {.section = "notifications",
     .name = "prefix",
     .kind = CONFIG_TEXT,
     .offset = MEMBER(prefix),
     .standard = "enigma:notifications"},
    {.section = "notifications",
     .name = "critical",
     .kind = CONFIG_TEXT,
     .offset = MEMBER(critical),
     .standard = "campaigns.cdr, campaign.cdr, inbound.call"},
    {.section = "notifications",
     .name = "both",
     .kind = CONFIG_TEXT,
     .offset = MEMBER(both),
     .standard = ""},
    {.section = "notifications",
     .name = "strict",
     .kind = CONFIG_BOOLEAN,
     .offset = MEMBER(strict),
     .standard = "no"},
    {.section = "notifications",
     .name = "lease_max",
     .kind = CONFIG_NUMBER,
     .offset = MEMBER(lease_max),
     .standard = "3600",
     .minimum = 1,
     .maximum = 86400},
    {.section = "notifications",
     .name = "wait_max",
     .kind = CONFIG_NUMBER,
     .offset = MEMBER(wait_max),
     .standard = "60",
     .minimum = 0,
     .maximum = 3600},
};
const size_t notifications_option_count =
    sizeof notifications_options / sizeof *notifications_options;

bool notifications_settings_check(const struct notifications_settings *settings,
                                  struct error *error)
{
    struct slice prefix = slice_from(settings->prefix), before;
    const char *const lists[] = {settings->critical, settings->both};
    for (struct slice rest = prefix; rest.data;) {
        before = slice_cut(rest, ':', &rest);
        if (prefix.length > 100 || !slice_only(before, name_characters))
            return error_set(error, "[notifications] prefix must be words of 0-9 A-Z a-z . _ - "
                                    "with colons between them, at most 100 characters");
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (struct slice rest = slice_from(lists[i]); rest.data && *lists[i];) {
            struct slice sub_type, word = slice_trim(slice_cut(rest, ',', &rest));
            slice_cut(word, '.', &sub_type);
            if (sub_type.length == 0 || !slice_only(word, name_characters))
                return error_set(error,
                                 "[notifications] \"%.*s\" must be a type and a sub type with a "
                                 "dot between them, as campaigns.cdr",
                                 SLICE_ARGUMENTS(word));
        }
    }
    return true;
}

bool notifications_good_name(struct slice name)
{
    return name.length <= 64 && slice_only(name, name_characters);
}

struct slice notifications_key(struct exchange *x, struct slice type, struct slice reference)
{
    return packet_key(x->arena, x->context->notifications->prefix, type, reference);
}
