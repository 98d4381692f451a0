/*
 * live_compare.h - what Redis has of one server, looked through: callboard:feed:<server> (live_script.h), a few names at a time.
 */
#ifndef CALLBOARD_LIVE_COMPARE_H
#define CALLBOARD_LIVE_COMPARE_H

#include "feeds/live_pipe.h"

/* All zero but for these four: nothing is being looked at. */
struct live_compare {
    struct live_pipe *pipe;
    struct slice server;
    void *self;
    void (*found)(void *self,
                  struct slice name); /* Redis has it, when all before has been carried out */
    bool runs;
};

/*
 * Begins to tell FOUND all names, unless that is being done. It ends early when Redis goes; and then it is begun again by whoever
 * tells Redis all.
 */
void live_compare_begin(struct live_compare *compare);

#endif
