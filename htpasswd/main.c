/*
 * main.c - callboard-passwd: credentials in htpasswd files, and the API tokens of /direct.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "htpasswd/hash.h"
#include "htpasswd/passwd_file.h"
#include "htpasswd/secret.h"
#include "htpasswd/tokens.h"

/* Secrets that a person makes up are no shorter, in bytes. */
#define ASKED_BYTES_MIN 8

static const char usage[] =
    "usage: callboard-passwd FILE add NAME [--ask] [--bcrypt | --yescrypt]\n"
    "       callboard-passwd FILE remove NAME\n"
    "       callboard-passwd FILE list\n"
    "       callboard-passwd FILE verify NAME\n"
    "       callboard-passwd FILE token add NAME [--ask]\n"
    "       callboard-passwd FILE token remove NAME | list | verify\n"
    "       callboard-passwd --version | --help\n"
    "\n"
    "add makes a random secret, prints it, and keeps its hash only; a name that is there\n"
    "gets a new one. With --ask the secret is one of yours: from the terminal, not shown,\n"
    "or the first line of standard input. Unless told, a random secret is kept as {SSHA}\n"
    "and one of yours as bcrypt. verify asks for a secret and ends with status 0 when it\n"
    "is right. See callboard-passwd(8).\n";

/* What the command line says. */
struct command {
    const char *file;
    bool token;
    const char *verb;
    const char *name; /* NULL: none given */
    bool ask;
    enum hash_kind hash; /* HASH_UNKNOWN: as fits */
};

struct verb {
    const char *word;
    bool named, named_token; /* takes a NAME; as a token's verb */
    bool asks;               /* --ask means something */
    int (*run)(const struct command *command, struct error *error);
};

/* The hash for a new secret: a slow one only where somebody could guess the secret. */
static enum hash_kind hash_for(const struct command *command)
{
    if (command->token)
        return HASH_SHA256;
    if (command->hash != HASH_UNKNOWN)
        return command->hash;
    return command->ask ? HASH_BCRYPT : HASH_SSHA;
}

/* What a verb returns when something is wrong: main prints *error. */
#define FAILED 1

static int add(const struct command *command, struct error *error)
{
    char secret[HASH_PASSWORD_BYTES + 1], stored[HASH_BYTES];
    bool good = command->ask ? secret_ask("Secret", true, secret, sizeof secret, error)
                             : secret_random(secret, error);
    if (good && strlen(secret) < ASKED_BYTES_MIN)
        good = error_set(error, "a secret has at least %d bytes", ASKED_BYTES_MIN);
    good = good && hash_make(hash_for(command), slice_from(secret), stored, error) &&
           passwd_file_change(command->file, slice_from(command->name), slice_from(stored), NULL,
                              error);
    if (good && !command->ask)
        puts(secret);
    explicit_bzero(secret, sizeof secret);
    return good ? 0 : FAILED;
}

static int remove_name(const struct command *command, struct error *error)
{
    bool found;
    if (!passwd_file_change(command->file, slice_from(command->name), slice_of(NULL, 0), &found,
                            error))
        return FAILED;
    return found ? 0
                 : error_set(error, "%s: there is no %s", command->file, command->name) + FAILED;
}

static int list(const struct command *command, struct error *error)
{
    struct passwd_file file;
    if (!passwd_file_read(&file, command->file, false, error))
        return FAILED;
    for (size_t i = 0; i < file.name_count; i++)
        printf("%.*s\n", SLICE_ARGUMENTS(file.by_name[i]->name));
    passwd_file_free(&file);
    return 0;
}

static int verify(const struct command *command, struct error *error)
{
    char secret[HASH_PASSWORD_BYTES + 1];
    struct passwd_file file;
    if (!passwd_file_read(&file, command->file, false, error))
        return FAILED;
    bool right = false, asked = secret_ask("Secret", false, secret, sizeof secret, error);
    if (asked && command->token) {
        struct slice name = tokens_find(&file, slice_from(secret));
        right = name.length > 0;
        printf("%.*s%s", SLICE_ARGUMENTS(name), right ? "\n" : "");
    } else if (asked) {
        right = hash_check(passwd_file_find(&file, slice_from(command->name)), slice_from(secret));
    }
    explicit_bzero(secret, sizeof secret);
    passwd_file_free(&file);
    if (asked && !right)
        error_set(error, "wrong");
    return right ? 0 : FAILED;
}

static const struct verb verbs[] = {{"add", true, true, true, add},
                                    {"remove", true, true, false, remove_name},
                                    {"list", false, false, false, list},
                                    {"verify", true, false, false, verify}};

static int wrong_usage(void)
{
    fputs(usage, stderr);
    return 2;
}

static int run(struct command *command, char **words, int count)
{
    struct error error = {""};
    command->file = words[0];
    command->token = count > 1 && strcmp(words[1], "token") == 0;
    words += 1 + command->token;
    count -= 1 + command->token;
    const struct verb *verb = verbs, *end = verbs + sizeof verbs / sizeof *verbs;
    while (verb < end && (count < 1 || strcmp(verb->word, words[0]) != 0))
        verb++;
    if (verb == end)
        return wrong_usage();
    bool named = command->token ? verb->named_token : verb->named;
    if (count != 1 + named || (command->ask && !verb->asks) ||
        (command->hash != HASH_UNKNOWN && (!verb->asks || command->token)))
        return wrong_usage();
    command->name = named ? words[1] : NULL;
    int status = FAILED;
    if (named && !passwd_name_is_good(slice_from(command->name)))
        error_set(&error, "a name has 1 to %d bytes, no \":\" and no \"#\" at its beginning",
                  PASSWD_NAME_BYTES);
    else
        status = verb->run(command, &error);
    if (status != 0)
        fprintf(stderr, "callboard-passwd: %s\n", error.text);
    return status;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        {"ask", no_argument, NULL, 'a'},      {"bcrypt", no_argument, NULL, 'b'},
        {"yescrypt", no_argument, NULL, 'y'}, {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},     {NULL, 0, NULL, 0}};
    struct command command = {.hash = HASH_UNKNOWN};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'a': command.ask = true; break;
        case 'b': command.hash = HASH_BCRYPT; break;
        case 'y': command.hash = HASH_YESCRYPT; break;
        case 'v': puts("callboard-passwd " PACKAGE_VERSION); return 0;
        case 'h': fputs(usage, stdout); return 0;
        default: return 2;
        }
    }
    return optind < argc ? run(&command, argv + optind, argc - optind) : wrong_usage();
}
