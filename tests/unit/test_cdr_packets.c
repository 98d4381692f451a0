/*
 * test_cdr_packets.c - tests of handlers/cdr.c and handlers/cdr_freeswitch.c, with what FreeSWITCH posted.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "exchange.h"
#include "handlers/cdr.h"
#include "handlers/notifications.h"
#include "handlers/phonecalls.h"
#include "suite.h"

static const struct notifications_settings notifications = {.prefix = "enigma:notifications"};
static struct cdr_settings settings;
static struct phonecalls_settings phonecalls;

/* The body of a recorded request, and its content type. */
static struct slice recorded(struct fixture *f, const char *name, struct slice *type)
{
    const char *source = getenv("srcdir");
    char path[300], *bytes = arena_alloc(&f->arena, 65536);
    snprintf(path, sizeof path, "%s/tests/fixtures/freeswitch/json_cdr/%s.request",
             source ? source : ".", name);
    FILE *file = fopen(path, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    size_t length = fread(bytes, 1, 65535, file);
    fclose(file);
    bytes[length] = '\0';
    char *body = strstr(bytes, "\r\n\r\n"), *named = strstr(bytes, "Content-Type: ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(body);
    CU_ASSERT_PTR_NOT_NULL_FATAL(named);
    *type = slice_of(named + 14, strcspn(named + 14, "\r"));
    return slice_of(body + 4, length - (size_t)(body + 4 - bytes));
}

static void post(struct fixture *f, const char *name)
{
    struct slice type;
    settings = (struct cdr_settings){.freeswitch = true};
    fixture_init(f, "POST", "/cdr/freeswitch?uuid=x");
    f->context.notifications = &notifications;
    f->context.cdr = &settings;
    f->context.phonecalls = &phonecalls;
    f->context.id_seconds = 600;
    struct slice body = recorded(f, name, &type);
    fixture_body(f, arena_copy(&f->arena, type).data, body);
    fixture_plan(f);
}

static void becomes(const char *name, const char *id, const char *text)
{
    struct fixture f;
    post(&f, name);
    CU_ASSERT_EQUAL(f.next, HANDLER_SPOOL);
    if (f.next == HANDLER_SPOOL) {
        ASSERT_TEXT(f.x.spool.packets[0].list, "enigma:notifications:campaigns");
        ASSERT_TEXT(f.x.spool.packets[0].id, id);
        ASSERT_TEXT(f.x.spool.packets[0].text, text);
    } else {
        printf("\n%s: %.*s\n", name, SLICE_ARGUMENTS(f.x.response.body));
    }
    fixture_free(&f);
}

static void test_legs(void)
{
    becomes("answered-a-leg", "freeswitch-ab1ab002-ccd4-46a7-b39b-773deb45dde1",
            "{\"type\":\"cdr\",\"payload\":{\"extension\":\"1000\",\"call_ref\":"
            "\"ab1ab002-ccd4-46a7-b39b-773deb45dde1\",\"contact_ref\":\"\",\"dialed_at\":"
            "\"2026-11-21T07:55:31Z\",\"end_reason\":\"NORMAL_CLEARING\",\"end_code\":200,"
            "\"call_time\":4,\"call_dir\":\"inbound\",\"recording_url\":\"\",\"ref\":\"\"}}");
    becomes("busy-b-leg", "freeswitch-cbb11329-b198-496f-a8a4-a2c8b612a936",
            "{\"type\":\"cdr\",\"payload\":{\"extension\":\"1001\",\"call_ref\":"
            "\"cbb11329-b198-496f-a8a4-a2c8b612a936\",\"contact_ref\":\"\",\"dialed_at\":"
            "\"2026-11-21T07:55:51Z\",\"end_reason\":\"USER_BUSY\",\"end_code\":486,"
            "\"call_time\":0,\"call_dir\":\"outbound\",\"recording_url\":\"\",\"ref\":\"\"}}");
}

/* Each way to encode the same call comes to the same fields. */
static void test_encodings(void)
{
    static const char *const names[] = {
        "variant-base",          "variant-cred-basic",  "variant-disable-100-continue",
        "variant-encode-base64", "variant-encode-true", "variant-encode-values-false"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct fixture f;
        struct slice type;
        struct error error = {""};
        struct cdr_freeswitch call;
        fixture_init(&f, "POST", "/cdr/freeswitch");
        json_use_arena(&f.arena);
        bool read = cdr_read_freeswitch(&f.arena, recorded(&f, names[i], &type), &call, &error);
        CU_ASSERT_TRUE(read);
        if (!read)
            printf("\n%s: %s\n", names[i], error.text);
        ASSERT_TEXT(call.cdr.extension, "1001");
        ASSERT_TEXT(call.cdr.end_reason, "NORMAL_CLEARING");
        ASSERT_TEXT(call.cdr.call_dir, "outbound");
        CU_ASSERT_EQUAL(call.cdr.call_ref.length, 36);
        CU_ASSERT_EQUAL(call.cdr.call_time, 0);
        ASSERT_TEXT(call.source, "1001");
        ASSERT_TEXT(call.destination, "1001");
        CU_ASSERT_FALSE(call.b_leg);
        json_use_arena(NULL);
        fixture_free(&f);
    }
}

static void test_odd(void)
{
    struct arena arena;
    struct error error;
    struct cdr_freeswitch call;
    arena_init(&arena, (size_t)1 << 20);
    json_use_arena(&arena);
    const char *body =
        "{\"variables\":{\"uuid\":\"a-1\",\"uuid\":\"a-2\",\"start_uepoch\":\"7000000\","
        "\"user_name\":\"Zo\xeb\",\"hangup_cause\":\"a%20%41%zz%\"}}";
    CU_ASSERT_TRUE(cdr_read_freeswitch(&arena, slice_from(body), &call, &error));
    ASSERT_TEXT(call.cdr.call_ref, "a-2");
    ASSERT_TEXT(call.cdr.extension, "Zo?");
    ASSERT_TEXT(call.cdr.end_reason, "a A%zz%");
    CU_ASSERT_EQUAL(call.cdr.end_code, -1);
    CU_ASSERT_EQUAL(call.cdr.call_time, -1);
    static const char *const wrong[] = {"",           "{}",
                                        "[1]",        "{\"variables\":5}",
                                        "{",          "cdr=",
                                        "cdr=%7B%7D", "cdr=a!b",
                                        "x=1",        "{\"variables\":{\"uuid\":\"1\"}}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CU_ASSERT_FALSE(cdr_read_freeswitch(&arena, slice_from(wrong[i]), &call, &error));
    json_use_arena(NULL);
    arena_free(&arena);
}

/* 200 only when it is in Redis or in the spool. */
static void test_kept(void)
{
    static const struct {
        enum spool_outcome outcome;
        int status;
    } known[] = {{SPOOL_WRITTEN, 200}, {SPOOL_FULL, 507}, {SPOOL_FAILED, 503}};
    struct fixture f;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        post(&f, "busy-b-leg");
        CU_ASSERT_EQUAL_FATAL(f.next, HANDLER_SPOOL);
        f.x.spool.outcome = SPOOL_EMPTY;
        f.next = dispatch_resume(&f.x);
        CU_ASSERT_EQUAL_FATAL(f.next, HANDLER_ASK);
        fixture_render(&f, NULL);
        CU_ASSERT_EQUAL_FATAL(f.next, HANDLER_SPOOL);
        f.x.spool.outcome = known[i].outcome;
        f.next = dispatch_resume(&f.x);
        CU_ASSERT_EQUAL(f.next, HANDLER_ANSWER);
        CU_ASSERT_EQUAL(f.x.response.status, known[i].status);
        fixture_free(&f);
    }
    const struct store_reply length = reply_integer(1);
    const struct store_reply replies[] = {{.kind = STORE_ARRAY, .elements = &length, .count = 1}};
    post(&f, "busy-b-leg");
    f.x.spool.outcome = SPOOL_EMPTY;
    f.next = dispatch_resume(&f.x);
    fixture_render(&f, replies);
    CU_ASSERT_EQUAL(f.next, HANDLER_ANSWER);
    CU_ASSERT_EQUAL(f.x.response.status, 200);
    fixture_free(&f);
}

SUITE("records of calls", {"makes packets of legs", test_legs},
      {"reads every encoding", test_encodings}, {"reads odd ones", test_odd},
      {"answers 200 only for what is kept", test_kept})
