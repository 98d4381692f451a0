/*
 * test_domain.c - tests of events/domain.c.
 */
#include "suite.h"

#include <stdio.h>

#include "base/log.h"
#include "events/domain.h"

static struct domain *domain;
static struct listener listener;
static char heard[4096]; /* what the listener was told, a word each */

static void note(const char *text)
{
    size_t length = strlen(heard);
    snprintf(heard + length, sizeof heard - length, "%s%s", length ? " " : "", text);
}

static void on_event(void *self, struct event *event)
{
    char text[200];
    (void)self;
    snprintf(text, sizeof text, "%s%s:%s:%s", event->difference ? "~" : "",
             change_names[event->change], event->id, event->before ? "known" : "new");
    note(text);
}

static void on_news(void *self, enum domain_news news)
{
    static const char *const names[] = {"HERE", "AWAY", "BACK", "ANEW"};
    (void)self;
    note(names[news]);
}

#define HEARD(text)                                                                                \
    do {                                                                                           \
        ASSERT_TEXT(slice_from(heard), text);                                                      \
        *heard = '\0';                                                                             \
    } while (0)

static void begin(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    domain = domain_make(slice_from("a.example"));
    listener = (struct listener){.heard = on_event, .told = on_news};
    domain_listen(domain, &listener);
    *heard = '\0';
}

static void end(void)
{
    domain_leave(domain, &listener);
    domain_free(domain);
}

/* ---- replies as Redis gives them ---- */

static struct store_reply text(const char *string)
{
    return (struct store_reply){.kind = STORE_STRING, .text = slice_from(string)};
}

static void take(const char *id, const char *element, const char *key, const char *event,
                 const char *data)
{
    const struct store_reply fields[] = {text("element"), text(element), text("id"),   text(key),
                                         text("event"),   text(event),   text("data"), text(data)};
    const struct store_reply entry[] = {text(id),
                                        {.kind = STORE_ARRAY, .elements = fields, .count = 8}};
    domain_take(domain, &(struct store_reply){.kind = STORE_ARRAY, .elements = entry, .count = 2});
}

#define REPLIES (ELEMENT_COUNT + 4)

/* What stands: users only, COUNT texts of ids and objects; the stream's LAST id, and whether it has the entry of ours. */
static bool look(const struct store_reply *users, size_t count, const char *last, bool there)
{
    struct error error;
    struct store_reply all[2 + ELEMENT_COUNT], replies[REPLIES] = {{0}};
    const struct store_reply info[] = {text("length"), text("3"), text("last-generated-id"),
                                       text(last)};
    const struct store_reply entry[] = {text("x")};
    all[0] = (struct store_reply){.kind = STORE_ARRAY, .elements = entry, .count = there};
    all[1] = (struct store_reply){.kind = STORE_ARRAY, .elements = info, .count = 4};
    for (int i = 0; i < ELEMENT_COUNT; i++)
        all[2 + i] = (struct store_reply){.kind = STORE_ARRAY};
    all[2 + ELEMENT_USER].elements = users;
    all[2 + ELEMENT_USER].count = count;
    replies[REPLIES - 1] =
        (struct store_reply){.kind = STORE_ARRAY, .elements = all, .count = 2 + ELEMENT_COUNT};
    return domain_look(domain, replies, &error);
}

/* ---- tests ---- */

static void test_ids(void)
{
    struct stream_id id = {0, 0}, other = {12, 2};
    char written[SEQ_BYTES];
    CU_ASSERT_TRUE(stream_id_read(slice_from("12-1"), &id));
    CU_ASSERT_TRUE(stream_id_compare(id, other) < 0);
    CU_ASSERT_TRUE(stream_id_compare(other, id) > 0);
    CU_ASSERT_EQUAL(stream_id_compare(id, id), 0);
    CU_ASSERT_TRUE(stream_id_compare(id, (struct stream_id){13, 0}) < 0);
    CU_ASSERT_TRUE(stream_id_read(slice_from("18446744073709551615-18446744073709551615"), &id));
    stream_id_write(id, written);
    CU_ASSERT_STRING_EQUAL(written, "18446744073709551615-18446744073709551615");
    CU_ASSERT_FALSE(stream_id_read(slice_from("12"), &id));
    CU_ASSERT_FALSE(stream_id_read(slice_from("12-"), &id));
    CU_ASSERT_FALSE(stream_id_read(slice_from("$"), &id));
    CU_ASSERT_FALSE(stream_id_read(slice_from("18446744073709551616-0"), &id));
    CU_ASSERT_FALSE(stream_id_read(slice_of(NULL, 0), &id));
}

static void test_stream(void)
{
    const struct store_reply users[] = {text("ada"), text("{\"id\":\"ada\"}")};
    begin();
    CU_ASSERT_TRUE(look(users, 2, "5-0", false));
    HEARD("HERE");
    CU_ASSERT_EQUAL(domain->state, DOMAIN_LIVE);
    take("6-0", "user", "ada", "updated", "{\"id\":\"ada\",\"name\":\"Ada\"}");
    take("7-0", "user", "eva", "added", "{\"id\":\"eva\"}");
    take("8-0", "user", "ada", "removed", "{\"id\":\"ada\"}");
    HEARD("updated:ada:known added:eva:new removed:ada:known");
    CU_ASSERT_EQUAL(json_object_size(domain->elements[ELEMENT_USER]), 1);
    /* What has been told is not told again. */
    take("8-0", "user", "ada", "added", "{\"id\":\"ada\"}");
    take("7-0", "user", "ada", "added", "{\"id\":\"ada\"}");
    HEARD("");
    end();
}

/* Others write to Redis too: what is no event is passed over, and its place remembered. */
static void test_no_events(void)
{
    begin();
    CU_ASSERT_TRUE(look(NULL, 0, "5-0", false));
    HEARD("HERE");
    take("6-0", "users", "ada", "added", "{}");
    take("6-1", "user", "ada", "appeared", "{}");
    take("6-2", "user", "", "added", "{}");
    take("6-3", "user", "\xff", "added", "{}");
    take("6-4", "user", "ada", "added", "[]");
    take("6-5", "user", "ada", "added", "{");
    take("x", "user", "ada", "added", "{}");
    domain_take(domain, &(struct store_reply){.kind = STORE_NIL});
    HEARD("");
    CU_ASSERT_EQUAL(domain->seq.ms, 6);
    CU_ASSERT_EQUAL(domain->seq.number, 5);
    end();
}

/* Redis was away, and nothing was lost: the stream is read on. */
static void test_back(void)
{
    begin();
    CU_ASSERT_TRUE(look(NULL, 0, "5-0", false));
    domain->state = DOMAIN_STALE;
    CU_ASSERT_TRUE(look(NULL, 0, "9-0", true));
    HEARD("HERE BACK");
    CU_ASSERT_EQUAL(domain->seq.ms, 5);
    domain->state = DOMAIN_STALE;
    CU_ASSERT_TRUE(
        look(NULL, 0, "5-0", false)); /* our entry is gone, but it is the last there was */
    HEARD("BACK");
    end();
}

/* The stream has gone too far: the difference is told, and that what stands was read anew. */
static void test_anew(void)
{
    const struct store_reply before[] = {text("ada"), text("{\"id\":\"ada\"}"),
                                         text("eva"), text("{\"id\":\"eva\"}"),
                                         text("bob"), text("{\"id\":\"bob\"}")};
    const struct store_reply now[] = {text("eva"), text("{\"id\":\"eva\",\"name\":\"Eva\"}"),
                                      text("bob"), text("{\"id\":\"bob\"}"),
                                      text("new"), text("{\"id\":\"new\"}")};
    begin();
    CU_ASSERT_TRUE(look(before, 6, "5-0", false));
    domain->state = DOMAIN_STALE;
    CU_ASSERT_TRUE(look(now, 6, "9-0", false));
    HEARD("HERE ~removed:ada:known ~updated:eva:known ~added:new:new ANEW");
    CU_ASSERT_EQUAL(domain->seq.ms, 9);
    end();
}

/* What Redis says cannot be used: nothing is as before only because of an error. */
static void test_trouble(void)
{
    struct error error;
    struct store_reply replies[REPLIES] = {{0}};
    begin();
    replies[REPLIES - 1] =
        (struct store_reply){.kind = STORE_ERROR, .text = SLICE_LITERAL("EXECABORT x")};
    CU_ASSERT_FALSE(domain_look(domain, replies, &error));
    ASSERT_TEXT(slice_from(error.text), "EXECABORT x");
    CU_ASSERT_FALSE(look(NULL, 0, "?", false));
    CU_ASSERT_EQUAL(domain->state, DOMAIN_UNKNOWN);
    HEARD("");
    end();
}

static bool not_ada(const void *self, enum element element, const json_t *item)
{
    (void)self;
    (void)element;
    return strcmp(json_string_value(json_object_get(item, "id")), "ada") != 0;
}

static void test_initial(void)
{
    const struct store_reply users[] = {text("ada"), text("{\"id\":\"ada\"}"),
                                        text("eva"), text("{\"id\":\"eva\"}"),
                                        text("odd"), text("7")};
    begin();
    CU_ASSERT_TRUE(look(users, 6, "5-0", false));
    struct frame *all = domain_initial(domain, FORMAT_PLAIN, ELEMENT_USER, NULL, NULL);
    ASSERT_TEXT(slice_of(all->bytes, all->length),
                "\"message\":\"initial_info\",\"element\":\"user\",\"items\":[{\"id\":\"ada\"},{"
                "\"id\":\"eva\"}]}");
    struct frame *again = domain_initial(domain, FORMAT_PLAIN, ELEMENT_USER, NULL, NULL);
    CU_ASSERT_PTR_EQUAL(all, again); /* made once, for all */
    frame_release(again);
    frame_release(all);
    struct frame *some = domain_initial(domain, FORMAT_PLAIN, ELEMENT_USER, not_ada, NULL);
    ASSERT_TEXT(slice_of(some->bytes, some->length),
                "\"message\":\"initial_info\",\"element\":\"user\",\"items\":[{\"id\":\"eva\"}]}");
    frame_release(some);
    take("6-0", "user", "ada", "removed", "{\"id\":\"ada\"}");
    struct frame *later = domain_initial(domain, FORMAT_PLAIN, ELEMENT_USER, NULL, NULL);
    ASSERT_TEXT(slice_of(later->bytes, later->length),
                "\"message\":\"initial_info\",\"element\":\"user\",\"items\":[{\"id\":\"eva\"}]}");
    frame_release(later);
    end();
}

/* One message serves all who hear an event in one format as one change. */
static void test_messages(void)
{
    json_t *data = json_loads("{\"id\":\"ada\"}", 0, NULL);
    struct event event = {
        .element = ELEMENT_USER, .change = CHANGE_ADDED, .id = "ada", .data = data, .seq = "5-0"};
    struct message *message = event_message(&event, FORMAT_PLAIN, CHANGE_UPDATED);
    ASSERT_TEXT(slice_of(message->head, message->head_length), "{\"seq\":\"5-0\",");
    ASSERT_TEXT(slice_of(message->body->bytes, message->body->length),
                "\"message\":\"info_event\",\"element\":\"user\",\"event\":\"updated\",\"id\":"
                "\"ada\",\"data\":{\"id\":\"ada\"}}");
    CU_ASSERT_TRUE(message->news && message->resumable);
    CU_ASSERT_PTR_EQUAL(event_message(&event, FORMAT_PLAIN, CHANGE_UPDATED), message);
    CU_ASSERT_PTR_NOT_EQUAL(event_message(&event, FORMAT_PLAIN, CHANGE_ADDED), message);
    event_end(&event);
    json_decref(data);
}

SUITE("domain", {"ids", test_ids}, {"the stream", test_stream},
      {"what is no event", test_no_events}, {"Redis is back", test_back},
      {"what stands anew", test_anew}, {"trouble", test_trouble}, {"all that stands", test_initial},
      {"messages", test_messages})
