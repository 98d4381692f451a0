/*
 * show_side.js - queues, the latest calls, and the pools of numbers to transfer to.
 */
import {$, KeyedList, copyOf, count, mark, part, write} from './dom.js';
import {elapsed} from './instant.js';
import {fillParty} from './show_calls.js';

/* A list with a word for when it is empty. */
class SideList {
  #list;
  #empty;

  constructor(id, template, fill) {
    this.#list = new KeyedList($(id), () => copyOf(template), fill);
    this.#empty = $(`no-${id}`);
  }

  show(items) {
    this.#list.show(items);
    if (this.#empty) mark(this.#empty, 'hidden', items.length > 0 ? '' : undefined);
  }

  forget() {
    this.#list.forget();
  }
}

export class SideView {
  #say;
  #locale = 'en';
  #queues = new SideList('queues', 'queue', (node, queue) => this.#fillQueue(node, queue));
  #latest = new SideList('latest', 'ended', (node, call) => this.#fillEnded(node, call));
  #pools = new SideList('pools', 'pool', (node, pool) => this.#fillPool(node, pool));

  speak(say, locale) {
    this.#say = say;
    this.#locale = locale;
    for (const list of [this.#queues, this.#latest, this.#pools]) list.forget();
  }

  showQueues(queues) {
    this.#queues.show(queues);
  }

  showLatest(calls) {
    this.#latest.show(calls);
  }

  /* POOLS as /status has them; undefined: not to be seen with this login, which is said. */
  showPools(pools) {
    this.#pools.show((pools ?? []).map((pool) => ({id: pool.name, ...pool})));
    write($('no-pools'), this.#say(pools ? 'noPools' : 'notAllowed'));
  }

  #fillQueue(node, queue) {
    mark(node, 'data-state', queue.waiting > 0 ? 'queued' : 'idle');
    write(part(node, 'name'), queue.name);
    write(part(node, 'waiting'), String(queue.waiting));
    write(part(node, 'agents'), this.#agents(queue));
    count(part(node, 'since'), queue.longest);
  }

  #agents(queue) {
    if (queue.agents === 0) return '';
    return queue.loggedIn === undefined ? this.#say('agentsAll', queue) : this.#say('agents', queue);
  }

  #fillEnded(node, call) {
    mark(node, 'data-state', call.answered ? 'idle' : 'missed');
    fillParty(part(node, 'from'), call.from, this.#say);
    fillParty(part(node, 'to'), call.to, this.#say);
    const at = part(node, 'at');
    mark(at, 'datetime', new Date(call.started).toISOString());
    write(at, new Intl.DateTimeFormat(this.#locale, {hour: 'numeric', minute: '2-digit'}).format(call.started));
    write(part(node, 'talked'), call.answered ? elapsed(0, call.talked) : this.#say('missed'));
  }

  #fillPool(node, pool) {
    write(part(node, 'name'), pool.name);
    const known = Number.isInteger(pool.entries);
    write(part(node, 'use'), known ? this.#say('poolUse', pool) : this.#say('poolUnknown'));
    const meter = part(node, 'meter');
    meter.max = Math.max(1, Number(pool.numbers) || 0);
    meter.value = known ? Math.min(pool.entries, meter.max) : 0;
    mark(meter, 'aria-label', pool.name);
  }
}
