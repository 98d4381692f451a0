/*
 * test_passwd_file.c - reading and changing files of NAME:HASH lines.
 */
#include "htpasswd/passwd_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

static struct passwd_file file;
static struct error error;

static bool parses(struct slice text)
{
    bool good = passwd_file_parse(&file, text, &error);
    if (good)
        passwd_file_free(&file);
    return good;
}

static void test_find(void)
{
    static const char text[] = "# people\n\nbob:{SHA}x\r\nalice:$apr1$a$b:of accounting\n"
                               "bob:second\nalicex: padded \nempty:";
    CU_ASSERT_FATAL(passwd_file_parse(&file, slice_from(text), &error));
    CU_ASSERT_EQUAL(file.name_count, 4);
    ASSERT_TEXT(passwd_file_find(&file, slice_from("bob")), "{SHA}x");
    ASSERT_TEXT(passwd_file_find(&file, slice_from("alice")), "$apr1$a$b");
    ASSERT_TEXT(passwd_file_find(&file, slice_from("alicex")), "padded");
    ASSERT_TEXT(passwd_file_find(&file, slice_from("empty")), "");
    ASSERT_TEXT(passwd_file_find(&file, slice_from("alic")), "");
    ASSERT_TEXT(passwd_file_find(&file, slice_from("# people")), "");
    ASSERT_TEXT(passwd_file_find(&file, slice_from("")), "");
    passwd_file_free(&file);
}

static void test_broken(void)
{
    CU_ASSERT(parses(slice_from("")));
    CU_ASSERT(parses(slice_from("\n\n#\n")));
    CU_ASSERT(!parses(slice_from("a:b\nhalf of a li")));
    CU_ASSERT_STRING_EQUAL(error.text, "line 2 is not NAME:HASH");
    CU_ASSERT(!parses(slice_from(":hash\n")));
    CU_ASSERT(!parses(slice_of("a:b\0c\n", 6)));
    CU_ASSERT(!parses(slice_from("a\xff:b\n")));
    CU_ASSERT(!parses(slice_from("a\tb:c\n")));
    CU_ASSERT(!passwd_file_read(&file, "/nowhere/at/all", false, &error));
    CU_ASSERT(!passwd_file_read(&file, "/", false, &error));
    CU_ASSERT(!passwd_file_read(&file, "/dev/zero", false, &error));
}

static bool change(const char *path, const char *name, const char *hash, bool *found)
{
    return passwd_file_change(path, slice_from(name), slice_from(hash), found, &error);
}

static void assert_content(const char *path, const char *wanted)
{
    char text[1000];
    FILE *stream = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    size_t length = fread(text, 1, sizeof text, stream);
    fclose(stream);
    ASSERT_TEXT(slice_of(text, length), wanted);
}

static void test_change(void)
{
    char directory[] = "/tmp/test_passwd_file-XXXXXX", path[100], link[100];
    struct stat status;
    bool found;
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/htpasswd", directory);
    snprintf(link, sizeof link, "%s/link", directory);

    CU_ASSERT(!change(path, "bob", "", &found));
    CU_ASSERT(change(path, "bob", "1", &found) && !found);
    assert_content(path, "bob:1\n");
    CU_ASSERT(stat(path, &status) == 0 && (status.st_mode & 07777) == 0640);

    CU_ASSERT(symlink(path, link) == 0);
    CU_ASSERT(change(link, "alice", "2", &found) && !found);
    CU_ASSERT(lstat(link, &status) == 0 && S_ISLNK(status.st_mode));
    assert_content(path, "bob:1\nalice:2\n");

    FILE *stream = fopen(path, "a");
    fputs("# kept\n\nbob:old\nlast:x:a comment", stream);
    fclose(stream);
    CU_ASSERT(change(path, "bob", "3", &found) && found);
    assert_content(path, "bob:3\nalice:2\n# kept\n\nlast:x:a comment\n");
    CU_ASSERT(change(path, "alice", "", &found) && found);
    CU_ASSERT(change(path, "alice", "", &found) && !found);
    assert_content(path, "bob:3\n# kept\n\nlast:x:a comment\n");

    stream = fopen(path, "a");
    fputs("broken\n", stream);
    fclose(stream);
    CU_ASSERT(!change(path, "bob", "4", &found));
    assert_content(path, "bob:3\n# kept\n\nlast:x:a comment\nbroken\n");

    unlink(link);
    unlink(path);
    CU_ASSERT(rmdir(directory) == 0); /* nothing else was left behind */
}

static void test_names(void)
{
    CU_ASSERT(passwd_name_is_good(slice_from("josé")));
    CU_ASSERT(passwd_name_is_good(slice_from("a b#c")));
    CU_ASSERT(!passwd_name_is_good(slice_from("")));
    CU_ASSERT(!passwd_name_is_good(slice_from("a:b")));
    CU_ASSERT(!passwd_name_is_good(slice_from("a\nb")));
    CU_ASSERT(!passwd_name_is_good(slice_from("#a")));
    char large[PASSWD_NAME_BYTES + 1];
    memset(large, 'a', sizeof large);
    CU_ASSERT(passwd_name_is_good(slice_of(large, sizeof large - 1)));
    CU_ASSERT(!passwd_name_is_good(slice_of(large, sizeof large)));
}

SUITE("passwd_file", {"finds names", test_find}, {"refuses broken files", test_broken},
      {"changes a file in one step", test_change}, {"knows good names", test_names})
