/*
 * fuzz_config.c - base/config.c with all options of the program: a configuration file of any bytes.
 */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "configuration.h"

/* The file is one in memory, so that many a second can be read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int descriptor = -1;
    static char path[40];
    struct error error = {""};
    if (descriptor < 0) {
        descriptor = memfd_create("configuration", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    }
    FUZZ_PROMISE(ftruncate(descriptor, 0) == 0);
    FUZZ_PROMISE(pwrite(descriptor, data, size, 0) == (ssize_t)size);
    struct configuration *configuration = configuration_load(path, &error);
    FUZZ_PROMISE(configuration || error.text[0]);
    FUZZ_PROMISE(!configuration || configuration->store.deadline_ms >= 10);
    configuration_free(configuration);
    return 0;
}

FUZZ_SEEDS(SLICE_LITERAL("[callboard]\nlisten = unix:/run/c.sock\nworkers = 2\nlog_level = debug\n"
                         "[redis]\naddress = redis://a:b@c:1/2\ndeadline = 100\n"),
           SLICE_LITERAL("[cticache]\nani_digits = 10\nttl = 60 ; a comment\n"
                         "[cticache.pool.a]\nnumbers = 1-9, +10 - +20\n\tnumbers = 30\nttl = 5\n"),
           SLICE_LITERAL("\xef\xbb\xbf# x\r\n[bench]\r\nnoop = yes\r\n"));
