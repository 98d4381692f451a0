/*
 * directory_copies.c - the last answer to each question, for when Redis is away.
 * A copy is the length of what the document was made of, that itself, and the document.
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

/* How old a copy may be before it is put anew, as the answer given now. */
#define REFRESH_US 1000000

static bool split(struct slice copy, struct slice *made_of, struct slice *document)
{
    size_t length;
    if (copy.length < sizeof length)
        return false;
    memcpy(&length, copy.data, sizeof length);
    *made_of = slice_of(copy.data + sizeof length, length);
    *document = slice_of(made_of->data + length, copy.length - sizeof length - length);
    return true;
}

void directory_copy_put(struct exchange *x, const struct directory_question *question,
                        struct slice made_of, struct slice document)
{
    struct buffer copy = buffer_in(x->arena);
    buffer_add(&copy, slice_of((const char *)&made_of.length, sizeof made_of.length));
    buffer_add(&copy, made_of);
    buffer_add(&copy, document);
    if (!copy.failed)
        copies_put(x->context->copies, copy_key(x, question), buffer_slice(&copy),
                   x->request->now_us);
}

bool directory_copy_same(struct exchange *x, const struct directory_question *question,
                         struct slice made_of, struct slice *document)
{
    struct slice key = copy_key(x, question), copy, before;
    int64_t put_us;
    if (!copies_get(x->context->copies, x->arena, key, &copy, &put_us) ||
        !split(copy, &before, document) || !slice_equal(before, made_of))
        return false;
    if (x->request->now_us < put_us || x->request->now_us - put_us >= REFRESH_US)
        copies_put(x->context->copies, key, copy, x->request->now_us);
    return true;
}

bool directory_copy_get(struct exchange *x, const struct directory_question *question,
                        struct slice *document, int64_t *age)
{
    const struct directory_settings *settings = x->context->directory;
    struct copies *copies = x->context->copies;
    struct slice copy, made_of;
    int64_t put_us;
    if (!copies_get(copies, x->arena, copy_key(x, question), &copy, &put_us)) {
        struct directory_question alone = *question;
        alone.group = slice_of(NULL, 0);
        if (question->kind != DIRECTORY_USER || question->group.length == 0 ||
            !copies_get(copies, x->arena, copy_key(x, &alone), &copy, &put_us))
            return false;
    }
    if (!split(copy, &made_of, document))
        return false;
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
