/*
 * queues.js - queues and how long they are; parked calls. Pure.
 */
import {groupOf, queueName} from './calls.js';
import {milliseconds} from './instant.js';
/** @import {Model} from './model.js' */
/** @import {Queue} from './types.d.ts' */

function queueId(model, queued, channel) {
  const data = queued.state?.data ?? {};
  const id = data.queue_id ?? data.group_id ?? queued.group_id ?? channel?.group_id ?? '';
  return groupOf(model, id)?.id ?? String(id);
}

/**
 * [{id, name, waiting, longest, agents, loggedIn}]: each group that is a queue, and each queue somebody waits in; loggedIn is undefined
 * while nobody says it of any agent.
 * @param {Model} model
 * @returns {Queue[]}
 */
export function queuesOf(model) {
  const queues = new Map();
  const queue = (id, name) => {
    if (!queues.has(id)) queues.set(id, {id, name, waiting: 0, longest: undefined, agents: 0, loggedIn: undefined});
    return queues.get(id);
  };
  for (const [id, group] of model.all('group')) {
    if (group.queue === true) queue(id, group.label || group.name || id);
  }
  for (const [uuid, queued] of model.all('queued_channel')) {
    const channel = model.get('channel', uuid);
    const entry = queue(queueId(model, queued, channel), queueName(model, queued, channel) ?? '');
    const since = milliseconds(queued.state?.ts) ?? milliseconds(channel?.offer_timestamp);
    entry.waiting++;
    if (since !== undefined && !(entry.longest <= since)) entry.longest = since;
  }
  for (const member of model.all('group_member').values()) {
    const entry = queues.get(member.group_id);
    if (!entry) continue;
    entry.agents++;
    if (typeof member.login_status === 'boolean') entry.loggedIn = (entry.loggedIn ?? 0) + Number(member.login_status);
  }
  return [...queues.values()].sort((a, b) => b.waiting - a.waiting || (a.name < b.name ? -1 : 1));
}

/**
 * PBXs that are not heard now: [{id, since}].
 * @param {Model} model
 * @returns {{id: string, since?: number}[]}
 */
export function awayServers(model) {
  return [...model.all('server').entries()]
    .filter(([, server]) => server.state === 'away')
    .map(([id, server]) => ({id, since: milliseconds(server.since)}));
}
