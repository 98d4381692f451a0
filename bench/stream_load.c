/*
 * stream_load.c - clients of the event stream, many and cheap: JSON over WebSocket, on one thread.
 *
 *     stream_load SOCKET USER:PASSWORD CLIENTS SPREAD_MS [REDIS DOMAIN RATE SECONDS]
 *
 * Opens CLIENTS connections to the unix socket SOCKET, spread over SPREAD_MS, and says in a line of JSON when the last one had
 * all that stands ("ready"). With REDIS it then writes RATE changes a second, for SECONDS, into the stream of DOMAIN, and says
 * how late the clients heard of them. Ends on SIGTERM, and says how many connections were still there.
 * Times are in microseconds, of the clock that all processes share.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define READ_BYTES  (1 << 20)
#define LATE_MOST   100000000 /* µs; what is later is counted there */
#define STEP_US     100
#define PATIENCE_US 60000000

struct client {
    int descriptor; /* -1: not there, or no more */
    bool upgraded, ready;
    int64_t began_us;
    size_t kept; /* bytes of a frame that has not come in whole */
    char *rest;
};

static struct client *clients;
static size_t wanted, opened, ready, gone;
static int64_t read_us, storm_us, last_ready_us, slowest_us;
static uint64_t heard, late[LATE_MOST / STEP_US + 1];
static char request[1024], buffer[READ_BYTES * 2];
static int loop, redis = -1;
static volatile sig_atomic_t told_to_end;

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void die(const char *what)
{
    fprintf(stderr, "stream_load: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- what comes in ---- */

static void leave(struct client *client)
{
    close(client->descriptor);
    free(client->rest);
    *client = (struct client){.descriptor = -1};
    gone++;
}

static void on_text(struct client *client, const char *text, size_t length)
{
    static const char stamp[] = "\"stamp\":", all[] = "\"message\":\"ready\"";
    if (client->ready) {
        const char *at = memmem(text, length, stamp, sizeof stamp - 1);
        if (!at)
            return;
        int64_t us = read_us - strtoll(at + sizeof stamp - 1, NULL, 10);
        late[us < 0 ? 0 : us < LATE_MOST ? us / STEP_US : LATE_MOST / STEP_US]++;
        heard++;
    } else if (length < 100 && memmem(text, length, all, sizeof all - 1)) {
        client->ready = true;
        ready++;
        last_ready_us = read_us;
        if (last_ready_us - client->began_us > slowest_us)
            slowest_us = last_ready_us - client->began_us;
    }
}

static void answer_ping(const struct client *client, const char *payload, size_t length)
{
    char pong[2 + 4 + 125] = {(char)0x8a, (char)(0x80 | length)}; /* the mask is zeros */
    memcpy(pong + 6, payload, length);
    if (write(client->descriptor, pong, 6 + length) < 0 && errno != EAGAIN)
        return; /* reading tells what is the matter */
}

/* The frame at DATA, and its length; 0 when it is not there as a whole. */
static size_t take_frame(struct client *client, const char *data, size_t length)
{
    const unsigned char *byte = (const unsigned char *)data;
    size_t head = 2, payload = length > 1 ? byte[1] & 0x7f : 0;
    if (payload > 125) {
        head = payload == 126 ? 4 : 10;
        payload = 0;
        for (size_t i = 2; length >= head && i < head; i++)
            payload = payload << 8 | byte[i];
    }
    if (length < head || length - head < payload)
        return 0;
    if ((byte[0] & 0x0f) == 9)
        answer_ping(client, data + head, payload);
    else if (byte[0] == 0x81) /* a message in one frame; longer ones are of no interest */
        on_text(client, data + head, payload);
    return head + payload;
}

/* The answer to the handshake. */
static size_t take_head(struct client *client, const char *data, size_t length)
{
    const char *end = memmem(data, length, "\r\n\r\n", 4);
    if (!end)
        return 0;
    if (strncmp(data, "HTTP/1.1 101", 12) != 0) {
        fprintf(stderr, "stream_load: %.*s\n", (int)strcspn(data, "\r"), data);
        exit(1);
    }
    client->upgraded = true;
    return (size_t)(end - data) + 4;
}

static void on_readable(struct client *client)
{
    memcpy(buffer, client->rest, client->kept);
    ssize_t got = read(client->descriptor, buffer + client->kept, READ_BYTES);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN)
            leave(client);
        return;
    }
    size_t length = client->kept + (size_t)got, at = 0, taken;
    read_us = now_us();
    do {
        taken = client->upgraded ? take_frame(client, buffer + at, length - at)
                                 : take_head(client, buffer + at, length - at);
        at += taken;
    } while (taken > 0);
    free(client->rest);
    client->kept = length - at;
    client->rest = client->kept ? malloc(client->kept) : NULL;
    if (client->kept)
        memcpy(client->rest, buffer + at, client->kept);
}

static void wait_for_bytes(int ms)
{
    struct epoll_event found[256];
    int count = epoll_wait(loop, found, 256, ms);
    for (int i = 0; i < count; i++)
        on_readable(found[i].data.ptr);
}

/* ---- coming ---- */

static int unix_socket(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(name.sun_path, sizeof name.sun_path, "%s", path);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&name, sizeof name) != 0)
        die(path);
    return descriptor;
}

static void write_request(const char *credential)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char encoded[400], *out = encoded;
    size_t length = strlen(credential);
    for (size_t i = 0; i < length && out < encoded + sizeof encoded - 5; i += 3) {
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (i + k < length ? (unsigned char)credential[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            *out++ = i + k <= length ? letters[bits >> (18 - 6 * k) & 63] : '=';
    }
    *out = '\0';
    snprintf(request, sizeof request,
             "GET /events HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
             "Authorization: Basic %s\r\n\r\n",
             encoded);
}

static void open_client(const char *path, struct client *client)
{
    client->began_us = now_us();
    client->descriptor = unix_socket(path);
    struct epoll_event watched = {.events = EPOLLIN, .data.ptr = client};
    size_t length = strlen(request);
    if (write(client->descriptor, request, length) != (ssize_t)length ||
        epoll_ctl(loop, EPOLL_CTL_ADD, client->descriptor, &watched) != 0)
        die("a new client");
}

static void open_all(const char *path, int64_t spread_us)
{
    storm_us = now_us();
    while (ready + gone < wanted) {
        int64_t passed = now_us() - storm_us;
        size_t due = passed >= spread_us
                         ? wanted
                         : (size_t)((double)wanted * (double)passed / (double)spread_us) + 1;
        for (int many = 0; opened < due && opened < wanted && many < 50; many++)
            open_client(path, &clients[opened++]);
        wait_for_bytes(opened < wanted ? 1 : 100);
        if (passed > spread_us + PATIENCE_US) {
            fprintf(stderr, "stream_load: %zu of %zu clients have what stands\n", ready, wanted);
            exit(1);
        }
    }
    printf("{\"clients\":%zu,\"last_us\":%lld,\"slowest_us\":%lld}\n", ready,
           (long long)(last_ready_us - storm_us), (long long)slowest_us);
    fflush(stdout);
}

/* ---- changes ---- */

static void write_change(const char *domain, uint64_t number)
{
    char stream[300], id[32], data[1024], command[2048];
    snprintf(stream, sizeof stream, "callboard:events:%s", domain);
    snprintf(id, sizeof id, "call-%llu", (unsigned long long)(number % 50));
    snprintf(data, sizeof data,
             "{\"uuid\":\"%s\",\"stamp\":%lld,\"direction\":\"incoming\",\"calling_number\":"
             "\"02122853348\",\"called_number\":\"1000\",\"offer_timestamp\":1546839040035125,"
             "\"user_id\":\"1000\",\"state\":{\"ts\":1546839040035125,\"name\":\"bridged\"},"
             "\"target\":{\"type\":\"user\",\"id\":\"1000\"},\"server\":\"pbx1\"}",
             id, (long long)now_us());
    const char *const words[] = {"XADD",    stream, "MAXLEN", "~",     "20000",   "*",    "element",
                                 "channel", "id",   id,       "event", "updated", "data", data};
    size_t count = sizeof words / sizeof *words;
    int length = sprintf(command, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++)
        length += sprintf(command + length, "$%zu\r\n%s\r\n", strlen(words[i]), words[i]);
    if (write(redis, command, (size_t)length) != length)
        die("Redis");
}

static int64_t percentile(double part)
{
    uint64_t below = 0, enough = (uint64_t)((double)heard * part);
    for (size_t i = 0; i <= LATE_MOST / STEP_US; i++)
        if ((below += late[i]) > enough)
            return (int64_t)i * STEP_US;
    return 0;
}

static void fan_out(const char *domain, int64_t rate, int64_t seconds)
{
    char replies[65536];
    uint64_t written = 0, all = (uint64_t)(rate * seconds);
    int64_t began = now_us(), passed = 0;
    while (heard < all * ready && gone == 0 && passed < seconds * 1000000 + PATIENCE_US) {
        passed = now_us() - began;
        uint64_t due = (uint64_t)(passed * rate / 1000000) + 1;
        while (written < due && written < all)
            write_change(domain, written++);
        if (recv(redis, replies, sizeof replies, MSG_DONTWAIT) > 0 && replies[0] == '-')
            die("Redis refuses");
        wait_for_bytes(written < all ? 1 : 100);
    }
    printf("{\"written\":%llu,\"heard\":%llu,\"seconds\":%.3f,\"p50_us\":%lld,\"p99_us\":%lld,"
           "\"max_us\":%lld,\"gone\":%zu}\n",
           (unsigned long long)written, (unsigned long long)heard, (double)(now_us() - began) / 1e6,
           (long long)percentile(0.5), (long long)percentile(0.99), (long long)percentile(1 - 1e-9),
           gone);
    fflush(stdout);
}

static void on_term(int number)
{
    (void)number;
    told_to_end = 1;
}

int main(int argc, char **argv)
{
    if (argc != 5 && argc != 9)
        return 2;
    wanted = strtoul(argv[3], NULL, 10);
    clients = calloc(wanted, sizeof *clients);
    loop = epoll_create1(EPOLL_CLOEXEC);
    if (!clients || loop < 0)
        die("clients");
    signal(SIGTERM, on_term);
    write_request(argv[2]);
    open_all(argv[1], strtoll(argv[4], NULL, 10) * 1000);
    if (argc == 9) {
        redis = unix_socket(argv[5]);
        fan_out(argv[6], strtoll(argv[7], NULL, 10), strtoll(argv[8], NULL, 10));
    }
    while (!told_to_end)
        wait_for_bytes(1000);
    printf("{\"there\":%zu}\n", ready - gone);
    return 0;
}
