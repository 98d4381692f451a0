/*
 * registrar.c - how FreeSWITCH judges a REGISTER by the answer of its directory.
 */
#include "registrar.h"

#include <arpa/inet.h>
#include <expat.h>
#include <nettle/base16.h>
#include <nettle/md5.h>
#include <stdlib.h>

#include "lines.h"

/* ---- the document as a tree ---- */

struct node {
    const char *name;
    const char **attributes; /* name, value, …, NULL */
    struct node *parent, *first, *last, *next;
};

struct parser {
    struct arena *arena;
    struct node root, *at;
};

static const char *copied(struct arena *arena, const char *string)
{
    return arena_copy(arena, slice_from(string)).data;
}

static void on_start(void *self, const char *name, const char **attributes)
{
    struct parser *parser = self;
    size_t count = 0;
    while (attributes[count])
        count++;
    struct node *node = arena_calloc(parser->arena, 1, sizeof *node);
    node->name = copied(parser->arena, name);
    node->attributes = arena_calloc(parser->arena, count + 1, sizeof *node->attributes);
    for (size_t i = 0; i < count; i++)
        node->attributes[i] = copied(parser->arena, attributes[i]);
    node->parent = parser->at;
    if (parser->at->last)
        parser->at->last->next = node;
    else
        parser->at->first = node;
    parser->at->last = node;
    parser->at = node;
}

static void on_end(void *self, const char *name)
{
    struct parser *parser = self;
    (void)name;
    parser->at = parser->at->parent;
}

static bool parse(struct parser *parser, struct arena *arena, struct slice text)
{
    *parser = (struct parser){.arena = arena};
    parser->at = &parser->root;
    XML_Parser expat = XML_ParserCreate("UTF-8");
    XML_SetUserData(expat, parser);
    XML_SetElementHandler(expat, on_start, on_end);
    bool good = XML_Parse(expat, text.data ? text.data : "", (int)text.length, 1) == XML_STATUS_OK;
    XML_ParserFree(expat);
    return good;
}

static struct slice attribute(const struct node *node, const char *name)
{
    for (const char **pair = node->attributes; pair && *pair; pair += 2)
        if (strcmp(pair[0], name) == 0)
            return slice_from(pair[1]);
    return slice_of(NULL, 0);
}

/* The next child of the name NAME behind AFTER, or the first when that is NULL. */
static struct node *child(const struct node *node, const char *name, const struct node *after)
{
    struct node *each = after ? after->next : node ? node->first : NULL;
    while (each && strcmp(each->name, name) != 0)
        each = each->next;
    return each;
}

/* ---- finding the user ---- */

enum match {
    BY_ADDRESS,
    BY_NAME
};

static struct node *user_in(const struct node *place, const struct registrar_attempt *attempt,
                            enum match match)
{
    for (struct node *user = child(place, "user", NULL); user; user = child(place, "user", user)) {
        if (match == BY_ADDRESS ? slice_is(attribute(user, "ip"), attempt->address)
                                : slice_is(attribute(user, "id"), attempt->user) ||
                                      slice_is(attribute(user, "number-alias"), attempt->user))
            return user;
    }
    return NULL;
}

static struct node *user_below(const struct node *domain, const struct registrar_attempt *attempt,
                               enum match match)
{
    struct node *user = NULL;
    const struct node *groups = child(domain, "groups", NULL), *group = NULL;
    while (!user && groups && (group = child(groups, "group", group)))
        user = user_in(child(group, "users", NULL), attempt, match);
    if (!user && child(domain, "users", NULL))
        user = user_in(child(domain, "users", NULL), attempt, match);
    return user ? user : user_in(domain, attempt, match);
}

static struct node *find_user(const struct parser *parser, const struct registrar_attempt *attempt)
{
    const struct node *document = child(&parser->root, "document", NULL), *section = NULL;
    while (document && (section = child(document, "section", section))) {
        if (!slice_is(attribute(section, "name"), "directory"))
            continue;
        const struct node *domain = NULL;
        while ((domain = child(section, "domain", domain))) {
            if (!slice_equal_nocase(attribute(domain, "name"), slice_from(attempt->domain)))
                continue;
            struct node *user = user_below(domain, attempt, BY_ADDRESS);
            return user ? user : user_below(domain, attempt, BY_NAME);
        }
    }
    return NULL;
}

/* The last param of the name in the nearest of user, group and domain that has one. */
static bool value_of(const struct node *user, const char *element, const char *name,
                     struct slice *value)
{
    char container[16] = {0};
    strcat(strcpy(container, element), "s");
    for (const struct node *node = user; node; node = node->parent) {
        const struct node *list = child(node, container, NULL), *each = NULL;
        bool found = false;
        while (list && (each = child(list, element, each))) {
            if (slice_equal_nocase(attribute(each, "name"), slice_from(name))) {
                *value = attribute(each, "value");
                found = true;
            }
        }
        if (found)
            return true;
    }
    return false;
}

/* ---- judging ---- */

static bool is_true(struct slice text)
{
    static const char *const words[] = {"yes", "on", "true", "t", "enabled", "active", "allow"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (slice_equal_nocase(text, slice_from(words[i])))
            return true;
    uint64_t number;
    return slice_number(text, UINT32_MAX, &number) && number;
}

static bool in_network(struct slice network, const char *address)
{
    struct slice bits_text, text = slice_cut(network, '/', &bits_text);
    char copy[64];
    struct in_addr net, phone;
    uint64_t bits;
    if (text.length >= sizeof copy || !slice_number(bits_text, 32, &bits))
        return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    if (inet_pton(AF_INET, copy, &net) != 1 || inet_pton(AF_INET, address, &phone) != 1)
        return false;
    uint32_t mask = bits ? htonl(UINT32_MAX << (32 - bits)) : 0;
    return (net.s_addr & mask) == (phone.s_addr & mask);
}

/* loopback.auto and wan.auto held the phone's address when the fixtures were made. */
static bool acl_allows(struct slice acl, const char *address)
{
    if (!acl.length || !memchr(acl.data, '/', acl.length))
        return slice_is(acl, "loopback.auto") || slice_is(acl, "wan.auto");
    for (struct slice rest = acl; rest.data;)
        if (in_network(slice_cut(rest, ',', &rest), address))
            return true;
    return false;
}

static struct slice a1_of(struct arena *arena, const struct registrar_attempt *attempt,
                          const char *password)
{
    struct md5_ctx md5;
    uint8_t digest[MD5_DIGEST_SIZE];
    char hex[BASE16_ENCODE_LENGTH(MD5_DIGEST_SIZE)];
    struct buffer text = buffer_in(arena);
    buffer_format(&text, "%s:%s:%s", attempt->user, attempt->domain, password);
    md5_init(&md5);
    md5_update(&md5, text.length, (const uint8_t *)text.data);
    md5_digest(&md5, sizeof digest, digest);
    base16_encode_update(hex, sizeof digest, digest);
    return arena_copy(arena, slice_of(hex, sizeof hex));
}

static bool password_is_right(struct arena *arena, const struct node *user,
                              const struct registrar_attempt *attempt)
{
    struct slice password = {0}, hash = {0}, allow = slice_from("true");
    bool has_hash = value_of(user, "param", "a1-hash", &hash);
    value_of(user, "param", "password", &password);
    value_of(user, "param", "allow-empty-password", &allow);
    if (password.length == 0 && hash.length == 0 && !has_hash)
        return is_true(allow);
    if (has_hash)
        return slice_equal(hash, a1_of(arena, attempt, attempt->password));
    return slice_is(password, attempt->password);
}

static bool is_accepted(struct arena *arena, const struct node *user,
                        const struct registrar_attempt *attempt)
{
    struct slice value;
    uint64_t most;
    if (slice_is(attribute(user, "type"), "pointer"))
        return false;
    if (value_of(user, "param", "sip-forbid-register", &value) && is_true(value))
        return false;
    if (value_of(user, "param", "auth-acl", &value) && !acl_allows(value, attempt->address))
        return false;
    if (value_of(user, "param", "user-agent-filter", &value) &&
        !(value.length && value.data[0] == '^' &&
          slice_starts(slice_from(attempt->user_agent), value.data + 1)))
        return false;
    if (value_of(user, "param", "max-registrations-per-extension", &value) &&
        slice_number(value, UINT32_MAX, &most) && most > 0 && attempt->registrations >= most)
        return false;
    return password_is_right(arena, user, attempt);
}

static enum registrar_cache cache_of(struct slice cacheable)
{
    if (cacheable.length == 0 || cacheable.data[0] == '-')
        return REGISTRAR_NOT_CACHED;
    return slice_only(cacheable, "0123456789") ? REGISTRAR_CACHED_FOR_MS
                                               : REGISTRAR_CACHED_FOR_EVER;
}

struct registrar_verdict registrar_judge(struct arena *arena, struct slice document,
                                         const struct registrar_attempt *attempt)
{
    struct lines_outcome lines = lines_preprocess(arena, document);
    struct registrar_verdict verdict = {
        .lost = lines.lost, .executed = lines.executed, .expanded = lines.expanded};
    struct parser parser;
    verdict.well_formed = parse(&parser, arena, lines.text);
    const struct node *user = verdict.well_formed ? find_user(&parser, attempt) : NULL;
    verdict.found = user != NULL;
    verdict.accepted = user && is_accepted(arena, user, attempt);
    verdict.cache = user ? cache_of(attribute(user, "cacheable")) : REGISTRAR_NOT_CACHED;
    return verdict;
}

struct slice registrar_value(struct arena *arena, struct slice document,
                             const struct registrar_attempt *attempt, const char *element,
                             const char *name)
{
    struct parser parser;
    struct slice value = {0};
    if (!parse(&parser, arena, lines_preprocess(arena, document).text))
        return value;
    const struct node *user = find_user(&parser, attempt);
    if (user)
        value_of(user, element, name, &value);
    return value;
}
