/*
 * directory_copies.c - the last answer to each question, for when Redis is away.
 */
#include "handlers/directory_copies.h"

#include "base/copies.h"
#include "handlers/directory.h"
#include "handlers/directory_answer.h"

/* The copy's key: all that the answer depends on. */
static struct slice copy_key(struct exchange *x, const struct directory_question *question)
{
    struct buffer key = buffer_in(x->arena);
    buffer_add_byte(&key, (char)('0' + question->kind));
    buffer_add_byte(&key, (char)('0' + 2 * question->event_socket + question->by_alias));
    buffer_add(&key, question->domain);
    buffer_add_byte(&key, '\0');
    buffer_add(&key, question->user);
    buffer_add_byte(&key, '\0');
    buffer_add(&key, question->group);
    return buffer_slice(&key);
}

void directory_copy_put(struct exchange *x, const struct directory_question *question,
                        struct slice document)
{
    copies_put(x->context->copies, copy_key(x, question), document, x->request->now_us);
}

bool directory_copy_get(struct exchange *x, const struct directory_question *question,
                        struct slice *document, int64_t *age)
{
    const struct directory_settings *settings = x->context->directory;
    struct copies *copies = x->context->copies;
    int64_t put_us;
    if (!copies_get(copies, x->arena, copy_key(x, question), document, &put_us)) {
        struct directory_question alone = *question;
        alone.group = slice_of(NULL, 0);
        if (question->kind != DIRECTORY_USER || question->group.length == 0 ||
            !copies_get(copies, x->arena, copy_key(x, &alone), document, &put_us))
            return false;
    }
    *age = (x->request->now_us - put_us) / 1000000;
    return *age <= (slice_equal(*document, directory_not_found) ? settings->stale_not_found_seconds
                                                                : settings->stale_seconds);
}

void directory_forget(struct exchange *x, struct slice domain, struct slice user)
{
    struct directory_question question = {.kind = DIRECTORY_USER, .domain = domain, .user = user};
    copies_forget(x->context->copies, copy_key(x, &question));
    question.by_alias = true;
    copies_forget(x->context->copies, copy_key(x, &question));
}
