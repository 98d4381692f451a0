/*
 * intake.h - what becomes of the records of a connection.
 */
#ifndef CALLBOARD_INTAKE_H
#define CALLBOARD_INTAKE_H

#include "fcgi/record.h"

/* For record_reader_feed, with a struct connection: a record that breaks the protocol ends the connection. */
extern const struct record_events intake_events;

#endif
