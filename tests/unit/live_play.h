/*
 * live_play.h - puts captured events into a live model and writes down, a line each, what its sink is told:
 *
 *     is   <domain> <element> <id> <JSON>        gone <domain> <element> <id> <JSON>
 *     reg  <domain> <extension> <contact> <fresh|again>        unreg <domain> <extension> <contact>
 *     call <domain> <extension> <JSON>
 *     news <type> <reference> <JSON>             keep <type> <id> <JSON>
 */
#ifndef CALLBOARD_TEST_LIVE_PLAY_H
#define CALLBOARD_TEST_LIVE_PLAY_H

#include "feeds/live.h"

struct play {
    struct live_settings settings;
    struct live_sink sink;
    struct live *live;
    char *log; /* NUL-terminated */
    size_t length, capacity;
};

/* An empty model with the standard fields of `calls`, all notifications, and default_domain pbx.example.com. */
void play_start(struct play *play);
void play_stop(struct play *play);

/* Each event of the captured session tests/fixtures/freeswitch/esl/session-NAME.raw[.gz], up to the COUNTth frame (0: all). */
void play_session(struct play *play, const char *name, size_t count);

/* One event, JSON; false when it cannot be read. */
bool play_event(struct play *play, struct slice json);

/* A whole file of tests/fixtures/freeswitch/esl/, for the caller to free. */
struct slice play_file(const char *name);

/* Forgets the lines so far. */
void play_clear(struct play *play);

/* The lines that begin with PREFIX, without it, for the caller to free: NUL-terminated. */
char *play_lines(const struct play *play, const char *prefix);

/*
 * The lines of `call` in short, NUL-terminated, for the caller to free; one a line:
 * EXTENSION NOTIFY LEG, the legs with fields, "|", those that are up; a leg is its uuid's first eight characters.
 */
char *play_calls(const struct play *play);

/*
 * The same of ELEMENT, one of the channel elements: "is" or "gone", LEG, its user_id, the state's name and what it is about. What
 * says the same as the channel's last line is left out.
 */
char *play_states(const struct play *play, const char *element);

/*
 * All of it, NUL-terminated, for the caller to free: behind "- calls" the calls, behind "- channel", "- queued", "- parked" and
 * "- waiting" the states, behind "- news" the news.
 */
char *play_short(const struct play *play);

#endif
