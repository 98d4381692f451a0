/*
 * listen.c - the listening socket, and leaving root behind once it is open.
 */
#include "base/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/slice.h"

#define BACKLOG 4096

/* The path of a unix address, or NULL for TCP. */
static const char *path_of(const char *address)
{
    if (slice_starts(slice_from(address), "unix:"))
        return address + strlen("unix:");
    return address[0] == '/' ? address : NULL;
}

static bool check_path(const char *path, struct error *error)
{
    size_t most = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;
    return (path[0] == '/' && strlen(path) <= most) ||
           error_set(error, "%s: a socket needs an absolute path of at most %zu bytes", path, most);
}

/* True when the path is free, or holds a socket that nobody listens on. */
static bool path_is_free(const char *path, struct error *error)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct stat status;
    if (!check_path(path, error))
        return false;
    if (lstat(path, &status) != 0)
        return errno == ENOENT ? true : error_set(error, "%s: %s", path, strerror(errno));
    if (!S_ISSOCK(status.st_mode))
        return error_set(error, "%s is there and is not a socket", path);
    memcpy(name.sun_path, path, strlen(path) + 1);
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0)
        return error_set(error, "%s: %s", path, strerror(errno));
    bool alive =
        connect(probe, (const struct sockaddr *)&name, sizeof name) == 0 || errno == EAGAIN;
    close(probe);
    return alive ? error_set(error, "another program listens on %s", path) : true;
}

static bool group_id(const char *name, gid_t *id, struct error *error)
{
    const struct group *group = getgrnam(name);
    if (!group)
        return error_set(error, "there is no group %s", name);
    *id = group->gr_gid;
    return true;
}

/*
 * A listening socket bound to NAME, or -1 with errno. Not FCGX_OpenSocket: that one ends the process when the address
 * cannot be had, and opens a unix socket to everybody for a moment.
 */
static int bind_and_listen(int family, const void *name, socklen_t length)
{
    const int yes = 1;
    int descriptor = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return -1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(descriptor, name, length) == 0 && listen(descriptor, BACKLOG) == 0)
        return descriptor;
    int why = errno;
    close(descriptor);
    errno = why;
    return -1;
}

static int open_unix(const char *path, const char *group, struct error *error)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    gid_t id = (gid_t)-1;
    if (!path_is_free(path, error) || (*group && !group_id(group, &id, error)))
        return -1;
    memcpy(name.sun_path, path, strlen(path) + 1);
    unlink(path);
    mode_t before = umask(0177); /* nobody connects before group and mode are right */
    int descriptor = bind_and_listen(AF_UNIX, &name, sizeof name);
    umask(before);
    if (descriptor < 0) {
        error_set(error, "cannot listen on %s: %s", path, strerror(errno));
        return -1;
    }
    if ((id == (gid_t)-1 || chown(path, (uid_t)-1, id) == 0) && chmod(path, 0660) == 0)
        return descriptor;
    error_set(error, "cannot give %s its group and mode: %s", path, strerror(errno));
    close(descriptor);
    unlink(path);
    return -1;
}

static bool read_tcp(const char *address, struct sockaddr_in *name, struct error *error)
{
    struct slice port, host = slice_cut(slice_from(address), ':', &port);
    char text[INET_ADDRSTRLEN] = "";
    uint64_t number;
    if (slice_is(host, "localhost"))
        host = slice_from("127.0.0.1");
    if (host.length < sizeof text)
        memcpy(text, host.data, host.length);
    if (inet_pton(AF_INET, text, &name->sin_addr) != 1 || !slice_number(port, 65535, &number) ||
        ntohl(name->sin_addr.s_addr) >> 24 != 127)
        return error_set(error,
                         "cannot listen on %s: it must be unix:/path or 127.0.0.1:port; whoever "
                         "reaches the socket may name any user",
                         address);
    name->sin_family = AF_INET;
    name->sin_port = htons((uint16_t)number);
    return true;
}

static int open_tcp(const char *address, struct error *error)
{
    struct sockaddr_in name = {0};
    if (!read_tcp(address, &name, error))
        return -1;
    int descriptor = bind_and_listen(AF_INET, &name, sizeof name);
    if (descriptor < 0)
        error_set(error, "cannot listen on %s: %s", address, strerror(errno));
    return descriptor;
}

bool listen_check(const char *address, struct error *error)
{
    const char *path = path_of(address);
    struct sockaddr_in name = {0};
    return path ? check_path(path, error) : read_tcp(address, &name, error);
}

int listen_open(const char *address, const char *group, struct error *error)
{
    const char *path = path_of(address);
    return path ? open_unix(path, group, error) : open_tcp(address, error);
}

void listen_remove(const char *address)
{
    const char *path = path_of(address);
    if (path)
        unlink(path);
}

bool listen_leave_root(const char *user, const char *group, struct error *error)
{
    if (geteuid() != 0)
        return true;
    if (!*user)
        return error_set(error, "started as root: set user in [callboard] to whom to become");
    const struct passwd *entry = getpwnam(user);
    if (!entry)
        return error_set(error, "there is no user %s", user);
    uid_t uid = entry->pw_uid;
    gid_t gid = entry->pw_gid;
    if (*group && !group_id(group, &gid, error))
        return false;
    if (initgroups(user, gid) != 0 || setgid(gid) != 0 || setuid(uid) != 0)
        return error_set(error, "cannot become user %s: %s", user, strerror(errno));
    if (uid != 0 && setuid(0) == 0)
        return error_set(error, "user %s could become root again", user);
    return true;
}
