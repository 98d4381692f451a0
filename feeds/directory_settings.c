/*
 * directory_settings.c - which domains of the directory are shown as elements, and how often they are compared.
 */
#include "feeds/directory_elements.h"
#include "store/directory_record.h"

#define OPTION(option, member)                                                                     \
    .section = "freeswitch", .name = option,                                                       \
    .offset = offsetof(struct directory_elements_settings, member)

const struct config_option directory_elements_options[] = {
    {OPTION("directory_domains", domains), .kind = CONFIG_TEXT, .standard = ""},
    {OPTION("directory_seconds", compare_seconds), .kind = CONFIG_NUMBER, .standard = "60",
     .minimum = 0, .maximum = 86400},
};
const size_t directory_elements_option_count =
    sizeof directory_elements_options / sizeof *directory_elements_options;

bool directory_elements_next(struct slice *rest, struct slice *name)
{
    while (rest->data) {
        *name = slice_trim(slice_cut(*rest, ',', rest));
        if (name->length > 0)
            return true;
    }
    return false;
}

bool directory_elements_check(const struct directory_elements_settings *settings,
                              struct error *error)
{
    struct slice rest = slice_from(settings->domains), name;
    while (directory_elements_next(&rest, &name))
        if (!directory_name_is_good(name))
            return error_set(error, "directory_domains in [freeswitch]: \"%.*s\" is no domain",
                             SLICE_ARGUMENTS(name));
    return true;
}

bool directory_elements_serve_all(const struct directory_elements_settings *settings)
{
    struct slice rest = slice_from(settings->domains), name;
    return !directory_elements_next(&rest, &name);
}

bool directory_elements_name(const struct directory_elements_settings *settings,
                             struct slice domain)
{
    struct slice rest = slice_from(settings->domains), name;
    while (directory_elements_next(&rest, &name))
        if (slice_equal(name, domain))
            return true;
    return false;
}
