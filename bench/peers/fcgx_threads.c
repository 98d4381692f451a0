/*
 * fcgx_threads.c - a peer of the bench: libfcgi's own loop. Some threads, each with FCGX_Accept_r and one
 * blocking hiredis connection, do the same work as our handlers; one function a bench, see answers[].
 *
 * Usage: fcgx_threads SOCKET REDIS_SOCKET THREADS. Ends on SIGTERM.
 */
#include <fcgiapp.h>
#include <hiredis/hiredis.h>
#include <jansson.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    max_threads = 64,
    max_key = 160,
    listen_backlog = 4096
};

static int listener;
static const char *redis_path;

/* A reply of Redis, or NULL when it is away. The caller frees it. Connects again on the next call. */
static redisReply *redis_get(redisContext **redis, const char *key)
{
    if (!*redis || (*redis)->err) {
        if (*redis)
            redisFree(*redis);
        *redis = redisConnectUnix(redis_path);
        if (!*redis || (*redis)->err)
            return NULL;
    }
    return redisCommand(*redis, "GET %s", key);
}

/* FNV-1a, 64 bits: the cheapest hash that still makes a usable weak ETag. */
static uint64_t hash_text(const char *text, size_t length)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 1099511628211u;
    return hash;
}

/* The stored text goes out as it is, but nothing that is not JSON may break the document. */
static bool is_json(const char *text, size_t length)
{
    json_t *value = json_loadb(text, length, JSON_DECODE_ANY, NULL);
    json_decref(value);
    return value != NULL;
}

static void answer_plain(FCGX_Request *request, const char *status, const char *body)
{
    FCGX_FPrintF(request->out,
                 "Status: %s\r\nContent-Type: application/json; charset=utf-8\r\n"
                 "Content-Length: %d\r\n\r\n%s",
                 status, (int)strlen(body), body);
}

static bool part_is_valid(const char *text, size_t length)
{
    return length >= 1 && length <= 64 &&
           strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+*#._-") >=
               length;
}

/* GET /cticache/DNIS-ANI/<dnis>:<ani>; `path` is what follows the prefix. */
static void answer_cache(FCGX_Request *request, const char *path, redisContext **redis)
{
    const char *colon = strchr(path, ':');
    if (!colon || !part_is_valid(path, (size_t)(colon - path)) ||
        !part_is_valid(colon + 1, strlen(colon + 1))) {
        answer_plain(request, "400 Bad Request", "{\"error\":\"not <dnis>:<ani>\"}");
        return;
    }
    char key[max_key];
    snprintf(key, sizeof key, "cticache:%s", path);

    redisReply *reply = redis_get(redis, key);
    if (!reply || reply->type == REDIS_REPLY_ERROR) {
        answer_plain(request, "503 Service Unavailable", "{\"error\":\"storage is away\"}");
    } else if (reply->type != REDIS_REPLY_STRING) {
        answer_plain(request, "404 Not Found", "{\"error\":\"no such entry\"}");
    } else if (!is_json(reply->str, reply->len)) {
        answer_plain(request, "500 Internal Server Error",
                     "{\"error\":\"the stored value is not JSON\"}");
    } else {
        size_t room = reply->len + sizeof "{\"value\":}";
        char *body = malloc(room);
        if (body) {
            int length = snprintf(body, room, "{\"value\":%s}", reply->str);
            char etag[32];
            snprintf(etag, sizeof etag, "W/\"%016" PRIx64 "\"", hash_text(body, (size_t)length));
            const char *known = FCGX_GetParam("HTTP_IF_NONE_MATCH", request->envp);
            if (known && strcmp(known, etag) == 0)
                FCGX_FPrintF(request->out, "Status: 304 Not Modified\r\nETag: %s\r\n\r\n", etag);
            else
                FCGX_FPrintF(request->out,
                             "Status: 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"
                             "ETag: %s\r\nContent-Length: %d\r\n\r\n%s",
                             etag, length, body);
            free(body);
        }
    }
    if (reply)
        freeReplyObject(reply);
}

/* Where a bench's work begins: the path's prefix and the function that does the same as our handler. */
static const struct {
    const char *prefix;
    void (*answer)(FCGX_Request *request, const char *path, redisContext **redis);
} answers[] = {
    {"/cticache/DNIS-ANI/", answer_cache},
};

static void answer_request(FCGX_Request *request, redisContext **redis)
{
    const char *path = FCGX_GetParam("DOCUMENT_URI", request->envp);
    const char *method = FCGX_GetParam("REQUEST_METHOD", request->envp);
    if (!path || !method || strcmp(method, "GET") != 0) {
        answer_plain(request, "405 Method Not Allowed", "{\"error\":\"only GET\"}");
        return;
    }
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        size_t length = strlen(answers[i].prefix);
        if (strncmp(path, answers[i].prefix, length) == 0) {
            answers[i].answer(request, path + length, redis);
            return;
        }
    }
    answer_plain(request, "404 Not Found", "{\"error\":\"no such path\"}");
}

static void *serve(void *unused)
{
    (void)unused;
    FCGX_Request request;
    redisContext *redis = NULL;
    if (FCGX_InitRequest(&request, listener, 0) != 0)
        return NULL;
    while (FCGX_Accept_r(&request) == 0) {
        answer_request(&request, &redis);
        FCGX_Finish_r(&request);
    }
    if (redis)
        redisFree(redis);
    return NULL;
}

int main(int argc, char **argv)
{
    int threads = argc == 4 ? atoi(argv[3]) : 0;
    if (threads < 1 || threads > max_threads) {
        fprintf(stderr, "usage: fcgx_threads SOCKET REDIS_SOCKET THREADS (1 to %d)\n", max_threads);
        return 2;
    }
    redis_path = argv[2];
    umask(0);
    if (FCGX_Init() != 0 || (listener = FCGX_OpenSocket(argv[1], listen_backlog)) < 0) {
        fprintf(stderr, "fcgx_threads: cannot listen on %s\n", argv[1]);
        return 1;
    }
    pthread_t thread[max_threads];
    int started = 0;
    while (started < threads && pthread_create(&thread[started], NULL, serve, NULL) == 0)
        started++;
    if (started < threads) {
        fprintf(stderr, "fcgx_threads: only %d of %d threads could be started\n", started, threads);
        return 1;
    }
    for (int i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    return 0;
}
