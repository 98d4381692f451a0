/*
 * show_calls.js - the calls of now: who, with whom, since when, and whether it rings, talks, waits or is parked.
 */
import {$, KeyedList, copyOf, count, mark, part, write} from './dom.js';
import {isWord} from './words.js';
/** @import {Party, Say} from './types.d.ts' */

export class CallsView {
  #list;
  #say;

  constructor() {
    this.#list = new KeyedList($('calls'), () => copyOf('call'), (node, call) => this.#fill(node, call));
  }

  speak(say) {
    this.#say = say;
    this.#list.forget();
  }

  /* CALLS as callsOf has them; ASKABLE(call): whether anything may be asked of it. */
  show(calls, askable) {
    this.#list.show(calls.map((call) => ({...call, askable: askable(call)})));
    mark($('no-calls'), 'hidden', calls.length > 0 ? '' : undefined);
    write($('calls-count'), calls.length > 0 ? String(calls.length) : '');
  }

  #fill(node, call) {
    mark(node, 'data-state', call.state);
    write(part(node, 'state'), this.#say(`call.${call.state}`));
    fillParty(part(node, 'from'), call.from, this.#say);
    fillParty(part(node, 'to'), call.to, this.#say);
    write(part(node, 'where'), whereText(call, this.#say));
    count(part(node, 'since'), call.since);
    const act = part(node, 'act');
    node.dataset.call = call.id;
    mark(act, 'hidden', call.askable ? undefined : '');
    mark(act, 'aria-label', this.#say('actions', {from: partyText(call.from, this.#say), to: partyText(call.to, this.#say)}));
  }
}

/**
 * A party in words: "Ada Example (1001)".
 * @param {Party} party
 * @param {Say} say
 * @returns {string}
 */
export function partyText(party, say) {
  if (!party.name) return party.number ?? say('unknown');
  return party.number ? `${party.name} (${party.number})` : party.name;
}

/**
 * A party as name and number, or one of them.
 * @param {HTMLElement} node
 * @param {Party} party
 * @param {Say} say
 */
export function fillParty(node, party, say) {
  const name = party.name ?? party.number ?? say('unknown');
  write(part(node, 'name'), name);
  write(part(node, 'number'), party.number !== undefined && party.number !== name ? party.number : '');
}

function whereText(call, say) {
  if (call.where === undefined) return '';
  if (call.state === 'parked') return say('slot', {slot: call.where});
  const key = `where.${call.where}`;
  if (call.state === 'busy') return isWord(key) ? say(key) : '';
  return call.where;
}
