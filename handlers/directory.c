/*
 * directory.c - the FreeSWITCH directory: from a question to a document.
 *
 * An extension that is there costs one turn: its record and its domain's defaults. A name that is none may be a
 * number-alias: cti_alias@<domain> is asked, then the extensions themselves (directory_scan.h); what an alias leads to
 * counts only when the record says so too. While Redis is away the last answer to the same question is repeated.
 */
#include "handlers/directory.h"

#include "base/log.h"
#include "base/xml.h"
#include "handlers/answer.h"
#include "handlers/directory_answer.h"
#include "handlers/directory_copies.h"
#include "handlers/directory_field.h"
#include "handlers/directory_request.h"
#include "handlers/directory_scan.h"

#define CONTENT_XML "text/xml; charset=utf-8"

enum lookup_phase {
    LOOKUP_FIRST,    /* asked for the defaults, and the user or group itself */
    LOOKUP_ALIAS,    /* asked whose alias it is */
    LOOKUP_RESOLVED, /* asked for the extension that has the alias */
    LOOKUP_SCAN      /* looking through the domain's extensions */
};

struct lookup {
    struct directory_question question;
    struct slice domain; /* as in the keys */
    enum lookup_phase phase;
    struct slice defaults, common; /* stored records of domain and group; data NULL: none */
    struct slice name;             /* of the extension whose alias was asked for */
    struct slice made_of;          /* what the document is made of, when it is a user's */
    int64_t extensions;            /* of the domain */
    bool scanned;
    struct directory_scan scan;
};

/* ---- answers ---- */

static enum handler_next answer_document(struct exchange *x, int status, struct slice document)
{
    x->response =
        (struct http_response){.status = status, .content_type = CONTENT_XML, .body = document};
    http_response_header(&x->response, "Cache-Control", slice_from("no-store"));
    return HANDLER_ANSWER;
}

static enum handler_next answer_fresh(struct exchange *x, struct slice document)
{
    const struct lookup *lookup = x->notes;
    if (document.length > DIRECTORY_DOCUMENT_BYTES) {
        log_warning(
            "id=%.*s the answer for %.*s in domain %.*s has %zu bytes; FreeSWITCH takes 1 MiB",
            SLICE_ARGUMENTS(x->request->id), SLICE_ARGUMENTS(lookup->question.user),
            SLICE_ARGUMENTS(lookup->domain), document.length);
        document = directory_not_found;
    }
    if (!x->arena->exhausted)
        directory_copy_put(x, &lookup->question, lookup->made_of, document);
    return answer_document(x, 200, document);
}

/* Redis is away: the last answer to the same question, unless it is too old. */
static enum handler_next answer_from_copy(struct exchange *x)
{
    const struct lookup *lookup = x->notes;
    struct slice document;
    int64_t age;
    if (!directory_copy_get(x, &lookup->question, &document, &age))
        return answer_busy(x, 1, "storage is away, and nothing fresh enough is known");
    log_info("id=%.*s stale answer, %lld s old, for %.*s in domain %.*s",
             SLICE_ARGUMENTS(x->request->id), (long long)age,
             SLICE_ARGUMENTS(lookup->question.user), SLICE_ARGUMENTS(lookup->question.domain));
    x->context->counts->directory_stale++;
    answer_document(x, 200, document);
    http_response_header(&x->response, "Age", store_number(&x->batch, age > 0 ? age : 0));
    return HANDLER_ANSWER;
}

void directory_fail(struct exchange *x, int status, const char *field, const char *text)
{
    (void)field;
    if (status == 400 || status == 404 || status == 500)
        status = 200;
    log_info("id=%.*s not answered: %s", SLICE_ARGUMENTS(x->request->id), text);
    answer_document(x, status, directory_not_found);
}

/* ---- asking ---- */

static enum handler_next ask_first(struct exchange *x, struct lookup *lookup)
{
    const struct directory_question *question = &lookup->question;
    struct slice extensions = directory_key(x->arena, "cti_exten@", lookup->domain);
    struct store_batch *batch = &x->batch;
    lookup->phase = LOOKUP_FIRST;
    STORE_ADD(batch, slice_from("HGET"), slice_from("cti_domain"), lookup->domain);
    if (question->group.length > 0)
        STORE_ADD(batch, slice_from("HGET"), directory_key(x->arena, "cti_group@", lookup->domain),
                  question->group);
    else if (question->kind != DIRECTORY_USER)
        STORE_ADD(batch, slice_from("HLEN"), extensions);
    if (question->kind == DIRECTORY_USER && !question->by_alias)
        STORE_ADD(batch, slice_from("HGET"), extensions, question->user);
    return HANDLER_ASK;
}

static enum handler_next ask_alias(struct exchange *x, struct lookup *lookup)
{
    lookup->phase = LOOKUP_ALIAS;
    STORE_ADD(&x->batch, slice_from("HGET"), directory_key(x->arena, "cti_alias@", lookup->domain),
              lookup->question.user);
    STORE_ADD(&x->batch, slice_from("HLEN"), directory_key(x->arena, "cti_exten@", lookup->domain));
    return HANDLER_ASK;
}

static enum handler_next ask_resolved(struct exchange *x, struct lookup *lookup, struct slice name)
{
    lookup->phase = LOOKUP_RESOLVED;
    lookup->name = name;
    STORE_ADD(&x->batch, slice_from("HGET"), directory_key(x->arena, "cti_exten@", lookup->domain),
              name);
    return HANDLER_ASK;
}

static enum handler_next ask_scan(struct exchange *x, struct lookup *lookup)
{
    lookup->phase = LOOKUP_SCAN;
    directory_scan_ask(x, &lookup->scan);
    return HANDLER_ASK;
}

/* ---- what Redis said ---- */

/* The stored text; data NULL when there is none, which for a key of a wrong type is said in the log. */
static struct slice stored_text(struct exchange *x, const struct store_reply *reply,
                                const char *key, struct slice domain)
{
    if (reply->kind == STORE_STRING)
        return slice_of(reply->text.data ? reply->text.data : "", reply->text.length);
    if (reply->kind != STORE_NIL)
        log_warning("id=%.*s %s%.*s: %.*s", SLICE_ARGUMENTS(x->request->id), key,
                    SLICE_ARGUMENTS(domain), SLICE_ARGUMENTS(reply->text));
    return slice_of(NULL, 0);
}

/* Reads a STORED record; without one *record is empty. False, said in the log, when it is broken. */
static bool read_record(struct exchange *x, struct slice stored, const char *key,
                        struct slice domain, struct slice name, struct directory_record *record)
{
    struct error error;
    *record = (struct directory_record){0};
    if (!stored.data || directory_record_read(stored, record, &error))
        return true;
    log_warning("id=%.*s the record in %s%.*s of %.*s is broken: %s",
                SLICE_ARGUMENTS(x->request->id), key, SLICE_ARGUMENTS(domain),
                SLICE_ARGUMENTS(name), error.text);
    return false;
}

/* A domain's name has no case, but a key has: what was not found as it was asked for may be there in small letters. */
static enum handler_next not_found(struct exchange *x, struct lookup *lookup)
{
    struct buffer lower = buffer_in(x->arena);
    for (size_t i = 0; i < lookup->domain.length; i++) {
        char c = lookup->domain.data[i];
        buffer_add_byte(&lower, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
    }
    if (slice_equal(buffer_slice(&lower), lookup->domain))
        return answer_fresh(x, directory_not_found);
    lookup->domain = buffer_slice(&lower);
    lookup->scan =
        (struct directory_scan){.domain = lookup->domain, .attribute = lookup->scan.attribute};
    lookup->scanned = false;
    return ask_first(x, lookup);
}

/* Reads the records that stand around the answer. One that is broken may hold what protects the users. */
static bool read_place(struct exchange *x, const struct lookup *lookup,
                       struct directory_place *place, struct directory_record *defaults,
                       struct directory_record *common)
{
    const struct directory_question *question = &lookup->question;
    *place = (struct directory_place){
        .domain = question->domain, .defaults = defaults, .group = question->group};
    if (lookup->common.data)
        place->common = common;
    return read_record(x, lookup->defaults, "cti_domain", slice_of("", 0), lookup->domain,
                       defaults) &&
           read_record(x, lookup->common, "cti_group@", lookup->domain, question->group, common);
}

static bool is_member(struct exchange *x, const struct directory_record *group, struct slice name)
{
    size_t index;
    const json_t *member;
    struct slice text;
    json_array_foreach((json_t *)group->members, index, member)
    {
        if (directory_text(member, x->arena, &text) && slice_equal(text, name))
            return true;
    }
    return false;
}

/* All bytes that a user's document comes from, besides the question. */
static struct slice parts_of_user(struct exchange *x, const struct lookup *lookup,
                                  struct slice name, struct slice stored)
{
    const struct slice parts[] = {name, lookup->defaults, lookup->common, stored};
    struct buffer text = buffer_in(x->arena);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        buffer_add_number(&text, parts[i].data ? (int64_t)parts[i].length : -1);
        buffer_add_byte(&text, ':');
        buffer_add(&text, parts[i]);
    }
    return buffer_slice(&text);
}

static enum handler_next answer_user(struct exchange *x, struct lookup *lookup, struct slice name,
                                     struct slice stored)
{
    struct directory_place place;
    struct directory_record defaults, common, record;
    struct slice document;
    lookup->made_of = parts_of_user(x, lookup, name, stored);
    if (directory_copy_same(x, &lookup->question, lookup->made_of, &document))
        return answer_document(x, 200, document);
    if (!read_record(x, stored, "cti_exten@", lookup->domain, name, &record) ||
        !read_place(x, lookup, &place, &defaults, &common))
        return answer_fresh(x, directory_not_found);
    if (lookup->question.event_socket &&
        directory_member(record.param, "esl-password", x->arena).length == 0)
        return answer_fresh(x, directory_not_found);
    if (place.common && !is_member(x, place.common, name))
        place.common = NULL;
    return answer_fresh(x, directory_write_user(x, &place, name, &record));
}

static enum handler_next answer_others(struct exchange *x, struct lookup *lookup,
                                       const struct store_reply *reply)
{
    struct directory_place place;
    struct directory_record defaults, common;
    enum directory_kind kind = lookup->question.kind;
    lookup->extensions = reply->kind == STORE_INTEGER ? reply->integer : 0;
    if (kind == DIRECTORY_GROUP ? !lookup->common.data
                                : lookup->extensions == 0 && !lookup->defaults.data)
        return not_found(x, lookup);
    if (kind == DIRECTORY_NETWORK_LIST && lookup->extensions > 0)
        return ask_scan(x, lookup);
    if (!read_place(x, lookup, &place, &defaults, &common))
        return answer_fresh(x, directory_not_found);
    return answer_fresh(x, kind == DIRECTORY_GROUP ? directory_write_group(x, &place)
                                                   : directory_write_domain(x, &place));
}

static enum handler_next after_first(struct exchange *x, struct lookup *lookup,
                                     const struct store_reply *replies)
{
    const struct directory_question *question = &lookup->question;
    const struct store_reply *reply = &replies[1];
    lookup->defaults = stored_text(x, &replies[0], "cti_domain", slice_of(NULL, 0));
    if (question->group.length > 0)
        lookup->common = stored_text(x, reply, "cti_group@", lookup->domain);
    if (question->kind != DIRECTORY_USER)
        return answer_others(x, lookup, reply);
    if (question->by_alias)
        return ask_alias(x, lookup);
    if (question->group.length > 0)
        reply++;
    struct slice stored = stored_text(x, reply, "cti_exten@", lookup->domain);
    if (stored.data)
        return answer_user(x, lookup, question->user, stored);
    return ask_alias(x, lookup);
}

/* ---- aliases ---- */

static enum handler_next after_search(struct exchange *x, struct lookup *lookup, struct slice found)
{
    struct slice alias, name;
    lookup->scanned = true;
    while (directory_scan_next(&found, &alias, &name))
        if (slice_equal(alias, lookup->question.user))
            return ask_resolved(x, lookup, name);
    return not_found(x, lookup);
}

/* Nothing, or nothing true, was in cti_alias@. */
static enum handler_next search(struct exchange *x, struct lookup *lookup)
{
    struct slice found;
    if (lookup->scanned || lookup->extensions == 0 ||
        x->context->directory->alias_scan_extensions == 0)
        return not_found(x, lookup);
    if (directory_scan_kept(x, &lookup->scan, lookup->extensions, &found))
        return after_search(x, lookup, found);
    return ask_scan(x, lookup);
}

static enum handler_next after_alias(struct exchange *x, struct lookup *lookup,
                                     const struct store_reply *replies)
{
    struct slice name = stored_text(x, &replies[0], "cti_alias@", lookup->domain);
    lookup->extensions = replies[1].kind == STORE_INTEGER ? replies[1].integer : 0;
    if (directory_name_is_good(name))
        return ask_resolved(x, lookup, name);
    return search(x, lookup);
}

/* True when the record says itself that the alias is its own. */
static bool has_alias(struct exchange *x, const struct lookup *lookup, struct slice stored)
{
    struct directory_record record;
    return read_record(x, stored, "cti_exten@", lookup->domain, lookup->name, &record) &&
           slice_equal(directory_member(record.attribute, "number-alias", x->arena),
                       lookup->question.user);
}

static enum handler_next after_resolved(struct exchange *x, struct lookup *lookup,
                                        const struct store_reply *reply)
{
    struct slice stored = stored_text(x, reply, "cti_exten@", lookup->domain);
    if (stored.data && directory_name_is_good(lookup->name) && has_alias(x, lookup, stored))
        return answer_user(x, lookup, lookup->name, stored);
    return search(x, lookup);
}

/* ---- the network list ---- */

static enum handler_next answer_networks(struct exchange *x, struct lookup *lookup)
{
    struct directory_place place;
    struct directory_record defaults, common;
    struct slice value, name, found = buffer_slice(&lookup->scan.found);
    size_t count = 0, most = 0;
    for (size_t i = 0; i < found.length; i++)
        most += found.data[i] == '\0';
    struct slice *pairs = arena_calloc(x->arena, most + 1, sizeof *pairs);
    if (!pairs || !read_place(x, lookup, &place, &defaults, &common))
        return answer_fresh(x, directory_not_found);
    while (directory_scan_next(&found, &value, &name)) {
        value = directory_repair_attribute(slice_from("cidr"), value, x->arena);
        if (!directory_name_is_good(name) || value.length == 0)
            continue;
        pairs[2 * count] = name;
        pairs[2 * count + 1] = value;
        count++;
    }
    return answer_fresh(x, directory_write_networks(x, &place, pairs, count));
}

static enum handler_next after_scan(struct exchange *x, struct lookup *lookup,
                                    const struct store_reply *reply)
{
    if (directory_scan_more(x, &lookup->scan, reply))
        return ask_scan(x, lookup);
    if (lookup->question.kind == DIRECTORY_NETWORK_LIST)
        return answer_networks(x, lookup);
    directory_scan_keep(x, &lookup->scan, lookup->extensions);
    return after_search(x, lookup, buffer_slice(&lookup->scan.found));
}

/* ---- the route ---- */

enum handler_next directory_plan(struct exchange *x)
{
    struct lookup *lookup = arena_calloc(x->arena, 1, sizeof *lookup);
    if (!lookup)
        return HANDLER_ANSWER;
    x->notes = lookup;
    directory_request_read(x, &lookup->question);
    if (lookup->question.kind == DIRECTORY_NOTHING)
        return answer_document(x, 200, directory_not_found);
    lookup->domain = lookup->question.domain;
    lookup->scan.domain = lookup->domain;
    lookup->scan.attribute =
        lookup->question.kind == DIRECTORY_NETWORK_LIST ? "cidr" : "number-alias";
    return ask_first(x, lookup);
}

enum handler_next directory_render(struct exchange *x, const struct store_reply *replies)
{
    struct lookup *lookup = x->notes;
    if (!replies)
        return answer_from_copy(x);
    switch (lookup->phase) {
    case LOOKUP_FIRST: return after_first(x, lookup, replies);
    case LOOKUP_ALIAS: return after_alias(x, lookup, replies);
    case LOOKUP_RESOLVED: return after_resolved(x, lookup, &replies[0]);
    case LOOKUP_SCAN: return after_scan(x, lookup, &replies[0]);
    }
    return answer_document(x, 200, directory_not_found);
}
