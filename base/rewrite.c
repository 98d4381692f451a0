/*
 * rewrite.c - rules that bring the ways to dial a number into one form.
 */
#include "base/rewrite.h"

#define FORMS                                                                                      \
    "drop PREFIX, add PREFIX, or replace PREFIX by PREFIX; each may end in \"if N digits\" or "    \
    "\"if N-M digits\""

/* More digits than any number has. */
#define DIGITS_MAX 64

static const char digits[] = "0123456789";

/* The next word of *text, which loses it; empty at the end. */
static struct slice take_word(struct slice *text)
{
    struct slice rest = slice_trim(*text);
    size_t length = 0;
    while (length < rest.length && rest.data[length] != ' ' && rest.data[length] != '\t')
        length++;
    *text = slice_of(rest.data + length, rest.length - length);
    return slice_of(rest.data, length);
}

static bool take_prefix(struct slice *text, struct slice *prefix)
{
    *prefix = take_word(text);
    return slice_only(*prefix, "0123456789+*#");
}

/* Reads "if N digits" or "if N-M digits", or nothing at all. */
static bool read_condition(struct rewrite_rule *rule, struct slice text)
{
    struct slice word = take_word(&text), most;
    if (word.length == 0)
        return true;
    if (!slice_is(word, "if"))
        return false;
    rule->counts_digits = true;
    struct slice fewest = slice_cut(take_word(&text), '-', &most);
    if (!slice_number(fewest, DIGITS_MAX, &rule->fewest))
        return false;
    rule->most = rule->fewest;
    if (most.data && (!slice_number(most, DIGITS_MAX, &rule->most) || rule->most < rule->fewest))
        return false;
    return slice_is(take_word(&text), "digits") && take_word(&text).length == 0;
}

static bool read_rule(struct rewrite_rule *rule, struct slice text)
{
    struct slice verb = take_word(&text);
    if (slice_is(verb, "drop"))
        return take_prefix(&text, &rule->prefix) && read_condition(rule, text);
    if (slice_is(verb, "add"))
        return take_prefix(&text, &rule->replacement) && read_condition(rule, text);
    return slice_is(verb, "replace") && take_prefix(&text, &rule->prefix) &&
           slice_is(take_word(&text), "by") && take_prefix(&text, &rule->replacement) &&
           read_condition(rule, text);
}

bool rewrite_add(struct rewrite *list, struct slice text, struct arena *arena, struct error *error)
{
    list->given = true;
    if (slice_is(slice_trim(text), "none"))
        return true;
    struct rewrite_rule *rule = arena_calloc(arena, 1, sizeof *rule);
    if (!rule)
        return error_set(error, "out of memory");
    if (!read_rule(rule, text))
        return error_set(error, "\"%.*s\" is no rule for numbers; a rule is " FORMS,
                         SLICE_ARGUMENTS(text));
    if (list->last)
        list->last->next = rule;
    else
        list->first = rule;
    list->last = rule;
    return true;
}

static bool rule_fits(const struct rewrite_rule *rule, struct slice number)
{
    if (rule->counts_digits &&
        (number.length < rule->fewest || number.length > rule->most || !slice_only(number, digits)))
        return false;
    return number.length >= rule->prefix.length &&
           slice_equal(slice_of(number.data, rule->prefix.length), rule->prefix);
}

/* REPLACEMENT in front of what of NUMBER stands behind the first DROPPED bytes. */
static struct slice replaced(struct slice replacement, struct slice number, size_t dropped,
                             struct arena *arena)
{
    struct slice rest = slice_of(number.data + dropped, number.length - dropped);
    if (replacement.length == 0)
        return rest;
    char *text = arena_alloc(arena, replacement.length + rest.length);
    if (!text)
        return slice_of(NULL, 0);
    memcpy(text, replacement.data, replacement.length);
    memcpy(text + replacement.length, rest.data, rest.length);
    return slice_of(text, replacement.length + rest.length);
}

struct slice rewrite_apply(const struct rewrite *list, struct slice number, struct arena *arena)
{
    const struct rewrite_rule *rule = list->first;
    if (number.length == 0)
        return slice_from("");
    for (; rule && number.data; rule = rule->next)
        if (rule_fits(rule, number))
            number = replaced(rule->replacement, number, rule->prefix.length, arena);
    return number;
}
