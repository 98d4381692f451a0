/*
 * progress.c - what people see of a replication: how far it is, lap times, what was rejected and why.
 */
#include "feeds/progress.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define LAP_CALLS 1000
#define DRAW_US   200000

static int64_t done(const struct progress *progress)
{
    return progress->accepted + progress->rejected;
}

static double seconds(int64_t us)
{
    return (double)us / 1e6;
}

static double rate(const struct progress *progress, int64_t now_us)
{
    int64_t elapsed_us = now_us - progress->start_us;
    return elapsed_us > 0 ? (double)done(progress) / seconds(elapsed_us) : 0;
}

/* ---- lines ---- */

static void end_drawing(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stdout);
    progress->drawn = false;
}

/* Prints one whole line, whatever is in it. */
static void print_line(struct progress *progress, FILE *stream, const char *format,
                       va_list arguments)
{
    char line[2048];
    end_drawing(progress);
    if (stream == stderr)
        fflush(stdout);
    vsnprintf(line, sizeof line, format, arguments);
    error_one_line(line);
    fprintf(stream, "%s\n", line);
}

__attribute__((format(printf, 2, 3))) static void say(struct progress *progress, const char *format,
                                                      ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(progress, stdout, format, arguments);
    va_end(arguments);
}

void progress_warn(struct progress *progress, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(progress, stderr, format, arguments);
    va_end(arguments);
}

/* ---- counting ---- */

void progress_start(struct progress *progress, int64_t total, bool verbose)
{
    *progress =
        (struct progress){.terminal = isatty(STDOUT_FILENO), .verbose = verbose, .total = total};
    progress->start_us = progress->lap_us = clock_steady_us();
    setvbuf(stdout, NULL, _IOLBF, 0); /* whoever reads a file or a pipe sees laps as they come */
    say(progress, "%lld calls to replicate", (long long)total);
}

static void count_lap(struct progress *progress)
{
    int64_t now_us = clock_steady_us();
    if (done(progress) % LAP_CALLS != 0)
        return;
    progress->lap_duration_us = now_us - progress->lap_us;
    progress->lap_us = now_us;
    if (!progress->terminal)
        say(progress, "%lld of %lld calls, the last %d in %.2f s, %.0f calls/s, %lld rejected",
            (long long)done(progress), (long long)progress->total, LAP_CALLS,
            seconds(progress->lap_duration_us), rate(progress, now_us),
            (long long)progress->rejected);
}

static void describe(struct error *text, const struct phonecall *call)
{
    error_set(text, "%.*s %.*s -> %.*s", SLICE_ARGUMENTS(call->initiated),
              SLICE_ARGUMENTS(call->source), SLICE_ARGUMENTS(call->destination));
}

void progress_accepted(struct progress *progress, const struct phonecall *call)
{
    struct error text;
    progress->accepted++;
    if (progress->verbose) {
        describe(&text, call);
        say(progress, "OK %s", text.text);
    }
    count_lap(progress);
}

static void count_reason(struct progress *progress, const struct error *reason,
                         const struct error *example)
{
    size_t i = 0;
    while (i < progress->reason_count && strcmp(progress->reasons[i].text.text, reason->text) != 0)
        i++;
    if (i == PROGRESS_REASONS)
        return;
    if (i == progress->reason_count)
        progress->reasons[progress->reason_count++] =
            (struct progress_reason){.text = *reason, .example = *example};
    progress->reasons[i].count++;
}

void progress_rejected(struct progress *progress, const struct phonecall *call,
                       const struct error *reason)
{
    struct error text = {""};
    progress->rejected++;
    if (call)
        describe(&text, call);
    if (progress->verbose)
        say(progress, "ERROR %s%s%s", text.text, call ? ": " : "", reason->text);
    count_reason(progress, reason, &text);
    count_lap(progress);
}

/* ---- the terminal ---- */

static void draw(struct progress *progress, int64_t now_us)
{
    double calls_a_second = rate(progress, now_us);
    int64_t left = progress->total > done(progress) ? progress->total - done(progress) : 0;
    long long wait = calls_a_second > 0 ? (long long)((double)left / calls_a_second + 0.5) : 0;
    end_drawing(progress);
    printf("%lld/%lld calls", (long long)done(progress), (long long)progress->total);
    if (done(progress) > 0)
        printf("  %.0f/s  %lld:%02lld left", calls_a_second, wait / 60, wait % 60);
    if (progress->lap_duration_us)
        printf("  (last %d: %.2f s)", LAP_CALLS, seconds(progress->lap_duration_us));
    if (progress->rejected)
        printf("  %lld rejected", (long long)progress->rejected);
    fflush(stdout);
    progress->drawn = true;
    progress->drawn_us = now_us;
}

void progress_tick(struct progress *progress)
{
    int64_t now_us = clock_steady_us();
    if (progress->terminal && now_us - progress->drawn_us >= DRAW_US)
        draw(progress, now_us);
}

/* ---- the end ---- */

void progress_end(struct progress *progress)
{
    int64_t now_us = clock_steady_us(), told = 0;
    say(progress, "%lld of %lld calls done in %.2f s, %.0f calls/s: %lld accepted, %lld rejected",
        (long long)done(progress), (long long)progress->total, seconds(now_us - progress->start_us),
        rate(progress, now_us), (long long)progress->accepted, (long long)progress->rejected);
    for (size_t i = 0; i < progress->reason_count; i++) {
        const struct progress_reason *reason = &progress->reasons[i];
        told += reason->count;
        progress_warn(progress, "rejected %lld: %s%s%s%s", (long long)reason->count,
                      reason->text.text, *reason->example.text ? " (first: " : "",
                      reason->example.text, *reason->example.text ? ")" : "");
    }
    if (told < progress->rejected)
        progress_warn(progress, "rejected %lld: for other reasons",
                      (long long)(progress->rejected - told));
    fflush(stdout);
}
