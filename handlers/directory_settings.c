/*
 * directory_settings.c - [directory] of the configuration.
 */
#include "handlers/directory.h"

#define MEMBER(name) offsetof(struct directory_settings, name)

const struct config_option directory_options[] = {
    {.section = "directory",
     .name = "stale_seconds",
     .kind = CONFIG_NUMBER,
     .offset = MEMBER(stale_seconds),
     .standard = "3600",
     .maximum = 2592000},
    {.section = "directory",
     .name = "stale_not_found_seconds",
     .kind = CONFIG_NUMBER,
     .offset = MEMBER(stale_not_found_seconds),
     .standard = "5",
     .maximum = 3600},
    {.section = "directory",
     .name = "copies_megabytes",
     .kind = CONFIG_NUMBER,
     .offset = MEMBER(copies_megabytes),
     .standard = "64",
     .minimum = 1,
     .maximum = 65536},
    {.section = "directory",
     .name = "alias_scan_extensions",
     .kind = CONFIG_NUMBER,
     .offset = MEMBER(alias_scan_extensions),
     .standard = "10000",
     .maximum = 10000000},
    {.section = "directory",
     .name = "alias_scan_seconds",
     .kind = CONFIG_NUMBER,
     .offset = MEMBER(alias_scan_seconds),
     .standard = "5",
     .minimum = 1,
     .maximum = 3600},
};
const size_t directory_option_count = sizeof directory_options / sizeof *directory_options;
