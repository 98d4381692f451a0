/*
 * transfer.c - one call on its way to callboard and the answer on its way back, as libcurl wants them.
 */
#include "feeds/transfer.h"

#define PATH         "/direct/items/phonecalls/create"
#define CALL_BYTES   ((size_t)1 << 20) /* most memory of one call: request, answer, JSON */
#define ANSWER_BYTES 65536             /* more than any answer to a call */

/* ---- what all transfers share ---- */

static void write_url(struct buffer *url, const char *base)
{
    size_t length = strlen(base);
    while (length > 0 && base[length - 1] == '/')
        length--;
    buffer_add(url, slice_of(base, length));
    buffer_add_string(url, PATH);
    buffer_add_byte(url, '\0');
}

bool transfer_prepare(struct transfer_common *common, const struct sender_settings *settings)
{
    *common = (struct transfer_common){.settings = settings};
    arena_init(&common->arena, CALL_BYTES);
    common->url = buffer_in(&common->arena);
    write_url(&common->url, settings->url);
    struct buffer language = buffer_in(&common->arena);
    buffer_add_string(&language, "Accept-Language: ");
    buffer_add_string(&language, settings->language);
    buffer_add_byte(&language, '\0');
    if (common->url.failed || language.failed)
        return false;
    common->headers = curl_slist_append(NULL, language.data);
    return common->headers != NULL;
}

void transfer_clean_up(struct transfer_common *common)
{
    curl_slist_free_all(common->headers);
    arena_free(&common->arena);
}

/* ---- one transfer ---- */

static size_t on_answer(char *data, size_t size, size_t count, void *user)
{
    struct transfer *transfer = user;
    size_t length = size * count;
    if (transfer->answer.length + length > ANSWER_BYTES)
        return 0;
    buffer_add(&transfer->answer, slice_of(data, length));
    return transfer->answer.failed ? 0 : length;
}

static void set_security(CURL *easy, const struct sender_settings *settings)
{
    if (!settings->verify) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (*settings->ca)
        curl_easy_setopt(easy, CURLOPT_CAINFO, settings->ca);
    if (*settings->user) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(easy, CURLOPT_USERNAME, settings->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, settings->password);
    }
}

bool transfer_open(struct transfer *transfer, const struct transfer_common *common)
{
    CURL *easy = transfer->easy = curl_easy_init();
    if (!easy)
        return false;
    arena_init(&transfer->arena, CALL_BYTES);
    curl_easy_setopt(easy, CURLOPT_URL, common->url.data);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, common->headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "phonecalls/" PACKAGE_VERSION);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)common->settings->timeout);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->detail);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    set_security(easy, common->settings);
    return true;
}

void transfer_close(struct transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    arena_free(&transfer->arena);
}

bool transfer_write(struct transfer *transfer, const struct transfer_common *common,
                    const struct phonecall *call)
{
    bool get = common->settings->method == SENDER_GET;
    struct buffer *request = &transfer->request;
    *request = transfer->answer = buffer_in(&transfer->arena);
    if (get) {
        buffer_add_string(request, common->url.data);
        buffer_add_byte(request, '?');
    }
    buffer_add_string(request, "token=");
    buffer_add_percent(request, slice_from(common->settings->token), "");
    phonecall_add_fields(request, call);
    size_t length = request->length;
    buffer_add_byte(request, '\0');
    if (request->failed)
        return false;
    if (get)
        return curl_easy_setopt(transfer->easy, CURLOPT_URL, request->data) == CURLE_OK;
    return curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, request->data) == CURLE_OK &&
           curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE, (long)length) == CURLE_OK;
}

void transfer_start(struct transfer *transfer)
{
    transfer->answer.length = 0;
    transfer->answer.failed = false;
    transfer->detail[0] = '\0';
}
