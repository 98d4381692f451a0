/*
 * pam_client.c - a worker's side of the PAM helper, on its loop.
 * The worker has a channel of its own to the helper, made when it is needed: it hands one end of a pair of sockets
 * through the door. The channel's end is the helper's death.
 */
#include "htpasswd/pam_client.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "htpasswd/pam_helper.h"

/* A question may wait for its turn in the helper, and once more after the helper's death. */
#define PATIENCE_MS (2 * PAM_HELPER_SECONDS * 1000)

struct waiting {
    struct pam_question question;
    pam_client_done *done; /* NULL: this place is free */
    void *self;
    uint64_t give_up_ms;
    bool asked_again;
};

struct pam_client {
    uv_loop_t *loop;
    int door;
    int channel; /* -1: none */
    uv_poll_t poll;
    uv_timer_t timer; /* runs while questions wait */
    uint32_t last_id;
    size_t count;
    struct waiting waiting[PAM_CLIENT_QUESTIONS];
    int open_handles;
    bool polling, closing;
};

static void on_timer(uv_timer_t *timer);
static void on_readable(uv_poll_t *poll, int status, int events);

struct pam_client *pam_client_open(uv_loop_t *loop, int door)
{
    struct pam_client *client = calloc(1, sizeof *client);
    if (!client)
        return NULL;
    client->loop = loop;
    client->door = door;
    client->channel = -1;
    client->open_handles = 1;
    uv_timer_init(loop, &client->timer);
    client->timer.data = client;
    return client;
}

static void finish(struct pam_client *client, struct waiting *waiting, enum pam_answer_kind kind)
{
    pam_client_done *done = waiting->done;
    explicit_bzero(&waiting->question, sizeof waiting->question);
    waiting->done = NULL;
    if (--client->count == 0)
        uv_timer_stop(&client->timer);
    done(waiting->self, kind);
}

/* ---- the channel ---- */

static bool hand_over(int door, int channel)
{
    char byte = 0;
    struct iovec content = {&byte, 1};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr message = {.msg_iov = &content,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof channel);
    memcpy(CMSG_DATA(header), &channel, sizeof channel);
    return sendmsg(door, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

static bool connect_channel(struct pam_client *client)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
        return false;
    bool good = hand_over(client->door, pair[1]);
    close(pair[1]);
    if (!good || uv_poll_init(client->loop, &client->poll, pair[0]) != 0) {
        close(pair[0]);
        return false;
    }
    client->open_handles++;
    client->channel = pair[0];
    client->polling = true;
    client->poll.data = client;
    uv_poll_start(&client->poll, UV_READABLE, on_readable);
    return true;
}

static bool send_question(struct pam_client *client, const struct waiting *waiting)
{
    if (client->channel < 0 && (client->polling || !connect_channel(client)))
        return false;
    return send(client->channel, &waiting->question, sizeof waiting->question,
                MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof waiting->question;
}

static void on_closed(uv_handle_t *handle)
{
    struct pam_client *client = handle->data;
    if (handle == (uv_handle_t *)&client->poll)
        client->polling = false;
    if (--client->open_handles == 0 && client->closing)
        free(client);
}

static void leave_channel(struct pam_client *client)
{
    if (client->channel < 0)
        return;
    uv_poll_stop(&client->poll);
    close(client->channel);
    client->channel = -1;
    uv_close((uv_handle_t *)&client->poll, on_closed);
}

/* ---- answers ---- */

static void on_answer(struct pam_client *client, const struct pam_answer *answer)
{
    for (size_t i = 0; i < PAM_CLIENT_QUESTIONS; i++) {
        struct waiting *waiting = &client->waiting[i];
        if (waiting->done && waiting->question.id == answer->id) {
            finish(client, waiting,
                   answer->kind <= PAM_ANSWER_NONE ? (enum pam_answer_kind)answer->kind
                                                   : PAM_ANSWER_NONE);
            return;
        }
    }
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct pam_client *client = poll->data;
    struct pam_answer answer;
    (void)status, (void)events;
    for (;;) {
        ssize_t got = recv(client->channel, &answer, sizeof answer, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got != (ssize_t)sizeof answer)
            break;
        on_answer(client, &answer);
        if (client->channel < 0)
            return;
    }
    if (client->count)
        log_warning("the PAM helper is gone; its next one is asked");
    leave_channel(client); /* the timer asks again */
}

/* Asks again what a helper that died has left, and gives up what nobody answers. */
static void on_timer(uv_timer_t *timer)
{
    struct pam_client *client = timer->data;
    bool lost = client->channel < 0;
    for (size_t i = 0; i < PAM_CLIENT_QUESTIONS; i++) {
        struct waiting *waiting = &client->waiting[i];
        if (!waiting->done)
            continue;
        bool late = uv_now(client->loop) >= waiting->give_up_ms;
        bool again = lost && !waiting->asked_again;
        if (late || (lost && (waiting->asked_again || !send_question(client, waiting))))
            finish(client, waiting, PAM_ANSWER_NONE);
        else if (again)
            waiting->asked_again = true;
    }
}

static bool copy_text(char *target, size_t size, struct slice text)
{
    if (text.length >= size || (text.length && memchr(text.data, '\0', text.length)))
        return false;
    memcpy(target, text.data ? text.data : "", text.length);
    target[text.length] = '\0';
    return true;
}

bool pam_client_ask(struct pam_client *client, struct slice user, struct slice password,
                    struct slice address, pam_client_done *done, void *self)
{
    struct waiting *waiting = client->waiting;
    if (client->count == PAM_CLIENT_QUESTIONS)
        return false;
    while (waiting->done)
        waiting++;
    *waiting = (struct waiting){.question.id = ++client->last_id,
                                .self = self,
                                .give_up_ms = uv_now(client->loop) + PATIENCE_MS};
    if (!copy_text(waiting->question.user, sizeof waiting->question.user, user) ||
        !copy_text(waiting->question.password, sizeof waiting->question.password, password))
        return false;
    copy_text(waiting->question.address, sizeof waiting->question.address, address);
    waiting->done = done;
    if (client->count++ == 0)
        uv_timer_start(&client->timer, on_timer, 100, 100);
    /* One that cannot be sent now is sent by the timer, with what a dead helper has left. */
    if (!send_question(client, waiting))
        leave_channel(client);
    return true;
}

void pam_client_close(struct pam_client *client)
{
    if (!client)
        return;
    client->closing = true;
    leave_channel(client);
    uv_close((uv_handle_t *)&client->timer, on_closed);
}
