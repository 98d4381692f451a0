/*
 * directory_mailbox.c - the counters of a user's mailbox.
 */
#include "feeds/directory_mailbox.h"

#include "base/json.h"
#include "store/directory_record.h"

/* The most memory of an element that is read. */
#define ELEMENT_MEMORY ((size_t)4 << 20)

/* Two numbers, as FreeSWITCH writes them: new/saved (and what is urgent of both). */
static bool is_counters(struct slice text)
{
    struct slice saved, fresh = slice_cut(text, '/', &saved);
    uint64_t number;
    return slice_number(fresh, UINT32_MAX, &number) && slice_number(saved, UINT32_MAX, &number);
}

bool directory_mailbox_read(const struct esl_event *event, struct directory_mailbox *mailbox)
{
    struct slice rest, account = esl_event_get(event, "MWI-Message-Account");
    struct slice counters = slice_cut(esl_event_get(event, "MWI-Voice-Message"), ' ', &rest);
    if (!slice_is(esl_event_get(event, "Event-Name"), "MESSAGE_WAITING"))
        return false;
    if (slice_starts(account, "sip:"))
        account = slice_of(account.data + 4, account.length - 4);
    mailbox->user = slice_cut(account, '@', &mailbox->domain);
    mailbox->counters = slice_is(esl_event_get(event, "MWI-Messages-Waiting"), "yes")
                            ? counters
                            : slice_of(NULL, 0);
    return directory_name_is_good(mailbox->user) && directory_name_is_good(mailbox->domain) &&
           (mailbox->counters.length == 0 || is_counters(mailbox->counters));
}

struct slice directory_mailbox_of(struct arena *arena, struct slice shown)
{
    static const char member[] = "\"mwi\":";
    struct slice counters = {0};
    struct error unsaid;
    struct arena own;
    if (!memmem(shown.data, shown.length, member, sizeof member - 1))
        return counters;
    arena_init(&own, ELEMENT_MEMORY);
    struct arena *before = json_use_arena(&own);
    const json_t *mwi = json_object_get(json_parse_lenient(shown, &unsaid), "mwi");
    if (json_is_string(mwi) && is_counters(json_slice(mwi)))
        counters = arena_copy(arena, json_slice(mwi));
    json_use_arena(before);
    arena_free(&own);
    return counters;
}

struct slice directory_mailbox_add(struct arena *arena, struct slice json, struct slice counters)
{
    struct buffer with = buffer_in(arena);
    if (counters.length == 0 || json.length == 0)
        return json;
    buffer_add(&with, slice_of(json.data, json.length - 1));
    buffer_add_string(&with, ",\"mwi\":");
    buffer_add_json(&with, counters);
    buffer_add_byte(&with, '}');
    return with.failed ? slice_of(NULL, 0) : buffer_slice(&with);
}
