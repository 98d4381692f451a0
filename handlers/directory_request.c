/*
 * directory_request.c - what FreeSWITCH asks of the directory, out of the fields of its request.
 *
 * Which field counts when a name comes more than once is a security decision, and it is made here and nowhere else.
 * FreeSWITCH writes, in this order:
 *
 *     hostname section tag_name key_name key_value    the last one raw: a domain "a&user=1001&b=" puts fields of
 *                                                     its own here
 *     …                                               the event: SIP X- headers under names that the caller has
 *                                                     chosen, channel variables, a second section, another action
 *     key user domain [ip] or domain [purpose]        what FreeSWITCH itself looks for, encoded
 *
 * So the first section counts, and the last key, user, domain, group and purpose. A domain that differs from
 * key_value has had fields put behind it, or can be no domain: it is answered "not found". What is refused for an
 * event socket is refused when any action says event socket.
 */
#include "handlers/directory_request.h"

static struct slice first_of(const struct form *fields, const char *name)
{
    struct slice value = {0};
    form_find(fields, name, &value);
    return value;
}

static struct slice last_of(const struct form *fields, const char *name)
{
    struct slice wanted = slice_from(name);
    for (size_t i = fields->count; i-- > 0;)
        if (slice_equal(fields->fields[i].name, wanted))
            return fields->fields[i].value;
    return slice_of(NULL, 0);
}

static bool any_is(const struct form *fields, const char *name, const char *value)
{
    for (size_t i = 0; i < fields->count; i++)
        if (slice_is(fields->fields[i].name, name) && slice_is(fields->fields[i].value, value))
            return true;
    return false;
}

/*
 * The domain that is asked for, or the empty slice. Commands such as xml_locate name it in key_value alone, and then
 * key_name says that it is a domain's name.
 */
static struct slice domain_of(const struct form *fields)
{
    struct slice key_value = first_of(fields, "key_value");
    struct slice domain = last_of(fields, "domain");
    if (!slice_is(first_of(fields, "tag_name"), "domain") ||
        !slice_is(first_of(fields, "key_name"), "name"))
        return domain;
    if (domain.length == 0)
        return key_value;
    if (key_value.length > 0 && !slice_equal_nocase(domain, key_value))
        return slice_of(NULL, 0);
    return domain;
}

static enum directory_kind kind_of(const struct form *fields,
                                   const struct directory_question *question)
{
    struct slice purpose = last_of(fields, "purpose");
    if (!slice_is(first_of(fields, "section"), "directory") ||
        !directory_name_is_good(question->domain))
        return DIRECTORY_NOTHING;
    if (question->user.length > 0)
        return directory_name_is_good(question->user) ? DIRECTORY_USER : DIRECTORY_NOTHING;
    if (question->group.length > 0)
        return directory_name_is_good(question->group) ? DIRECTORY_GROUP : DIRECTORY_NOTHING;
    if (slice_is(purpose, "network-list"))
        return DIRECTORY_NETWORK_LIST;
    return purpose.length == 0 ? DIRECTORY_DOMAIN : DIRECTORY_NOTHING;
}

void directory_request_read(const struct exchange *x, struct directory_question *question)
{
    /* A POST has all in its body, GET and PUT have it in the query; the query of a POST is the administrator's. */
    const struct form *fields = x->request->body.length > 0 ? &x->form : &x->query;
    *question = (struct directory_question){
        .domain = domain_of(fields),
        .user = last_of(fields, "user"),
        .by_alias = slice_is(last_of(fields, "key"), "number-alias"),
        .event_socket = any_is(fields, "action", "event_socket_auth"),
    };
    if (any_is(fields, "action", "group_call")) {
        question->group = last_of(fields, "group_name");
        if (question->group.length == 0)
            question->group = last_of(fields, "group");
        if (question->user.length > 0 && !directory_name_is_good(question->group))
            question->group = slice_of(NULL, 0);
    }
    question->kind = kind_of(fields, question);
}
