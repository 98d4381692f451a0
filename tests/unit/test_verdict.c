/*
 * test_verdict.c - tests of feeds/verdict.c.
 */
#include "suite.h"

#include "feeds/verdict.h"

static struct error reason;

static enum verdict judge(CURLcode result, long status, const char *body)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    reason.text[0] = '\0';
    enum verdict verdict = verdict_of(result, "", status, slice_from(body), &arena, &reason);
    arena_free(&arena);
    return verdict;
}

static void test_answers(void)
{
    CU_ASSERT_EQUAL(
        judge(CURLE_OK, 200, "{ \"error\": false, \"contactId\": 12334, \"phonecallId\": 3241 }"),
        VERDICT_ACCEPTED);
    CU_ASSERT_EQUAL(judge(CURLE_OK, 200,
                          "{\"error\":true,\"errors\":{\"destination\":\"no se consigui\xc3\xb3\","
                          "\"source\":\"missing\x5cn\"}}"),
                    VERDICT_REJECTED);
    ASSERT_TEXT(slice_from(reason.text), "destination: no se consigui\xc3\xb3; source: missing?");
    CU_ASSERT_EQUAL(judge(CURLE_OK, 200, "{\"error\":true,\"errors\":{}}"), VERDICT_REJECTED);
    ASSERT_TEXT(slice_from(reason.text), "no reason given");
    CU_ASSERT_EQUAL(judge(CURLE_OK, 200, "{\"error\":true}"), VERDICT_REJECTED);
}

static void test_not_answers(void)
{
    static const char *const bodies[] = {
        "", "<html>Please log in</html>", "{}", "[]", "false", "{\"error\":0}", "{\"error\":null}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        CU_ASSERT_EQUAL(judge(CURLE_OK, 200, bodies[i]), VERDICT_REJECTED);
        CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, "not one of callboard's"));
    }
}

static void test_statuses(void)
{
    static const struct {
        long status;
        enum verdict verdict;
    } cases[] = {{408, VERDICT_AWAY},     {429, VERDICT_AWAY},     {502, VERDICT_AWAY},
                 {503, VERDICT_AWAY},     {504, VERDICT_AWAY},     {500, VERDICT_LATER},
                 {507, VERDICT_LATER},    {400, VERDICT_REJECTED}, {413, VERDICT_REJECTED},
                 {204, VERDICT_REJECTED}, {401, VERDICT_HOPELESS}, {403, VERDICT_HOPELESS},
                 {404, VERDICT_HOPELESS}, {405, VERDICT_HOPELESS}, {301, VERDICT_HOPELESS}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CU_ASSERT_EQUAL(judge(CURLE_OK, cases[i].status, "{\"error\":false}"), cases[i].verdict);
        char number[8];
        snprintf(number, sizeof number, "%ld", cases[i].status);
        CU_ASSERT_PTR_NOT_NULL(strstr(reason.text, number));
    }
}

static void test_connections(void)
{
    CU_ASSERT_EQUAL(judge(CURLE_COULDNT_CONNECT, 0, ""), VERDICT_AWAY);
    CU_ASSERT_EQUAL(judge(CURLE_COULDNT_RESOLVE_HOST, 0, ""), VERDICT_AWAY);
    CU_ASSERT_EQUAL(judge(CURLE_OPERATION_TIMEDOUT, 0, ""), VERDICT_AWAY);
    CU_ASSERT_EQUAL(judge(CURLE_GOT_NOTHING, 0, ""), VERDICT_AWAY);
    /* The status was good, but the answer was cut. */
    CU_ASSERT_EQUAL(judge(CURLE_PARTIAL_FILE, 200, "{\"error\":false}"), VERDICT_AWAY);
    CU_ASSERT_EQUAL(judge(CURLE_PEER_FAILED_VERIFICATION, 0, ""), VERDICT_HOPELESS);
    CU_ASSERT_EQUAL(judge(CURLE_URL_MALFORMAT, 0, ""), VERDICT_HOPELESS);
    CU_ASSERT_TRUE(*reason.text != '\0');
}

SUITE("verdict", {"reads callboard's answers", test_answers},
      {"does not take other answers for success", test_not_answers},
      {"knows what may pass and what not", test_statuses},
      {"knows which connections may come back", test_connections})
