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
    max_body = 16384,
    listen_backlog = 4096
};

static int listener;
static const char *redis_path;

/* Connects when needed; false when Redis is away. */
static bool redis_connect(redisContext **redis)
{
    if (!*redis || (*redis)->err) {
        if (*redis)
            redisFree(*redis);
        *redis = redisConnectUnix(redis_path);
        if (!*redis || (*redis)->err)
            return false;
    }
    return true;
}

/* A reply of Redis, or NULL when it is away. The caller frees it. Connects again on the next call. */
static redisReply *redis_get(redisContext **redis, const char *key)
{
    return redis_connect(redis) ? redisCommand(*redis, "GET %s", key) : NULL;
}

static redisReply *redis_hget(redisContext **redis, const char *key, const char *field)
{
    return redis_connect(redis) ? redisCommand(*redis, "HGET %s %s", key, field) : NULL;
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

/* ---- the directory ---- */

/* Text that grows; a failure is remembered in `data` NULL. */
struct text {
    char *data;
    size_t length, room;
};

static void text_add(struct text *text, const char *part, size_t length)
{
    if (text->length + length + 1 > text->room) {
        text->room = 2 * (text->length + length + 1);
        text->data = realloc(text->data, text->room);
        if (!text->data)
            abort();
    }
    memcpy(text->data + text->length, part, length);
    text->length += length;
    text->data[text->length] = '\0';
}

static void text_string(struct text *text, const char *part)
{
    text_add(text, part, strlen(part));
}

static void text_encoded(struct text *text, const char *part)
{
    for (; *part; part++) {
        switch (*part) {
        case '&': text_string(text, "&amp;"); break;
        case '<': text_string(text, "&lt;"); break;
        case '>': text_string(text, "&gt;"); break;
        case '"': text_string(text, "&quot;"); break;
        case '\'': text_string(text, "&#39;"); break;
        default: text_add(text, part, 1);
        }
    }
}

static void add_pairs(struct text *text, const char *element, const char *list, json_t *object)
{
    const char *name;
    json_t *value;
    text_string(text, "<");
    text_string(text, list);
    text_string(text, ">\n");
    json_object_foreach(object, name, value)
    {
        if (!json_is_string(value) || json_string_length(value) == 0)
            continue;
        text_string(text, "<");
        text_string(text, element);
        text_string(text, " name=\"");
        text_encoded(text, name);
        text_string(text, "\" value=\"");
        text_encoded(text, json_string_value(value));
        text_string(text, "\"/>\n");
    }
    text_string(text, "</");
    text_string(text, list);
    text_string(text, ">\n");
}

static int hex_digit(char c)
{
    return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

/* The last field NAME of the form BODY, decoded; the caller frees it. NULL when there is none. */
static char *field_of(const char *body, const char *name)
{
    char *found = NULL;
    size_t length = strlen(name);
    for (const char *at = body; at; at = strchr(at, '&') ? strchr(at, '&') + 1 : NULL) {
        if (strncmp(at, name, length) != 0 || at[length] != '=')
            continue;
        const char *from = at + length + 1;
        free(found);
        char *to = found = malloc(strcspn(from, "&") + 1);
        for (; found && *from && *from != '&'; from++) {
            if (*from == '%' && strspn(from + 1, "0123456789abcdefABCDEF") >= 2) {
                *to++ = (char)(hex_digit(from[1]) * 16 + hex_digit(from[2]));
                from += 2;
            } else {
                *to++ = *from == '+' ? ' ' : *from;
            }
        }
        if (found)
            *to = '\0';
    }
    return found;
}

static void answer_xml(FCGX_Request *request, const char *body, size_t length)
{
    FCGX_FPrintF(request->out,
                 "Status: 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\n"
                 "Content-Length: %d\r\n\r\n",
                 (int)length);
    FCGX_PutStr(body, (int)length, request->out);
}

static void write_user(struct text *text, const char *domain, const char *user, json_t *record)
{
    json_t *attribute = json_object_get(record, "attribute");
    const char *name;
    json_t *value;
    text_string(
        text, "<document type=\"freeswitch/xml\">\n<section name=\"directory\">\n<domain name=\"");
    text_encoded(text, domain);
    text_string(
        text,
        "\">\n<params>\n<param name=\"dial-string\" value=\"{^^:sip_invite_domain="
        "${dialed_domain}:presence_id=${dialed_user}@${dialed_domain}}"
        "${sofia_contact(*/${dialed_user}@${dialed_domain})}\"/>\n</params>\n<users>\n<user id=\"");
    text_encoded(text, user);
    text_string(text, "\"");
    json_object_foreach(attribute, name, value)
    {
        text_string(text, " ");
        text_string(text, name);
        text_string(text, "=\"");
        text_encoded(text, json_string_value(value) ? json_string_value(value) : "");
        text_string(text, "\"");
    }
    text_string(text, ">\n");
    add_pairs(text, "param", "params", json_object_get(record, "param"));
    add_pairs(text, "variable", "variables", json_object_get(record, "variable"));
    text_string(text, "</user>\n</users>\n</domain>\n</section>\n</document>\n");
}

/* POST /directory, as FreeSWITCH sends it. */
static void answer_directory(FCGX_Request *request, const char *path, redisContext **redis)
{
    static const char not_found[] = "<document type=\"freeswitch/xml\">\n<section "
                                    "name=\"result\">\n<result status=\"not found\"/>\n"
                                    "</section>\n</document>\n";
    char body[max_body + 1];
    (void)path;
    int length = FCGX_GetStr(body, max_body, request->in);
    body[length > 0 ? length : 0] = '\0';
    char *section = field_of(body, "section"), *user = field_of(body, "user");
    char *domain = field_of(body, "domain");
    json_t *record = NULL;
    if (section && strcmp(section, "directory") == 0 && user && domain) {
        char key[max_key];
        snprintf(key, sizeof key, "cti_exten@%s", domain);
        redisReply *reply = redis_hget(redis, key, user);
        if (reply && reply->type == REDIS_REPLY_STRING)
            record = json_loadb(reply->str, reply->len, 0, NULL);
        if (reply)
            freeReplyObject(reply);
    }
    if (record) {
        struct text text = {0};
        write_user(&text, domain, user, record);
        answer_xml(request, text.data, text.length);
        free(text.data);
    } else {
        answer_xml(request, not_found, sizeof not_found - 1);
    }
    json_decref(record);
    free(section);
    free(user);
    free(domain);
}

/* Where a bench's work begins: the path's prefix and the function that does the same as our handler. */
static const struct {
    const char *prefix, *method;
    void (*answer)(FCGX_Request *request, const char *path, redisContext **redis);
} answers[] = {
    {"/cticache/DNIS-ANI/", "GET", answer_cache},
    {"/directory", "POST", answer_directory},
};

static void answer_request(FCGX_Request *request, redisContext **redis)
{
    const char *path = FCGX_GetParam("DOCUMENT_URI", request->envp);
    const char *method = FCGX_GetParam("REQUEST_METHOD", request->envp);
    for (size_t i = 0; path && method && i < sizeof answers / sizeof *answers; i++) {
        size_t length = strlen(answers[i].prefix);
        if (strncmp(path, answers[i].prefix, length) == 0 &&
            strcmp(method, answers[i].method) == 0) {
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
