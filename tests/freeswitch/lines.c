/*
 * lines.c - what FreeSWITCH's preprocessor does with an answer before it parses it.
 */
#include "lines.h"

/* Where PART begins in TEXT, in any case when NOCASE; -1 when it is not there. */
static long find(struct slice text, const char *part, bool nocase)
{
    size_t length = strlen(part);
    for (size_t at = 0; at + length <= text.length; at++) {
        struct slice here = slice_of(text.data + at, length);
        if (nocase ? slice_equal_nocase(here, slice_from(part)) : slice_is(here, part))
            return (long)at;
    }
    return -1;
}

static struct slice expand(struct arena *arena, struct slice line, struct lines_outcome *outcome)
{
    struct buffer out = buffer_in(arena);
    long at;
    while ((at = find(line, "$${", false)) >= 0) {
        struct slice rest, name;
        buffer_add(&out, slice_of(line.data, (size_t)at));
        line = slice_of(line.data + at + 3, line.length - (size_t)at - 3);
        name = slice_cut(line, '}', &rest);
        if (slice_is(name, "domain"))
            buffer_add_string(&out, "pbx.example.com");
        outcome->expanded++;
        line = rest;
    }
    buffer_add(&out, line);
    return buffer_slice(&out);
}

static bool is_kept(struct slice line, struct lines_outcome *outcome)
{
    if (find(line, "<include>", false) >= 0 || find(line, "</include>", false) >= 0 ||
        find(line, "<?", false) >= 0) {
        outcome->lost++;
        return false;
    }
    long at = find(line, "x-pre-process", true);
    if (at >= 0) {
        if (at > 0 && line.data[at - 1] == '<')
            outcome->executed++;
        else
            outcome->lost++;
        return false;
    }
    if (find(line, "<!--#", false) >= 0) {
        outcome->executed++;
        return false;
    }
    return true;
}

struct lines_outcome lines_preprocess(struct arena *arena, struct slice text)
{
    struct lines_outcome outcome = {0};
    struct buffer out = buffer_in(arena);
    for (struct slice rest = text; rest.data;) {
        struct slice line = expand(arena, slice_cut(rest, '\n', &rest), &outcome);
        if (!is_kept(line, &outcome))
            continue;
        buffer_add(&out, line);
        if (rest.data)
            buffer_add_byte(&out, '\n');
    }
    outcome.text = buffer_slice(&out);
    return outcome;
}
