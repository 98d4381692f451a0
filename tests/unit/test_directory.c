#include "handlers/directory.h"

#include "exchange.h"
#include "handlers/directory_answer.h"
#include "handlers/directory_field.h"
#include "handlers/directory_request.h"
#include "suite.h"

#define SECOND 1000000

static const struct directory_settings settings = {.stale_seconds = 3600,
                                                   .stale_not_found_seconds = 5,
                                                   .copies_megabytes = 1,
                                                   .alias_scan_extensions = 10000,
                                                   .alias_scan_seconds = 5};
static struct metrics_worker counts;
static struct fixture f;

#define HEAD   "hostname=vm&section=directory&tag_name=domain&key_name=name&key_value=pbx.test&"
#define TAIL   "&key=id&user=1000&domain=pbx.test&ip=127.0.0.1"
#define RECORD "{\"param\":{\"password\":\"1234\"}}"

/* A question by FreeSWITCH with the form BODY; COPIES may be NULL. */
static void ask_with(struct copies *copies, int64_t later_us, const char *body)
{
    fixture_init(&f, "POST", "/directory");
    f.context.directory = &settings;
    f.context.copies = copies;
    f.context.counts = &counts;
    f.request.now_us += later_us;
    fixture_form(&f, body);
    fixture_plan(&f);
}

static void ask(const char *body)
{
    ask_with(NULL, 0, body);
}

/* Answers the first turn of a user's lookup: domain, then extension. */
static void give(struct store_reply domain, struct store_reply second)
{
    const struct store_reply replies[] = {domain, second};
    fixture_render(&f, replies);
}

static bool answer_has(const char *part)
{
    struct slice body = f.x.response.body;
    size_t length = strlen(part);
    for (size_t at = 0; at + length <= body.length; at++)
        if (memcmp(body.data + at, part, length) == 0)
            return true;
    return false;
}

#define ASSERT_HAS(part)                                                                           \
    CU_ASSERT_TRUE(f.next == HANDLER_ANSWER && f.x.response.status == 200 && answer_has(part))
#define ASSERT_HAS_NOT(part)                                                                       \
    CU_ASSERT_TRUE(f.next == HANDLER_ANSWER && f.x.response.status == 200 && !answer_has(part))
#define ASSERT_NOT_FOUND()                                                                         \
    CU_ASSERT_TRUE(f.next == HANDLER_ANSWER && f.x.response.status == 200 &&                       \
                   slice_equal(f.x.response.body, directory_not_found))
#define ASSERT_COMMAND(index, text) ASSERT_TEXT(fixture_command(&f, index), text)

/* The answer for the extension 1000 of the stored RECORD. */
static void look_up(const char *record)
{
    ask(HEAD "action=sip_auth" TAIL);
    give(reply_nil(), reply_string(record));
}

/* ---- the document ---- */

static void test_document(void)
{
    ask(HEAD "action=sip_auth" TAIL);
    CU_ASSERT_EQUAL(f.next, HANDLER_ASK);
    ASSERT_COMMAND(0, "HGET cti_domain pbx.test");
    ASSERT_COMMAND(1, "HGET cti_exten@pbx.test 1000");
    give(reply_nil(),
         reply_string("{\"param\": {\"allow-empty-password\": false, \"password\": \"123\", "
                      "\"auth-acl\": \"\", \"sip-forbid-register\": false}, \"variable\": "
                      "{\"sip-force-contact\": \"NDLB-connectile-dysfunction-2.0\"}, "
                      "\"attribute\": {\"cacheable\": \"10000\", \"number-alias\": \"myphone\"}}"));
    CU_ASSERT_EQUAL(f.x.response.status, 200);
    CU_ASSERT_STRING_EQUAL(f.x.response.content_type, "text/xml; charset=utf-8");
    ASSERT_TEXT(
        f.x.response.body,
        "<document type=\"freeswitch/xml\">\n"
        "<section name=\"directory\">\n"
        "<domain name=\"pbx.test\">\n"
        "<params>\n"
        "<param name=\"dial-string\" value=\"{^^:sip_invite_domain=${dialed_domain}:presence_id="
        "${dialed_user}@${dialed_domain}}${sofia_contact(*/${dialed_user}@${dialed_domain})}\"/>\n"
        "</params>\n"
        "<users>\n"
        "<user id=\"1000\" cacheable=\"10000\" number-alias=\"myphone\">\n"
        "<params>\n"
        "<param name=\"allow-empty-password\" value=\"false\"/>\n"
        "<param name=\"password\" value=\"123\"/>\n"
        "<param name=\"sip-forbid-register\" value=\"false\"/>\n"
        "</params>\n"
        "<variables>\n"
        "<variable name=\"sip-force-contact\" value=\"NDLB-connectile-dysfunction-2.0\"/>\n"
        "</variables>\n"
        "</user>\n"
        "</users>\n"
        "</domain>\n"
        "</section>\n"
        "</document>\n");
    fixture_free(&f);
}

static void test_values(void)
{
    look_up("{\"param\":{\"password\":1234,\"a\":true,\"b\":false,\"c\":null,\"d\":[1],\"e\":1.5,"
            "\"\":\"x\"},"
            "\"variable\":{\"empty\":\"\",\"quote\":\"\\\"<&>\",\"nul\":\"a\\u0000b\","
            "\"pa\\u0001ss\":\"x\"},"
            "\"attribute\":{\"b "
            "c\":\"x\",\"id\":\"1001\",\"ip\":\"10.0.0.1\",\"type\":\"pointer\",\"mailbox\":7}}");
    ASSERT_HAS("<param name=\"password\" value=\"1234\"/>\n");
    ASSERT_HAS("<param name=\"a\" value=\"true\"/>\n<param name=\"b\" value=\"false\"/>\n"
               "<param name=\"e\" value=\"1.5\"/>\n</params>\n");
    ASSERT_HAS("<variable name=\"empty\" value=\"\"/>\n");
    ASSERT_HAS("<variable name=\"quote\" value=\"&quot;&lt;&amp;&gt;\"/>\n");
    ASSERT_HAS("<variable name=\"nul\" value=\"ab\"/>\n");
    ASSERT_HAS_NOT("pass\"");
    ASSERT_HAS("<user id=\"1000\" mailbox=\"7\">\n");
    fixture_free(&f);
}

static void test_cacheable(void)
{
    static const struct {
        const char *stored, *expected;
    } cases[] = {{"10000", " cacheable=\"10000\""},
                 {"\"10000\"", " cacheable=\"10000\""},
                 {"10000.0", " cacheable=\"10000\""},
                 {"true", " cacheable=\"true\""},
                 {"\"true\"", " cacheable=\"true\""},
                 {"false", ""},
                 {"\"false\"", ""},
                 {"\"no\"", ""},
                 {"\"never\"", ""},
                 {"0", ""},
                 {"\"0\"", ""},
                 {"-5", ""},
                 {"\"\"", ""},
                 {"\"60 s\"", ""},
                 {"null", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char record[100], expected[100];
        snprintf(record, sizeof record,
                 "{\"param\":{\"password\":\"1\"},\"attribute\":{\"cacheable\":%s}}",
                 cases[i].stored);
        snprintf(expected, sizeof expected, "<user id=\"1000\"%s>\n", cases[i].expected);
        look_up(record);
        ASSERT_HAS(expected);
        fixture_free(&f);
    }
}

static void test_auth_acl(void)
{
    static const struct {
        const char *stored, *expected;
    } cases[] = {{"10.0.0.1", "10.0.0.1/32"},
                 {"10.0.0.0/8, 192.0.2.7 ,", "10.0.0.0/8,192.0.2.7/32"},
                 {"2001:db8::1", "2001:db8::1/128"},
                 {"loopback.auto", "loopback.auto"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char record[200], expected[100];
        snprintf(record, sizeof record, "{\"param\":{\"password\":\"1\",\"auth-acl\":\"%s\"}}",
                 cases[i].stored);
        snprintf(expected, sizeof expected, "<param name=\"auth-acl\" value=\"%s\"/>\n",
                 cases[i].expected);
        look_up(record);
        ASSERT_HAS(expected);
        fixture_free(&f);
    }
    look_up("{\"param\":{\"password\":\"1\",\"auth-acl\":\" , \"}}");
    ASSERT_HAS_NOT("auth-acl");
    fixture_free(&f);
}

#define CLOSED "<param name=\"allow-empty-password\" value=\"false\"/>\n</params>\n"

static void test_no_password(void)
{
    static const char *const closed[] = {"{}",
                                         "{\"param\":{}}",
                                         "{\"param\":null}",
                                         "{\"param\":{\"password\":\"\"}}",
                                         "{\"param\":{\"password\":\"\\u0001\"}}",
                                         ("{\"param\":{\"a1-hash\":\"\",\"allow-empty-password\":"
                                          "\"maybe\",\"allow-empty-password \":true}}"),
                                         "{\"param\":{\"password\":null}}",
                                         "{\"param\":{\"password\":{}}}",
                                         "{\"param\":{\"pass\\u0001word\":\"1\"}}"};
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
        look_up(closed[i]);
        if (i == 5) /* it has a value of its own, which FreeSWITCH takes for false */ {
            ASSERT_HAS("<param name=\"allow-empty-password\" value=\"maybe\"/>\n");
        } else {
            ASSERT_HAS(CLOSED);
        }
        fixture_free(&f);
    }
    look_up("{\"param\":{\"allow-empty-password\":true}}");
    ASSERT_HAS_NOT("false");
    fixture_free(&f);
    look_up("{\"param\":{\"PASSWORD\":\"1\"}}");
    ASSERT_HAS_NOT("allow-empty");
    fixture_free(&f);
    look_up("{\"param\":{\"a1-hash\":\"CDA24521D16D9C5D818F39CF5AEDF972\"}}");
    ASSERT_HAS("<param name=\"a1-hash\" value=\"cda24521d16d9c5d818f39cf5aedf972\"/>\n");
    ASSERT_HAS_NOT("allow-empty");
    fixture_free(&f);
    /* The domain's password, or its word that none is needed, counts too. */
    ask(HEAD "action=sip_auth" TAIL);
    give(reply_string("{\"param\":{\"password\":\"1\"}}"), reply_string("{}"));
    ASSERT_HAS_NOT("allow-empty");
    fixture_free(&f);
    ask(HEAD "action=sip_auth" TAIL);
    give(reply_string("{\"param\":{\"allow-empty-password\":\"yes\"}}"), reply_string("{}"));
    ASSERT_HAS_NOT("false");
    fixture_free(&f);
}

static void test_domain_defaults(void)
{
    ask(HEAD "action=user_call" TAIL);
    give(
        reply_string(
            "{\"param\":{\"dial-string\":\"user/me\",\"x\":1},\"variable\":{\"context\":\"pbx\"}}"),
        reply_string(RECORD));
    ASSERT_HAS(
        "<domain name=\"pbx.test\">\n<params>\n<param name=\"dial-string\" value=\"user/me\"/>\n"
        "<param name=\"x\" value=\"1\"/>\n</params>\n<variables>\n"
        "<variable name=\"context\" value=\"pbx\"/>\n</variables>\n<users>\n");
    ASSERT_HAS_NOT("sofia_contact");
    fixture_free(&f);
}

static void test_broken_records(void)
{
    static const char *const broken[] = {"",
                                         "not JSON",
                                         "[]",
                                         "\"text\"",
                                         "{\"param\":",
                                         "{\"param\":[]}",
                                         "{\"param\":\"\"}",
                                         "{\"attribute\":1}",
                                         "{\"param\":{\"a\":\"\xff\"}}",
                                         "{\"param\":{\"password\":\"1\",\"password\":\"2\"}}"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        look_up(broken[i]);
        ASSERT_NOT_FOUND();
        fixture_free(&f);
    }
    ask(HEAD "action=sip_auth" TAIL);
    give(reply_string("{"), reply_string(RECORD));
    ASSERT_NOT_FOUND(); /* the defaults may be what keeps strangers out */
    fixture_free(&f);
    ask(HEAD "action=sip_auth" TAIL);
    give(reply_error("WRONGTYPE Operation against a key"), reply_string(RECORD));
    ASSERT_HAS("<user id=\"1000\">");
    fixture_free(&f);
}

static void test_too_large(void)
{
    static char record[600000];
    memset(record, ' ', sizeof record - 1);
    memcpy(record, RECORD, sizeof RECORD - 1);
    look_up(record);
    ASSERT_NOT_FOUND();
    fixture_free(&f);
    /* 400,000 bytes of JSON that are 2 MB of XML */
    memset(record, '&', 400000);
    memcpy(record, "{\"variable\":{\"a\":\"", 18);
    memcpy(record + 400000, "\"}}", 4);
    look_up(record);
    ASSERT_NOT_FOUND();
    fixture_free(&f);
}

/* ---- who is looked up ---- */

static void looks_for(const char *body, const char *command)
{
    ask(body);
    if (command) {
        CU_ASSERT_EQUAL(f.next, HANDLER_ASK);
        ASSERT_COMMAND(1, command);
    } else {
        ASSERT_NOT_FOUND();
    }
    fixture_free(&f);
}

static void test_which_field_counts(void)
{
    /* FreeSWITCH's own fields stand last, but for section, which stands first. */
    looks_for(HEAD "user=victim&domain=evil&key=number-alias" TAIL, "HGET cti_exten@pbx.test 1000");
    looks_for(HEAD "section=configuration&action=zzz" TAIL, "HGET cti_exten@pbx.test 1000");
    looks_for("section=dialplan&section=directory" TAIL, NULL);
    looks_for("user=1000&domain=pbx.test", NULL);
    looks_for("section=directory&user=1000&domain=pbx.test", "HGET cti_exten@pbx.test 1000");
    looks_for("section=directory&domain=pbx.test&user=1000", "HGET cti_exten@pbx.test 1000");
    /* A domain "pbx.test&user=victim&b=": FreeSWITCH writes key_value raw. */
    looks_for(
        "hostname=vm&section=directory&tag_name=domain&key_name=name&key_value=pbx.test&user="
        "victim&b=&"
        "action=sip_auth&key=id&user=1000&domain=pbx.test%26user%3Dvictim%26b%3D&ip=127.0.0.1",
        NULL);
    looks_for(
        "hostname=vm&section=directory&tag_name=domain&key_name=name&key_value=pbx.test&user="
        "victim&b=&"
        "action=group_call&group=sales&group_name=sales&domain=pbx.test%26user%3Dvictim%26b%3D",
        NULL);
    looks_for("section=directory&tag_name=domain&key_name=name&key_value=PBX.test" TAIL,
              "HGET cti_exten@pbx.test 1000");
}

static void test_odd_names(void)
{
    static char name[300] = HEAD "key=id&user=";
    looks_for(HEAD "key=id&user=a%2Bb%20c%26d%3De&domain=pbx.test",
              "HGET cti_exten@pbx.test a+b c&d=e");
    looks_for(HEAD "key=id&user=Zo%C3%AB&domain=pbx.test", "HGET cti_exten@pbx.test Zo\xc3\xab");
    looks_for(HEAD "key=id&user=a%00b&domain=pbx.test", NULL);
    looks_for(HEAD "key=id&user=%ff&domain=pbx.test", NULL);
    looks_for(HEAD "key=id&user=a%0d%0ab&domain=pbx.test", NULL);
    memset(name + strlen(name), 'a', 256 - strlen(name));
    (void)name;
    ask(HEAD "key=id&user=%22%3E%3Cx&domain=pbx.test");
    give(reply_nil(), reply_string(RECORD));
    ASSERT_HAS("<user id=\"&quot;&gt;&lt;x\">\n");
    fixture_free(&f);
}

static void test_styles(void)
{
    /* mod_xml_curl's method=GET and method=PUT have all in the query, the latter without a body. */
    for (int i = 0; i < 2; i++) {
        fixture_init(&f, i ? "PUT" : "GET",
                     "/directory?tenant=a&section=directory&user=1000&domain=pbx.test");
        f.context.directory = &settings;
        fixture_plan(&f);
        ASSERT_COMMAND(1, "HGET cti_exten@pbx.test 1000");
        fixture_free(&f);
    }
    /* A digest probe: POST with an empty body. */
    fixture_init(&f, "POST", "/directory");
    f.context.directory = &settings;
    fixture_form(&f, "");
    fixture_plan(&f);
    ASSERT_NOT_FOUND();
    fixture_free(&f);
    /* The query of a POST is none of FreeSWITCH's fields. */
    fixture_init(&f, "POST", "/directory?user=victim&section=configuration");
    f.context.directory = &settings;
    fixture_form(&f, HEAD TAIL);
    fixture_plan(&f);
    ASSERT_COMMAND(1, "HGET cti_exten@pbx.test 1000");
    fixture_free(&f);
}

static void test_failures(void)
{
    fixture_init(&f, "POST", "/directory");
    f.context.directory = &settings;
    fixture_parameter(&f, "REMOTE_USER", "");
    fixture_form(&f, HEAD TAIL);
    fixture_plan(&f);
    CU_ASSERT_EQUAL(f.x.response.status, 401);
    fixture_free(&f);
    fixture_init(&f, "DELETE", "/directory");
    f.context.directory = &settings;
    fixture_plan(&f);
    CU_ASSERT_EQUAL(f.x.response.status, 405);
    fixture_free(&f);
    fixture_init(&f, "POST", "/directory");
    f.context.directory = &settings;
    fixture_json(&f, "{}");
    fixture_plan(&f);
    CU_ASSERT_EQUAL(f.x.response.status, 415);
    CU_ASSERT(slice_equal(f.x.response.body, directory_not_found));
    fixture_free(&f);
}

/* ---- aliases ---- */

static void test_alias(void)
{
    ask(HEAD "action=sip_auth" TAIL);
    give(reply_nil(), reply_nil());
    ASSERT_COMMAND(0, "HGET cti_alias@pbx.test 1000");
    ASSERT_COMMAND(1, "HLEN cti_exten@pbx.test");
    give(reply_string("anna"), reply_integer(3));
    ASSERT_COMMAND(0, "HGET cti_exten@pbx.test anna");
    struct store_reply record =
        reply_string("{\"param\":{\"password\":\"1\"},\"attribute\":{\"number-alias\":1000}}");
    fixture_render(&f, &record);
    ASSERT_HAS("<user id=\"anna\" number-alias=\"1000\">\n");
    fixture_free(&f);
    /* key=number-alias never finds a user by name. */
    ask(HEAD "key=number-alias&user=1000&domain=pbx.test");
    CU_ASSERT_EQUAL(f.x.batch.count, 1);
    fixture_free(&f);
}

static void give_page(const char *cursor, const char *alias, const char *name)
{
    const struct store_reply elements[] = {reply_string(cursor), reply_string(alias),
                                           reply_string(name)};
    struct store_reply page = {.kind = STORE_ARRAY, .elements = elements, .count = alias ? 3 : 1};
    fixture_render(&f, &page);
}

static void test_alias_of_other_tools(void)
{
    struct copies *copies = copies_create(1 << 20);
    struct store_reply record = reply_string("{\"attribute\":{\"number-alias\":\"1000\"}}");
    struct store_reply other = reply_string("{\"attribute\":{\"number-alias\":\"1\"}}");
    ask_with(copies, 0, HEAD "action=sip_auth" TAIL);
    give(reply_nil(), reply_nil());
    give(reply_string("bert"), reply_integer(300)); /* what cti_alias@ says is not true any more */
    fixture_render(&f, &other);
    CU_ASSERT(slice_starts(fixture_command(&f, 0), "EVAL "));
    give_page("17", "1001", "x");
    CU_ASSERT(slice_starts(fixture_command(&f, 0), "EVAL "));
    give_page("0", "1000", "anna");
    ASSERT_COMMAND(0, "HGET cti_exten@pbx.test anna");
    fixture_render(&f, &record);
    ASSERT_HAS("<user id=\"anna\" number-alias=\"1000\">\n");
    fixture_free(&f);
    /* What was found is remembered for a while. */
    ask_with(copies, 4 * SECOND, HEAD "action=sip_auth" TAIL);
    give(reply_nil(), reply_nil());
    give(reply_nil(), reply_integer(300));
    ASSERT_COMMAND(0, "HGET cti_exten@pbx.test anna");
    fixture_render(&f, &other);
    ASSERT_NOT_FOUND(); /* the extension has no such alias any more */
    fixture_free(&f);
    /* An extension more, or some seconds: searched again. */
    for (int i = 0; i < 2; i++) {
        ask_with(copies, i * 5 * SECOND, HEAD "action=sip_auth" TAIL);
        give(reply_nil(), reply_nil());
        give(reply_nil(), reply_integer(i ? 300 : 301));
        CU_ASSERT(slice_starts(fixture_command(&f, 0), "EVAL "));
        give_page("0", NULL, NULL);
        ASSERT_NOT_FOUND();
        fixture_free(&f);
    }
    /* A domain without extensions is not searched. */
    ask_with(copies, 0, HEAD "action=sip_auth" TAIL);
    give(reply_nil(), reply_nil());
    give(reply_nil(), reply_integer(0));
    ASSERT_NOT_FOUND();
    fixture_free(&f);
}

static void test_scan_is_bounded(void)
{
    int pages = 0;
    ask(HEAD "action=sip_auth" TAIL);
    give(reply_nil(), reply_nil());
    give(reply_nil(), reply_integer(1000000));
    for (; f.next == HANDLER_ASK && pages < 1000; pages++)
        give_page("17", NULL, NULL);
    ASSERT_NOT_FOUND();
    CU_ASSERT_EQUAL(pages, 40);
    fixture_free(&f);
}

static void test_domain_without_case(void)
{
    ask("section=directory&user=1000&domain=PBX.Test");
    ASSERT_COMMAND(1, "HGET cti_exten@PBX.Test 1000");
    give(reply_nil(), reply_nil());
    give(reply_nil(), reply_integer(0));
    ASSERT_COMMAND(1, "HGET cti_exten@pbx.test 1000");
    give(reply_nil(), reply_string(RECORD));
    ASSERT_HAS("<domain name=\"PBX.Test\">"); /* the one that was asked for */
    fixture_free(&f);
}

/* ---- other questions ---- */

static void test_groups(void)
{
    ask(HEAD "group=sales&action=group_call&group_name=sales&domain=pbx.test");
    ASSERT_COMMAND(1, "HGET cti_group@pbx.test sales");
    give(reply_nil(),
         reply_string("{\"members\":[\"1000\",1001,null,\"a&b\"],\"param\":{\"x\":\"y\"}}"));
    ASSERT_HAS("<groups>\n<group name=\"sales\">\n<params>\n<param name=\"x\" "
               "value=\"y\"/>\n</params>\n<users>\n"
               "<user id=\"1000\" type=\"pointer\"/>\n<user id=\"1001\" type=\"pointer\"/>\n"
               "<user id=\"a&amp;b\" type=\"pointer\"/>\n</users>\n</group>\n</groups>\n");
    fixture_free(&f);
    ask(HEAD "group=sales&action=group_call&group_name=sales&domain=pbx.test");
    give(reply_nil(), reply_nil());
    ASSERT_NOT_FOUND();
    fixture_free(&f);
}

static void test_group_member(void)
{
    static const char *const groups[] = {"{\"members\":[\"1000\"],\"param\":{\"x\":\"y\"}}",
                                         "{\"members\":[\"1001\"],\"param\":{\"x\":\"y\"}}"};
    for (int i = 0; i < 2; i++) {
        ask(HEAD "group=sales&action=group_call&group_name=sales" TAIL);
        ASSERT_COMMAND(1, "HGET cti_group@pbx.test sales");
        ASSERT_COMMAND(2, "HGET cti_exten@pbx.test 1000");
        const struct store_reply replies[] = {reply_nil(), reply_string(groups[i]),
                                              reply_string(RECORD)};
        fixture_render(&f, replies);
        if (i == 0) {
            ASSERT_HAS(
                "<groups>\n<group name=\"sales\">\n<params>\n<param name=\"x\" value=\"y\"/>\n");
        } else {
            ASSERT_HAS_NOT("group");
        }
        ASSERT_HAS("<user id=\"1000\">");
        fixture_free(&f);
    }
}

static void test_domains(void)
{
    ask(HEAD "domain=pbx.test");
    ASSERT_COMMAND(1, "HLEN cti_exten@pbx.test");
    give(reply_nil(), reply_integer(2));
    ASSERT_HAS("<domain name=\"pbx.test\">");
    ASSERT_HAS_NOT("<user");
    fixture_free(&f);
    ask(HEAD "domain=pbx.test");
    give(reply_nil(), reply_integer(0));
    ASSERT_NOT_FOUND();
    fixture_free(&f);
    ask("section=directory&tag_name=domain&key_name=name&key_value=pbx.test&section=directory");
    give(reply_string("{}"), reply_integer(0));
    ASSERT_HAS("<domain name=\"pbx.test\">");
    fixture_free(&f);
    looks_for("section=directory&tag_name=&key_name=&key_value=&purpose=gateways&profile=internal",
              NULL);
    looks_for(HEAD "domain=pbx.test&purpose=gateways", NULL);
    looks_for("section=directory&tag_name=&key_name=&key_value=", NULL);
}

static void test_network_list(void)
{
    ask(HEAD "domain=pbx.test&purpose=network-list");
    give(reply_nil(), reply_integer(2));
    CU_ASSERT(slice_starts(fixture_command(&f, 0), "EVAL "));
    give_page("0", "192.0.2.1", "1000");
    ASSERT_HAS("<users>\n<user id=\"1000\" cidr=\"192.0.2.1/32\"/>\n</users>\n");
    fixture_free(&f);
}

static void test_event_socket(void)
{
    ask(HEAD "action=event_socket_auth" TAIL);
    give(reply_nil(), reply_string(RECORD));
    ASSERT_NOT_FOUND();
    fixture_free(&f);
    /* Not even when another action is put in front. */
    ask(HEAD "action=sip_auth&action=event_socket_auth" TAIL);
    give(reply_string("{\"param\":{\"esl-password\":\"1\"}}"), reply_string(RECORD));
    ASSERT_NOT_FOUND();
    fixture_free(&f);
    ask(HEAD "action=event_socket_auth" TAIL);
    give(reply_nil(), reply_string("{\"param\":{\"esl-password\":\"1\"}}"));
    ASSERT_HAS("esl-password");
    fixture_free(&f);
}

/* ---- Redis away ---- */

static void test_stale(void)
{
    struct copies *copies = copies_create(1 << 20);
    const char *question = HEAD "action=sip_auth" TAIL;
    counts.directory_stale = 0;
    ask_with(copies, 0, question);
    fixture_render(&f, NULL);
    CU_ASSERT_EQUAL(f.x.response.status, 503); /* nothing is known */
    ASSERT_TEXT(http_response_find(&f.x.response, "Retry-After"), "1");
    CU_ASSERT(slice_equal(f.x.response.body, directory_not_found));
    fixture_free(&f);
    ask_with(copies, 0, question);
    give(reply_nil(), reply_string(RECORD));
    fixture_free(&f);
    ask_with(copies, 3600 * (int64_t)SECOND, question);
    fixture_render(&f, NULL);
    ASSERT_HAS("<param name=\"password\" value=\"1234\"/>");
    ASSERT_TEXT(http_response_find(&f.x.response, "Age"), "3600");
    CU_ASSERT_EQUAL(counts.directory_stale, 1);
    fixture_free(&f);
    ask_with(copies, 3601 * (int64_t)SECOND, question);
    fixture_render(&f, NULL);
    CU_ASSERT_EQUAL(f.x.response.status, 503);
    fixture_free(&f);
    /* What an event socket may not have it does not get from a copy either. */
    ask_with(copies, 0, HEAD "action=event_socket_auth" TAIL);
    fixture_render(&f, NULL);
    CU_ASSERT_EQUAL(f.x.response.status, 503);
    fixture_free(&f);
    /* A member of a group being called is known by himself. */
    ask_with(copies, 0, HEAD "group=sales&action=group_call&group_name=sales" TAIL);
    fixture_render(&f, NULL);
    ASSERT_HAS("<user id=\"1000\">");
    fixture_free(&f);
    /* Loading and the like is away, too. */
    ask_with(copies, 0, question);
    give(reply_error("LOADING Redis is loading"), reply_error("LOADING Redis is loading"));
    ASSERT_HAS("1234");
    fixture_free(&f);
}

static void test_stale_not_found(void)
{
    struct copies *copies = copies_create(1 << 20);
    for (int64_t later = -1; later <= 6; later += later == 0 ? 6 : 1) {
        ask_with(copies, later < 0 ? 0 : later * SECOND, HEAD "action=sip_auth" TAIL);
        if (later < 0) {
            give(reply_nil(), reply_nil());
            give(reply_nil(), reply_integer(0));
            ASSERT_NOT_FOUND();
        } else {
            fixture_render(&f, NULL);
            CU_ASSERT_EQUAL(f.x.response.status, later <= 5 ? 200 : 503);
        }
        fixture_free(&f);
    }
}

SUITE("directory", {"document", test_document}, {"values", test_values},
      {"cacheable", test_cacheable}, {"auth-acl", test_auth_acl}, {"no password", test_no_password},
      {"domain defaults", test_domain_defaults}, {"broken records", test_broken_records},
      {"too large", test_too_large}, {"which field counts", test_which_field_counts},
      {"odd names", test_odd_names}, {"styles", test_styles}, {"failures", test_failures},
      {"alias", test_alias}, {"alias of other tools", test_alias_of_other_tools},
      {"scan is bounded", test_scan_is_bounded}, {"domain without case", test_domain_without_case},
      {"groups", test_groups}, {"group member", test_group_member}, {"domains", test_domains},
      {"network list", test_network_list}, {"event socket", test_event_socket},
      {"stale", test_stale}, {"stale not found", test_stale_not_found})
