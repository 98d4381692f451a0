/*
 * contacts_data.h - how contacts are kept in Redis, and the one script that writes them.
 *
 *   callboard:contacts           hash  id -> {"name":"…","phones":["02122853348",…]}
 *   {callboard:contacts}:phones  hash  number -> id
 *   {callboard:contacts}:id      the last id given
 *
 * The braces put all three into the hash slot of callboard:contacts, so that one script can write a contact and its
 * numbers: no crash and no race leaves a number without its contact, or with two.
 */
#ifndef CALLBOARD_CONTACTS_DATA_H
#define CALLBOARD_CONTACTS_DATA_H

#include "base/json.h"
#include "handlers/phonecalls.h"
#include "handlers/phonecalls_data.h"

#define CONTACTS_KEY     "callboard:contacts"
#define CONTACTS_NUMBERS "{callboard:contacts}:phones"
#define CONTACTS_LAST_ID "{callboard:contacts}:id"

#define CONTACT_NAME_CHARACTERS 200
#define CONTACT_NUMBERS_MAX     50
#define CONTACT_DIGITS_MAX      32

/* An id that comes from outside must leave room for those given after it; see PHONECALLS_ID_MAX. */
#define CONTACT_ID_MAX ((int64_t)1 << 52)

struct contact {
    int64_t id;            /* 0: none yet */
    struct slice name;     /* UTF-8 */
    struct slice *numbers; /* in the form of contacts_number */
    size_t count;
};

/*
 * The number that TEXT means: its digits, after the installation's rules for rewriting. Empty when TEXT has no digits;
 * its data is NULL when there is no memory.
 */
struct slice contacts_number(const struct phonecalls_settings *settings, struct slice text,
                             struct arena *arena);

/* Adds NUMBER unless the contact has it. False when it has CONTACT_NUMBERS_MAX already or there is no memory. */
bool contacts_add_number(struct contact *contact, struct slice number, struct arena *arena);

/* True for 1 to MOST characters of UTF-8 without control characters. */
bool contacts_good_text(struct slice text, size_t most);

/* What contacts_put may do. */
enum contacts_how {
    CONTACTS_PUT_NEW,    /* a new contact */
    CONTACTS_PUT_OVER,   /* the contact with this id, while it is stored as EXPECTED */
    CONTACTS_PUT_IMPORT, /* new, or with this id, or of this name with one of these numbers */
    CONTACTS_PUT_ENSURE  /* new, unless somebody has the number already */
};

/* Adds the command that does it, or changes nothing. EXPECTED is the stored text, for CONTACTS_PUT_OVER. */
void contacts_put(struct store_batch *batch, enum contacts_how how, const struct contact *contact,
                  struct slice expected);

enum contacts_outcome {
    CONTACTS_ADDED,
    CONTACTS_CHANGED,
    CONTACTS_SAME,     /* nothing was to be changed */
    CONTACTS_CONFLICT, /* somebody else has one of the numbers */
    CONTACTS_MISSING,  /* there is no contact with this id */
    CONTACTS_STALE,    /* it is not stored as EXPECTED any more */
    CONTACTS_BROKEN    /* the reply is none of the script's */
};

struct contacts_result {
    int64_t id; /* ADDED, CHANGED, SAME: the contact's; CONFLICT: of the one who has the number */
    struct slice name;   /* CONFLICT: the other's */
    struct slice number; /* CONFLICT */
};

/* What the reply to contacts_put says. */
enum contacts_outcome contacts_read_result(const struct store_reply *reply,
                                           struct contacts_result *result);

/* Adds, for a person, that CONTACT cannot have a number because OTHER has it; names both. */
void contacts_describe_conflict(struct buffer *text, const struct exchange *x,
                                const struct contact *contact, const struct contacts_result *other);

/* Adds the command that removes a contact and its numbers; its reply is 1, or 0 when there was none. */
void contacts_remove(struct store_batch *batch, int64_t id);

/* TEXT, a value of the hash, into *contact, name and numbers in ARENA (jansson's too). False when it is none. */
bool contacts_read(struct slice text, struct contact *contact, struct arena *arena);

/* CONTACT as a value of the hash. */
struct slice contacts_write(const struct contact *contact, struct arena *arena);

#endif
