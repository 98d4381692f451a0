/*
 * rewrite.h - rules that bring the ways to dial a number into one form.
 * A rule is one line of configuration, and rules are applied in the order in which they were given:
 *
 *     drop PREFIX                 drop 9                  92853348 -> 2853348
 *     add PREFIX                  add 0212 if 7 digits    2853348  -> 02122853348
 *     replace PREFIX by PREFIX    replace +58 by 0        +582122853348 -> 02122853348
 *
 * and behind each may stand "if N digits" or "if N-M digits": then the rule is for numbers of so many digits,
 * and of nothing else, only. "none" is no rule.
 */
#ifndef CALLBOARD_REWRITE_H
#define CALLBOARD_REWRITE_H

#include "base/arena.h"
#include "base/error.h"

struct rewrite_rule {
    struct slice prefix;      /* what the number must begin with; empty for `add` */
    struct slice replacement; /* what takes its place; empty for `drop` */
    bool counts_digits;
    uint64_t fewest, most; /* digits, when counted */
    struct rewrite_rule *next;
};

/* All zero is a list without rules, of which nothing was given. */
struct rewrite {
    struct rewrite_rule *first, *last;
    bool given; /* something was, if only "none" */
};

/*
 * Adds the rule in TEXT, which must live as long as the list, to the end of LIST; "none" only notes that
 * something was given. Fails, with the forms above in *error, when TEXT is no rule. Fits a config_option's `set`.
 */
bool rewrite_add(struct rewrite *list, struct slice text, struct arena *arena, struct error *error);

/*
 * NUMBER after all rules: NUMBER itself where none of them changed it, else in ARENA. Its data is NULL when the
 * arena is exhausted.
 */
struct slice rewrite_apply(const struct rewrite *list, struct slice number, struct arena *arena);

#endif
