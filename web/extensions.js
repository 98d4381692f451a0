/*
 * extensions.js - what an extension is doing, made of its user, its phones and its channels. Pure.
 */
import {calledParty, hasHiddenLeg, isFirstLeg, isHeld, isMade, otherLeg, partyOf, userName} from './calls.js';
import {milliseconds} from './instant.js';
/** @import {Model} from './model.js' */
/** @import {Extension} from './types.d.ts' */

/* What an extension with several calls is said to be doing: the first of these that is true of one. */
export const EXTENSION_STATES = ['ringing', 'talking', 'held', 'calling', 'busy', 'idle', 'away'];

/**
 * {id, name, state, since, peer, phones, calls, forwarded, undisturbed} of the extension ID.
 * @param {Model} model
 * @param {string} id
 * @returns {Extension}
 */
export function extensionOf(model, id) {
  const user = model.get('user', id);
  const phones = model.of('terminal', id).filter((terminal) => terminal.registered !== false);
  const calls = model.of('channel', id)
    .filter((channel) => !(Number(channel.hangup_timestamp) > 0))
    .map((channel) => callOf(model, channel))
    .sort((a, b) => EXTENSION_STATES.indexOf(a.state) - EXTENSION_STATES.indexOf(b.state));
  const doing = calls[0] ?? {
    state: phones.length > 0 ? 'idle' : 'away',
    since: undefined,
    peer: undefined,
  };
  return {
    id,
    number: user?.main_extension || id,
    name: userName(user),
    ...doing,
    phones: phones.length,
    calls: calls.length,
    forwarded: user?.fwd_always_status === true,
    undisturbed: user?.do_not_disturb_status === true,
  };
}

function callOf(model, channel) {
  const other = otherLeg(model, channel);
  const first = other ? isFirstLeg(channel, other) : !isMade(channel);
  return {...doingOf(model, channel, other, first), peer: peerOf(model, channel, other, first)};
}

function doingOf(model, channel, other, first) {
  const answered = milliseconds(channel.answer_timestamp);
  const offered = milliseconds(channel.offer_timestamp);
  if (isHeld(channel) || model.get('parked_channel', channel.uuid)) {
    return {state: 'held', since: milliseconds(channel.state?.ts) ?? answered};
  }
  if (answered === undefined) return {state: first ? 'calling' : 'ringing', since: offered};
  if (!other) return {state: hasHiddenLeg(model, channel) ? 'talking' : 'busy', since: answered};
  const theirs = milliseconds(other.answer_timestamp);
  if (theirs === undefined) return {state: first ? 'calling' : 'ringing', since: offered};
  return {state: 'talking', since: Math.max(answered, theirs)};
}

function peerOf(model, channel, other, first) {
  if (other) return partyOf(model, other, !first);
  if (first) return calledParty(model, channel);
  return {name: channel.calling_name, number: channel.calling_number};
}

const collator = new Intl.Collator(undefined, {numeric: true});

/**
 * Extensions in the order in which people count: 9 before 10, names after numbers.
 * @param {Extension} a
 * @param {Extension} b
 * @returns {number}
 */
export function byNumber(a, b) {
  return collator.compare(a.number, b.number) || collator.compare(a.id, b.id);
}

/**
 * Whether EXTENSION is wanted: FILTER is "all", "busy", "free" or "away"; TEXT has to be in its number or name.
 * @param {Extension} extension
 * @param {string} filter
 * @param {string} text
 * @returns {boolean}
 */
export function isWanted(extension, filter, text) {
  const busy = extension.state !== 'idle' && extension.state !== 'away';
  if (filter === 'busy' && !busy) return false;
  if (filter === 'free' && extension.state !== 'idle') return false;
  if (filter === 'away' && extension.state !== 'away') return false;
  if (text === '') return true;
  return folded(`${extension.number} ${extension.id} ${extension.name ?? ''}`).includes(folded(text));
}

function folded(text) {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
