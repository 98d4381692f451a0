/*
 * directory_compare.c - makes the elements of one domain what the directory says.
 */
#include "feeds/directory_compare.h"

#include <stdlib.h>

#include "base/json.h"
#include "feeds/directory_mailbox.h"
#include "feeds/directory_map.h"
#include "store/directory_record.h"
#include "store/element_script.h"

/* Records of one step. A group may have thousands of members. */
#define USERS_READ  "100"
#define GROUPS_READ "5"
#define STALE_READ  "200"

/* The most memory for the names of a domain's group members. */
#define KEPT_MEMORY ((size_t)256 << 20)

/* By pass: the hash that is read, and the kind of element. */
static const char *const record_keys[] = {[COMPARE_USERS] = "cti_exten@",
                                          [COMPARE_STALE_USERS] = "cti_exten@",
                                          [COMPARE_GROUPS] = "cti_group@",
                                          [COMPARE_STALE_GROUPS] = "cti_group@"};
static const enum element elements[] = {[COMPARE_STALE_USERS] = ELEMENT_USER,
                                        [COMPARE_STALE_GROUPS] = ELEMENT_GROUP,
                                        [COMPARE_STALE_MEMBERS] = ELEMENT_GROUP_MEMBER};

void directory_compare_begin(struct directory_compare *compare, struct slice domain, bool served,
                             bool owned, int64_t events_kept)
{
    *compare = (struct directory_compare){.domain = domain,
                                          .served = served,
                                          .owned = owned,
                                          .events_kept = events_kept,
                                          .pass = served ? COMPARE_DOMAIN : COMPARE_STALE_USERS,
                                          .step = served ? COMPARE_WRITE : COMPARE_READ,
                                          .cursor = "0"};
    arena_init(&compare->kept, KEPT_MEMORY);
}

void directory_compare_begin_groups(struct directory_compare *compare, struct slice domain,
                                    int64_t events_kept)
{
    directory_compare_begin(compare, domain, true, false, events_kept);
    compare->pass = COMPARE_GROUPS;
    compare->step = COMPARE_READ;
}

void directory_compare_end(struct directory_compare *compare)
{
    arena_free(&compare->kept);
}

static bool is_stale_pass(const struct directory_compare *compare)
{
    return compare->pass == COMPARE_STALE_USERS || compare->pass == COMPARE_STALE_GROUPS ||
           compare->pass == COMPARE_STALE_MEMBERS;
}

static void fail(struct directory_compare *compare, const char *what,
                 const struct store_reply *reply)
{
    struct slice said =
        reply && reply->kind == STORE_ERROR ? reply->text : slice_from("an answer of another type");
    if (!compare->error.text[0])
        error_set(&compare->error, "%s of %.*s: Redis said: %.*s", what,
                  SLICE_ARGUMENTS(compare->domain), SLICE_ARGUMENTS(said));
}

/* ---- items ---- */

static void add_item(struct directory_compare *compare, struct arena *arena,
                     const struct compare_item *item)
{
    if (compare->count == compare->capacity) {
        size_t capacity = compare->capacity ? 2 * compare->capacity : 64;
        struct compare_item *grown = arena_grow(
            arena, compare->items, compare->capacity * sizeof *grown, capacity * sizeof *grown);
        if (!grown)
            return; /* the arena is exhausted: the batch that follows will not be sent */
        compare->items = grown;
        compare->capacity = capacity;
    }
    compare->items[compare->count++] = *item;
}

static void keep_member(struct directory_compare *compare, struct slice id)
{
    if (compare->member_count == compare->member_capacity) {
        size_t capacity = compare->member_capacity ? 2 * compare->member_capacity : 64;
        struct slice *grown =
            arena_grow(&compare->kept, compare->members, compare->member_capacity * sizeof *grown,
                       capacity * sizeof *grown);
        if (!grown) {
            compare->members_unknown = true;
            return;
        }
        compare->members = grown;
        compare->member_capacity = capacity;
    }
    struct slice copy = arena_copy(&compare->kept, id);
    if (copy.data)
        compare->members[compare->member_count++] = copy;
    else
        compare->members_unknown = true;
}

static bool is_member(const struct directory_compare *compare, struct slice id)
{
    return compare->member_count > 0 && bsearch(&id, compare->members, compare->member_count,
                                                sizeof id, slice_order_pointed) != NULL;
}

/* ---- what is asked ---- */

/* A domain is known first and forgotten last: then nothing of it is left over, whenever this ends. */
static void next_pass(struct directory_compare *compare)
{
    bool forgetting = !compare->served && !compare->error.text[0];
    compare->step = COMPARE_READ;
    memcpy(compare->cursor, "0", 2);
    if (compare->pass == COMPARE_STALE_MEMBERS && forgetting) {
        compare->pass = COMPARE_DOMAIN;
        compare->step = COMPARE_WRITE;
    } else if (compare->pass == COMPARE_DOMAIN && !compare->served) {
        compare->pass = COMPARE_OVER;
    } else if (compare->pass == COMPARE_STALE_USERS && !compare->served) {
        compare->pass = COMPARE_STALE_GROUPS;
    } else {
        compare->pass++;
    }
    if (compare->pass != COMPARE_STALE_MEMBERS)
        return;
    if (compare->members_unknown)
        compare->pass = COMPARE_OVER;
    else if (compare->member_count > 0)
        qsort(compare->members, compare->member_count, sizeof *compare->members,
              slice_order_pointed);
}

void directory_compare_skip(struct directory_compare *compare, const char *why)
{
    if (!compare->error.text[0])
        error_set(&compare->error, "%.*s: %s", SLICE_ARGUMENTS(compare->domain), why);
    compare->members_unknown |= compare->pass == COMPARE_GROUPS;
    compare->count = 0;
    next_pass(compare);
}

static void ask_read(struct directory_compare *compare, struct store_batch *batch)
{
    struct slice key =
        is_stale_pass(compare)
            ? element_key(batch->arena, compare->domain, elements[compare->pass])
            : directory_key(batch->arena, record_keys[compare->pass], compare->domain);
    const char *count = is_stale_pass(compare)           ? STALE_READ
                        : compare->pass == COMPARE_USERS ? USERS_READ
                                                         : GROUPS_READ;
    STORE_ADD(batch, slice_from("HSCAN"), key, slice_from(compare->cursor), slice_from("COUNT"),
              slice_from(count));
}

/* Of what is to be: how it is. Of what is: whether there is a record. */
static void ask_check(const struct directory_compare *compare, struct store_batch *batch)
{
    for (size_t i = 0; i < compare->count; i++) {
        const struct compare_item *item = &compare->items[i];
        if (is_stale_pass(compare))
            STORE_ADD(batch, slice_from("HEXISTS"),
                      directory_key(batch->arena, record_keys[compare->pass], compare->domain),
                      item->id);
        else
            STORE_ADD(batch, slice_from("HGET"),
                      element_key(batch->arena, compare->domain, item->element), item->id);
    }
}

static void ask_write(const struct directory_compare *compare, struct store_batch *batch)
{
    bool of_domain = compare->pass == COMPARE_DOMAIN;
    struct element_script script = element_script_in(
        batch, slice_from(of_domain && compare->owned ? DIRECTORY_DOMAINS_KEY : ""),
        compare->events_kept);
    if (of_domain && compare->served)
        element_add_set(&script, compare->domain, ELEMENT_DOMAIN, compare->domain,
                        directory_map_domain(batch->arena, compare->domain));
    else if (of_domain)
        element_add_remove(&script, compare->domain, ELEMENT_DOMAIN, compare->domain);
    for (size_t i = 0; !of_domain && i < compare->count; i++) {
        const struct compare_item *item = &compare->items[i];
        if (item->differs && item->json.length > 0)
            element_add_set(&script, compare->domain, item->element, item->id, item->json);
        else if (item->differs)
            element_add_remove(&script, compare->domain, item->element, item->id);
    }
}

bool directory_compare_ask(struct directory_compare *compare, struct store_batch *batch)
{
    while (compare->pass != COMPARE_OVER && batch->count == 0 && !batch->arena->exhausted) {
        if (compare->step == COMPARE_READ)
            ask_read(compare, batch);
        else if (compare->step == COMPARE_CHECK)
            ask_check(compare, batch);
        else
            ask_write(compare, batch);
        if (batch->count > 0)
            break;
        /* Nothing was to be asked in this step. */
        if (compare->step == COMPARE_CHECK)
            compare->step = COMPARE_WRITE;
        else if (strcmp(compare->cursor, "0") == 0)
            next_pass(compare);
        else
            compare->step = COMPARE_READ;
    }
    return compare->pass != COMPARE_OVER;
}

/* ---- what is answered ---- */

static void take_user(struct directory_compare *compare, struct arena *arena, struct slice name,
                      struct slice stored)
{
    add_item(
        compare, arena,
        &(struct compare_item){ELEMENT_USER, name, directory_map_user(arena, name, stored), false});
}

static void take_group(struct directory_compare *compare, struct arena *arena, struct slice name,
                       struct slice stored)
{
    struct directory_member_element *members;
    add_item(compare, arena,
             &(struct compare_item){ELEMENT_GROUP, name, directory_map_group(arena, name, stored),
                                    false});
    size_t count = directory_map_members(arena, name, stored, &members);
    for (size_t i = 0; i < count; i++) {
        add_item(
            compare, arena,
            &(struct compare_item){ELEMENT_GROUP_MEMBER, members[i].id, members[i].json, false});
        keep_member(compare, members[i].id);
    }
}

bool directory_compare_leaves(struct slice json)
{
    struct error unsaid;
    struct arena own;
    arena_init(&own, (size_t)4 << 20);
    struct arena *before = json_use_arena(&own);
    bool found = json_object_get(json_parse_lenient(json, &unsaid), "server") != NULL;
    json_use_arena(before);
    arena_free(&own);
    return found;
}

static void take_element(struct directory_compare *compare, struct arena *arena, struct slice id,
                         struct slice json)
{
    bool of_members = compare->pass == COMPARE_STALE_MEMBERS;
    if ((of_members && is_member(compare, id)) || directory_compare_leaves(json))
        return;
    add_item(compare, arena,
             &(struct compare_item){.element = elements[compare->pass],
                                    .id = id,
                                    .differs = of_members || !compare->served});
}

static void take_read(struct directory_compare *compare, struct arena *arena,
                      const struct store_reply *reply)
{
    bool good = reply->kind == STORE_ARRAY && reply->count == 2 &&
                reply->elements[1].kind == STORE_ARRAY &&
                reply->elements[0].text.length < sizeof compare->cursor;
    compare->items = NULL;
    compare->count = compare->capacity = 0;
    if (!good) {
        fail(compare, is_stale_pass(compare) ? "elements" : "records", reply);
        compare->members_unknown |= compare->pass == COMPARE_GROUPS;
        next_pass(compare);
        return;
    }
    const struct store_reply *pairs = &reply->elements[1];
    memcpy(compare->cursor, reply->elements[0].text.data, reply->elements[0].text.length);
    compare->cursor[reply->elements[0].text.length] = '\0';
    for (size_t i = 0; i + 1 < pairs->count; i += 2) {
        struct slice name = pairs->elements[i].text, value = pairs->elements[i + 1].text;
        if (is_stale_pass(compare))
            take_element(compare, arena, name, value);
        else if (!directory_name_is_good(name))
            continue;
        else if (compare->pass == COMPARE_USERS)
            take_user(compare, arena, name, value);
        else
            take_group(compare, arena, name, value);
    }
    bool known = compare->pass == COMPARE_STALE_MEMBERS || !compare->served;
    compare->step = known ? COMPARE_WRITE : COMPARE_CHECK;
}

static void take_check(struct directory_compare *compare, struct arena *arena,
                       const struct store_reply *replies)
{
    for (size_t i = 0; i < compare->count; i++) {
        struct compare_item *item = &compare->items[i];
        const struct store_reply *reply = &replies[i];
        if (item->element == ELEMENT_USER && reply->kind == STORE_STRING)
            item->json =
                directory_mailbox_add(arena, item->json, directory_mailbox_of(arena, reply->text));
        if (reply->kind == STORE_ERROR)
            fail(compare, "elements", reply);
        else if (is_stale_pass(compare))
            item->differs = reply->kind == STORE_INTEGER && reply->integer == 0;
        else
            item->differs = reply->kind != STORE_STRING || !slice_equal(reply->text, item->json);
    }
    compare->step = COMPARE_WRITE;
}

static void take_write(struct directory_compare *compare, const struct store_reply *replies)
{
    size_t at = 0;
    for (size_t i = 0; i < (compare->pass == COMPARE_DOMAIN ? 1 : compare->count); i++) {
        if (compare->pass != COMPARE_DOMAIN && !compare->items[i].differs)
            continue;
        const struct store_reply *reply = &replies[at++];
        if (reply->kind != STORE_INTEGER)
            fail(compare, "elements", reply);
        else
            compare->changed += (uint64_t)reply->integer;
    }
    if (strcmp(compare->cursor, "0") == 0)
        next_pass(compare);
    else
        compare->step = COMPARE_READ;
}

void directory_compare_take(struct directory_compare *compare, struct arena *arena,
                            const struct store_reply *replies)
{
    if (compare->step == COMPARE_READ)
        take_read(compare, arena, &replies[0]);
    else if (compare->step == COMPARE_CHECK)
        take_check(compare, arena, replies);
    else
        take_write(compare, replies);
}
