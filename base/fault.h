/*
 * fault.h - places at which a test may have the process killed.
 * Only in builds configured with --enable-fault-injection: CALLBOARD_FAULT=place:N kills the process, as kill -9 would, the Nth
 * time it comes to that place. In any other build FAULT is nothing at all.
 */
#ifndef CALLBOARD_FAULT_H
#define CALLBOARD_FAULT_H

#ifdef FAULT_INJECTION

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static inline void fault_at(const char *place)
{
    static int passed; /* one counter a file and process: a test names one place at a time */
    const char *wanted = getenv("CALLBOARD_FAULT");
    size_t length = strlen(place);
    if (wanted && strncmp(wanted, place, length) == 0 && wanted[length] == ':' &&
        ++passed == atoi(wanted + length + 1))
        raise(SIGKILL);
}

#define FAULT(place) fault_at(place)

#else

#define FAULT(place) ((void)0)

#endif

#endif
