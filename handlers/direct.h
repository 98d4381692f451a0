/*
 * direct.h - what all of /direct has in common: its parameters and its form of answers.
 * Parameters come in the query or in a form body, or some here and some there; all mean the same. `wget -qO-` prints
 * no body for a 4xx or 5xx, so a request that is wrong is answered 200 with "error": true and, by field, what would
 * be right: all that is wrong at once, in Spanish, or in English for who prefers that.
 */
#ifndef CALLBOARD_DIRECT_H
#define CALLBOARD_DIRECT_H

#include "handlers/handler.h"

#define DIRECT_FORM_BYTES 65536

/* What is wrong with one request, gathered. */
struct direct {
    struct exchange *x;
    const char *
        colon; /* between names and values: the document writes ": " in some answers, " : " in others */
    struct buffer errors; /* the members of "errors" */
    size_t count;
};

/* Starts without errors. */
struct direct direct_begin(struct exchange *x, const char *colon);

/* TEXT in the language of the one who asks. */
const char *direct_text(const struct exchange *x, const char *spanish, const char *english);

/* Adds an error about FIELD. The texts may hold what a client sent only if that is UTF-8. */
void direct_error(struct direct *direct, const char *field, const char *spanish,
                  const char *english);
void direct_error_slice(struct direct *direct, const char *field, struct slice text);

/*
 * The parameter NAME. True, and value->data NULL, when it is missing or empty; false, with an error added, when it
 * is given more than once or is not UTF-8.
 */
bool direct_parameter(struct direct *direct, const char *name, struct slice *value);

/* Adds an error about FIELD, which is missing (VALUE without data) or wrong; the texts say what would be right. */
void direct_error_value(struct direct *direct, const char *field, struct slice value,
                        const char *spanish, const char *english);

/* A parameter that is a whole number from MINIMUM to MAXIMUM; *number is left alone when it is missing. */
bool direct_number(struct direct *direct, const char *name, int64_t minimum, int64_t maximum,
                   int64_t *number);

/*
 * The parameters `from` and `to`, dates without hours: *first and *last are the first and the last of the days
 * strictly between them (so there are none when first > last).
 */
bool direct_days(struct direct *direct, int64_t *first, int64_t *last);

/* { "error": true, "errors": { … } } */
enum handler_next direct_refuse(struct direct *direct);

/* Answers 200 with BODY, JSON. */
enum handler_next direct_answer(struct exchange *x, const struct buffer *body);

/* True when `format=csv` asks for CSV; an error when it is another word but json. */
bool direct_wants_csv(struct direct *direct, bool *csv);

/* handler_fail of these routes. */
handler_fail fail_direct;

/* Answers with a page of a list: ROWS, JSON objects behind commas, under NAME, and the cursor NEXT, empty at the end. */
enum handler_next direct_answer_list(struct exchange *x, const char *name, struct slice rows,
                                     struct slice next);

#endif
