/*
 * live_agents.c - agents of callcenter queues, as news of `agents`.
 *
 * callcenter knows a status, which the agent chooses, and a state, which the queue keeps. Of both comes one word: a logged
 * out agent is offline; one on break is busy; else the state says whether it waits for a call (available) or not (busy). wrapup
 * is told when a call ends, and lasts until the state is Waiting again.
 */
#include <stdlib.h>

#include "feeds/live_model.h"

static bool is(const char *text, const char *word)
{
    return text && strcmp(text, word) == 0;
}

static const char *word_of(const struct live_agent *agent)
{
    if (is(agent->status, "Logged Out"))
        return "offline";
    if (is(agent->status, "On Break"))
        return "busy";
    return !agent->state || is(agent->state, "Waiting") ? "available" : "busy";
}

static void tell(struct live *live, struct live_agent *agent, const char *word)
{
    struct slice domain, name = slice_cut(agent->entry.key, '@', &domain);
    if (is(agent->told, word))
        return;
    if (is(word, "offline") && agent->told)
        live_news_status(live, name, "logging_out");
    if (is(agent->told, "offline"))
        live_news_status(live, name, "logging_in");
    live_news_status(live, name, word);
    agent->told = word;
}

/* Agents are as many as extensions at the most, so their bound is the one of registrations. */
static struct live_agent *agent_of(struct live *live, const struct esl_event *event)
{
    struct slice name = esl_event_get(event, "CC-Agent");
    struct live_agent *agent = live_table_find(&live->agents, name);
    if (agent)
        return agent;
    if (live_is_identity(name) && live->agents.count < live->settings->registrations_max)
        agent = live_table_add(&live->agents, name, sizeof *agent);
    live->dropped += !agent;
    return agent;
}

void live_agent_status(struct live *live, const struct esl_event *event)
{
    struct live_agent *agent = agent_of(live, event);
    if (!agent)
        return;
    live_text_set(live, &agent->status, esl_event_get(event, "CC-Agent-Status"));
    tell(live, agent, word_of(agent));
}

void live_agent_state(struct live *live, const struct esl_event *event)
{
    struct live_agent *agent = agent_of(live, event);
    if (!agent)
        return;
    live_text_set(live, &agent->state, esl_event_get(event, "CC-Agent-State"));
    tell(live, agent, word_of(agent));
}

void live_agent_wrapup(struct live *live, const struct esl_event *event)
{
    struct live_agent *agent = agent_of(live, event);
    if (agent && !is(agent->status, "Logged Out"))
        tell(live, agent, "wrapup");
}

void live_agent_remove(struct live *live, struct live_agent *agent)
{
    free(agent->status);
    free(agent->state);
    live_table_remove(&live->agents, agent);
}
