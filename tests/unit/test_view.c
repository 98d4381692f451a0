/*
 * test_view.c - tests of events/view.c.
 */
#include "suite.h"

#include "events/view.h"

static struct arrival arrival;

static bool shows(enum element element, const char *text)
{
    json_t *item = json_loads(text, 0, NULL);
    bool shown = view_shows(&arrival, element, item);
    json_decref(item);
    return shown;
}

static void begin(void)
{
    arrival =
        (struct arrival){.wire = WIRE_TEXT, .elements = ELEMENTS_ALL, .access = {.domain = "a"}};
}

static void test_kinds(void)
{
    begin();
    CU_ASSERT_TRUE(view_has_kind(&arrival, ELEMENT_SERVER));
    CU_ASSERT_FALSE(view_is_partial(&arrival, ELEMENT_CHANNEL));
    arrival.elements = 1u << ELEMENT_USER;
    CU_ASSERT_TRUE(view_has_kind(&arrival, ELEMENT_USER));
    CU_ASSERT_FALSE(view_has_kind(&arrival, ELEMENT_CHANNEL));
    CU_ASSERT_FALSE(shows(ELEMENT_CHANNEL, "{}"));
    begin();
    arrival.wire = WIRE_BINARY; /* a Basix client knows no servers */
    CU_ASSERT_FALSE(view_has_kind(&arrival, ELEMENT_SERVER));
    CU_ASSERT_TRUE(view_has_kind(&arrival, ELEMENT_CHANNEL_WAITING));
}

static void test_own(void)
{
    begin();
    strcpy(arrival.access.user, "ada");
    arrival.own = true;
    CU_ASSERT_TRUE(view_is_partial(&arrival, ELEMENT_CHANNEL));
    CU_ASSERT_FALSE(view_is_partial(&arrival, ELEMENT_USER));
    CU_ASSERT_TRUE(shows(ELEMENT_CHANNEL, "{\"user_id\":\"ada\"}"));
    CU_ASSERT_FALSE(shows(ELEMENT_CHANNEL, "{\"user_id\":\"ada2\"}"));
    CU_ASSERT_FALSE(shows(ELEMENT_CHANNEL, "{\"user_id\":7}"));
    CU_ASSERT_FALSE(shows(ELEMENT_CHANNEL, "{}"));
    CU_ASSERT_TRUE(shows(ELEMENT_USER, "{\"id\":\"eve\"}"));
    strcpy(arrival.user, "eve"); /* a filter does not show more */
    CU_ASSERT_FALSE(shows(ELEMENT_CHANNEL, "{\"user_id\":\"eve\"}"));
    CU_ASSERT_FALSE(shows(ELEMENT_CHANNEL, "{\"user_id\":\"ada\"}"));
}

/* A filter is about the kinds that have such a member; of others all are shown. */
static void test_filters(void)
{
    begin();
    strcpy(arrival.user, "ada");
    CU_ASSERT_TRUE(view_is_partial(&arrival, ELEMENT_TERMINAL));
    CU_ASSERT_FALSE(view_is_partial(&arrival, ELEMENT_GROUP));
    CU_ASSERT_TRUE(shows(ELEMENT_USER, "{\"id\":\"ada\"}"));
    CU_ASSERT_FALSE(shows(ELEMENT_USER, "{\"id\":\"eve\"}"));
    CU_ASSERT_TRUE(shows(ELEMENT_TERMINAL, "{\"id\":\"t\",\"assoc_user_id\":\"ada\"}"));
    CU_ASSERT_FALSE(shows(ELEMENT_TERMINAL, "{\"id\":\"ada\"}"));
    CU_ASSERT_TRUE(shows(ELEMENT_GROUP, "{\"id\":\"sales\"}"));
    strcpy(arrival.group, "sales");
    CU_ASSERT_TRUE(shows(ELEMENT_GROUP_MEMBER, "{\"user_id\":\"ada\",\"group_id\":\"sales\"}"));
    CU_ASSERT_FALSE(shows(ELEMENT_GROUP_MEMBER, "{\"user_id\":\"ada\",\"group_id\":\"other\"}"));
    CU_ASSERT_FALSE(shows(ELEMENT_GROUP_MEMBER, "{\"user_id\":\"eve\",\"group_id\":\"sales\"}"));
    CU_ASSERT_FALSE(shows(ELEMENT_GROUP, "{\"id\":\"other\"}"));
    CU_ASSERT_TRUE(shows(ELEMENT_DOMAIN, "{\"id\":\"a\"}"));
}

SUITE("view", {"kinds", test_kinds}, {"a user's own channels", test_own}, {"filters", test_filters})
