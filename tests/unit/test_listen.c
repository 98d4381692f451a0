/*
 * test_listen.c - tests of base/listen.c.
 */
#include "suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/listen.h"

static char place[] = "/tmp/callboard-listen-XXXXXX";
static char path[64], address[80];
static struct error error;

static bool connects(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    memcpy(name.sun_path, path, strlen(path) + 1);
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    bool good = connect(client, (const struct sockaddr *)&name, sizeof name) == 0;
    close(client);
    return good;
}

static void test_unix(void)
{
    struct stat status;
    int listening = listen_open(address, "", &error);
    CU_ASSERT_NOT_EQUAL_FATAL(listening, -1);
    CU_ASSERT_TRUE(fcntl(listening, F_GETFL) & O_NONBLOCK);
    CU_ASSERT_TRUE(fcntl(listening, F_GETFD) & FD_CLOEXEC);
    CU_ASSERT_EQUAL(stat(path, &status), 0);
    CU_ASSERT_EQUAL(status.st_mode & 07777, 0660);
    CU_ASSERT_TRUE(connects());
    CU_ASSERT_EQUAL(listen_open(path, "", &error), -1); /* a living one is not replaced */
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "another program listens on"));
    CU_ASSERT_TRUE(connects());
    close(listening);
    listening = listen_open(path, "", &error); /* a dead one is; "unix:" may be left out */
    CU_ASSERT_NOT_EQUAL(listening, -1);
    CU_ASSERT_TRUE(connects());
    close(listening);
    listen_remove(address);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
}

static void test_no_socket_there(void)
{
    int file = open(path, O_CREAT | O_WRONLY, 0600);
    CU_ASSERT_EQUAL(write(file, "kept", 4), 4);
    close(file);
    CU_ASSERT_EQUAL(listen_open(address, "", &error), -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "is not a socket"));
    CU_ASSERT_EQUAL(access(path, F_OK), 0);
    unlink(path);
    CU_ASSERT_EQUAL(listen_open(address, "no-such-group", &error), -1);
    CU_ASSERT_STRING_EQUAL(error.text, "there is no group no-such-group");
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
}

static void test_refused(void)
{
    static const char *const bad[] = {
        "",
        "unix:",
        "unix:relative",
        "0.0.0.0:9000",
        "192.0.2.1:9000",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.0.0.1:9000x",
        "9000",
        "[::1]:9000",
        "example.org:9000",
        "/nonexistent/callboard.sock",
        ("/a/path/that/is/longer/than/the/hundred/and/seven/bytes/that/"
         "an/address/of/a/unix/socket/holds/and/then/some/more")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        error.text[0] = '\0';
        CU_ASSERT_EQUAL(listen_open(bad[i], "", &error), -1);
        CU_ASSERT_NOT_EQUAL(error.text[0], '\0');
        CU_ASSERT_EQUAL(listen_check(bad[i], &error), slice_starts(slice_from(bad[i]), "/non"));
    }
}

static void test_tcp(void)
{
    int listening = listen_open("127.0.0.1:0", "", &error);
    int another = listen_open("localhost:0", "", &error);
    CU_ASSERT_NOT_EQUAL(listening, -1);
    CU_ASSERT_NOT_EQUAL(another, -1);
    CU_ASSERT_TRUE(listen_check("127.0.0.1:0", &error));
    CU_ASSERT_TRUE(listen_check(address, &error));
    close(listening);
    close(another);
    listen_remove("127.0.0.1:0");
}

static void clean_up(void)
{
    unlink(path);
    rmdir(place);
}

static void make_place(void)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(place));
    snprintf(path, sizeof path, "%s/socket", place);
    snprintf(address, sizeof address, "unix:%s", path);
    atexit(clean_up);
}

SUITE("listen", {"is made a place", make_place}, {"opens a unix socket", test_unix},
      {"replaces no file", test_no_socket_there}, {"refuses other addresses", test_refused},
      {"opens TCP on loopback", test_tcp})
