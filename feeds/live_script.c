/*
 * live_script.c - the commands that bring one change into Redis, each a script so that it is one step.
 * In each script the command that can fail for a key of another type comes before any that changes something.
 */
#include "feeds/live_script.h"

#include "store/element_script.h"

/*
 * KEYS: elements, stream, feed, behind. ARGV: element, id, json, entries kept, name, "server":"…", server.
 * The entry is appended before the hash is written: a stream of the wrong type then leaves both as they were.
 */
#define ELEMENT_HEAD                                                                               \
    ELEMENT_SCRIPT_TELL                                                                            \
    "local old = redis.call('HGET', KEYS[1], ARGV[2]) "                                            \
    "local other = old and not string.find(old, ARGV[6], 1, true) and "                            \
    "string.match(old, '\"server\":\"([%w._-]+)\"') "

static const char element_script[] = ELEMENT_HEAD "if old ~= ARGV[3] then "
                                                  "tell(old and 'updated' or 'added', ARGV[3]) "
                                                  "redis.call('HSET', KEYS[1], ARGV[2], ARGV[3]) "
                                                  "if other then "
                                                  "redis.call('HSET', KEYS[4], other, old) "
                                                  "redis.call('HDEL', KEYS[4], ARGV[7]) "
                                                  "end "
                                                  "end "
                                                  "redis.call('HSET', KEYS[3], ARGV[5], '')";

static const char element_gone_script[] =
    ELEMENT_HEAD "if other then "
                 "redis.call('HDEL', KEYS[4], ARGV[7]) "
                 "elseif old then "
                 "local behind = redis.call('HGETALL', KEYS[4]) "
                 "if #behind > 0 then "
                 "tell('updated', behind[2]) "
                 "redis.call('HSET', KEYS[1], ARGV[2], behind[2]) "
                 "redis.call('HDEL', KEYS[4], behind[1]) "
                 "else "
                 "tell('removed', ARGV[3] ~= '' and ARGV[3] or old) "
                 "redis.call('HDEL', KEYS[1], ARGV[2]) "
                 "end "
                 "end "
                 "redis.call('HDEL', KEYS[3], ARGV[5])";

/* Records: KEYS: hash ("": not kept), feed, phones. ARGV: extension, json, name, channel, list, then what the script says. */
#define RECORD_HEAD                                                                                \
    "local function tell(json) "                                                                   \
    "if ARGV[4] ~= '' then redis.call('PUBLISH', ARGV[4], json) end "                              \
    "if ARGV[5] ~= '' then redis.call('LPUSH', ARGV[5], json) end "                                \
    "end "                                                                                         \
    "local kept = KEYS[1] ~= '' "                                                                  \
    "local old = kept and redis.call('HGET', KEYS[1], ARGV[1]) "                                   \
    "local function put(json) "                                                                    \
    "if kept then redis.call('HSET', KEYS[1], ARGV[1], json) end "                                 \
    "end "

/* ARGV[6]: server, domain and contact; ARGV[7]: 1 when it is new to the PBX. */
static const char phone_script[] =
    RECORD_HEAD "local added = redis.call('HSET', KEYS[3], ARGV[6], ARGV[2]) "
                "put(ARGV[2]) "
                "redis.call('HSET', KEYS[2], ARGV[3], '') "
                "if added == 1 or ARGV[7] == '1' then tell(ARGV[2]) end";

static const char phone_gone_script[] =
    RECORD_HEAD "local last = redis.call('HGET', KEYS[3], ARGV[6]) "
                "if last then "
                "redis.call('HDEL', KEYS[3], ARGV[6]) "
                "local others = redis.call('HGETALL', KEYS[3]) "
                "if #others == 0 then "
                "if kept then redis.call('HDEL', KEYS[1], ARGV[1]) end "
                "elseif old == last then put(others[2]) end "
                "if ARGV[2] ~= '' then tell(ARGV[2]) end "
                "end "
                "redis.call('HDEL', KEYS[2], ARGV[3])";

/*
 * ARGV[6]: 1 while a call is up: only then there is something that could become untrue. A record that is written again after Redis has
 * been away may know more of a call; that is news to nobody: what is told is another call, notify or set of calls.
 */
static const char call_script[] = RECORD_HEAD
    "local function news(json) "
    "return (string.match(json, '^.-\"notify\":\"%a*\"') or '') .. "
    "(string.match(json, '\"activity\":%[[^%]]*%]}$') or '') "
    "end "
    "if old ~= ARGV[2] then "
    "put(ARGV[2]) "
    "if not old or news(old) ~= news(ARGV[2]) then tell(ARGV[2]) end "
    "end "
    "if ARGV[6] == '1' then redis.call('HSET', KEYS[2], ARGV[3], redis.sha1hex(ARGV[2])) "
    "else redis.call('HDEL', KEYS[2], ARGV[3]) end";

/* The call has ended while nobody looked. The record is changed if it still is the one that this server wrote. */
static const char call_over_script[] =
    RECORD_HEAD "if old and redis.sha1hex(old) == redis.call('HGET', KEYS[2], ARGV[3]) then "
                "local over = string.gsub(old, '\"notify\":\"%a*\"', '\"notify\":\"hangup\"', 1) "
                "over = string.gsub(over, '\"activity\":%[[^%]]*%]}$', '\"activity\":[]}') "
                "put(over) "
                "tell(over) "
                "end "
                "redis.call('HDEL', KEYS[2], ARGV[3])";

#define SCRIPT(text)                                                                               \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

static const struct slice scripts_text[LIVE_SCRIPT_COUNT] = {
    [LIVE_SCRIPT_ELEMENT] = SCRIPT(element_script),
    [LIVE_SCRIPT_ELEMENT_GONE] = SCRIPT(element_gone_script),
    [LIVE_SCRIPT_PHONE] = SCRIPT(phone_script),
    [LIVE_SCRIPT_PHONE_GONE] = SCRIPT(phone_gone_script),
    [LIVE_SCRIPT_CALL] = SCRIPT(call_script),
    [LIVE_SCRIPT_CALL_OVER] = SCRIPT(call_over_script)};

void live_scripts_prepare(struct live_scripts *scripts, const struct live_names_settings *names,
                          int64_t events_kept, struct slice server)
{
    scripts->names = names;
    scripts->events_kept = events_kept;
    scripts->server = server;
    for (int i = 0; i < LIVE_SCRIPT_COUNT; i++)
        script_name(scripts_text[i], scripts->script_names[i]);
}

void live_scripts_add_load(struct store_batch *batch)
{
    for (int i = 0; i < LIVE_SCRIPT_COUNT; i++)
        STORE_ADD(batch, slice_from("SCRIPT"), slice_from("LOAD"), scripts_text[i]);
}

/* ---- words of the commands ---- */

static struct slice joined(struct arena *arena, const struct slice *parts, size_t count)
{
    struct buffer text = buffer_in(arena);
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        length += parts[i].length;
    buffer_reserve(&text, length);
    for (size_t i = 0; i < count; i++)
        buffer_add(&text, parts[i]);
    return buffer_slice(&text);
}

#define JOIN(arena, ...)                                                                           \
    joined(arena, (const struct slice[]){__VA_ARGS__},                                             \
           sizeof((const struct slice[]){__VA_ARGS__}) / sizeof(struct slice))

struct slice live_feed_key(struct arena *arena, struct slice server)
{
    return JOIN(arena, slice_from("callboard:feed:"), server);
}

static struct slice name_of(const struct live_scripts *scripts, enum live_script script)
{
    return slice_of(scripts->script_names[script], SCRIPT_NAME_LENGTH);
}

/* A change, its texts in the batch's arena. */
struct change {
    struct kept_name name;
    struct slice text; /* the name, written */
    struct slice json;
    bool gone, fresh;
};

static void add_element(const struct live_scripts *scripts, struct store_batch *batch,
                        const struct change *change)
{
    struct arena *arena = batch->arena;
    struct slice kind = slice_from(element_specs[change->name.element].name);
    struct slice id = arena_copy(arena, change->name.id);
    STORE_ADD(batch, slice_from("EVALSHA"),
              name_of(scripts, change->gone ? LIVE_SCRIPT_ELEMENT_GONE : LIVE_SCRIPT_ELEMENT),
              slice_from("4"), element_key(arena, change->name.domain, change->name.element),
              element_stream(arena, change->name.domain), live_feed_key(arena, scripts->server),
              JOIN(arena, slice_from("callboard:feed:behind:"), change->name.domain,
                   slice_from(":"), kind, slice_from(":"), id),
              kind, id, change->json, store_number(batch, scripts->events_kept), change->text,
              JOIN(arena, slice_from("\"server\":\""), scripts->server, slice_from("\"")),
              scripts->server);
}

static void add_phone(const struct live_scripts *scripts, struct store_batch *batch,
                      const struct change *change)
{
    struct arena *arena = batch->arena;
    const struct live_names *names = &scripts->names->registration;
    struct slice extension = arena_copy(arena, change->name.id);
    struct slice hash = live_names_hash(arena, names, change->name.domain);
    STORE_ADD(batch, slice_from("EVALSHA"),
              name_of(scripts, change->gone ? LIVE_SCRIPT_PHONE_GONE : LIVE_SCRIPT_PHONE),
              slice_from("3"), hash, live_feed_key(arena, scripts->server),
              JOIN(arena, slice_from("callboard:feed:phones:"), hash, slice_from(":"), extension),
              extension, change->json, change->text, slice_from(names->channel),
              slice_from(names->list),
              JOIN(arena, scripts->server, slice_from("\t"), change->name.domain, slice_from("\t"),
                   change->name.contact),
              slice_from(change->fresh ? "1" : "0"));
}

static void add_call(const struct live_scripts *scripts, struct store_batch *batch,
                     const struct change *change)
{
    struct arena *arena = batch->arena;
    const struct live_names *names = &scripts->names->call;
    STORE_ADD(batch, slice_from("EVALSHA"),
              name_of(scripts, change->gone ? LIVE_SCRIPT_CALL_OVER : LIVE_SCRIPT_CALL),
              slice_from("2"), live_names_hash(arena, names, change->name.domain),
              live_feed_key(arena, scripts->server), arena_copy(arena, change->name.id),
              change->json, change->text, slice_from(names->channel), slice_from(names->list),
              slice_from(live_call_is_active(change->json) ? "1" : "0"));
}

void live_scripts_add(const struct live_scripts *scripts, struct store_batch *batch,
                      const struct kept *kept, struct slice json)
{
    const struct change change = {.name = kept_name(kept),
                                  .text = arena_copy(batch->arena, kept->entry.key),
                                  .json = arena_copy(batch->arena, json),
                                  .gone = kept->gone,
                                  .fresh = kept->fresh};
    switch (change.name.kind) {
    case KEPT_ELEMENT: add_element(scripts, batch, &change); break;
    case KEPT_PHONE: add_phone(scripts, batch, &change); break;
    case KEPT_CALL: add_call(scripts, batch, &change); break;
    }
}

static bool contains(struct slice json, const char *text)
{
    return json.length > 0 && memmem(json.data, json.length, text, strlen(text));
}

/* In compact JSON these bytes stand nowhere else: within a string the quotes would be escaped. */
bool live_call_is_active(struct slice json)
{
    return !contains(json, "\"activity\":[]");
}

bool live_call_is_over(struct slice json)
{
    return contains(json, "\"notify\":\"hangup\"");
}
