/*
 * test_freeswitch.c - what a real FreeSWITCH made of its directory's answers, and what it would make of ours.
 *
 * tests/fixtures/freeswitch/xml_shapes has answers that one was given and results.tsv has the status of the REGISTER
 * that each led to. First our oracle (tests/freeswitch/registrar.h) must come to the same for every captured answer;
 * then it judges what the directory answers from a stored record that says the same.
 */
#include "tests/freeswitch/registrar.h"

#include <stdio.h>
#include <stdlib.h>

#include "exchange.h"
#include "handlers/directory.h"
#include "suite.h"

#define HASH "cda24521d16d9c5d818f39cf5aedf972"

/* A row of results.tsv. */
struct row {
    const char *name;
    const char *password; /* that the phone tried; NULL: 1234 */
    /* What is stored for the same user, with what defaults of its domain. NULL: nothing of ours can be like this. */
    const char *stored, *defaults;
    /* How ours differs from what was captured: it repairs what would lock a phone out, closes what was open, and
     * carries every password. 0: not at all; 1: the REGISTER is accepted; -1: refused. */
    int ours;
};

#define PASSWORD(p)       "{\"param\":{\"password\":\"" p "\"}}"
#define WITH(name, value) "{\"param\":{\"password\":\"1234\",\"" name "\":\"" value "\"}}"
#define CACHEABLE(value)                                                                           \
    "{\"param\":{\"password\":\"1234\"},\"attribute\":{\"cacheable\":" value "}}"
#define PLAIN PASSWORD("1234")

static const struct row rows[] = {
    {"password ok", NULL, PLAIN, NULL, 0},
    {"password wrong", "wrong", PLAIN, NULL, 0},
    {"a1-hash ok (no password)", NULL, "{\"param\":{\"a1-hash\":\"" HASH "\"}}", NULL, 0},
    {"a1-hash + wrong password param", NULL,
     "{\"param\":{\"password\":\"zzz\",\"a1-hash\":\"" HASH "\"}}", NULL, 0},
    {"a1-hash UPPERCASE", NULL, "{\"param\":{\"a1-hash\":\"CDA24521D16D9C5D818F39CF5AEDF972\"}}",
     NULL, 1},
    {"a1-hash wrong", NULL, "{\"param\":{\"a1-hash\":\"00000000000000000000000000000000\"}}", NULL,
     0},
    {"no <params> at all, any pw", "any", "{\"variable\":{\"a\":\"b\"}}", NULL, -1},
    {"params but no password, any pw", "any", "{\"param\":{\"vm-password\":\"1002\"}}", NULL, -1},
    {"password=\"\" any pw", "any", PASSWORD(""), NULL, -1},
    {"password=\"\" allow-empty-password=false", "any",
     "{\"param\":{\"password\":\"\",\"allow-empty-password\":false}}", NULL, 0},
    {"no password allow-empty-password=false", "any",
     "{\"param\":{\"allow-empty-password\":false}}", NULL, 0},
    {"sip-forbid-register=true", NULL,
     "{\"param\":{\"password\":\"1234\",\"sip-forbid-register\":true}}", NULL, 0},
    {"type=pointer", NULL,
     "{\"param\":{\"password\":\"1234\"},\"attribute\":{\"type\":\"pointer\"}}", NULL, 1},
    {"auth-acl=loopback.auto", NULL, WITH("auth-acl", "loopback.auto"), NULL, 0},
    {"auth-acl=wan.auto", NULL, WITH("auth-acl", "wan.auto"), NULL, 0},
    {"auth-acl=127.0.0.1/32", NULL, WITH("auth-acl", "127.0.0.1/32"), NULL, 0},
    {"auth-acl=192.0.2.0/24", NULL, WITH("auth-acl", "192.0.2.0/24"), NULL, 0},
    {"user-agent-filter match", NULL, WITH("user-agent-filter", "^cti-lab"), NULL, 0},
    {"user-agent-filter nomatch", NULL, WITH("user-agent-filter", "^Yealink"), NULL, 0},
    {"max-registrations=1 (2 devices)", NULL,
     "{\"param\":{\"password\":\"1234\",\"max-registrations-per-extension\":1}}", NULL, 0},
    {"number-alias user, REGISTER by id", NULL,
     "{\"param\":{\"password\":\"1234\"},\"attribute\":{\"number-alias\":\"2002\"}}", NULL, 0},
    {"REGISTER as the alias 2003", NULL, NULL, NULL, 0},
    {"id case: XML id=1002 attr other", NULL,
     "{\"param\":{\"password\":\"1234\"},\"attribute\":{\"id\":\"1777\"}}", NULL, 1},
    {"extra X- header", NULL, PLAIN, NULL, 0},
    {"cacheable=true first", NULL, CACHEABLE("true"), NULL, 0},
    {"cacheable 2nd, wrong pw now in XML", NULL, NULL, NULL, 0},
    {"after flush", NULL, PASSWORD("changed"), NULL, 0},
    {"cacheable=60000", NULL, CACHEABLE("60000"), NULL, 0},
    {"cacheable='false' x2", NULL, CACHEABLE("false"), NULL, 0},
    {"cacheable='no' x2", NULL, CACHEABLE("\"no\""), NULL, 0},
    {"cacheable='0' x2", NULL, CACHEABLE("0"), NULL, 0},
    {"cacheable='' x2", NULL, CACHEABLE("\"\""), NULL, 0},
    {"cacheable='-5' x2", NULL, CACHEABLE("-5"), NULL, 0},
    {"XML user directly in domain", NULL, PLAIN, NULL, 0},
    {"XML users w/o groups", NULL, PLAIN, NULL, 0},
    {"XML single line", NULL, PLAIN, NULL, 1},
    {"XML no xml decl, single line", NULL, PLAIN, NULL, 0},
    {"XML no document root: <section> root", NULL, PLAIN, NULL, 1},
    {"XML no type attr", NULL, PLAIN, NULL, 0},
    {"XML wrong domain name", NULL, PLAIN, NULL, 1},
    {"XML domain uppercase", NULL, PLAIN, NULL, 0},
    {"XML &amp; pw", "12&34<", PASSWORD("12&34<"), NULL, 0},
    {"XML numeric ent pw", NULL,
     PASSWORD("1\\u0032"
              "34"),
     NULL, 0},
    {"XML apos/quot pw", "1'\"2", PASSWORD("1'\\\"2"), NULL, 0},
    {"XML $${domain} in pw -> literal pw tested", "$${domain}", PASSWORD("$${domain}"), NULL, 1},
    {"XML $${domain} in pw -> expanded pw tested", "pbx.example.com", PASSWORD("$${domain}"), NULL,
     -1},
    {"XML $${nosuch} pw literal", "a$${nosuch}b", PASSWORD("a$${nosuch}b"), NULL, 1},
    {"XML pw with \"$$\" only", "a$$b", PASSWORD("a$$b"), NULL, 0},
    {"XML pw with ${domain}", "${domain}", PASSWORD("${domain}"), NULL, 0},
    {"XML pw contains \"<?\" escaped &lt;?", "a<?b", PASSWORD("a<?b"), NULL, 0},
    {"XML pw line w/ raw -->", "a-->b", PASSWORD("a-->b"), NULL, 0},
    {"XML utf8 pw", "p\xc3\xa4ssw\xc3\xb6rd", PASSWORD("p\xc3\xa4ssw\xc3\xb6rd"), NULL, 0},
    {"XML pw lead/trail space", " 12 34 ", PASSWORD(" 12 34 "), NULL, 0},
    {"XML pw TAB/newline entity", "a\tb", PASSWORD("a\\tb"), NULL, 0},
    {"XML pw backslash n", "a\\nb", PASSWORD("a\\\\nb"), NULL, 0},
    {"XML %-pw", "%s%d%26", PASSWORD("%s%d%26"), NULL, 0},
    {"XML comment", NULL, WITH("note", "<!-- note -->"), NULL, 0},
    {"XML CDATA comment multi-line", NULL, WITH("note", "<!-- a\\nb -->"), NULL, 0},
    {"XML X-PRE-PROCESS exec line", NULL,
     WITH("a", "\\n<X-PRE-PROCESS cmd=\\\"exec\\\" data=\\\"/bin/true\\\"/>\\n"), NULL, 0},
    {"XML X-PRE-PROCESS set", NULL,
     WITH("a", "\\n<X-PRE-PROCESS cmd=\\\"set\\\" data=\\\"a=b\\\"/>\\n"), NULL, 0},
    {"XML X-PRE-PROCESS inside escaped value (&lt;X-PRE...)",
     "<X-PRE-PROCESS cmd=\"set\" data=\"cti_lab2=x\"/>",
     PASSWORD("<X-PRE-PROCESS cmd=\\\"set\\\" data=\\\"cti_lab2=x\\\"/>"), NULL, 1},
    {"XML unescaped newline in value + x-pre-process text", "a x-pre-process b",
     PASSWORD("a x-pre-process b"), NULL, 1},
    {"XML two users same id, second right pw", NULL, PASSWORD("zzz"), NULL, 0},
    {"XML user ip= attr for another id", NULL,
     "{\"param\":{\"password\":\"other\"},\"attribute\":{\"ip\":\"127.0.0.1\"}}", NULL, -1},
    {"XML group params password merged", NULL, NULL, NULL, 0},
    {"XML domain params password merged", NULL, "{}", PLAIN, 0},
    {"XML duplicate password params last wins?", NULL,
     "{\"param\":{\"Password\":\"zzz\",\"password\":\"1234\"}}", NULL, 0},
    {"XML PARAM name uppercase", NULL, "{\"param\":{\"PASSWORD\":\"1234\"}}", NULL, 0},
    {"XML BOM first", NULL, PLAIN, NULL, 0},
    {"XML leading newline", NULL, PLAIN, NULL, 0},
};

static const struct directory_settings settings = {.stale_seconds = 1, .alias_scan_extensions = 1};
static struct fixture f;

static struct slice read_file(struct arena *arena, const char *name)
{
    const char *source = getenv("srcdir");
    struct buffer path = buffer_in(arena), text = buffer_in(arena);
    buffer_format(&path, "%s/tests/fixtures/freeswitch/%s%c", source ? source : ".", name, 0);
    FILE *file = fopen(path.data, "rb");
    char chunk[4096];
    size_t length;
    if (!file) {
        printf("\n%s cannot be read", path.data);
        return slice_of(NULL, 0);
    }
    while ((length = fread(chunk, 1, sizeof chunk, file)) > 0)
        buffer_add(&text, slice_of(chunk, length));
    fclose(file);
    return buffer_slice(&text);
}

static const struct row *row_named(struct slice name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (slice_is(name, rows[i].name))
            return &rows[i];
    return NULL;
}

/* Who tried it: most rows were made with 1002, those about caching with others. */
static struct registrar_attempt attempt_of(const struct row *row, struct slice document)
{
    static const char *const users[] = {"1004", "1005", "1006"};
    struct registrar_attempt attempt = {.domain = "pbx.example.com",
                                        .user = "1002",
                                        .password = row->password ? row->password : "1234",
                                        .address = "127.0.0.1",
                                        .user_agent = "cti-lab-ua/1.0"};
    for (size_t i = 0; i < 3; i++) {
        char wanted[32];
        snprintf(wanted, sizeof wanted, "<user id=\"%s\"", users[i]);
        for (size_t at = 0; at + strlen(wanted) <= document.length; at++)
            if (memcmp(document.data + at, wanted, strlen(wanted)) == 0)
                attempt.user = users[i];
    }
    return attempt;
}

/* What the directory answers about the user from the row's record. */
static struct slice ask(const struct row *row, const char *user)
{
    char form[200];
    fixture_init(&f, "POST", "/directory");
    f.context.directory = &settings;
    snprintf(
        form, sizeof form,
        "section=directory&tag_name=domain&key_name=name&key_value=pbx.example.com&action=sip_auth&"
        "key=id&user=%s&domain=pbx.example.com",
        user);
    fixture_form(&f, form);
    fixture_plan(&f);
    const struct store_reply replies[] = {row->defaults ? reply_string(row->defaults) : reply_nil(),
                                          reply_string(row->stored)};
    fixture_render(&f, replies);
    CU_ASSERT_EQUAL(f.x.response.status, 200);
    return f.x.response.body;
}

static void check(bool good, const struct row *row, const char *what)
{
    if (!good)
        printf("\n%s: %s", row->name, what);
    CU_ASSERT(good);
}

/* What was captured of caching: x2 rows made two REGISTERs, and with two lookups nothing had been kept. */
static void check_cache(const struct row *row, enum registrar_cache captured,
                        enum registrar_cache ours, bool looked_up_twice)
{
    if (!strstr(row->name, "cacheable="))
        return;
    check((captured == REGISTRAR_NOT_CACHED) == looked_up_twice, row,
          "cached otherwise than captured");
    if (strstr(row->name, "true"))
        check(ours == REGISTRAR_CACHED_FOR_EVER, row, "ours must be kept for ever");
    else if (strstr(row->name, "60000"))
        check(ours == REGISTRAR_CACHED_FOR_MS, row, "ours must be kept for a minute");
    else
        check(ours == REGISTRAR_NOT_CACHED, row, "ours must not be kept");
}

static void check_row(struct arena *arena, const struct row *row, struct slice status,
                      struct slice lookups, struct slice file)
{
    char path[200];
    snprintf(path, sizeof path, "xml_shapes/%.*s", SLICE_ARGUMENTS(file));
    struct slice captured = read_file(arena, path);
    struct registrar_attempt attempt = attempt_of(row, captured);
    bool accepted = slice_starts(status, "200");
    struct registrar_verdict theirs = registrar_judge(arena, captured, &attempt);
    check(theirs.accepted == accepted, row, "the oracle differs from the real FreeSWITCH");
    if (!row->stored)
        return;
    struct registrar_verdict ours = registrar_judge(arena, ask(row, attempt.user), &attempt);
    check(ours.well_formed && ours.found, row, "the user must be found");
    check(!ours.lost && !ours.executed && !ours.expanded, row,
          "the preprocessor must leave ours alone");
    check(ours.accepted == (row->ours ? row->ours > 0 : accepted), row,
          "ours must lead to the same");
    check_cache(row, theirs.cache, ours.cache, slice_is(lookups, "2"));
    if (strstr(row->name, "2 devices")) {
        attempt.registrations = 1;
        check(!registrar_judge(arena, captured, &attempt).accepted, row,
              "the second one was refused");
        check(!registrar_judge(arena, f.x.response.body, &attempt).accepted, row, "ours, too");
    }
    fixture_free(&f);
}

/* Rows without a file are about HTTP alone, or came from FreeSWITCH's own cache. */
static void test_rows(void)
{
    struct arena arena;
    size_t count = 0;
    arena_init(&arena, (size_t)64 << 20);
    struct slice line, rest = read_file(&arena, "xml_shapes/results.tsv");
    slice_cut(rest, '\n', &rest); /* the heading */
    while (rest.data) {
        struct slice name, status, lookups, file;
        line = slice_cut(rest, '\n', &rest);
        name = slice_cut(line, '\t', &line);
        status = slice_cut(line, '\t', &line);
        lookups = slice_cut(line, '\t', &file);
        if (name.length == 0 || slice_starts(name, "HTTP "))
            continue;
        const struct row *row = row_named(name);
        if (!row) {
            printf("\nno row for %.*s", SLICE_ARGUMENTS(name));
            CU_FAIL("every row of results.tsv must be known");
            continue;
        }
        count++;
        if (file.length > 0)
            check_row(&arena, row, status, lookups, file);
    }
    CU_ASSERT_EQUAL(count, sizeof rows / sizeof *rows);
    arena_free(&arena);
}

/* What FreeSWITCH gets is what was stored, whatever it was. */
static void test_values_arrive(void)
{
    static const char *const values[] = {"plain",
                                         "<>&\"'",
                                         "]]>",
                                         "$${domain}",
                                         "${domain}",
                                         "x-pre-process",
                                         "<X-PRE-PROCESS cmd=\"exec\" data=\"reboot\"/>",
                                         "<include>",
                                         "</include>",
                                         "<?xml?>",
                                         "<!--#exec cmd=\"reboot\"-->",
                                         "a\nb\r\nc\td",
                                         "\xf0\x9f\x98\x80",
                                         "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
                                         "&#36;${domain}",
                                         "%00 %s"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct arena arena;
        arena_init(&arena, 1 << 24);
        struct buffer stored = buffer_in(&arena);
        buffer_add_string(&stored, "{\"param\":{\"password\":\"1234\"},\"variable\":{\"a\":");
        buffer_add_json(&stored, slice_from(values[i]));
        buffer_add_string(&stored, "}}");
        buffer_add_byte(&stored, '\0');
        const struct row row = {.name = values[i], .stored = stored.data};
        const struct registrar_attempt attempt = {
            .domain = "pbx.example.com", .user = "1002", .address = "127.0.0.1"};
        ASSERT_TEXT(registrar_value(&arena, ask(&row, "1002"), &attempt, "variable", "a"),
                    values[i]);
        fixture_free(&f);
        arena_free(&arena);
    }
}

SUITE("freeswitch", {"rows of results.tsv", test_rows}, {"values arrive", test_values_arrive})
