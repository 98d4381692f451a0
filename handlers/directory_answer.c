/*
 * directory_answer.c - the documents that FreeSWITCH is answered with.
 *
 * mod_sofia lets any password register when a user has neither password nor a1-hash, or an empty one, because its own
 * standard for allow-empty-password is true (sofia_reg.c). So unless the record, its group or its domain says
 * otherwise in so many words, such a user is written with allow-empty-password false.
 */
#include "handlers/directory_answer.h"

#include "base/log.h"
#include "base/xml.h"
#include "handlers/directory_field.h"

/* Makes user/1000 call the phones that are registered as 1000. "${" is FreeSWITCH's to expand, at each call. */
static const char dial_string[] =
    "{^^:sip_invite_domain=${dialed_domain}:presence_id=${dialed_user}@${dialed_domain}}"
    "${sofia_contact(*/${dialed_user}@${dialed_domain})}";

const struct slice directory_not_found = SLICE_LITERAL("<document type=\"freeswitch/xml\">\n"
                                                       "<section name=\"result\">\n"
                                                       "<result status=\"not found\"/>\n"
                                                       "</section>\n"
                                                       "</document>\n");

/* A document being written, and whose record is being put into it, for the log. */
struct document {
    struct exchange *x;
    struct buffer out;
    const char *kind; /* "extension" */
    struct slice name;
};

static void complain(const struct document *document, const char *member, struct slice name,
                     const char *what)
{
    log_warning("id=%.*s %s %.*s: %s \"%.*s\" %s", SLICE_ARGUMENTS(document->x->request->id),
                document->kind, SLICE_ARGUMENTS(document->name), member, SLICE_ARGUMENTS(name),
                what);
}

/* The text of one stored member, or false when there is none to write. */
static bool read_text(const struct document *document, const char *member, struct slice name,
                      const json_t *value, struct slice *text)
{
    if (json_is_null(value) || name.length == 0)
        return false;
    /* Dropping characters would make another name of it. */
    if (!xml_text_is_good(name)) {
        complain(document, member, name, "is a name that XML cannot carry; left out");
        return false;
    }
    if (!directory_text(value, document->x->arena, text)) {
        complain(document, member, name, "is neither text, number nor boolean; left out");
        return false;
    }
    if (json_is_string(value) && text->length != json_string_length(value))
        complain(document, member, name, "holds characters that XML cannot carry; dropped");
    return true;
}

static void add_pair(struct buffer *out, const char *element, struct slice name, struct slice value)
{
    xml_element(out, element);
    xml_attribute(out, slice_from("name"), name);
    xml_attribute(out, slice_from("value"), value);
    xml_close(out);
}

/* Where EXTRA_NAME is not empty it is written behind the others: of two FreeSWITCH takes the last. */
static void add_params(struct document *document, const json_t *object, struct slice extra_name,
                       struct slice extra)
{
    const char *key;
    json_t *value;
    struct slice text;
    xml_element(&document->out, "params");
    xml_open(&document->out);
    json_object_foreach((json_t *)object, key, value)
    {
        struct slice name = slice_from(key);
        if (!read_text(document, "param", name, value, &text))
            continue;
        text = directory_repair_param(name, text, document->x->arena);
        if (text.length > 0)
            add_pair(&document->out, "param", name, text);
    }
    if (extra_name.length > 0)
        add_pair(&document->out, "param", extra_name, extra);
    xml_end(&document->out, "params");
}

static void add_variables(struct document *document, const json_t *object)
{
    const char *key;
    json_t *value;
    struct slice text;
    if (!object || json_object_size(object) == 0)
        return;
    xml_element(&document->out, "variables");
    xml_open(&document->out);
    json_object_foreach((json_t *)object, key, value)
    {
        struct slice name = slice_from(key);
        if (read_text(document, "variable", name, value, &text))
            add_pair(&document->out, "variable", name, text);
    }
    xml_end(&document->out, "variables");
}

static void add_attributes(struct document *document, const json_t *object)
{
    const char *key;
    json_t *value;
    struct slice text;
    json_object_foreach((json_t *)object, key, value)
    {
        struct slice name = slice_from(key);
        if (!read_text(document, "attribute", name, value, &text))
            continue;
        if (!xml_name_is_good(name)) {
            complain(document, "attribute", name, "cannot be the name of an attribute; left out");
            continue;
        }
        text = directory_repair_attribute(name, text, document->x->arena);
        if (text.length > 0)
            xml_attribute(&document->out, name, text);
    }
}

/* ---- the frame ---- */

static void begin(struct document *document, struct exchange *x,
                  const struct directory_place *place)
{
    struct buffer *out = &document->out;
    *document = (struct document){
        .x = x, .out = buffer_in(x->arena), .kind = "domain", .name = place->domain};
    buffer_reserve(out, 4096);
    xml_element(out, "document");
    xml_attribute(out, slice_from("type"), slice_from("freeswitch/xml"));
    xml_open(out);
    xml_element(out, "section");
    xml_attribute(out, slice_from("name"), slice_from("directory"));
    xml_open(out);
    xml_element(out, "domain");
    xml_attribute(out, slice_from("name"), place->domain);
    xml_open(out);
    bool own = directory_member(place->defaults->param, "dial-string", x->arena).length > 0;
    add_params(document, place->defaults->param, slice_from(own ? "" : "dial-string"),
               slice_from(dial_string));
    add_variables(document, place->defaults->variable);
}

static struct slice end(struct document *document)
{
    struct buffer *out = &document->out;
    xml_end(out, "domain");
    xml_end(out, "section");
    xml_end(out, "document");
    return buffer_slice(out);
}

static void open_element(struct document *document, const char *element)
{
    xml_element(&document->out, element);
    xml_open(&document->out);
}

static void begin_group(struct document *document, const struct directory_place *place)
{
    document->kind = "group";
    document->name = place->group;
    open_element(document, "groups");
    xml_element(&document->out, "group");
    xml_attribute(&document->out, slice_from("name"), place->group);
    xml_open(&document->out);
    add_params(document, place->common->param, slice_from(""), slice_from(""));
    add_variables(document, place->common->variable);
}

static void end_group(struct document *document)
{
    xml_end(&document->out, "group");
    xml_end(&document->out, "groups");
}

/* ---- one user ---- */

/* The param NAME that FreeSWITCH will find for a user: its own, or else its group's, or else its domain's. */
static struct slice effective(const struct document *document, const struct directory_place *place,
                              const struct directory_record *record, const char *name)
{
    struct arena *arena = document->x->arena;
    struct slice value = directory_member(record->param, name, arena);
    if (value.length == 0 && place->common)
        value = directory_member(place->common->param, name, arena);
    if (value.length == 0)
        value = directory_member(place->defaults->param, name, arena);
    return value;
}

/* True when FreeSWITCH would let any password register, and nobody has said that it may. */
static bool is_left_open(const struct document *document, const struct directory_place *place,
                         const struct directory_record *record)
{
    struct arena *arena = document->x->arena;
    return directory_member(record->param, "allow-empty-password", arena).length == 0 &&
           effective(document, place, record, "password").length == 0 &&
           effective(document, place, record, "a1-hash").length == 0 &&
           !directory_is_true(effective(document, place, record, "allow-empty-password"));
}

static void add_user(struct document *document, const struct directory_place *place,
                     struct slice name, const struct directory_record *record)
{
    struct buffer *out = &document->out;
    document->kind = "extension";
    document->name = name;
    xml_element(out, "user");
    xml_attribute(out, slice_from("id"), name);
    add_attributes(document, record->attribute);
    xml_open(out);
    bool left_open = is_left_open(document, place, record);
    add_params(document, record->param, slice_from(left_open ? "allow-empty-password" : ""),
               slice_from("false"));
    add_variables(document, record->variable);
    xml_end(out, "user");
}

struct slice directory_write_user(struct exchange *x, const struct directory_place *place,
                                  struct slice name, const struct directory_record *record)
{
    struct document document;
    begin(&document, x, place);
    if (place->common)
        begin_group(&document, place);
    open_element(&document, "users");
    add_user(&document, place, name, record);
    xml_end(&document.out, "users");
    if (place->common)
        end_group(&document);
    return end(&document);
}

/* ---- several ---- */

struct slice directory_write_group(struct exchange *x, const struct directory_place *place)
{
    struct document document;
    struct slice name;
    size_t index;
    const json_t *member;
    begin(&document, x, place);
    begin_group(&document, place);
    open_element(&document, "users");
    json_array_foreach((json_t *)place->common->members, index, member)
    {
        if (!directory_text(member, x->arena, &name) || name.length == 0)
            continue;
        xml_element(&document.out, "user");
        xml_attribute(&document.out, slice_from("id"), name);
        xml_attribute(&document.out, slice_from("type"), slice_from("pointer"));
        xml_close(&document.out);
    }
    xml_end(&document.out, "users");
    end_group(&document);
    return end(&document);
}

struct slice directory_write_domain(struct exchange *x, const struct directory_place *place)
{
    struct document document;
    begin(&document, x, place);
    return end(&document);
}

struct slice directory_write_networks(struct exchange *x, const struct directory_place *place,
                                      const struct slice *pairs, size_t count)
{
    struct document document;
    begin(&document, x, place);
    open_element(&document, "users");
    for (size_t i = 0; i < count; i++) {
        xml_element(&document.out, "user");
        xml_attribute(&document.out, slice_from("id"), pairs[2 * i]);
        xml_attribute(&document.out, slice_from("cidr"), pairs[2 * i + 1]);
        xml_close(&document.out);
    }
    xml_end(&document.out, "users");
    return end(&document);
}
