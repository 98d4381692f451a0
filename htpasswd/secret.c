/*
 * secret.c - secrets on their way in and out of callboard-passwd: never by the command line.
 */
#include "htpasswd/secret.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <termios.h>
#include <unistd.h>

#define RANDOM_BYTES 20

bool secret_random(char *secret, struct error *error)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint8_t bytes[RANDOM_BYTES];
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return error_set(error, "no random numbers: %s", strerror(errno));
    unsigned bits = 0, held = 0;
    size_t length = 0;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bits = (bits << 8) | bytes[i];
        for (held += 8; held >= 5; held -= 5)
            secret[length++] = digits[(bits >> (held - 5)) & 31];
    }
    secret[length] = '\0';
    explicit_bzero(bytes, sizeof bytes);
    return true;
}

/* One line, byte by byte: what stands behind it is somebody else's. */
static bool read_line(char *line, size_t size, struct error *error)
{
    size_t length = 0;
    for (;;) {
        char byte;
        ssize_t got = read(STDIN_FILENO, &byte, 1);
        if (got < 0)
            return error_set(error, "standard input: %s", strerror(errno));
        if (got == 0 || byte == '\n')
            break;
        if (byte == '\0')
            return error_set(error, "the secret holds a NUL byte");
        if (length + 1 == size)
            return error_set(error, "the secret is longer than %zu bytes", size - 1);
        line[length++] = byte;
    }
    if (length && line[length - 1] == '\r')
        length--;
    line[length] = '\0';
    return length > 0 || error_set(error, "the secret is empty");
}

static struct termios shown;

/* A Ctrl-C at the prompt must not leave a terminal behind that shows nothing. */
static void on_signal(int number)
{
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    signal(number, SIG_DFL);
    raise(number);
}

static bool ask_terminal(const char *prompt, char *secret, size_t size, struct error *error)
{
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    struct termios hidden;
    void (*before[sizeof ending / sizeof *ending])(int);
    if (tcgetattr(STDIN_FILENO, &shown) < 0)
        return error_set(error, "the terminal: %s", strerror(errno));
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        before[i] = signal(ending[i], on_signal);
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    fprintf(stderr, "%s: ", prompt);
    bool good = read_line(secret, size, error);
    fputc('\n', stderr);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        signal(ending[i], before[i]);
    return good;
}

bool secret_ask(const char *prompt, bool twice, char *secret, size_t size, struct error *error)
{
    char again[1024];
    if (!isatty(STDIN_FILENO))
        return read_line(secret, size, error);
    if (!ask_terminal(prompt, secret, size, error))
        return false;
    if (!twice)
        return true;
    bool same = ask_terminal("The same again", again, sizeof again, error) &&
                (strcmp(secret, again) == 0 || error_set(error, "these were two different ones"));
    explicit_bzero(again, sizeof again);
    return same;
}
