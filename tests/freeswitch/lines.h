/*
 * lines.h - what FreeSWITCH's preprocessor does with an answer before it parses it (switch_xml.c), as an oracle.
 */
#ifndef CALLBOARD_TEST_LINES_H
#define CALLBOARD_TEST_LINES_H

#include "base/buffer.h"

struct lines_outcome {
    struct slice text; /* what is left to be parsed, in the arena */
    unsigned lost;     /* lines */
    unsigned executed; /* X-PRE-PROCESS and <!--# commands */
    unsigned expanded; /* $${…} */
};

/* The only variable is "domain", which is pbx.example.com, as when the fixtures were made; others are empty. */
struct lines_outcome lines_preprocess(struct arena *arena, struct slice text);

#endif
