/*
 * verdict.c - what came of sending one call, and so what to do with it.
 */
#include "feeds/verdict.h"

#include "base/json.h"

static enum verdict of_failure(CURLcode result)
{
    switch (result) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_FAILED_INIT:
    case CURLE_URL_MALFORMAT:
    case CURLE_NOT_BUILT_IN:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_UNKNOWN_OPTION:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION: return VERDICT_HOPELESS;
    case CURLE_WRITE_ERROR: return VERDICT_REJECTED; /* an answer larger than any of callboard's */
    default: return VERDICT_AWAY;
    }
}

/* {"errors": {"field": "text", …}} as "field: text; …". */
static void tell_errors(const json_t *answer, struct arena *arena, struct error *reason)
{
    struct buffer text = buffer_in(arena);
    const char *field;
    json_t *value;
    json_object_foreach(json_object_get(answer, "errors"), field, value)
    {
        if (text.length)
            buffer_add_string(&text, "; ");
        buffer_add_string(&text, field);
        buffer_add_string(&text, ": ");
        if (json_is_string(value))
            buffer_add(&text, json_slice(value));
        else
            json_write(&text, value);
    }
    if (text.length == 0 || text.failed)
        buffer_add_string(&text, "no reason given");
    error_set(reason, "%.*s", SLICE_ARGUMENTS(buffer_slice(&text)));
}

static enum verdict of_answer(struct slice body, struct arena *arena, struct error *reason)
{
    struct error why;
    enum verdict verdict = VERDICT_REJECTED;
    json_use_arena(arena);
    const json_t *answer = json_parse(body, &why);
    const json_t *wrong = json_object_get(answer, "error");
    if (json_is_false(wrong))
        verdict = VERDICT_ACCEPTED;
    else if (json_is_true(wrong))
        tell_errors(answer, arena, reason);
    else
        error_set(reason, "the answer is not one of callboard's: %s",
                  answer ? "there is no \"error\", true or false, in it" : why.text);
    json_use_arena(NULL);
    return verdict;
}

enum verdict verdict_of(CURLcode result, const char *detail, long status, struct slice body,
                        struct arena *arena, struct error *reason)
{
    if (result != CURLE_OK) {
        error_set(reason, "%s", *detail ? detail : curl_easy_strerror(result));
        return of_failure(result);
    }
    error_set(reason, "callboard answers with status %ld", status);
    if (status == 200)
        return of_answer(body, arena, reason);
    if (status == 401 || status == 403) {
        error_set(reason, "callboard does not know the token or the user (status %ld)", status);
        return VERDICT_HOPELESS;
    }
    if (status == 404 || status == 405 || status / 100 == 3) {
        error_set(reason, "callboard is not at this url (status %ld)", status);
        return VERDICT_HOPELESS;
    }
    if (status == 408 || status == 429 || (status >= 502 && status <= 504))
        return VERDICT_AWAY;
    return status >= 500 ? VERDICT_LATER : VERDICT_REJECTED;
}
