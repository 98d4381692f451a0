/*
 * routes.c - the one table of routes.
 * A line a path and set of methods; the first line that matches both counts. What the columns mean, and the
 * checks made from them before a handler sees a request, stand in handler.h and dispatch.c.
 */
#include "handlers/answer.h"
#include "handlers/cdr.h"
#include "handlers/auth.h"
#include "handlers/contacts.h"
#include "handlers/cticache.h"
#include "handlers/direct.h"
#include "handlers/directory.h"
#include "handlers/directory_api.h"
#include "handlers/dispatch.h"
#include "handlers/live.h"
#include "handlers/phonecalls.h"
#include "handlers/notifications.h"
#include "handlers/status.h"

/* A value of 64 KiB may come with every byte escaped as \u00XX, and with a few more members. */
#define CTICACHE_BODY_BYTES (6 * CTICACHE_VALUE_BYTES + 4096)

/* A call to a user comes with all its channel variables. */
#define DIRECTORY_BODY_BYTES ((size_t)1 << 20)

#define JSON_OR_FORM  (ROUTE_JSON | ROUTE_FORM)
#define JSON_OR_PATCH (ROUTE_JSON | ROUTE_MERGE_PATCH)
#define GET_OR_POST   (HTTP_GET | HTTP_POST)
#define ANY_METHOD                                                                                 \
    (HTTP_GET | HTTP_POST | HTTP_PUT | HTTP_PATCH | HTTP_DELETE | HTTP_OPTIONS |                   \
     HTTP_UNKNOWN_METHOD)

/* clang-format off */
const struct route routes[] = {
    {"/cticache/DNIS-ANI", HTTP_POST, CREDENTIAL_USER_CTICACHE, JSON_OR_FORM, CTICACHE_BODY_BYTES,
        fail_json, cticache_plan_create, cticache_render_create},
    {"/cticache/DNIS-ANI/{key}", HTTP_GET, CREDENTIAL_USER_CTICACHE, 0, 0,
        fail_json, cticache_plan_read, cticache_render_value},
    {"/cticache/DNIS-ANI/{key}", HTTP_PUT, CREDENTIAL_USER_CTICACHE, JSON_OR_FORM, CTICACHE_BODY_BYTES,
        fail_json, cticache_plan_replace, cticache_render_value},
    {"/cticache/DNIS-ANI/{key}", HTTP_DELETE, CREDENTIAL_USER_CTICACHE, 0, 0,
        fail_json, cticache_plan_take, cticache_render_value},

    {"/direct/items/phonecalls/create", GET_OR_POST, CREDENTIAL_TOKEN, ROUTE_FORM,
        DIRECT_FORM_BYTES, fail_direct, phonecalls_plan_create, phonecalls_render_create},
    {"/direct/items/phonecalls/delete", GET_OR_POST, CREDENTIAL_TOKEN, ROUTE_FORM | ROUTE_STEPS,
        DIRECT_FORM_BYTES, fail_direct, phonecalls_plan_delete, phonecalls_render_delete},
    {"/direct/items/phonecalls/list", GET_OR_POST, CREDENTIAL_TOKEN, ROUTE_FORM | ROUTE_STEPS,
        DIRECT_FORM_BYTES, fail_direct, phonecalls_plan_list, phonecalls_render_list},

    {"/direct/items/contacts/create", GET_OR_POST, CREDENTIAL_TOKEN, ROUTE_FORM,
        DIRECT_FORM_BYTES, fail_direct, contacts_plan_create, contacts_render_put},
    {"/direct/items/contacts/update", GET_OR_POST, CREDENTIAL_TOKEN, ROUTE_FORM,
        DIRECT_FORM_BYTES, fail_direct, contacts_plan_update, contacts_render_put},
    {"/direct/items/contacts/delete", GET_OR_POST, CREDENTIAL_TOKEN, ROUTE_FORM,
        DIRECT_FORM_BYTES, fail_direct, contacts_plan_delete, contacts_render_delete},
    {"/direct/items/contacts/list", GET_OR_POST, CREDENTIAL_TOKEN, ROUTE_FORM | ROUTE_STEPS,
        DIRECT_FORM_BYTES, fail_direct, contacts_plan_list, contacts_render_list},
    {"/direct/items/contacts/import", HTTP_POST, CREDENTIAL_TOKEN,
        ROUTE_JSON | ROUTE_CSV | ROUTE_STEPS, CONTACTS_IMPORT_BYTES,
        fail_direct, contacts_plan_import, contacts_render_import},

    /* PUT is the style of mod_xml_curl that has all in the query and no body; GET has it there too. */
    {"/directory", HTTP_GET | HTTP_POST | HTTP_PUT, CREDENTIAL_USER_DIRECTORY,
        ROUTE_FORM | ROUTE_BODY_OPTIONAL | ROUTE_WITHOUT_STORE, DIRECTORY_BODY_BYTES,
        directory_fail, directory_plan, directory_render},

    {"/directory/{domain}", HTTP_GET, CREDENTIAL_USER_DIRECTORY_API, 0, 0,
        fail_json, directory_plan_read_domain, directory_render_read},
    {"/directory/{domain}", HTTP_PUT, CREDENTIAL_USER_DIRECTORY_API, ROUTE_JSON, DIRECTORY_RECORD_BODY_BYTES,
        fail_json, directory_plan_change_domain, directory_render_change},
    {"/directory/{domain}", HTTP_PATCH, CREDENTIAL_USER_DIRECTORY_API, JSON_OR_PATCH, DIRECTORY_RECORD_BODY_BYTES,
        fail_json, directory_plan_change_domain, directory_render_change},
    {"/directory/{domain}", HTTP_DELETE, CREDENTIAL_USER_DIRECTORY_API, 0, 0,
        fail_json, directory_plan_change_domain, directory_render_change},

    /* A page of records needs more memory than their requests: the limit of a body is what bounds it. */
    {"/directory/{domain}/extensions", HTTP_GET, CREDENTIAL_USER_DIRECTORY_API, 0, DIRECTORY_BULK_BYTES,
        fail_json, directory_plan_list_extensions, directory_render_list},
    {"/directory/{domain}/extensions", HTTP_PUT, CREDENTIAL_USER_DIRECTORY_API, ROUTE_NDJSON, DIRECTORY_BULK_BYTES,
        fail_json, directory_plan_bulk, directory_render_bulk},
    {"/directory/{domain}/extensions/{name}", HTTP_GET, CREDENTIAL_USER_DIRECTORY_API, 0, 0,
        fail_json, directory_plan_read_extension, directory_render_read},
    {"/directory/{domain}/extensions/{name}", HTTP_PUT, CREDENTIAL_USER_DIRECTORY_API, ROUTE_JSON,
        DIRECTORY_RECORD_BODY_BYTES,
        fail_json, directory_plan_change_extension, directory_render_change},
    {"/directory/{domain}/extensions/{name}", HTTP_PATCH, CREDENTIAL_USER_DIRECTORY_API, JSON_OR_PATCH,
        DIRECTORY_RECORD_BODY_BYTES,
        fail_json, directory_plan_change_extension, directory_render_change},
    {"/directory/{domain}/extensions/{name}", HTTP_DELETE, CREDENTIAL_USER_DIRECTORY_API, 0, 0,
        fail_json, directory_plan_change_extension, directory_render_change},

    {"/directory/{domain}/groups", HTTP_GET, CREDENTIAL_USER_DIRECTORY_API, 0, DIRECTORY_BULK_BYTES,
        fail_json, directory_plan_list_groups, directory_render_list},
    {"/directory/{domain}/groups/{name}", HTTP_GET, CREDENTIAL_USER_DIRECTORY_API, 0, 0,
        fail_json, directory_plan_read_group, directory_render_read},
    {"/directory/{domain}/groups/{name}", HTTP_PUT, CREDENTIAL_USER_DIRECTORY_API, ROUTE_JSON,
        DIRECTORY_RECORD_BODY_BYTES,
        fail_json, directory_plan_change_group, directory_render_change},
    {"/directory/{domain}/groups/{name}", HTTP_PATCH, CREDENTIAL_USER_DIRECTORY_API, JSON_OR_PATCH,
        DIRECTORY_RECORD_BODY_BYTES,
        fail_json, directory_plan_change_group, directory_render_change},
    {"/directory/{domain}/groups/{name}", HTTP_DELETE, CREDENTIAL_USER_DIRECTORY_API, 0, 0,
        fail_json, directory_plan_change_group, directory_render_change},

    {"/cdr/freeswitch", HTTP_POST, CREDENTIAL_USER, ROUTE_ANY_BODY, NOTIFICATIONS_BODY_BYTES,
        fail_json, cdr_plan_freeswitch, cdr_render_freeswitch},

    {"/registrations", HTTP_GET, CREDENTIAL_USER, ROUTE_STEPS, LIVE_PAGE_BYTES,
        fail_json, live_plan_registrations, live_render_page},
    {"/registrations/{extension}", HTTP_GET, CREDENTIAL_USER, 0, 0,
        fail_json, live_plan_registration, live_render_record},
    {"/calls", HTTP_GET, CREDENTIAL_USER, ROUTE_STEPS, LIVE_PAGE_BYTES,
        fail_json, live_plan_calls, live_render_page},
    {"/calls/{extension}", HTTP_GET, CREDENTIAL_USER, 0, 0,
        fail_json, live_plan_call, live_render_record},
    {"/channels", HTTP_GET, CREDENTIAL_USER, ROUTE_STEPS, LIVE_PAGE_BYTES,
        fail_json, live_plan_channels, live_render_page},

    {"/notifications/{type}", HTTP_POST, CREDENTIAL_USER_NOTIFICATIONS, JSON_OR_FORM | ROUTE_NDJSON,
        NOTIFICATIONS_BODY_BYTES, fail_json, notifications_plan_post, notifications_render_post},
    {"/notifications/{type}", HTTP_GET, CREDENTIAL_USER_NOTIFICATIONS, 0, NOTIFICATIONS_BODY_BYTES,
        fail_json, notifications_plan_take, notifications_render_take},
    {"/notifications/{type}/{reference}", HTTP_POST, CREDENTIAL_USER_NOTIFICATIONS, JSON_OR_FORM | ROUTE_NDJSON,
        NOTIFICATIONS_BODY_BYTES, fail_json, notifications_plan_post, notifications_render_post},
    {"/notifications/{type}/{reference}", HTTP_GET, CREDENTIAL_USER_NOTIFICATIONS, 0, 0,
        fail_json, notifications_plan_news, NULL},
    {"/notifications/{type}/{id}", HTTP_DELETE, CREDENTIAL_USER_NOTIFICATIONS, 0, 0,
        fail_json, notifications_plan_confirm, notifications_render_confirm},

    /* nginx asks with the method of the request that it asks for. */
    {"/auth", ANY_METHOD, CREDENTIAL_USER_AUTH, ROUTE_ABOUT, 0,
        fail_json, auth_plan, NULL},

    {"/status", HTTP_GET, CREDENTIAL_USER_STATUS, ROUTE_WITHOUT_STORE, 0,
        fail_json, status_plan, status_render_json},
    {"/metrics", HTTP_GET, CREDENTIAL_USER_STATUS, ROUTE_WITHOUT_STORE, 0,
        fail_json, status_plan, status_render_metrics},
    {"/bench/noop", HTTP_GET, CREDENTIAL_NONE, ROUTE_BENCH, 0,
        fail_json, status_plan_noop, NULL},
};
/* clang-format on */

const size_t route_count = sizeof routes / sizeof *routes;
_Static_assert(sizeof routes / sizeof *routes < ROUTE_INDEX_NONE,
               "more routes than METRICS_ROUTES");
