/*
 * contacts_data.c - how contacts are kept in Redis, and the one script that writes them.
 */
#include "handlers/contacts_data.h"

#include "handlers/direct.h"

/*
 * KEYS: contacts, numbers, last id. ARGV: how, id or "", name, the contact as JSON, how it must be stored now,
 * numbers. Nothing is written before all that can be wrong has been looked at.
 */
static const char put_script[] =
    "local contacts, numbers, last = KEYS[1], KEYS[2], KEYS[3]\n"
    "local how, id, name, contact = ARGV[1], ARGV[2], ARGV[3], ARGV[4]\n"
    "local function read(text)\n"
    "  local fine, value = pcall(cjson.decode, text)\n"
    "  return fine and type(value) == 'table' and value or {}\n"
    "end\n"
    "local old = id ~= '' and redis.call('HGET', contacts, id)\n"
    "if how == 'over' and not old then return {'missing'} end\n"
    "if how == 'over' and old ~= ARGV[5] then return {'stale'} end\n"
    "for i = 6, #ARGV do\n"
    "  local owner = redis.call('HGET', numbers, ARGV[i])\n"
    "  if owner and owner ~= id then\n"
    "    if how == 'ensure' then return {'same', owner} end\n"
    "    local text = redis.call('HGET', contacts, owner) or ''\n"
    "    local called = read(text).name or ''\n"
    "    if how ~= 'import' or id ~= '' or called ~= name then\n"
    "      return {'conflict', owner, called, ARGV[i]}\n"
    "    end\n"
    "    id, old = owner, text\n"
    "  end\n"
    "end\n"
    "if old == contact then return {'same', id} end\n"
    "if id == '' then\n"
    "  id = string.format('%.0f', redis.call('INCR', last))\n"
    "elseif tonumber(id) > tonumber(redis.call('GET', last) or '0') then\n"
    "  redis.call('SET', last, id)\n"
    "end\n"
    "for _, number in ipairs(old and read(old).phones or {}) do\n"
    "  if redis.call('HGET', numbers, number) == id then redis.call('HDEL', numbers, number) end\n"
    "end\n"
    "for i = 6, #ARGV do redis.call('HSET', numbers, ARGV[i], id) end\n"
    "redis.call('HSET', contacts, id, contact)\n"
    "return {old and 'changed' or 'added', id}\n";

static const char remove_script[] =
    "local old = redis.call('HGET', KEYS[1], ARGV[1])\n"
    "if not old then return 0 end\n"
    "local fine, contact = pcall(cjson.decode, old)\n"
    "for _, number in ipairs(fine and type(contact) == 'table' and contact.phones or {}) do\n"
    "  if redis.call('HGET', KEYS[2], number) == ARGV[1] then redis.call('HDEL', KEYS[2], number) "
    "end\n"
    "end\n"
    "return redis.call('HDEL', KEYS[1], ARGV[1])\n";

/* ---- numbers and names ---- */

static struct slice digits_of(struct slice text, bool plus, struct arena *arena)
{
    char *digits = arena_alloc(arena, text.length);
    size_t count = 0;
    if (!digits)
        return slice_of(NULL, 0);
    for (size_t i = 0; i < text.length; i++)
        if ((text.data[i] >= '0' && text.data[i] <= '9') ||
            (plus && count == 0 && text.data[i] == '+'))
            digits[count++] = text.data[i];
    return slice_of(digits, count);
}

struct slice contacts_number(const struct phonecalls_settings *settings, struct slice text,
                             struct arena *arena)
{
    /* A leading "+" is there for the rules to see, and gone behind them. */
    struct slice number = digits_of(text, true, arena);
    if (!number.data)
        return number;
    number = rewrite_apply(&settings->rewrite, number, arena);
    return number.data ? digits_of(number, false, arena) : number;
}

bool contacts_add_number(struct contact *contact, struct slice number, struct arena *arena)
{
    for (size_t i = 0; i < contact->count; i++)
        if (slice_equal(contact->numbers[i], number))
            return true;
    if (contact->count == CONTACT_NUMBERS_MAX)
        return false;
    if (!contact->numbers)
        contact->numbers = arena_calloc(arena, CONTACT_NUMBERS_MAX, sizeof number);
    if (!contact->numbers)
        return false;
    contact->numbers[contact->count++] = number;
    return true;
}

bool contacts_good_text(struct slice text, size_t most)
{
    size_t characters = 0;
    if (!slice_is_utf8(text))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        /* C0 and DEL; C1 is C2 80 to C2 9F in UTF-8. */
        if (c < 0x20 || c == 0x7f || (c == 0xc2 && (unsigned char)text.data[i + 1] < 0xa0))
            return false;
        characters += (c & 0xc0) != 0x80;
    }
    return characters >= 1 && characters <= most;
}

/* ---- reading and writing ---- */

struct slice contacts_write(const struct contact *contact, struct arena *arena)
{
    struct buffer text = buffer_in(arena);
    buffer_add_string(&text, "{\"name\":");
    buffer_add_json(&text, contact->name);
    buffer_add_string(&text, ",\"phones\":[");
    for (size_t i = 0; i < contact->count; i++) {
        buffer_add_string(&text, i ? "," : "");
        buffer_add_json(&text, contact->numbers[i]);
    }
    buffer_add_string(&text, "]}");
    return buffer_slice(&text);
}

bool contacts_read(struct slice text, struct contact *contact, struct arena *arena)
{
    struct error error;
    const json_t *object = json_parse(text, &error);
    const json_t *name = json_object_get(object, "name");
    const json_t *phones = json_object_get(object, "phones");
    if (!json_is_string(name))
        return false;
    contact->name = json_slice(name);
    for (size_t i = 0; i < json_array_size(phones); i++) {
        const json_t *phone = json_array_get(phones, i);
        if (!json_is_string(phone) || !contacts_add_number(contact, json_slice(phone), arena))
            return false;
    }
    return true;
}

void contacts_put(struct store_batch *batch, enum contacts_how how, const struct contact *contact,
                  struct slice expected)
{
    static const char *const names[] = {[CONTACTS_PUT_NEW] = "new",
                                        [CONTACTS_PUT_OVER] = "over",
                                        [CONTACTS_PUT_IMPORT] = "import",
                                        [CONTACTS_PUT_ENSURE] = "ensure"};
    struct slice words[11 + CONTACT_NUMBERS_MAX] = {SLICE_LITERAL("EVAL"),
                                                    slice_of(put_script, sizeof put_script - 1),
                                                    SLICE_LITERAL("3"),
                                                    SLICE_LITERAL(CONTACTS_KEY),
                                                    SLICE_LITERAL(CONTACTS_NUMBERS),
                                                    SLICE_LITERAL(CONTACTS_LAST_ID),
                                                    slice_from(names[how]),
                                                    contact->id ? store_number(batch, contact->id)
                                                                : slice_from(""),
                                                    contact->name,
                                                    contacts_write(contact, batch->arena),
                                                    expected};
    for (size_t i = 0; i < contact->count; i++)
        words[11 + i] = contact->numbers[i];
    store_batch_add_words(batch, words, 11 + contact->count);
}

enum contacts_outcome contacts_read_result(const struct store_reply *reply,
                                           struct contacts_result *result)
{
    static const char *const names[] = {
        [CONTACTS_ADDED] = "added",     [CONTACTS_CHANGED] = "changed",
        [CONTACTS_SAME] = "same",       [CONTACTS_CONFLICT] = "conflict",
        [CONTACTS_MISSING] = "missing", [CONTACTS_STALE] = "stale"};
    enum contacts_outcome outcome = 0;
    uint64_t id = 0;
    if (reply->kind != STORE_ARRAY || reply->count == 0)
        return CONTACTS_BROKEN;
    while (outcome < CONTACTS_BROKEN && !slice_is(reply->elements[0].text, names[outcome]))
        outcome++;
    if (outcome <= CONTACTS_CONFLICT &&
        (reply->count < 2 || !slice_number(reply->elements[1].text, INT64_MAX, &id)))
        return CONTACTS_BROKEN;
    if (outcome == CONTACTS_CONFLICT && reply->count < 4)
        return CONTACTS_BROKEN;
    *result = (struct contacts_result){.id = (int64_t)id};
    if (outcome == CONTACTS_CONFLICT) {
        result->name = reply->elements[2].text;
        result->number = reply->elements[3].text;
    }
    return outcome;
}

static void add_contact(struct buffer *text, const struct exchange *x, int64_t id,
                        struct slice name)
{
    buffer_add_string(text, direct_text(x, "el contacto ", "contact "));
    if (id) {
        buffer_add_number(text, id);
        buffer_add_byte(text, ' ');
    }
    if (name.length) {
        buffer_add_string(text, "\"");
        buffer_add(text, name);
        buffer_add_string(text, "\"");
    }
}

void contacts_describe_conflict(struct buffer *text, const struct exchange *x,
                                const struct contact *contact, const struct contacts_result *other)
{
    buffer_add_string(text, direct_text(x, "el número ", "the number "));
    buffer_add(text, other->number);
    buffer_add_string(text, direct_text(x, " ya pertenece a otro contacto: ",
                                        " belongs to another contact already: "));
    add_contact(text, x, other->id, other->name);
    buffer_add_string(text, direct_text(x, "; no puede tenerlo ", "; it cannot be given to "));
    add_contact(text, x, contact->id, contact->name);
}

void contacts_remove(struct store_batch *batch, int64_t id)
{
    STORE_ADD(batch, slice_from("EVAL"), slice_of(remove_script, sizeof remove_script - 1),
              slice_from("2"), slice_from(CONTACTS_KEY), slice_from(CONTACTS_NUMBERS),
              store_number(batch, id));
}
