/*
 * direct.c - what all of /direct has in common: its parameters and its form of answers.
 */
#include "handlers/direct.h"

#include "base/instant.h"
#include "handlers/answer.h"

const char *direct_text(const struct exchange *x, const char *spanish, const char *english)
{
    return http_prefers_language(x->request, "en") ? english : spanish;
}

/* ---- errors ---- */

struct direct direct_begin(struct exchange *x, const char *colon)
{
    return (struct direct){.x = x, .colon = colon, .errors = buffer_in(x->arena)};
}

void direct_error_slice(struct direct *direct, const char *field, struct slice text)
{
    if (direct->count++)
        buffer_add_string(&direct->errors, ", ");
    buffer_add_json(&direct->errors, slice_from(field));
    buffer_add_string(&direct->errors, direct->colon);
    buffer_add_json(&direct->errors, text);
}

void direct_error(struct direct *direct, const char *field, const char *spanish,
                  const char *english)
{
    direct_error_slice(direct, field, slice_from(direct_text(direct->x, spanish, english)));
}

static struct buffer error_body(const struct direct *direct)
{
    struct buffer body = buffer_in(direct->x->arena);
    buffer_add_string(&body, "{ \"error\"");
    buffer_add_string(&body, direct->colon);
    buffer_add_string(&body, "true, \"errors\"");
    buffer_add_string(&body, direct->colon);
    buffer_add_string(&body, "{ ");
    buffer_add(&body, buffer_slice(&direct->errors));
    buffer_add_string(&body, direct->count ? " } }\n" : "} }\n");
    return body;
}

enum handler_next direct_refuse(struct direct *direct)
{
    struct buffer body = error_body(direct);
    return direct_answer(direct->x, &body);
}

enum handler_next direct_answer(struct exchange *x, const struct buffer *body)
{
    return answer_json(x, 200, body);
}

/* The dispatcher's own errors come in English; what they come to is clear from the status. */
static const char *spanish_of(int status)
{
    switch (status) {
    case 403: return "el token falta o no es válido";
    case 404: return "no hay nada en esta dirección";
    case 405: return "este método no sirve aquí; véase Allow";
    case 411: return "falta el cuerpo con su Content-Length";
    case 413: return "la solicitud es demasiado grande";
    case 415: return "el cuerpo no es del tipo que hace falta (Content-Type)";
    case 500: return "los datos guardados no son lo que deberían ser; véase el registro";
    case 503: return "el almacenamiento no está disponible; inténtelo de nuevo";
    default: return "la solicitud no se entiende";
    }
}

void fail_direct(struct exchange *x, int status, const char *field, const char *text)
{
    struct direct direct = direct_begin(x, ": ");
    direct_error(&direct, field ? field : "request", spanish_of(status), text);
    struct buffer body = error_body(&direct);
    answer_json(x, status, &body);
}

/* ---- parameters ---- */

bool direct_parameter(struct direct *direct, const char *name, struct slice *value)
{
    struct exchange *x = direct->x;
    struct slice in_query = {0}, in_form = {0};
    enum form_presence query = form_find(&x->query, name, &in_query);
    enum form_presence form = form_find(&x->form, name, &in_form);
    *value = query == FORM_MISSING ? in_form : in_query;
    if (query == FORM_REPEATED || form == FORM_REPEATED ||
        (query == FORM_ONCE && form == FORM_ONCE))
        direct_error(direct, name, "se dio más de una vez; debe darse una sola",
                     "is given more than once; give it once");
    else if (!slice_is_utf8(*value))
        direct_error(direct, name, "no es UTF-8", "is not UTF-8");
    else {
        if (value->length == 0)
            *value = slice_of(NULL, 0);
        return true;
    }
    return false;
}

void direct_error_value(struct direct *direct, const char *field, struct slice value,
                        const char *spanish, const char *english)
{
    struct buffer text = buffer_in(direct->x->arena);
    if (!value.data)
        buffer_add_string(&text, direct_text(direct->x, "falta; ", "is missing; "));
    buffer_add_string(&text, direct_text(direct->x, spanish, english));
    direct_error_slice(direct, field, buffer_slice(&text));
}

bool direct_number(struct direct *direct, const char *name, int64_t minimum, int64_t maximum,
                   int64_t *number)
{
    struct slice text;
    uint64_t value;
    if (!direct_parameter(direct, name, &text))
        return false;
    if (!text.data)
        return true;
    if (slice_number(text, (uint64_t)maximum, &value) && value >= (uint64_t)minimum) {
        *number = (int64_t)value;
        return true;
    }
    struct buffer right = buffer_in(direct->x->arena);
    buffer_add_string(&right, direct_text(direct->x, "debe ser un número entero de ",
                                          "must be a whole number from "));
    buffer_add_number(&right, minimum);
    buffer_add_string(&right, direct_text(direct->x, " a ", " to "));
    buffer_add_number(&right, maximum);
    direct_error_slice(direct, name, buffer_slice(&right));
    return false;
}

static bool read_day(struct direct *direct, const char *name, int64_t *day)
{
    struct slice text;
    if (!direct_parameter(direct, name, &text))
        return false;
    if (day_parse(text, day))
        return true;
    direct_error_value(direct, name, text,
                       "debe ser una fecha que exista, sin horas, como 2012-08-23",
                       "must be a date that exists, without hours, such as 2012-08-23");
    return false;
}

bool direct_days(struct direct *direct, int64_t *first, int64_t *last)
{
    int64_t from, to;
    bool has_from = read_day(direct, "from", &from), has_to = read_day(direct, "to", &to);
    if (!has_from || !has_to)
        return false;
    if (from >= to) {
        direct_error(direct, "from", "debe ser anterior a to", "must be before to");
        direct_error(direct, "to", "debe ser posterior a from", "must be after from");
        return false;
    }
    *first = from + 1;
    *last = to - 1;
    return true;
}

bool direct_wants_csv(struct direct *direct, bool *csv)
{
    struct slice format;
    *csv = false;
    if (!direct_parameter(direct, "format", &format))
        return false;
    *csv = slice_is(format, "csv");
    if (*csv || !format.data || slice_is(format, "json"))
        return true;
    direct_error(direct, "format", "debe ser json o csv", "must be json or csv");
    return false;
}

enum handler_next direct_answer_list(struct exchange *x, const char *name, struct slice rows,
                                     struct slice next)
{
    struct buffer body = buffer_in(x->arena);
    buffer_add_string(&body, "{ \"error\": false, \"");
    buffer_add_string(&body, name);
    buffer_add_string(&body, "\": [");
    buffer_add(&body, rows);
    buffer_add_string(&body, " ], \"next\": ");
    if (next.length)
        buffer_add_json(&body, next);
    else
        buffer_add_string(&body, "null");
    buffer_add_string(&body, " }\n");
    return direct_answer(x, &body);
}
