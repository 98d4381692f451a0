/*
 * waiting.c - requests that wait until something comes.
 */
#include "waiting.h"

#include <stdlib.h>

#include "base/clock.h"

#define LOOK_MS 100

/* All that wait for one name. */
struct line {
    struct slice name; /* a copy */
    struct waiter *first, *last;
    struct line *next;
};

struct waiting_room {
    uv_timer_t timer;
    struct line *lines;
    bool ending;
};

static void on_tick(uv_timer_t *timer);

struct waiting_room *waiting_open(uv_loop_t *loop)
{
    struct waiting_room *room = calloc(1, sizeof *room);
    if (!room)
        return NULL;
    uv_timer_init(loop, &room->timer);
    room->timer.data = room;
    return room;
}

static struct line *find_line(const struct waiting_room *room, struct slice name)
{
    struct line *line = room->lines;
    while (line && !slice_equal(line->name, name))
        line = line->next;
    return line;
}

static struct line *line_for(struct waiting_room *room, struct slice name)
{
    struct line *line = find_line(room, name);
    if (line)
        return line;
    line = calloc(1, sizeof *line + name.length);
    if (!line)
        return NULL;
    char *copy = (char *)(line + 1);
    memcpy(copy, name.data, name.length);
    line->name = slice_of(copy, name.length);
    line->next = room->lines;
    room->lines = line;
    return line;
}

bool waiting_enter(struct waiting_room *room, struct waiter *waiter)
{
    struct line *line = line_for(room, waiter->name);
    if (!line)
        return false;
    if (waiter->entered) {
        waiter->next = line->first;
        line->first = waiter;
        if (!line->last)
            line->last = waiter;
    } else {
        waiter->next = NULL;
        if (line->last)
            line->last->next = waiter;
        else
            line->first = waiter;
        line->last = waiter;
    }
    waiter->entered = true;
    if (room->ending)
        uv_timer_start(&room->timer, on_tick, 0, 0);
    else if (!uv_is_active((uv_handle_t *)&room->timer))
        uv_timer_start(&room->timer, on_tick, LOOK_MS, LOOK_MS);
    return true;
}

static struct waiter *take_first(struct line *line)
{
    struct waiter *first = line->first;
    if (!first)
        return NULL;
    line->first = first->next;
    if (!line->first)
        line->last = NULL;
    return first;
}

/* Takes all whose time is over, or whose clients have left, out of LINE; as a chain. */
static struct waiter *take_ended(struct line *line, bool all)
{
    struct waiter *ended = NULL, **end = &ended, *each = line->first;
    int64_t now_us = clock_now_us();
    line->first = line->last = NULL;
    while (each) {
        struct waiter *next = each->next;
        each->next = NULL;
        if (all || each->until_us <= now_us || !each->wanted(each->self)) {
            *end = each;
            end = &each->next;
        } else {
            if (line->last)
                line->last->next = each;
            else
                line->first = each;
            line->last = each;
        }
        each = next;
    }
    return ended;
}

static void tick_line(const struct waiting_room *room, struct line *line)
{
    struct waiter *ended = take_ended(line, room->ending);
    while (ended) {
        struct waiter *next = ended->next;
        ended->look(ended->self, true);
        ended = next;
    }
    struct waiter *first = take_first(line);
    if (first)
        first->look(first->self, false);
}

/* Lines in which nobody stands go only here, so that no pointer to one is in use. */
static void remove_empty_lines(struct waiting_room *room)
{
    struct line **place = &room->lines;
    while (*place) {
        struct line *line = *place;
        if (line->first) {
            place = &line->next;
        } else {
            *place = line->next;
            free(line);
        }
    }
    if (!room->lines)
        uv_timer_stop(&room->timer);
}

static void on_tick(uv_timer_t *timer)
{
    struct waiting_room *room = timer->data;
    /* Those who enter meanwhile make lines in front of these. */
    for (struct line *line = room->lines; line; line = line->next)
        tick_line(room, line);
    remove_empty_lines(room);
}

void waiting_leave(struct waiting_room *room, const struct waiter *waiter)
{
    struct line *line = find_line(room, waiter->name);
    struct waiter *first = line ? take_first(line) : NULL;
    if (first)
        first->look(first->self, room->ending || first->until_us <= clock_now_us());
}

void waiting_end(struct waiting_room *room)
{
    room->ending = true;
    uv_timer_start(&room->timer, on_tick, 0, 0);
}

static void on_closed(uv_handle_t *handle)
{
    struct waiting_room *room = handle->data;
    while (room->lines) {
        struct line *line = room->lines;
        room->lines = line->next;
        free(line);
    }
    free(room);
}

void waiting_close(struct waiting_room *room)
{
    room->ending = true;
    on_tick(&room->timer);
    uv_close((uv_handle_t *)&room->timer, on_closed);
}
