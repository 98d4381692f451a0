/*
 * phonecalls_delete.c - /direct/items/phonecalls/delete: all calls of some days.
 */
#include "base/instant.h"
#include "handlers/answer.h"
#include "handlers/direct.h"
#include "handlers/phonecalls.h"
#include "handlers/phonecalls_data.h"

/* Days looked at, and deleted, in one go. */
#define DELETE_DAYS 100

/* KEYS: all keys of a day, the hash first. The reply is how many calls it had. */
static const char delete_script[] = "local count = redis.call('HLEN', KEYS[1])\n"
                                    "redis.call('UNLINK', unpack(KEYS))\n"
                                    "return count\n";

struct deletion {
    int64_t next, last; /* days still to be looked at */
    int64_t count;      /* calls deleted */
};

/* Asks which of the days left have had calls. Comes last in its batch. */
static void ask_days(struct exchange *x, const struct deletion *deletion)
{
    STORE_ADD(&x->batch, slice_from("ZRANGEBYSCORE"), slice_from(PHONECALLS_DAYS),
              store_number(&x->batch, deletion->next), store_number(&x->batch, deletion->last),
              slice_from("LIMIT"), slice_from("0"), store_number(&x->batch, DELETE_DAYS));
}

static void ask_delete(struct exchange *x, int64_t day)
{
    struct arena *arena = x->batch.arena;
    struct slice words[5 + PHONECALLS_HOURS] = {
        SLICE_LITERAL("EVAL"), slice_of(delete_script, sizeof delete_script - 1),
        store_number(&x->batch, 2 + PHONECALLS_HOURS), phonecalls_day_key(arena, day),
        phonecalls_wall_key(arena, day)};
    for (int hour = 0; hour < PHONECALLS_HOURS; hour++)
        words[5 + hour] = phonecalls_hour_key(arena, day, hour);
    store_batch_add_words(&x->batch, words, 5 + PHONECALLS_HOURS);
}

static enum handler_next answer_deleted(struct exchange *x, int64_t count)
{
    struct buffer body = buffer_in(x->arena);
    buffer_add_string(&body, "{ \"count\" : ");
    buffer_add_number(&body, count);
    buffer_add_string(&body, ", \"error\" : false }\n");
    return direct_answer(x, &body);
}

enum handler_next phonecalls_plan_delete(struct exchange *x)
{
    struct direct direct = direct_begin(x, " : ");
    struct deletion *deletion = arena_calloc(x->arena, 1, sizeof *deletion);
    if (!deletion)
        return HANDLER_ANSWER;
    if (!direct_days(&direct, &deletion->next, &deletion->last))
        return direct_refuse(&direct);
    if (deletion->next > deletion->last)
        return answer_deleted(x, 0);
    x->notes = deletion;
    ask_days(x, deletion);
    return HANDLER_ASK;
}

/* The batch before has deleted some days, and asked for the next ones in its last command. */
enum handler_next phonecalls_render_delete(struct exchange *x, const struct store_reply *replies)
{
    struct deletion *deletion = x->notes;
    const struct store_reply *reply = replies;
    for (; reply->kind == STORE_INTEGER; reply++)
        deletion->count += reply->integer;
    if (reply->kind != STORE_ARRAY)
        return answer_surprise(x, reply, "days of phone calls");
    if (reply->count == 0)
        return answer_deleted(x, deletion->count);
    for (size_t i = 0; i < reply->count; i++) {
        int64_t day;
        if (!day_parse(reply->elements[i].text, &day))
            return answer_surprise(x, &reply->elements[i], "day of phone calls");
        ask_delete(x, day);
        deletion->next = day + 1;
    }
    ask_days(x, deletion);
    return HANDLER_ASK;
}
