/*
 * calls.js - calls, made of channels: two legs that know of each other are one call. Pure.
 */
import {milliseconds} from './instant.js';
/** @import {Model} from './model.js' */
/** @import {Call, Item, Party} from './types.d.ts' */

/* What is worth most when legs differ comes first. */
export const CALL_STATES = ['queued', 'parked', 'ringing', 'held', 'talking', 'busy'];

/**
 * The other leg of CHANNEL, if it is known.
 * @param {Model} model
 * @param {Item} channel
 * @returns {Item | undefined}
 */
export function otherLeg(model, channel) {
  return channel.other_uuid ? model.get('channel', channel.other_uuid) : undefined;
}

/**
 * Of two legs the one that was there first: the caller's.
 * @param {Item} channel
 * @param {Item | undefined} other
 * @returns {boolean}
 */
export function isFirstLeg(channel, other) {
  if (!other) return true;
  const [mine, theirs] = [Number(channel.offer_timestamp) || 0, Number(other.offer_timestamp) || 0];
  if (mine !== theirs) return mine < theirs;
  return channel.uuid < other.uuid;
}

/**
 * Whether the PBX made CHANNEL, to reach somebody: the callee's leg.
 * @param {Item} channel
 * @returns {boolean}
 */
export function isMade(channel) {
  return channel.direction === 'outbound';
}

/**
 * Whether CHANNEL has another leg that is not shown to this login: it is somebody else's.
 * @param {Model} model
 * @param {Item} channel
 * @returns {boolean}
 */
export function hasHiddenLeg(model, channel) {
  return Boolean(channel.other_uuid) && !otherLeg(model, channel);
}

/**
 * Who is at the end of CHANNEL: {user, name, number}.
 * @param {Model} model
 * @param {Item} channel
 * @param {boolean} first
 * @returns {Party}
 */
export function partyOf(model, channel, first) {
  const user = channel.user_id ? model.get('user', channel.user_id) : undefined;
  const number = first ? channel.calling_number : channel.called_number;
  const party = {
    user: channel.user_id,
    name: userName(user) ?? (first ? channel.calling_name : undefined),
    number: channel.user_id ?? number ?? channel.target?.address,
  };
  if (party.name === party.number) party.name = undefined;
  return party;
}

/**
 * Whom CHANNEL wants to reach, while there is no other leg.
 * @param {Model} model
 * @param {Item} channel
 * @returns {Party}
 */
export function calledParty(model, channel) {
  const target = channel.target ?? {};
  const id = target.id ?? channel.called_number;
  const known = id === undefined ? undefined : model.get('user', id) ?? groupOf(model, id);
  return {
    name: userName(known) ?? (target.name || undefined),
    number: channel.called_number ?? target.address ?? target.id,
  };
}

/**
 * @param {Item | undefined} user
 * @returns {string | undefined}
 */
export function userName(user) {
  return user?.label || (user?.name !== user?.id && user?.name) || undefined;
}

/**
 * @param {Item} channel
 * @returns {boolean}
 */
export function isHeld(channel) {
  return channel.hold === true;
}

/* {state, since, where} of a call with the first leg CHANNEL; where: the queue, parking slot or the like. */
function stateOf(model, channel, other) {
  const legs = other ? [channel, other] : [channel];
  for (const leg of legs) {
    const queued = model.get('queued_channel', leg.uuid);
    if (queued) return held('queued', queued, leg, queueName(model, queued, leg));
    const parked = model.get('parked_channel', leg.uuid);
    if (parked) return held('parked', parked, leg, parked.state?.slot);
  }
  const answered = legs.map((leg) => milliseconds(leg.answer_timestamp));
  if (answered.some((time) => time === undefined)) {
    return {state: 'ringing', since: milliseconds((other ?? channel).offer_timestamp), where: undefined};
  }
  const since = Math.max(...answered);
  const holder = legs.find(isHeld);
  if (holder) return {state: 'held', since: milliseconds(holder.state?.ts) ?? since, where: undefined};
  if (other || hasHiddenLeg(model, channel)) return {state: 'talking', since, where: undefined};
  return {state: 'busy', since: milliseconds(channel.state?.ts) ?? since, where: channel.state?.name};
}

function held(state, element, leg, where) {
  return {state, since: milliseconds(element.state?.ts) ?? milliseconds(leg.offer_timestamp), where};
}

/**
 * @param {Model} model
 * @param {Item} queued
 * @param {Item} [leg]
 * @returns {string | undefined}
 */
export function queueName(model, queued, leg = {}) {
  const data = queued.state?.data ?? {};
  const id = data.queue_id ?? data.group_id ?? queued.group_id ?? leg.group_id;
  if (id === undefined) return undefined;
  const group = groupOf(model, id);
  return group?.label || group?.name || String(id);
}

/**
 * The group that is the queue ID; FreeSWITCH's queues are called name@profile.
 * @param {Model} model
 * @param {string} id
 * @returns {Item | undefined}
 */
export function groupOf(model, id) {
  return model.get('group', id) ?? model.get('group', String(id).split('@')[0]);
}

/* {from, to} of a call with the first leg CHANNEL. */
function partiesOf(model, channel, other) {
  if (!other && isMade(channel) && channel.user_id) {
    return {from: {name: channel.calling_name, number: channel.calling_number}, to: partyOf(model, channel, false)};
  }
  return {from: partyOf(model, channel, true), to: other ? partyOf(model, other, false) : calledParty(model, channel)};
}

/**
 * All calls of MODEL: [{id, from, to, state, since, started, where}], those that wait longest first, then by age.
 * @param {Model} model
 * @returns {Call[]}
 */
export function callsOf(model) {
  const calls = [];
  for (const channel of model.all('channel').values()) {
    if (Number(channel.hangup_timestamp) > 0) continue;
    const other = otherLeg(model, channel);
    const living = other && !(Number(other.hangup_timestamp) > 0) ? other : undefined;
    if (living && !isFirstLeg(channel, living)) continue;
    calls.push({
      id: channel.uuid,
      ...partiesOf(model, channel, living),
      started: milliseconds(channel.offer_timestamp),
      ...stateOf(model, channel, living),
    });
  }
  const rank = (call) => CALL_STATES.indexOf(call.state);
  return calls.sort((a, b) => rank(a) - rank(b) || (a.started ?? 0) - (b.started ?? 0) || (a.id < b.id ? -1 : 1));
}
