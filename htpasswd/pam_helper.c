/*
 * pam_helper.c - a process that asks PAM, and does nothing else.
 * Three generations: the keeper waits for the helper and starts it again; the helper takes questions and waits for the
 * answers; a child of it asks PAM one question, so that a module that hangs, leaks or crashes harms nobody.
 */
#include "htpasswd/pam_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "htpasswd/pam_ask.h"

#define US 1000000

/* A helper that lived shorter is not started again at once. */
#define YOUNG_US (US / 2)

/* Workers whose questions are taken; more than the master starts. */
#define CHANNELS 256

/* What a child ends with, plus its answer: the status of a module that calls exit() is thus no answer, least of all a yes. */
#define ANSWERED 100

struct child {
    pid_t pid; /* 0: this place is free */
    int channel;
    uint32_t id;
    int64_t kill_at_us;
};

struct helper {
    const char *service;
    int door;    /* workers send their channels through it */
    int signals; /* SIGCHLD, as a descriptor */
    int channels[CHANNELS];
    size_t channel_count;
    struct child children[PAM_HELPER_AT_ONCE];
};

/* ---- the child ---- */

static void become_child(const char *service, const struct pam_question *question)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGCHLD, SIG_DFL); /* modules wait for programs of their own */
    signal(SIGTERM, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    enum pam_answer_kind answer = pam_ask(service, question);
    log_flush();
    _exit(ANSWERED + (int)answer);
}

/* ---- the helper ---- */

static void answer(int channel, uint32_t id, enum pam_answer_kind kind)
{
    const struct pam_answer packet = {id, (uint32_t)kind};
    if (channel >= 0 && send(channel, &packet, sizeof packet, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
        errno != EPIPE)
        log_error("PAM helper: %s", strerror(errno));
}

static struct child *free_child(struct helper *helper)
{
    for (size_t i = 0; i < PAM_HELPER_AT_ONCE; i++)
        if (!helper->children[i].pid)
            return &helper->children[i];
    return NULL;
}

static void ask_in_child(struct helper *helper, struct child *child, int channel,
                         const struct pam_question *question)
{
    log_flush();
    pid_t pid = fork();
    if (pid == 0)
        become_child(helper->service, question);
    if (pid < 0) {
        log_error("PAM helper cannot start a process: %s", strerror(errno));
        answer(channel, question->id, PAM_ANSWER_NONE);
        return;
    }
    *child = (struct child){.pid = pid,
                            .channel = channel,
                            .id = question->id,
                            .kill_at_us = clock_steady_us() + (int64_t)PAM_HELPER_SECONDS * US};
}

static bool ends(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

/* False: the channel has nothing more to say. */
static bool take_question(struct helper *helper, struct child *child, int channel)
{
    struct pam_question question;
    ssize_t got = recv(channel, &question, sizeof question, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got != (ssize_t)sizeof question || !ends(question.user, sizeof question.user) ||
        !ends(question.password, sizeof question.password) ||
        !ends(question.address, sizeof question.address))
        return false;
    ask_in_child(helper, child, channel, &question);
    explicit_bzero(&question, sizeof question);
    return true;
}

static void drop_channel(struct helper *helper, size_t index)
{
    int channel = helper->channels[index];
    for (size_t i = 0; i < PAM_HELPER_AT_ONCE; i++)
        if (helper->children[i].channel == channel)
            helper->children[i].channel = -1;
    close(channel);
    helper->channels[index] = helper->channels[--helper->channel_count];
}

/* Takes a worker's channel; false when there are no workers any more. */
static bool answer_door(struct helper *helper)
{
    char byte;
    struct iovec content = {&byte, 1};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &content,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t got = recvmsg(helper->door, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int channel;
    if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof channel))
        return got > 0;
    memcpy(&channel, CMSG_DATA(header), sizeof channel);
    if (helper->channel_count == CHANNELS)
        close(channel);
    else
        helper->channels[helper->channel_count++] = channel;
    return true;
}

/* STATUS is what waitpid said of a child. */
static enum pam_answer_kind answer_of(int status)
{
    int kind = WIFEXITED(status) ? WEXITSTATUS(status) - ANSWERED : -1;
    if (kind >= PAM_ANSWER_GOOD && kind <= PAM_ANSWER_NONE)
        return (enum pam_answer_kind)kind;
    log_error("PAM gave no answer: its process ended with status %d", status);
    return PAM_ANSWER_NONE;
}

static void reap(struct helper *helper)
{
    struct signalfd_siginfo information;
    int status;
    pid_t pid;
    while (read(helper->signals, &information, sizeof information) > 0)
        continue;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < PAM_HELPER_AT_ONCE; i++) {
            struct child *child = &helper->children[i];
            if (child->pid != pid)
                continue;
            answer(child->channel, child->id, answer_of(status));
            child->pid = 0;
        }
    }
}

static void kill_late(const struct helper *helper)
{
    int64_t now_us = clock_steady_us();
    for (size_t i = 0; i < PAM_HELPER_AT_ONCE; i++)
        if (helper->children[i].pid && helper->children[i].kill_at_us <= now_us)
            kill(helper->children[i].pid, SIGKILL);
}

/* One turn; false when there are no workers any more. */
static bool serve(struct helper *helper)
{
    struct pollfd polled[2 + CHANNELS] = {{.fd = helper->door, .events = POLLIN},
                                          {.fd = helper->signals, .events = POLLIN}};
    size_t count = helper->channel_count;
    short wanted = free_child(helper) ? POLLIN : 0;
    for (size_t i = 0; i < count; i++)
        polled[2 + i] = (struct pollfd){.fd = helper->channels[i], .events = wanted};
    if (poll(polled, 2 + count, 1000) < 0)
        return errno == EINTR;
    if (polled[1].revents)
        reap(helper);
    kill_late(helper);
    for (size_t i = count; i-- > 0;) {
        struct child *child = free_child(helper);
        bool goes_on = true;
        if (polled[2 + i].revents & POLLIN)
            goes_on = !child || take_question(helper, child, helper->channels[i]);
        else if (polled[2 + i].revents)
            goes_on = false;
        if (!goes_on)
            drop_channel(helper, i);
    }
    return !polled[0].revents || answer_door(helper);
}

static int become_helper(const char *service, int door)
{
    struct helper helper = {.service = service, .door = door};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    helper.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    prctl(PR_SET_NAME, "callboard-pam");
    if (helper.signals < 0) {
        log_error("PAM helper: %s", strerror(errno));
        return 1;
    }
    pam_prepare(service);
    while (serve(&helper))
        log_flush();
    log_flush();
    return 0;
}

/* ---- the keeper ---- */

/* Keeper and helper end when the last worker has ended, so that requests still worked on have them. */
static void ignore_signals(void)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
}

/* Everything but DOOR and the log: above all the listening socket. */
static void close_others(int door)
{
    int log = log_descriptor();
    int low = door < log ? door : log, high = door < log ? log : door;
    unsigned first = 3;
    if (low >= 3) {
        if (low > 3)
            close_range(3, (unsigned)low - 1, 0);
        first = (unsigned)low + 1;
    }
    if (high >= 3 && high != low) {
        if ((unsigned)high > first)
            close_range(first, (unsigned)high - 1, 0);
        first = (unsigned)high + 1;
    }
    close_range(first, ~0U, 0);
}

/* Of a CGI program these are the web server's, which waits for their end. */
static void leave_input_and_output(void)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0)
        return;
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    close(nothing);
}

static void become_keeper(const char *service, int door)
{
    log_set_process("pam");
    ignore_signals();
    close_others(door);
    leave_input_and_output();
    prctl(PR_SET_NAME, "callboard-pam");
    for (;;) {
        int64_t since_us = clock_steady_us();
        int status = 0;
        log_flush();
        pid_t pid = fork();
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            _exit(become_helper(service, door));
        }
        if (pid < 0)
            log_error("cannot start the PAM helper: %s", strerror(errno));
        else if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
            _exit(0);
        else
            log_warning("the PAM helper ended with status %d and is started again", status);
        if (clock_steady_us() - since_us < YOUNG_US)
            usleep(YOUNG_US);
    }
}

int pam_helper_start(const char *service, struct error *error)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        error_set(error, "PAM helper: %s", strerror(errno));
        return -1;
    }
    if (geteuid() != 0)
        log_warning("PAM is asked as an ordinary user: what needs root, as pam_unix for any user "
                    "but this one, "
                    "will fail");
    log_flush();
    pid_t pid = fork();
    if (pid == 0) {
        close(pair[1]);
        become_keeper(service, pair[0]);
    }
    close(pair[0]);
    if (pid > 0)
        return pair[1];
    error_set(error, "cannot start the PAM helper: %s", strerror(errno));
    close(pair[1]);
    return -1;
}
