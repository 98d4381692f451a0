/*
 * directory_check.c - what people may store through the API.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "handlers/directory_check.h"

#include <nettle/base16.h>
#include <nettle/md5.h>
#include <pcre2.h>
#include <stdio.h>
#include <strings.h>

#include "base/json.h"
#include "base/xml.h"
#include "handlers/answer.h"
#include "handlers/directory_field.h"
#include "store/directory_record.h"
#include "handlers/directory_request.h"

#define FIELD_NAME_BYTES 128
#define FIELD_BYTES      65536
#define MEMBERS_MAX      10000

struct check {
    struct exchange *x;
    struct slice owner_name; /* of the extension, group or domain */
    size_t line;             /* of a bulk, or 0 */
};

/* Answers 400 about MEMBER, or about its member NAME when that is not NULL. */
static bool refuse(const struct check *check, const char *member, const char *name,
                   const char *rule)
{
    struct buffer field = buffer_in(check->x->arena);
    char place[40] = "";
    buffer_add_string(&field, member);
    if (name) {
        buffer_add_byte(&field, '.');
        buffer_add(&field, xml_text_clean(check->x->arena, slice_from(name)));
    }
    if (check->line)
        snprintf(place, sizeof place, "line %zu: ", check->line);
    buffer_add_byte(&field, '\0');
    if (!field.failed)
        answer_fail_format(check->x, 400, field.data, "%s%s %s", place, field.data, rule);
    return false;
}

static bool compiles(struct slice pattern)
{
    int code;
    PCRE2_SIZE offset;
    pcre2_code *compiled =
        pcre2_compile((PCRE2_SPTR)pattern.data, pattern.length, PCRE2_UTF, &code, &offset, NULL);
    bool good = compiled != NULL;
    pcre2_code_free(compiled);
    return good;
}

static bool is_boolean(struct slice text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "1", "0"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (slice_equal_nocase(text, slice_from(words[i])))
            return true;
    return false;
}

static bool is_count(struct slice text)
{
    uint64_t number;
    return slice_number(text, INT32_MAX, &number);
}

/* The rules of single fields. An empty text is always fine: it means that there is none. */
static const struct {
    const char *member, *name;
    bool (*good)(struct slice text);
    const char *rule;
} rules[] = {
    {"param", "auth-acl", directory_is_acl,
     "must be the name of one ACL, or up to 100 networks (192.0.2.0/24) separated by commas"},
    {"param", "a1-hash", directory_is_hash,
     "must be 32 hexadecimal digits, the MD5 of name:realm:password"},
    {"param", "user-agent-filter", compiles, "must be a regular expression (PCRE)"},
    {"param", "max-registrations-per-extension", is_count, "must be a whole number; 0 is no limit"},
    {"param", "allow-empty-password", is_boolean, "must be true or false"},
    {"param", "sip-forbid-register", is_boolean, "must be true or false"},
    {"variable", "sip-force-expires", is_count, "must be a whole number of seconds"},
    {"variable", "sip-expires-max-deviation", is_count, "must be a whole number of seconds"},
    {"attribute", "number-alias", directory_name_is_good,
     "must be 1 to 255 bytes, without line ends"},
    {"attribute", "cidr", directory_is_acl, "must be networks (192.0.2.0/24) separated by commas"},
};

static bool check_text(const struct check *check, const char *member, const char *name,
                       struct slice text)
{
    if (text.length > FIELD_BYTES)
        return refuse(check, member, name, "is larger than 65536 bytes");
    if (strcmp(member, "attribute") == 0 && strcasecmp(name, "cacheable") == 0 && text.length > 0 &&
        !is_boolean(text) &&
        directory_repair_attribute(slice_from(name), text, check->x->arena).length == 0)
        return refuse(check, member, name, "must be a number of milliseconds, true or false");
    if (text.length > 0 && (strcasecmp(name, "auth-acl") == 0 || strcasecmp(name, "cidr") == 0))
        text = directory_repair_param(slice_from("auth-acl"), text, check->x->arena);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (text.length > 0 && strcmp(member, rules[i].member) == 0 &&
            strcasecmp(name, rules[i].name) == 0 && !rules[i].good(text))
            return refuse(check, member, name, rules[i].rule);
    return true;
}

static bool check_field_name(const struct check *check, const char *member, const char *name)
{
    struct slice text = slice_from(name);
    if (text.length == 0 || text.length > FIELD_NAME_BYTES || !xml_text_is_good(text))
        return refuse(check, member, name, "is no name: 1 to 128 bytes that XML can carry");
    if (strcmp(member, "attribute") != 0)
        return true;
    if (!xml_name_is_good(text))
        return refuse(check, member, name, "cannot be the name of an XML attribute");
    if (strcasecmp(name, "id") == 0 || strcasecmp(name, "ip") == 0 || strcasecmp(name, "type") == 0)
        return refuse(check, member, name, "cannot be set: it says whom FreeSWITCH is told about");
    return true;
}

static bool check_object(const struct check *check, json_t *record, const char *member)
{
    json_t *object = json_object_get(record, member), *value;
    const char *name;
    struct slice text;
    if (!object)
        return true;
    if (!json_is_object(object))
        return refuse(check, member, NULL, "must be an object");
    json_object_foreach(object, name, value)
    {
        if (!check_field_name(check, member, name))
            return false;
        if (json_is_string(value) && !xml_text_is_good(json_slice(value)))
            return refuse(check, member, name, "holds characters that XML cannot carry");
        if (!directory_text(value, check->x->arena, &text))
            return refuse(check, member, name, "must be a text, a number, true or false");
        if (!check_text(check, member, name, text))
            return false;
    }
    return true;
}

static bool check_members(const struct check *check, json_t *record)
{
    json_t *members = json_object_get(record, "members"), *member;
    size_t index;
    if (!json_is_array(members) || json_array_size(members) > MEMBERS_MAX)
        return refuse(check, "members", NULL, "must be an array of up to 10000 extensions' names");
    json_array_foreach(members, index, member)
    {
        if (!json_is_string(member) || !directory_name_is_good(json_slice(member)))
            return refuse(check, "members", NULL, "must be an array of extensions' names");
    }
    return true;
}

/* What is the same for FreeSWITCH, but not for a person who compares: networks with their bits, hashes in lower case. */
static void store_repaired(const struct check *check, json_t *record, const char *name)
{
    json_t *object = json_object_get(record, "param");
    const json_t *value = object ? json_object_get(object, name) : NULL;
    if (!json_is_string(value))
        return;
    struct slice text =
        directory_repair_param(slice_from(name), json_slice(value), check->x->arena);
    json_object_set_new(object, name, json_stringn(text.data ? text.data : "", text.length));
}

static bool hash_password(const struct check *check, json_t *record, struct slice realm)
{
    json_t *object = json_object_get(record, "param");
    const json_t *password = object ? json_object_get(object, "password") : NULL;
    struct slice text = {0};
    struct md5_ctx md5;
    uint8_t digest[MD5_DIGEST_SIZE];
    char hex[BASE16_ENCODE_LENGTH(MD5_DIGEST_SIZE)];
    if (!password)
        return true;
    if (!directory_text(password, check->x->arena, &text) || text.length == 0)
        return refuse(check, "param", "password", "is empty: there is nothing to hash");
    md5_init(&md5);
    md5_update(&md5, check->owner_name.length, (const uint8_t *)check->owner_name.data);
    md5_update(&md5, 1, (const uint8_t *)":");
    md5_update(&md5, realm.length, (const uint8_t *)realm.data);
    md5_update(&md5, 1, (const uint8_t *)":");
    md5_update(&md5, text.length, (const uint8_t *)text.data);
    md5_digest(&md5, sizeof digest, digest);
    base16_encode_update(hex, sizeof digest, digest);
    json_object_del(object, "password");
    json_object_set_new(object, "a1-hash", json_stringn(hex, sizeof hex));
    return true;
}

static bool check_top(const struct check *check, enum directory_owner owner, json_t *record)
{
    const char *name;
    json_t *value;
    json_object_foreach(record, name, value)
    {
        if (strcmp(name, "param") == 0 || strcmp(name, "variable") == 0 ||
            (strcmp(name, "attribute") == 0 && owner == DIRECTORY_OF_EXTENSION) ||
            (strcmp(name, "members") == 0 && owner == DIRECTORY_OF_GROUP))
            continue;
        return refuse(check, xml_text_is_good(slice_from(name)) ? name : "member", NULL,
                      "is nothing that can be stored here");
    }
    return true;
}

bool directory_check(struct exchange *x, enum directory_owner owner, json_t *record,
                     struct slice name, struct slice realm, size_t line)
{
    const struct check check = {.x = x, .owner_name = name, .line = line};
    if (!check_top(&check, owner, record) || !check_object(&check, record, "param") ||
        !check_object(&check, record, "variable") || !check_object(&check, record, "attribute"))
        return false;
    if (owner == DIRECTORY_OF_GROUP && !check_members(&check, record))
        return false;
    if (slice_equal(
            directory_member(json_object_get(record, "attribute"), "number-alias", x->arena), name))
        return refuse(&check, "attribute", "number-alias", "is the extension's own name");
    store_repaired(&check, record, "auth-acl");
    store_repaired(&check, record, "a1-hash");
    return realm.length == 0 || owner != DIRECTORY_OF_EXTENSION ||
           hash_password(&check, record, realm);
}

bool directory_is_secret(struct slice name)
{
    static const char *const parts[] = {"pass", "secret", "a1-hash", "token"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (slice_contains_nocase(name, parts[i]))
            return true;
    return slice_equal_nocase(name, slice_from("pin")) ||
           (name.length > 4 &&
            slice_equal_nocase(slice_of(name.data + name.length - 4, 4), slice_from("-pin")));
}

void directory_remove_secrets(json_t *object)
{
    const char *name;
    void *next;
    json_t *value;
    json_object_foreach_safe(object, next, name, value)
    {
        if (directory_is_secret(slice_from(name)))
            json_object_del(object, name);
    }
}
