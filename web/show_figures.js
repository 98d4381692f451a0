/*
 * show_figures.js - the figures at the top: who waits, rings, talks, is parked, is free.
 */
import {$, count, mark, write} from './dom.js';
/** @import {Call, Figures} from './types.d.ts' */

/**
 * {waiting, longest, ringing, talking, held, parked} of CALLS (callsOf); longest: since when (ms) somebody has waited. Pure.
 * @param {Call[]} calls
 * @returns {Figures}
 */
export function figuresOf(calls) {
  const number = (...states) => calls.filter((call) => states.includes(call.state)).length;
  const since = calls.filter((call) => call.state === 'queued' && call.since !== undefined).map((call) => call.since);
  return {
    waiting: number('queued'),
    longest: since.length > 0 ? Math.min(...since) : undefined,
    ringing: number('ringing'),
    talking: number('talking', 'held', 'busy'),
    held: number('held'),
    parked: number('parked'),
  };
}

export class FiguresView {
  #say;

  speak(say) {
    this.#say = say;
  }

  /* FIGURES of figuresOf; TOTALS of the extensions: {extensions, phones, free}; OWN: who is free is not known. */
  show(figures, totals, own) {
    for (const name of ['waiting', 'ringing', 'talking', 'parked']) write($(`figure-${name}`), String(figures[name]));
    mark($('figure-waiting').parentElement, 'data-alarm', figures.waiting > 0 ? '' : undefined);
    mark($('figure-ringing').parentElement, 'data-rings', figures.ringing > 0 ? '' : undefined);
    write($('waiting-longest'), figures.longest === undefined ? '' : this.#say('longest'));
    count($('waiting-since'), figures.longest);
    write($('talking-held'), figures.held > 0 ? this.#say('onHold', {count: figures.held}) : '');
    write($('figure-free'), own ? '–' : String(totals.free));
    write($('scope'), own ? this.#say('ownOnly') : '');
    write($('free-phones'), this.#say('ofPhones', {count: totals.phones}));
  }
}
