/*
 * config_list.c - what can be configured, as a file to begin with.
 */
#include <string.h>

#include "base/config.h"

/* True when a table in front of option I of group G has its section already. */
static bool section_was_listed(const struct config_group *groups, size_t g, size_t i)
{
    const char *section = groups[g].options[i].section;
    for (size_t before = 0; before <= g; before++)
        for (size_t k = 0; k < (before == g ? i : groups[before].count); k++)
            if (strcmp(groups[before].options[k].section, section) == 0)
                return true;
    return false;
}

static void list_section(const struct config_group *groups, size_t count, const char *section,
                         FILE *out)
{
    fprintf(out, "[%s]\n", section);
    for (size_t g = 0; g < count; g++) {
        for (size_t i = 0; i < groups[g].count; i++) {
            const struct config_option *option = &groups[g].options[i];
            const char *standard = option->standard ? option->standard : "";
            if (strcmp(option->section, section) == 0)
                fprintf(out, "; %s =%s%s\n", option->name, *standard ? " " : "", standard);
        }
    }
}

void config_list(const struct config_group *groups, size_t count, FILE *out)
{
    for (size_t g = 0; g < count; g++)
        for (size_t i = 0; i < groups[g].count; i++)
            if (!section_was_listed(groups, g, i))
                list_section(groups, count, groups[g].options[i].section, out);
}
