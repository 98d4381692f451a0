/*
 * contacts_file.c - a file of contacts, read one at a time.
 */
#include "handlers/contacts_file.h"

#include "handlers/direct.h"

/* A larger element of a JSON array is none of ours: names and numbers are bounded. */
#define ELEMENT_BYTES 65536

/* ---- one contact ---- */

static bool reject(const struct contacts_file *file, struct contacts_row *row, const char *spanish,
                   const char *english)
{
    row->reason = slice_from(direct_text(file->x, spanish, english));
    return false;
}

static bool take_id(const struct contacts_file *file, struct contacts_row *row, struct slice text)
{
    uint64_t id;
    if (text.length == 0)
        return true;
    if (!slice_number(text, CONTACT_ID_MAX, &id) || id == 0)
        return reject(file, row, "id debe ser un número entero de 1 a 4503599627370496",
                      "id must be a whole number from 1 to 4503599627370496");
    row->contact.id = (int64_t)id;
    return true;
}

static bool take_name(const struct contacts_file *file, struct contacts_row *row, struct slice text)
{
    row->contact.name = slice_trim(text);
    if (contacts_good_text(row->contact.name, CONTACT_NAME_CHARACTERS))
        return true;
    return reject(file, row, "name debe tener de 1 a 200 caracteres, sin los de control",
                  "name must have 1 to 200 characters, and no control characters");
}

/* Adds the numbers in TEXT, separated by ";". */
static bool take_phones(const struct contacts_file *file, struct contacts_row *row,
                        struct slice text, struct arena *arena)
{
    for (struct slice rest = text; rest.data;) {
        struct slice number, phone = slice_trim(slice_cut(rest, ';', &rest));
        if (phone.length == 0)
            continue;
        number = contacts_number(file->x->context->phonecalls, phone, arena);
        if (number.length == 0 || number.length > CONTACT_DIGITS_MAX)
            return reject(file, row, "cada número debe tener de 1 a 32 cifras",
                          "each number must have 1 to 32 digits");
        if (!contacts_add_number(&row->contact, number, arena))
            return reject(file, row, "un contacto puede tener 50 números a lo sumo",
                          "a contact may have at most 50 numbers");
    }
    return true;
}

static void check_phones(const struct contacts_file *file, struct contacts_row *row)
{
    if (!row->reason.data && row->contact.count == 0)
        reject(file, row, "falta al menos un número", "at least one number is required");
}

/* ---- CSV ---- */

static enum contacts_read_outcome broken(const struct contacts_file *file, struct contacts_row *row,
                                         const char *spanish, const char *english)
{
    row->line = file->rest.line;
    reject(file, row, spanish, english);
    return CONTACTS_FILE_BROKEN;
}

static enum contacts_read_outcome read_header(struct contacts_file *file, struct contacts_row *row,
                                              struct arena *arena)
{
    struct csv_record header;
    struct error error;
    bool more;
    file->id_column = file->name_column = file->phones_column = CSV_FIELDS_MAX;
    if (!csv_read(&file->rest, &header, &more, arena, &error))
        header.count = 0;
    for (size_t i = 0; i < header.count; i++) {
        struct slice name = slice_trim(header.fields[i]);
        if (slice_equal_nocase(name, slice_from("id")))
            file->id_column = i;
        else if (slice_equal_nocase(name, slice_from("name")))
            file->name_column = i;
        else if (slice_equal_nocase(name, slice_from("phones")))
            file->phones_column = i;
    }
    if (file->name_column < CSV_FIELDS_MAX && file->phones_column < CSV_FIELDS_MAX)
        return CONTACTS_FILE_ROW;
    file->rest.line = 1;
    return broken(file, row, "la primera línea debe nombrar las columnas: id,name,phones",
                  "the first line must name the columns: id,name,phones");
}

static struct slice column(const struct csv_record *record, size_t index)
{
    return index < record->count ? record->fields[index] : slice_of(NULL, 0);
}

static enum contacts_read_outcome read_csv(struct contacts_file *file, struct contacts_row *row,
                                           struct arena *arena)
{
    struct csv_record record;
    struct error error;
    bool more;
    if (!csv_read(&file->rest, &record, &more, arena, &error)) {
        row->line = record.line;
        reject(file, row, "la línea no es CSV correcto", "the line is not proper CSV");
        return CONTACTS_FILE_ROW;
    }
    row->line = record.line;
    if (!more)
        return CONTACTS_FILE_END;
    if (take_id(file, row, slice_trim(column(&record, file->id_column))) &&
        take_name(file, row, column(&record, file->name_column)) &&
        take_phones(file, row, column(&record, file->phones_column), arena))
        check_phones(file, row);
    return CONTACTS_FILE_ROW;
}

/* ---- JSON ---- */

static void skip_bytes(struct contacts_file *file, size_t count)
{
    struct slice *rest = &file->rest.rest;
    for (size_t i = 0; i < count; i++)
        file->rest.line += rest->data[i] == '\n';
    *rest = slice_of(rest->data + count, rest->length - count);
}

/* The next byte that is no white space; NUL at the end. */
static char next_byte(struct contacts_file *file)
{
    struct slice rest = file->rest.rest;
    size_t blank = 0;
    while (blank < rest.length && strchr(" \t\r\n", rest.data[blank]) && rest.data[blank])
        blank++;
    skip_bytes(file, blank);
    return file->rest.rest.length ? file->rest.rest.data[0] : '\0';
}

/* The length of the object at the front, or 0 when there is no end to it. */
static size_t object_length(struct slice text)
{
    size_t depth = 0, most = text.length < ELEMENT_BYTES ? text.length : ELEMENT_BYTES;
    bool quoted = false;
    for (size_t i = 0; i < most; i++) {
        char c = text.data[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '['))
            depth++;
        else if (!quoted && (c == '}' || c == ']') && --depth == 0)
            return i + 1;
    }
    return 0;
}

static bool take_json_phones(const struct contacts_file *file, struct contacts_row *row,
                             const json_t *phones, struct arena *arena)
{
    if (json_is_string(phones))
        return take_phones(file, row, json_slice(phones), arena);
    for (size_t i = 0; i < json_array_size(phones); i++) {
        const json_t *phone = json_array_get(phones, i);
        if (!json_is_string(phone))
            return reject(file, row, "phones debe ser una lista de textos",
                          "phones must be an array of strings");
        if (!take_phones(file, row, json_slice(phone), arena))
            return false;
    }
    return true;
}

static bool take_json_id(const struct contacts_file *file, struct contacts_row *row,
                         const json_t *id, struct arena *arena)
{
    struct buffer digits = buffer_in(arena);
    if (!id || json_is_null(id))
        return true;
    if (json_is_string(id))
        return take_id(file, row, json_slice(id));
    if (json_is_integer(id))
        buffer_add_number(&digits, json_integer_value(id));
    else
        buffer_add_byte(&digits, '?');
    return take_id(file, row, buffer_slice(&digits));
}

static void take_object(const struct contacts_file *file, struct contacts_row *row,
                        struct slice text, struct arena *arena)
{
    struct error error;
    const json_t *object = json_parse(text, &error);
    if (!object) {
        reject(file, row, "no es JSON correcto", "is not proper JSON");
        return;
    }
    const json_t *name = json_object_get(object, "name");
    if (take_json_id(file, row, json_object_get(object, "id"), arena) &&
        take_name(file, row, json_is_string(name) ? json_slice(name) : slice_of(NULL, 0)) &&
        take_json_phones(file, row, json_object_get(object, "phones"), arena))
        check_phones(file, row);
}

static enum contacts_read_outcome read_json(struct contacts_file *file, struct contacts_row *row,
                                            struct arena *arena)
{
    char next = next_byte(file);
    if (next == ']') {
        skip_bytes(file, 1);
        if (next_byte(file) == '\0' && file->rest.rest.length == 0)
            return CONTACTS_FILE_END;
        return broken(file, row, "hay texto detrás de la lista", "there is text behind the array");
    }
    if (file->begun) {
        if (next != ',')
            return broken(file, row, "falta una coma o el fin de la lista",
                          "a comma or the end of the array is missing");
        skip_bytes(file, 1);
        next = next_byte(file);
    }
    size_t length = next == '{' ? object_length(file->rest.rest) : 0;
    if (length == 0)
        return broken(file, row, "aquí debe haber un objeto, completo y de 64 KiB a lo sumo",
                      "an object must stand here, whole, of at most 64 KiB");
    row->line = file->rest.line;
    take_object(file, row, slice_of(file->rest.rest.data, length), arena);
    skip_bytes(file, length);
    file->begun = true;
    return CONTACTS_FILE_ROW;
}

/* ---- both ---- */

enum contacts_read_outcome contacts_file_open(struct contacts_file *file, const struct exchange *x,
                                              struct contacts_row *row, struct arena *arena)
{
    struct slice body = x->request->body;
    if (slice_starts(body, "\xef\xbb\xbf"))
        body = slice_of(body.data + 3, body.length - 3);
    *row = (struct contacts_row){0};
    *file = (struct contacts_file){
        .x = x, .json = http_body_is(x->request, "application/json"), .rest = {body, 1}};
    if (!file->json)
        return read_header(file, row, arena);
    if (next_byte(file) != '[')
        return broken(file, row, "el cuerpo debe ser una lista JSON",
                      "the body must be a JSON array");
    skip_bytes(file, 1);
    return CONTACTS_FILE_ROW;
}

enum contacts_read_outcome contacts_file_read(struct contacts_file *file, struct contacts_row *row,
                                              struct arena *arena)
{
    *row = (struct contacts_row){0};
    return file->json ? read_json(file, row, arena) : read_csv(file, row, arena);
}
