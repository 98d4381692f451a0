/*
 * contacts.c - one contact: create, update, delete.
 */
#include "handlers/contacts.h"

#include "handlers/answer.h"
#include "handlers/contacts_data.h"
#include "handlers/direct.h"

/* How often an update begins anew because somebody else changed the contact in between. */
#define TRIES_MAX 5

/* ---- what a client sends ---- */

static bool read_name(struct direct *direct, struct slice *name, bool required)
{
    if (!direct_parameter(direct, "name", name))
        return false;
    if (name->data ? contacts_good_text(*name, CONTACT_NAME_CHARACTERS) : !required)
        return true;
    direct_error_value(direct, "name", *name,
                       "debe tener de 1 a 200 caracteres, sin los de control",
                       "must have 1 to 200 characters, and no control characters");
    return false;
}

static bool add_phone(struct direct *direct, struct contact *contact, struct slice text)
{
    struct exchange *x = direct->x;
    struct slice number = {0};
    if (contacts_good_text(text, CONTACT_NAME_CHARACTERS))
        number = contacts_number(x->context->phonecalls, text, x->arena);
    if (number.length == 0 || number.length > CONTACT_DIGITS_MAX) {
        direct_error(direct, "phone", "cada número debe tener de 1 a 32 cifras",
                     "each number must have 1 to 32 digits");
        return false;
    }
    if (contacts_add_number(contact, number, x->arena))
        return true;
    direct_error(direct, "phone", "un contacto puede tener 50 números a lo sumo",
                 "a contact may have at most 50 numbers");
    return false;
}

/* All of `phone`, from the query and from the form. */
static bool read_phones(struct direct *direct, struct contact *contact)
{
    const struct form *forms[] = {&direct->x->query, &direct->x->form};
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < forms[i]->count; j++)
            if (slice_is(forms[i]->fields[j].name, "phone") &&
                !add_phone(direct, contact, forms[i]->fields[j].value))
                return false;
    return true;
}

/* `contactId`, as answers call it, or `id`, as files do. */
static void read_id(struct direct *direct, int64_t *id)
{
    size_t before = direct->count;
    direct_number(direct, "contactId", 1, PHONECALLS_ID_MAX, id);
    if (*id == 0 && direct->count == before)
        direct_number(direct, "id", 1, PHONECALLS_ID_MAX, id);
    if (*id == 0 && direct->count == before)
        direct_error(direct, "contactId", "falta; debe ser el número entero de un contacto",
                     "is missing; it must be the whole number of a contact");
}

/* ---- answers ---- */

static enum handler_next answer_contact(struct exchange *x, int64_t id)
{
    struct buffer body = buffer_in(x->arena);
    buffer_add_string(&body, "{ \"error\": false, \"contactId\": ");
    buffer_add_number(&body, id);
    buffer_add_string(&body, " }\n");
    return direct_answer(x, &body);
}

static enum handler_next refuse_unknown(struct exchange *x)
{
    struct direct direct = direct_begin(x, ": ");
    direct_error(&direct, "contactId", "no existe un contacto con este número",
                 "there is no contact with this id");
    return direct_refuse(&direct);
}

struct putting {
    struct contact contact; /* as it is to be; name or numbers missing: as they are */
    struct slice stored;    /* update: as it was read */
    bool reading;           /* update: it has been asked for */
    int tries;
};

static enum handler_next refuse_conflict(struct exchange *x, const struct contact *contact,
                                         const struct contacts_result *other)
{
    struct direct direct = direct_begin(x, ": ");
    struct buffer text = buffer_in(x->arena);
    contacts_describe_conflict(&text, x, contact, other);
    direct_error_slice(&direct, "phone", buffer_slice(&text));
    return direct_refuse(&direct);
}

/* ---- create and update ---- */

enum handler_next contacts_plan_create(struct exchange *x)
{
    struct direct direct = direct_begin(x, ": ");
    struct putting *putting = arena_calloc(x->arena, 1, sizeof *putting);
    if (!putting)
        return HANDLER_ANSWER;
    read_name(&direct, &putting->contact.name, true);
    if (read_phones(&direct, &putting->contact) && putting->contact.count == 0)
        direct_error(&direct, "phone", "falta al menos un número",
                     "at least one number is required");
    if (direct.count)
        return direct_refuse(&direct);
    x->notes = putting;
    contacts_put(&x->batch, CONTACTS_PUT_NEW, &putting->contact, slice_from(""));
    return HANDLER_ASK;
}

static enum handler_next ask_stored(struct exchange *x, struct putting *putting)
{
    putting->reading = true;
    STORE_ADD(&x->batch, slice_from("HGET"), slice_from(CONTACTS_KEY),
              store_number(&x->batch, putting->contact.id));
    return HANDLER_ASK;
}

enum handler_next contacts_plan_update(struct exchange *x)
{
    struct direct direct = direct_begin(x, ": ");
    struct putting *putting = arena_calloc(x->arena, 1, sizeof *putting);
    if (!putting)
        return HANDLER_ANSWER;
    read_id(&direct, &putting->contact.id);
    read_name(&direct, &putting->contact.name, false);
    read_phones(&direct, &putting->contact);
    if (direct.count == 0 && !putting->contact.name.data && putting->contact.count == 0)
        direct_error(&direct, "name", "hace falta name, phone o ambos",
                     "name, phone or both are needed");
    if (direct.count)
        return direct_refuse(&direct);
    x->notes = putting;
    return ask_stored(x, putting);
}

/* Puts together what is stored and what is to change. */
static enum handler_next after_stored(struct exchange *x, struct putting *putting,
                                      const struct store_reply *reply)
{
    struct contact changed = {.id = putting->contact.id};
    if (reply->kind == STORE_NIL)
        return refuse_unknown(x);
    if (reply->kind != STORE_STRING || !contacts_read(reply->text, &changed, x->arena))
        return answer_surprise(x, reply, "contact");
    if (putting->contact.name.data)
        changed.name = putting->contact.name;
    if (putting->contact.count) {
        changed.numbers = putting->contact.numbers;
        changed.count = putting->contact.count;
    }
    putting->reading = false;
    contacts_put(&x->batch, CONTACTS_PUT_OVER, &changed, reply->text);
    return HANDLER_ASK;
}

enum handler_next contacts_render_put(struct exchange *x, const struct store_reply *replies)
{
    struct putting *putting = x->notes;
    struct contacts_result result;
    if (putting->reading)
        return after_stored(x, putting, &replies[0]);
    switch (contacts_read_result(&replies[0], &result)) {
    case CONTACTS_ADDED:
    case CONTACTS_CHANGED:
    case CONTACTS_SAME: return answer_contact(x, result.id);
    case CONTACTS_CONFLICT: return refuse_conflict(x, &putting->contact, &result);
    case CONTACTS_MISSING: return refuse_unknown(x);
    case CONTACTS_STALE:
        if (++putting->tries < TRIES_MAX)
            return ask_stored(x, putting);
        return answer_busy(x, 1, "others are changing this contact; try again");
    case CONTACTS_BROKEN: break;
    }
    return answer_surprise(x, &replies[0], "contact");
}

/* ---- delete ---- */

enum handler_next contacts_plan_delete(struct exchange *x)
{
    struct direct direct = direct_begin(x, ": ");
    int64_t id = 0;
    read_id(&direct, &id);
    if (direct.count)
        return direct_refuse(&direct);
    contacts_remove(&x->batch, id);
    return HANDLER_ASK;
}

enum handler_next contacts_render_delete(struct exchange *x, const struct store_reply *replies)
{
    struct buffer body = buffer_in(x->arena);
    if (replies[0].kind != STORE_INTEGER)
        return answer_surprise(x, &replies[0], "contact");
    if (replies[0].integer == 0)
        return refuse_unknown(x);
    buffer_add_string(&body, "{ \"count\" : 1, \"error\" : false }\n");
    return direct_answer(x, &body);
}
