/*
 * abilities.js - what may be asked of a call: as the gateway says at the beginning of the stream. Pure.
 */
import {otherLeg, partyOf} from './calls.js';
/** @import {Model} from './model.js' */
/** @import {Call, Leg, Message} from './types.d.ts' */

export const COMMANDS = ['transfer', 'park', 'eavesdrop', 'hangup'];

export class Abilities {
  #user; // whose channels "own" ones are
  #commands = [];
  #all = false;

  /**
   * NAME is who has signed in: a domain, or user@domain.
   * @param {string} [name]
   */
  constructor(name = '') {
    this.#user = name.includes('@') ? name.slice(0, name.lastIndexOf('@')) : undefined;
  }

  /**
   * A MESSAGE of the stream; those that begin it say what may be asked.
   * @param {Message} message
   */
  hear(message) {
    if (message.message !== 'snapshot' && message.message !== 'resumed') return;
    this.#commands = Array.isArray(message.commands) ? message.commands : [];
    this.#all = message.channels === 'all';
  }

  /* Whether the calls of others are not told at all: a user who is no administrator. */
  get seesOwnOnly() {
    return this.#user !== undefined && !this.#all;
  }

  /**
   * What may be asked of CALL, of callsOf(model): {commands, legs, target}. legs: [{uuid, party}] of the call that may be touched,
   * the caller's first; target: the leg that is listened to, an extension's if one is in the call.
   * @param {Model} model
   * @param {Call} call
   * @returns {{commands: string[], legs: Leg[], target: Leg | undefined}}
   */
  of(model, call) {
    const first = model.get('channel', call.id);
    if (!first || this.#commands.length === 0) return {commands: [], legs: [], target: undefined};
    const other = otherLeg(model, first);
    const legOf = (channel) => ({uuid: channel.uuid, party: partyOf(model, channel, channel === first)});
    const legs = [first, other].filter((channel) => channel && this.#mayTouch(channel)).map(legOf);
    const may = (name) => (name === 'eavesdrop' ? call.state === 'talking' : legs.length > 0);
    return {
      commands: COMMANDS.filter((name) => this.#commands.includes(name) && may(name)),
      legs,
      target: legOf([other, first].find((channel) => channel?.user_id) ?? first),
    };
  }

  /**
   * Who could listen in on CALL, [{uuid, party}]: phones with another call that has been answered, on the same PBX; those of who has
   * signed in before others.
   * @param {Model} model
   * @param {Call} call
   * @returns {Leg[]}
   */
  listeners(model, call) {
    const first = model.get('channel', call.id);
    if (!first) return [];
    const own = (channel) => (channel.user_id === this.#user ? 0 : 1);
    return [...model.all('channel').values()]
      .filter((channel) => channel !== first && channel.uuid !== first.other_uuid && channel.user_id && channel.server === first.server &&
        Number(channel.answer_timestamp) > 0 && this.#mayTouch(channel))
      .sort((a, b) => own(a) - own(b) || (a.user_id < b.user_id ? -1 : 1))
      .map((channel) => ({uuid: channel.uuid, party: partyOf(model, channel, true)}));
  }

  #mayTouch(channel) {
    return Boolean(channel.server) && (this.#all || (this.#user !== undefined && channel.user_id === this.#user));
  }
}
