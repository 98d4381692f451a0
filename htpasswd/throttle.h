/*
 * throttle.h - slows down who guesses passwords, without locking anybody out.
 * Failures are counted by address and user together, by address, and by user; each count falls with time. An address has
 * a few tries for a user before it must wait; while a user is being guessed from many addresses, each has one. So a
 * stranger uses up his own tries, never those of somebody elsewhere.
 */
#ifndef CALLBOARD_THROTTLE_H
#define CALLBOARD_THROTTLE_H

#include "htpasswd/credential.h"
#include "htpasswd/fingerprint.h"

/* Tries of one address for one user, and how soon there is one more. */
#define THROTTLE_PAIR         5
#define THROTTLE_PAIR_SECONDS CREDENTIAL_SLOW_SECONDS

/* Failures of one address, whoever the users, and how soon there may be one more. */
#define THROTTLE_ADDRESS         100
#define THROTTLE_ADDRESS_SECONDS 1

/* Failures for one user from which on each address has one try for him. */
#define THROTTLE_USER         50
#define THROTTLE_USER_SECONDS 5

struct throttle;

/* In memory kept across fork, which lives with the program. KEY must stay. NULL when there is none. */
struct throttle *throttle_create(const struct fingerprint_key *key);

/*
 * Whether ADDRESS (of IPv6: its network, the first 64 bits) may try a password for USER at NOW_US. True: it may, and that
 * counts as a failure until throttle_forgive takes it back. False: it should wait THROTTLE_PAIR_SECONDS.
 */
bool throttle_try(struct throttle *throttle, struct slice address, struct slice user,
                  int64_t now_us);

/* The password was right: the failures of this address for this user are forgotten. */
void throttle_forgive(struct throttle *throttle, struct slice address, struct slice user,
                      int64_t now_us);

#endif
