/*
 * contacts.h - the contacts that phone calls are attached to: /direct/items/contacts.
 * A contact has a name and numbers, in the form that the rules for rewriting give them; a number belongs to one
 * contact. See contacts_data.h for where they are.
 */
#ifndef CALLBOARD_CONTACTS_H
#define CALLBOARD_CONTACTS_H

#include "handlers/handler.h"

/* The most bytes of a file to be imported. */
#define CONTACTS_IMPORT_BYTES ((size_t)16 << 20)

handler_plan contacts_plan_create;
handler_render contacts_render_put;
handler_plan contacts_plan_update;
handler_plan contacts_plan_delete;
handler_render contacts_render_delete;

/* contacts_list.c */
handler_plan contacts_plan_list;
handler_render contacts_render_list;

/* contacts_import.c */
handler_plan contacts_plan_import;
handler_render contacts_render_import;

#endif
