/*
 * command_runner.c - commands from Redis, to a PBX, and the answers back.
 */
#include "feeds/command_runner.h"

#include <stdlib.h>

#include "base/log.h"
#include "feeds/commands.h"
#include "store/element.h"

#define ARENA_LIMIT ((size_t)COMMAND_PACKET_MAX * 16)

struct command_runner {
    struct subscription subscription;
    const char *server, *context;
    struct source *source;
    struct subscriber *subscriber;
    struct store *store;
    size_t under_way;
    bool closed;
    struct arena arena; /* of the channel's name */
};

/* A command under way. */
struct run {
    struct command_runner *runner;
    struct arena arena;
    struct command command;
    size_t step; /* the one that is asked */
};

static void run_step(struct run *run);

static void free_when_done(struct command_runner *runner)
{
    if (!runner->closed || runner->under_way > 0)
        return;
    arena_free(&runner->arena);
    free(runner);
}

static void end_run(struct run *run)
{
    struct command_runner *runner = run->runner;
    arena_free(&run->arena);
    free(run);
    runner->under_way--;
    free_when_done(runner);
}

static void on_published(void *self, const struct store_reply *replies)
{
    struct run *run = self;
    if (!replies && !run->runner->closed)
        log_warning("%s: the answer to a command is lost, as Redis is away", run->runner->server);
    end_run(run);
}

/* Tells what came of it; ERROR NULL: all was done. */
static void tell(struct run *run, const struct error *error)
{
    const struct command *command = &run->command;
    struct command_runner *runner = run->runner;
    if (runner->closed) {
        end_run(run);
        return;
    }
    log_info("%s %s: %.*s of %.*s for %.*s@%.*s: %s", runner->source->kind->name, runner->server,
             SLICE_ARGUMENTS(command->name), SLICE_ARGUMENTS(command->uuid),
             SLICE_ARGUMENTS(command->user), SLICE_ARGUMENTS(command->domain),
             error ? error->text : "done");
    struct buffer out = buffer_in(&run->arena);
    command_write_answer(&out, command, error);
    struct store_batch batch = store_batch_in(&run->arena);
    STORE_ADD(&batch, slice_from("PUBLISH"), command->answer, buffer_slice(&out));
    if (command->answer.length == 0 || run->arena.exhausted ||
        !store_ask(runner->store, &batch, on_published, run))
        end_run(run);
}

static void on_answer(void *self, const struct slice *answer)
{
    struct run *run = self;
    struct error error;
    if (!command_judge(run->runner->source->kind->commands, answer, &error))
        tell(run, &error);
    else if (++run->step < run->command.step_count)
        run_step(run);
    else
        tell(run, NULL);
}

static void run_step(struct run *run)
{
    struct error error;
    if (run->runner->closed)
        end_run(run);
    else if (!run->runner->source->kind->ask(run->runner->source, run->command.steps[run->step],
                                             on_answer, run, &error))
        tell(run, &error);
}

static void on_heard(void *self, struct slice channel, struct slice text)
{
    struct command_runner *runner = self;
    struct error error;
    struct run *run = calloc(1, sizeof *run);
    (void)channel;
    if (!run) {
        log_error("%s %s: no memory for a command", runner->source->kind->name, runner->server);
        return;
    }
    run->runner = runner;
    runner->under_way++;
    arena_init(&run->arena, ARENA_LIMIT);
    if (!command_read(text, runner->source->kind->commands, runner->context, &run->arena,
                      &run->command, &error)) {
        tell(run, &error);
    } else if (runner->under_way > COMMANDS_MAX) {
        error_set(&error, "too many commands at a time");
        tell(run, &error);
    } else {
        run_step(run);
    }
}

struct command_runner *command_runner_open(const char *server, const char *context,
                                           struct source *source, struct subscriber *subscriber,
                                           struct store *store, struct error *error)
{
    struct command_runner *runner = calloc(1, sizeof *runner);
    if (!runner) {
        error_set(error, "no memory for commands");
        return NULL;
    }
    runner->server = server;
    runner->context = context;
    runner->source = source;
    runner->subscriber = subscriber;
    runner->store = store;
    arena_init(&runner->arena, 65536);
    runner->subscription =
        (struct subscription){.channel = element_commands(&runner->arena, slice_from(server)),
                              .self = runner,
                              .heard = on_heard};
    if (!runner->subscription.channel.data)
        error_set(error, "no room for the name of server %s", server);
    if (!runner->subscription.channel.data ||
        !subscriber_add(subscriber, &runner->subscription, error)) {
        arena_free(&runner->arena);
        free(runner);
        return NULL;
    }
    return runner;
}

void command_runner_close(struct command_runner *runner)
{
    if (!runner)
        return;
    subscriber_remove(runner->subscriber, &runner->subscription);
    runner->closed = true;
    free_when_done(runner);
}
