/*
 * test_hash.c - stored hashes, also of tokens: known ones of other programs, and ours.
 */
#include "htpasswd/hash.h"

#include "htpasswd/tokens.h"
#include "suite.h"

#define CHECK(stored, password) hash_check(slice_from(stored), slice_from(password))

static void test_known(void)
{
    /* htpasswd -s; slappasswd -h {SSHA} */
    CU_ASSERT(CHECK("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "secret"));
    CU_ASSERT(!CHECK("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "Secret"));
    CU_ASSERT(CHECK("{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0", "secret"));
    CU_ASSERT(!CHECK("{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0", "secre"));
    CU_ASSERT(!CHECK("{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx1", "secret"));
    CU_ASSERT(CHECK("{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=", "secret"));
}

/* htpasswd -nm, htpasswd -nB -C 5; openssl passwd -5, -6 and -apr1 */
static void test_slow(void)
{
    static const char *const known[] = {
        "$apr1$Dmzkjv4W$ezVsQAEnq4NfLzmTaP0Mj.",
        "$2y$05$OjtVZXsOusiKi6qeJdsNb.XkpIRTmqoKx5g5yCKEJd3FDh2CBiCRC",
        "$5$VtYB/N1bRy.t4kAo$y8jYETtQu9xKgvmnHS2JPCXQnF4ZOBG.jwMBbZg0kL8",
        ("$6$kTtEfsPMBVAM4NeT$xfIB/"
         "wAVDj.77l0J0ODTl7M9ylWx7KJIVAi8G7yv6rbLiLx9nRX6QRUzW4t93FzQFfcQQ85vUvTjztCz466EL0"),
        "$apr1$bW.sF97A$1HfrfP3lYV/1qYpPBPI1O1"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        CU_ASSERT(hash_is_slow(slice_from(known[i])));
        CU_ASSERT(CHECK(known[i], "correct horse: батарея"));
        CU_ASSERT(!CHECK(known[i], "correct horse: батаре"));
        CU_ASSERT(!CHECK(known[i], ""));
    }
}

static void test_made_slow(void)
{
    static const enum hash_kind made[] = {HASH_BCRYPT, HASH_YESCRYPT};
    char stored[HASH_BYTES];
    struct error error;
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        CU_ASSERT_FATAL(hash_make(made[i], slice_from("pä:ss"), stored, &error));
        CU_ASSERT_EQUAL(hash_kind_of(slice_from(stored)), made[i]);
        CU_ASSERT(CHECK(stored, "pä:ss"));
        CU_ASSERT(!CHECK(stored, "pä:sS"));
    }
}

static void test_made(void)
{
    char one[HASH_BYTES], other[HASH_BYTES];
    struct error error;
    CU_ASSERT(hash_make(HASH_SSHA, slice_from("pä:ss"), one, &error));
    CU_ASSERT(hash_make(HASH_SSHA, slice_from("pä:ss"), other, &error));
    CU_ASSERT_STRING_NOT_EQUAL(one, other);
    CU_ASSERT(CHECK(one, "pä:ss"));
    CU_ASSERT(CHECK(other, "pä:ss"));
    CU_ASSERT(!CHECK(one, "pä:s"));
    CU_ASSERT(!CHECK(one, ""));
    CU_ASSERT(!hash_make(HASH_SSHA, slice_from(""), one, &error));
}

static void test_broken(void)
{
    static const char *const broken[] = {
        "",
        "secret",
        "{SHA}",
        "{SHA}5en6G6MezRroT3XKqkdPOmY",
        "{SHA}!!!!G6MezRroT3XKqkdPOmY/BfQ=",
        "{SSHA}c2FsdA==",
        "{SHA256}5en6G6MezRroT3XKqkdPOmY/BfQ=",
        "{PLAIN}secret",
        "$apr1$",
        "$apr1$salt",
        "$apr1$$$$",
        "$2y$",
        "$2y$99$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "$6$rounds=1$",
        "$nothing$x$y",
        "$",
        "*0",
        "{ssha}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        CU_ASSERT(!CHECK(broken[i], "secret"));
    char large[1000];
    memset(large, 'A', sizeof large);
    memcpy(large, "{SSHA}", 6);
    CU_ASSERT(!hash_check(slice_of(large, sizeof large), slice_from("secret")));
    CU_ASSERT(!hash_check(slice_from("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="),
                          slice_of(large, sizeof large)));
}

static void test_tokens(void)
{
    char one[HASH_BYTES], two[HASH_BYTES], text[1000];
    struct passwd_file file;
    struct error error;
    hash_make(HASH_SHA256, slice_from("first"), one, &error);
    hash_make(HASH_SHA256, slice_from("second"), two, &error);
    snprintf(text, sizeof text, "# pbx\npbx1:%s\npbx2:%s\nempty:\n", one, two);
    CU_ASSERT_FATAL(passwd_file_parse(&file, slice_from(text), &error));
    ASSERT_TEXT(tokens_find(&file, slice_from("first")), "pbx1");
    ASSERT_TEXT(tokens_find(&file, slice_from("second")), "pbx2");
    ASSERT_TEXT(tokens_find(&file, slice_from("third")), "");
    ASSERT_TEXT(tokens_find(&file, slice_from("")), "");
    ASSERT_TEXT(tokens_find(&file, slice_from(one)), "");
    passwd_file_free(&file);
}

SUITE("hash", {"knows what other programs made", test_known},
      {"knows slow ones of other programs", test_slow}, {"makes slow ones", test_made_slow},
      {"makes salted hashes", test_made}, {"never matches a broken one", test_broken},
      {"finds the token's entry", test_tokens})
