/*
 * directory_check.h - what people may store through the API: each field checked, and named when it is wrong.
 */
#ifndef CALLBOARD_DIRECTORY_CHECK_H
#define CALLBOARD_DIRECTORY_CHECK_H

#include <jansson.h>

#include "handlers/handler.h"

/* What a record belongs to. */
enum directory_owner {
    DIRECTORY_OF_EXTENSION, /* {"param": {…}, "variable": {…}, "attribute": {…}} */
    DIRECTORY_OF_GROUP,     /* {"members": […], "param": {…}, "variable": {…}} */
    DIRECTORY_OF_DOMAIN     /* {"param": {…}, "variable": {…}} */
};

/*
 * Checks RECORD, which will be stored for the extension NAME (or a group, or a domain, of that name). A REALM that is
 * not empty turns an extension's param password into its a1-hash. False when something is wrong: then the answer, 400
 * with the field ("param.auth-acl"), is made. LINE, if not 0, is told: the line of a bulk.
 */
bool directory_check(struct exchange *x, enum directory_owner owner, json_t *record,
                     struct slice name, struct slice realm, size_t line);

/* True when a param or variable of this NAME holds a secret: it is never shown in a list. */
bool directory_is_secret(struct slice name);

/* Removes the members of OBJECT, which may be NULL, whose names say so. */
void directory_remove_secrets(json_t *object);

#endif
